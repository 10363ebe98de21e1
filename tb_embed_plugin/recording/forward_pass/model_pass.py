"""The pass of a model before compilation: the tensors that it returns, and their meaning.

The model is inspected with a few samples, by the eager pass that Keras itself would make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OUTPUTS_TENSOR
from tb_embed_plugin.recording.forward_pass.backends import inference_mode, inside_loop_error
from tb_embed_plugin.recording.forward_pass.model_call import call_model
from tb_embed_plugin.recording.forward_pass.recorded_pass import (
    RecordedPass,
    RecordingRequest,
    Split,
    Tensors,
    count_samples,
)
from tb_embed_plugin.recording.model.call_graph import CallGraph, trace_calls
from tb_embed_plugin.recording.model.call_hooks import call_hooks, without_rematerialization
from tb_embed_plugin.recording.model.head import Head, find_head
from tb_embed_plugin.recording.model.head_check import head_reproduces_outputs
from tb_embed_plugin.recording.model.layer_selection import Target, find_targets, layer_paths
from tb_embed_plugin.recording.model.masks import (
    check_mask_fits,
    padding_of,
    padding_source,
)
from tb_embed_plugin.recording.model.outputs import (
    RecordedOutput,
    find_recorded_output,
    why_no_output,
)
from tb_embed_plugin.recording.model.pooling import pool
from tb_embed_plugin.recording.model.pooling_choice import (
    Pooling,
    checked_width,
    pooling_by_layer,
)
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo


def trace_model(
    model: Any, probe: Any, split: Split, request: RecordingRequest
) -> RecordedPass:
    """Returns the recorded pass of a model, which is built first if needed.

    Args:
        model: A Keras model, compiled or not.
        probe: Tensors of a few samples, as `split` takes them.
        split: Splits a batch into the model's inputs and a mask.
        request: What is to be recorded.

    Raises:
        MisuseError: A layer is unknown, is not called, or does not return (n_samples, n_units)
            of at most `MAX_UNITS`; or an option does not fit.
    """
    inputs, mask = split(probe)
    graph = call_graph_of(model, inputs)
    output = find_recorded_output(model, graph, request.outputs)
    notes = () if output or request.outputs is None else (why_no_output(model, graph),)
    producer = output.producer if output else next(iter(graph.producers), None)
    targets = find_targets(model, request.layers, graph, producer)
    graph.outputs = None  # the tensors are not needed any longer
    how = pooling_by_layer(
        request.pooling, {target.name: target.requested for target in targets}
    )
    if request.requires_mask:
        shapes = {t.name: graph.calls[t.call].shape or () for t in targets}
        check_mask_fits(keras.ops.convert_to_numpy(mask), shapes)

    forward = _forward(model, graph, targets, how, output, split)
    with inference_mode(model):
        tensors = forward(probe)
    n_samples = count_samples(inputs)
    layers = tuple(
        Layer(t.name, checked_width(t.name, tensors[t.name], n_samples)) for t in targets
    )
    as_they_are = [target for target in targets if not callable(how[target.name])]
    head = find_head(output, as_they_are, graph) if output else None
    if head is not None and output is not None and not _is_shown(head, tensors, output):
        notes = (_why_no_head(head),)
        head = None
    return RecordedPass(
        layers=layers,
        outputs=_info(output, head),
        head=head,
        forward=forward,
        bytes_per_sample=graph.output_bytes // n_samples,
        notes=tuple(filter(None, notes)),
        pooling=how,
    )


def _forward(
    model: Any,
    graph: CallGraph,
    targets: Sequence[Target],
    how: Mapping[str, Pooling],
    output: RecordedOutput | None,
    split: Split,
) -> Callable[[Any], Tensors]:
    channels_first = {target.name: _channels_first(graph, target) for target in targets}
    n_calls = {id(target.layer): len(graph.calls_of(target.layer)) for target in targets}
    everything = [model, *layer_paths(model).values()]
    source = padding_source(graph)
    watched = [target.layer for target in targets] + ([] if source is None else [source])

    def forward(batch: Any) -> Tensors:
        inputs, mask = split(batch)
        returned: dict[int, list[Any]] = {id(layer): [] for layer in watched}
        padding: list[Any] = []

        def begin(layer: Any, arguments: Any) -> Callable[[Any], None]:
            if layer is source:
                padding.append(padding_of(layer, arguments))
            return returned[id(layer)].append

        with (
            without_rematerialization(everything),
            call_hooks(watched, begin),
        ):
            outputs = model(inputs, training=False)
        tensors = {}
        for target in targets:
            calls = returned[id(target.layer)]
            # A loop runs when the model is inspected, and is only traced when it is compiled.
            if len(calls) != n_calls[id(target.layer)]:
                raise inside_loop_error()
            rows = pool(
                calls[target.number],
                how[target.name],
                channels_first=channels_first[target.name],
                name=target.name,
                mask=mask,
                padding=next(iter(padding), None),
            )
            tensors[target.name] = keras.ops.cast(rows, "float32")
        if output is not None:
            tensors[OUTPUTS_TENSOR] = output.columns(outputs)
        return tensors

    return forward


def _build(model: Any, inputs: Any) -> None:
    if getattr(model, "run_eagerly", False):
        call_model(model, lambda: model(inputs, training=False), inputs)
    else:
        # With symbolic inputs, as fit does it, so that no seed is drawn.
        symbolic = keras.tree.map_structure(_symbolic, inputs)
        call_model(model, lambda: model(symbolic), inputs)


def call_graph_of(model: Any, inputs: Any) -> CallGraph:
    """Returns the call graph of one eager pass of a model, which is built first if needed.

    Raises:
        MisuseError: The model does not accept these inputs.
    """
    if not model.built:
        _build(model, inputs)
    layers = list(layer_paths(model).values())
    with inference_mode(model), without_rematerialization([model, *layers]):
        return trace_calls(
            layers, lambda: call_model(model, lambda: model(inputs, training=False), inputs)
        )


def _channels_first(graph: CallGraph, target: Target) -> bool:
    """Whether channels come first: as in the layers before, else as Keras is configured."""
    index: int | None = graph.calls[target.call].made_by
    shape = graph.calls[target.call].shape or ()
    while index is not None and len(graph.calls[index].shape or ()) == len(shape):
        data_format = getattr(graph.calls[index].layer, "data_format", None)
        if data_format is not None:
            return bool(data_format == "channels_first")
        index = graph.fed_by(index)
    return len(shape) > 3 and keras.config.image_data_format() == "channels_first"


def _is_shown(head: Head, tensors: Tensors, output: RecordedOutput) -> bool:
    fed_by, outputs = (_to_numpy(tensors[name]) for name in (head.fed_by, OUTPUTS_TENSOR))
    return head_reproduces_outputs(head, fed_by, outputs, output.kind)


def _why_no_head(head: Head) -> str:
    return (
        f"The weights of the output layer {head.layer.name!r} are not recorded, since they "
        f"do not reproduce the model's outputs from {head.fed_by!r}; there will be no "
        "decision regions."
    )


def _info(output: RecordedOutput | None, head: Head | None) -> OutputsInfo | None:
    if output is None:
        return None
    return OutputsInfo(output.classes, output.kind, None if head is None else head.fed_by)


def _to_numpy(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)


def _symbolic(tensor: Any) -> Any:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return keras.KerasTensor((None, *tensor.shape[1:]), dtype=dtype)
