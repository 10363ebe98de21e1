"""The forward pass that is recorded: one for all layers and the outputs, in inference mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS, OUTPUTS_TENSOR
from tb_embed_plugin.recording.backends import (
    CompiledPass,
    compile_pass,
    hold_batches,
    inference,
    inside_a_loop,
)
from tb_embed_plugin.recording.calls import Survey, survey_calls, watched
from tb_embed_plugin.recording.layers import Target, find_targets, layer_paths
from tb_embed_plugin.recording.outputs import Head, UsableOutput, find_head, find_usable_output
from tb_embed_plugin.recording.pooling import REMEDY, Pooling, pool, pooling_by_layer
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo

BATCH_SIZE = 2000
"""Samples a forward pass: larger batches gain nothing and need memory (docs/architecture)."""

_PROBE_SAMPLES = 3
"""Samples with which the model is looked at before anything is compiled."""


@dataclass(frozen=True)
class ForwardPass:
    """A model's forward pass over the samples, in inference mode.

    Attributes:
        layers: What it yields besides the outputs.
        outputs: What the outputs are; None where they are not recorded.
    """

    layers: tuple[Layer, ...]
    outputs: OutputsInfo | None
    _batches: Sequence[Any]
    _buffers: Mapping[str, NDArray[np.float32]]
    _head: Head | None
    _compiled: CompiledPass

    @property
    def size(self) -> int:
        """Numbers in a snapshot, without the head's, which are few."""
        return sum(buffer.size for buffer in self._buffers.values())

    def run(self) -> dict[str, NDArray[np.float32]]:
        """Returns all tensors of a snapshot by name, with the weights of now.

        Float32 (n_samples, n_units) for each layer, (n_samples, n_classes) for the outputs,
        and the head's kernel and bias where there is one. The arrays are those of the last
        call, overwritten: memory that the system has to find anew costs a fifth of a pass.
        """
        for i, batch in enumerate(self._batches):
            rows = slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)
            captured = self._compiled(batch)
            for name, buffer in self._buffers.items():
                buffer[rows] = captured[name]
        head = {} if self._head is None else self._head.tensors()
        return {**self._buffers, **head}


def trace_forward_pass(
    model: Any,
    names: Sequence[str],
    x: Any,
    pooling: Pooling | Mapping[str, Pooling] = "auto",
) -> ForwardPass:
    """Traces `model` for the layers `names`, building it first if need be.

    Args:
        model: A Keras model, compiled or not.
        names: Layers by name or path, or "auto".
        x: The samples' inputs: an array (n_samples, ...), or a list, tuple or dict of them.
        pooling: How activations that are no rows become (n_samples, n_units), for all layers
            or by layer.

    Raises:
        MisuseError: A layer is unknown, is not called, or yields no (n_samples, n_units) of
            at most `MAX_UNITS`; or `pooling` does not fit.
    """
    how = pooling_by_layer(pooling, names)
    probe = _rows(x, slice(0, _PROBE_SAMPLES))
    if not model.built:
        _build(model, probe)
    survey = _survey(model, probe)
    output = find_usable_output(model, survey)
    producer = output.producer if output else next(iter(survey.producers), None)
    targets = find_targets(model, names, survey, producer)
    survey.outputs = None  # the tensors are not needed any longer

    forward = _forward(model, survey, targets, how, output)
    with inference(model):
        widths = {
            name: _width(name, tensor, _n_samples(probe))
            for name, tensor in forward(_tensors(probe)).items()
        }
    as_they_are = [target for target in targets if not callable(how[target.asked])]
    head = find_head(output, as_they_are, survey) if output else None
    batches = hold_batches(x, BATCH_SIZE)
    return ForwardPass(
        layers=tuple(Layer(target.name, widths[target.name]) for target in targets),
        outputs=_info(output, head),
        _batches=batches,
        _buffers={
            name: np.empty((_n_samples(x), width), np.float32) for name, width in widths.items()
        },
        _head=head,
        _compiled=compile_pass(model, forward, batches[0]),
    )


def _forward(
    model: Any,
    survey: Survey,
    targets: Sequence[Target],
    how: Mapping[str, Pooling],
    output: UsableOutput | None,
) -> Callable[[Any], dict[str, Any]]:
    """Returns the pass that is compiled: a batch in, float32 tensors by name out."""
    channels_first = {target.name: _channels_first(survey, target) for target in targets}
    n_calls = {id(target.layer): len(survey.calls_of(target.layer)) for target in targets}

    def forward(batch: Any) -> dict[str, Any]:
        returned: dict[int, list[Any]] = {id(target.layer): [] for target in targets}
        with watched(
            (target.layer for target in targets),
            lambda layer, inputs: returned[id(layer)].append,
        ):
            outputs = model(batch, training=False)
        tensors = {}
        for target in targets:
            calls = returned[id(target.layer)]
            # A loop is run when the model is looked at, and only traced when it is compiled.
            if len(calls) != n_calls[id(target.layer)]:
                raise inside_a_loop()
            rows = pool(
                calls[target.number],
                how[target.asked],
                channels_first=channels_first[target.name],
                name=target.name,
            )
            tensors[target.name] = keras.ops.cast(rows, "float32")
        if output is not None:
            tensors[OUTPUTS_TENSOR] = output.columns(outputs)
        return tensors

    return forward


def _build(model: Any, probe: Any) -> None:
    if getattr(model, "run_eagerly", False):
        model(_tensors(probe), training=False)
    else:
        # With symbolic inputs, as fit does it, so that no seed is drawn.
        model(keras.tree.map_structure(_symbolic, probe))


def _survey(model: Any, probe: Any) -> Survey:
    with inference(model):
        return survey_calls(
            layer_paths(model).values(), lambda: model(_tensors(probe), training=False)
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


def _info(output: UsableOutput | None, head: Head | None) -> OutputsInfo | None:
    if output is None:
        return None
    return OutputsInfo(output.classes, output.kind, None if head is None else head.fed_by)


def _width(name: str, tensor: Any, n_samples: int) -> int:
    shape = tuple(tensor.shape)
    if len(shape) != 2 or shape[0] != n_samples or not shape[1]:
        raise MisuseError(
            f"expected layer {name!r} to yield (n_samples, n_units), pooled; it yields {shape} "
            f"for {n_samples} samples; {REMEDY}"
        )
    if shape[1] > MAX_UNITS:
        raise MisuseError(
            f"expected a layer of at most {MAX_UNITS} units; {name!r} yields {shape[1]}; "
            "choose a narrower layer, or pass pooling='mean' or a function that projects it"
        )
    return int(shape[1])


def _n_samples(x: Any) -> int:
    return len(keras.tree.flatten(x)[0])


def _rows(x: Any, rows: slice) -> Any:
    return keras.tree.map_structure(lambda array: array[rows], x)


def _tensors(x: Any) -> Any:
    return keras.tree.map_structure(keras.ops.convert_to_tensor, x)


def _symbolic(array: NDArray[np.generic]) -> Any:
    return keras.KerasTensor((None, *array.shape[1:]), dtype=str(array.dtype))
