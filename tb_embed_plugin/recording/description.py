"""What could be recorded of a model: every layer with its path and shape, as a table."""

from __future__ import annotations

from typing import Any

import keras

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.backends import inference
from tb_embed_plugin.recording.calls import Survey
from tb_embed_plugin.recording.input_batches import fixed_batch_size, probe_of
from tb_embed_plugin.recording.layers import AUTO, find_targets, layer_paths
from tb_embed_plugin.recording.model_pass import survey_of
from tb_embed_plugin.recording.outputs import find_usable_output

_HEADER = ("layer", "class", "shape of a sample", "")


def describe_layers(model: Any, x: Any) -> str:
    """Returns a table of the model's layers.

    Args:
        model: A Keras model.
        x: Its inputs, a sample or more: an array (n_samples, ...), or a list, tuple or dict
            of them.

    Returns:
        A line for each path: the layer's class, the shape of what it returns for one sample,
        and which one "auto" means; a layer that is called more than once has a line a call.

    Raises:
        MisuseError: The model cannot take x.
    """
    probe = probe_of(x, fixed_batch_size(model))
    survey = survey_of(model, probe)
    auto = _auto(model, survey)
    rows = [_HEADER]
    for path, layer in layer_paths(model).items():
        calls = survey.calls_of(layer)
        kind = type(layer).__name__
        for number, index in enumerate(calls):
            name = f"{path}:{number}" if number else path
            note = f'layers="{AUTO}"' if index == auto else ""
            rows.append((name, kind, _shape(survey, index), note))
        if not calls:
            rows.append((path, kind, "", "not called"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def symbolic_samples(model: Any) -> Any:
    """Returns two samples of zeros as a model's inputs want them, where nobody has given any.

    Raises:
        MisuseError: The model does not say what its inputs are.
    """
    inputs = _inputs(model)
    if inputs is None:
        raise MisuseError(
            f"{model.name!r} does not say what its inputs are; pass samples of yours to "
            "EmbeddingCheckpoint.describe(model, x)"
        )

    def zeros(tensor: Any) -> Any:
        sides = [1 if side is None else side for side in tensor.shape[1:]]
        rows = tensor.shape[0] or 2
        return keras.ops.convert_to_numpy(keras.ops.zeros([rows, *sides], tensor.dtype))

    return keras.tree.map_structure(zeros, inputs)


def _inputs(model: Any) -> Any:
    """Returns a model's symbolic inputs as they are structured, None where it has none."""
    if isinstance(model, keras.Sequential):
        return next(iter(model.inputs or ()), None)
    return getattr(model, "input", None)


def _auto(model: Any, survey: Survey) -> int | None:
    """Returns the call that "auto" means, None where it would be refused."""
    with inference(model):
        output = find_usable_output(model, survey)
    producer = output.producer if output else next(iter(survey.producers), None)
    try:
        (target,) = find_targets(model, [AUTO], survey, producer)
    except MisuseError:
        return None  # a model without a hidden layer: the table shows what there is
    return target.call


def _shape(survey: Survey, index: int) -> str:
    shape = survey.calls[index].shape
    return "several tensors" if shape is None else " x ".join(map(str, shape[1:])) or "1"
