"""A table of a model's layers, each with its path and shape."""

from __future__ import annotations

from typing import Any

import keras

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.forward_pass.backends import inference_mode
from tb_embed_plugin.recording.forward_pass.input_batches import fixed_batch_size, probe_batch
from tb_embed_plugin.recording.forward_pass.model_pass import call_graph_of
from tb_embed_plugin.recording.model.call_graph import CallGraph
from tb_embed_plugin.recording.model.layer_selection import AUTO, find_targets, layer_paths
from tb_embed_plugin.recording.model.outputs import find_recorded_output

_HEADER = ("layer", "class", "shape of a sample", "")


def layer_table(model: Any, x: Any) -> str:
    """Returns a table of the model's layers.

    Args:
        model: A Keras model.
        x: Its inputs, a sample or more: an array (n_samples, ...), or a list, tuple or dict
            of them.

    Returns:
        A line for each path: the layer's class, the shape of its output for one sample, and a
        note at the layer that "auto" selects; a layer that is called more than once has a
        line for each call.

    Raises:
        MisuseError: The model does not accept x.
    """
    probe = probe_batch(x, fixed_batch_size(model))
    graph = call_graph_of(model, probe)
    auto = _auto(model, graph)
    rows = [_HEADER]
    for path, layer in layer_paths(model).items():
        calls = graph.calls_of(layer)
        kind = type(layer).__name__
        for number, index in enumerate(calls):
            name = f"{path}:{number}" if number else path
            note = f'layers="{AUTO}"' if index == auto else ""
            rows.append((name, kind, _shape(graph, index), note))
        if not calls:
            rows.append((path, kind, "", "not called"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def zero_inputs(model: Any) -> Any:
    """Returns two samples of zeros of the shapes of a model's inputs.

    Raises:
        MisuseError: The model does not define its inputs.
    """
    inputs = _inputs(model)
    if inputs is None:
        raise MisuseError(
            f"{model.name!r} does not define its inputs; pass samples to "
            "EmbeddingCheckpoint.describe(model, x)"
        )

    def zeros(tensor: Any) -> Any:
        sides = [1 if side is None else side for side in tensor.shape[1:]]
        rows = tensor.shape[0] or 2
        return keras.ops.convert_to_numpy(keras.ops.zeros([rows, *sides], tensor.dtype))

    return keras.tree.map_structure(zeros, inputs)


def _inputs(model: Any) -> Any:
    """Returns the structure of a model's symbolic inputs, None where it has none."""
    if isinstance(model, keras.Sequential):
        return next(iter(model.inputs or ()), None)
    return getattr(model, "input", None)


def _auto(model: Any, graph: CallGraph) -> int | None:
    """Returns the call that "auto" selects, None where it would be refused."""
    with inference_mode(model):
        output = find_recorded_output(model, graph)
    producer = output.producer if output else next(iter(graph.producers), None)
    try:
        (target,) = find_targets(model, [AUTO], graph, producer)
    except MisuseError:
        return None  # a model without a hidden layer: the table shows what there is
    return target.call


def _shape(graph: CallGraph, index: int) -> str:
    shape = graph.calls[index].shape
    return "several tensors" if shape is None else " x ".join(map(str, shape[1:])) or "1"
