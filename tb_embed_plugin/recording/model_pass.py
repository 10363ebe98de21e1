"""One pass of a model, not yet compiled: which tensors it yields, and what they are.

The model is looked at with a few samples, by the eager pass that Keras itself would make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OUTPUTS_TENSOR
from tb_embed_plugin.recording.backends import inference, inside_a_loop
from tb_embed_plugin.recording.calls import (
    Survey,
    survey_calls,
    watched,
    without_rematerialization,
)
from tb_embed_plugin.recording.head_evidence import reproduces
from tb_embed_plugin.recording.layers import Target, find_targets, layer_paths
from tb_embed_plugin.recording.masks import check_mask_fits
from tb_embed_plugin.recording.model_call import called
from tb_embed_plugin.recording.outputs import (
    Head,
    UsableOutput,
    find_head,
    find_usable_output,
    why_no_output,
)
from tb_embed_plugin.recording.pooling import Pooling, pool, pooling_by_layer
from tb_embed_plugin.recording.recorded_pass import (
    Asked,
    RecordedPass,
    Split,
    Tensors,
    checked_width,
    count_samples,
)
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo


def pass_of_model(model: Any, probe: Any, split: Split, asked: Asked) -> RecordedPass:
    """Looks at a model with a few samples, building it first if need be.

    Args:
        model: A Keras model, compiled or not.
        probe: Tensors of a few samples, as `split` takes them.
        split: What is batched, taken apart.
        asked: What is to be recorded.

    Raises:
        MisuseError: A layer is unknown, is not called, or yields no (n_samples, n_units) of
            at most `MAX_UNITS`; or an option does not fit.
    """
    inputs, mask = split(probe)
    survey = survey_of(model, inputs)
    output = find_usable_output(model, survey, asked.outputs)
    notes = () if output or asked.outputs is None else (why_no_output(model, survey),)
    producer = output.producer if output else next(iter(survey.producers), None)
    targets = find_targets(model, asked.layers, survey, producer)
    survey.outputs = None  # the tensors are not needed any longer
    how = pooling_by_layer(asked.pooling, {target.name: target.asked for target in targets})
    if asked.requires_mask:
        shapes = {t.name: survey.calls[t.call].shape or () for t in targets}
        check_mask_fits(keras.ops.convert_to_numpy(mask), shapes)

    forward = _forward(model, survey, targets, how, output, split)
    with inference(model):
        tensors = forward(probe)
    n_samples = count_samples(inputs)
    layers = tuple(
        Layer(t.name, checked_width(t.name, tensors[t.name], n_samples)) for t in targets
    )
    as_they_are = [target for target in targets if not callable(how[target.name])]
    head = find_head(output, as_they_are, survey) if output else None
    if head is not None and output is not None and not _is_shown(head, tensors, output):
        notes = (_why_no_head(head),)
        head = None
    return RecordedPass(
        layers=layers,
        outputs=_info(output, head),
        head=head,
        forward=forward,
        bytes_per_sample=survey.output_bytes // n_samples,
        notes=tuple(filter(None, notes)),
    )


def _forward(
    model: Any,
    survey: Survey,
    targets: Sequence[Target],
    how: Mapping[str, Pooling],
    output: UsableOutput | None,
    split: Split,
) -> Callable[[Any], Tensors]:
    channels_first = {target.name: _channels_first(survey, target) for target in targets}
    n_calls = {id(target.layer): len(survey.calls_of(target.layer)) for target in targets}
    everything = [model, *layer_paths(model).values()]

    def forward(batch: Any) -> Tensors:
        inputs, mask = split(batch)
        returned: dict[int, list[Any]] = {id(target.layer): [] for target in targets}
        with (
            without_rematerialization(everything),
            watched(
                (target.layer for target in targets),
                lambda layer, inputs: returned[id(layer)].append,
            ),
        ):
            outputs = model(inputs, training=False)
        tensors = {}
        for target in targets:
            calls = returned[id(target.layer)]
            # A loop is run when the model is looked at, and only traced when it is compiled.
            if len(calls) != n_calls[id(target.layer)]:
                raise inside_a_loop()
            rows = pool(
                calls[target.number],
                how[target.name],
                channels_first=channels_first[target.name],
                name=target.name,
                mask=mask,
            )
            tensors[target.name] = keras.ops.cast(rows, "float32")
        if output is not None:
            tensors[OUTPUTS_TENSOR] = output.columns(outputs)
        return tensors

    return forward


def _build(model: Any, inputs: Any) -> None:
    if getattr(model, "run_eagerly", False):
        called(model, lambda: model(inputs, training=False), inputs)
    else:
        # With symbolic inputs, as fit does it, so that no seed is drawn.
        symbolic = keras.tree.map_structure(_symbolic, inputs)
        called(model, lambda: model(symbolic), inputs)


def survey_of(model: Any, inputs: Any) -> Survey:
    """Returns what one eager pass of a model does, which is built first if need be.

    Raises:
        MisuseError: The model cannot take these inputs.
    """
    if not model.built:
        _build(model, inputs)
    layers = list(layer_paths(model).values())
    with inference(model), without_rematerialization([model, *layers]):
        return survey_calls(
            layers, lambda: called(model, lambda: model(inputs, training=False), inputs)
        )


def _channels_first(survey: Survey, target: Target) -> bool:
    """Says where a layer's channels are: as the layers before it have them, else as Keras."""
    index: int | None = survey.calls[target.call].made_by
    shape = survey.calls[target.call].shape or ()
    while index is not None and len(survey.calls[index].shape or ()) == len(shape):
        data_format = getattr(survey.calls[index].layer, "data_format", None)
        if data_format is not None:
            return bool(data_format == "channels_first")
        index = survey.fed_by(index)
    return len(shape) > 3 and keras.config.image_data_format() == "channels_first"


def _is_shown(head: Head, tensors: Tensors, output: UsableOutput) -> bool:
    fed_by, outputs = (_to_numpy(tensors[name]) for name in (head.fed_by, OUTPUTS_TENSOR))
    return reproduces(head, fed_by, outputs, output.kind)


def _why_no_head(head: Head) -> str:
    return (
        f"The weights of the output layer {head.layer.name!r} are not recorded: they do not "
        f"give the model's outputs from {head.fed_by!r}, so there are no decision regions."
    )


def _info(output: UsableOutput | None, head: Head | None) -> OutputsInfo | None:
    if output is None:
        return None
    return OutputsInfo(output.classes, output.kind, None if head is None else head.fed_by)


def _to_numpy(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)


def _symbolic(tensor: Any) -> Any:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return keras.KerasTensor((None, *tensor.shape[1:]), dtype=dtype)
