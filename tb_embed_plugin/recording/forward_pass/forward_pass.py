"""The recorded forward pass: one for all layers and the outputs, in inference mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OUTPUTS_TENSOR
from tb_embed_plugin.recording.forward_pass.backends import (
    CompiledPass,
    compile_pass,
    inference_mode,
    is_out_of_memory,
)
from tb_embed_plugin.recording.forward_pass.free_memory import check_memory
from tb_embed_plugin.recording.forward_pass.input_batches import (
    fixed_batch_size,
    probe_batch,
    split_into_batches,
)
from tb_embed_plugin.recording.forward_pass.model_pass import trace_model
from tb_embed_plugin.recording.forward_pass.pass_memory import bytes_per_sample
from tb_embed_plugin.recording.forward_pass.recorded_pass import (
    RecordedPass,
    RecordingRequest,
    trace_function,
)
from tb_embed_plugin.recording.model.head import Head
from tb_embed_plugin.recording.model.masks import attach_mask
from tb_embed_plugin.recording.model.outputs import OutputsChoice
from tb_embed_plugin.recording.model.pooling import Pooling
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo

MAX_BATCH_SIZE = 2000
"""Samples of a batch: larger ones gain nothing and need memory (docs/choices.md)."""

MEMORY_BUDGET = 256 << 20
"""Bytes that a batch may need beside the model, by the backend's estimate."""


@dataclass
class ForwardPass:
    """A model's forward pass over the samples, in inference mode.

    Attributes:
        layers: The recorded layers.
        outputs: The recorded outputs; None where they are not recorded.
        batch_size: Samples of a batch; halved where memory runs out.
        notes: Reasons why something is not recorded, for the log.
    """

    layers: tuple[Layer, ...]
    outputs: OutputsInfo | None
    batch_size: int
    notes: tuple[str, ...]
    _x: Any = field(repr=False)
    _is_fixed: bool
    _buffers: Mapping[str, NDArray[np.float32]] = field(repr=False)
    _head: Head | None
    _batches: Sequence[Any] = field(repr=False)
    _compiled: CompiledPass

    @property
    def size(self) -> int:
        """Number of values in a snapshot, without the few of the head."""
        return sum(buffer.size for buffer in self._buffers.values())

    def run(self) -> dict[str, NDArray[np.float32]]:
        """Returns all tensors of a snapshot by name, with the present weights.

        Float32 (n_samples, n_units) for each layer, (n_samples, n_classes) for the outputs,
        and the head's kernel and bias where there is one. Each call overwrites the
        arrays of the last one: allocating new ones costs a fifth of a pass.
        """
        while not self._fill():
            self.batch_size //= 2
            self._batches = split_into_batches(
                self._x, self.batch_size, is_fixed=self._is_fixed
            )
        head = {} if self._head is None else self._head.tensors()
        return {**self._buffers, **head}

    def _fill(self) -> bool:
        """Runs all batches; returns False where memory ran out and batches can be smaller."""
        for i, batch in enumerate(self._batches):
            rows = slice(i * self.batch_size, (i + 1) * self.batch_size)
            try:
                captured = self._compiled(batch)
            except Exception as error:
                if self._is_fixed or self.batch_size == 1 or not is_out_of_memory(error):
                    raise
                return False
            for name, buffer in self._buffers.items():
                into = buffer[rows]
                into[:] = np.asarray(captured[name])[: len(into)]
        return True


def trace_forward_pass(
    model: Any,
    layers: Sequence[Any],
    x: Any,
    pooling: Pooling | Mapping[str, Pooling] = "auto",
    *,
    of: Any = None,
    outputs: OutputsChoice = "auto",
    mask: Any = None,
    batch_size: int | None = None,
) -> ForwardPass:
    """Traces `model` for the layers `layers`, building it first if needed.

    Args:
        model: The trained Keras model, compiled or not.
        layers: Layers by name, path or pattern, themselves, or "auto".
        x: The samples' inputs: an array (n_samples, ...), or a list, tuple or dict of them.
        pooling: How activations that are no rows become (n_samples, n_units), for all layers
            or by layer.
        of: A part of the model, or a function from a batch to tensors by name, to record in
            place of the model.
        outputs: The kind of the outputs, "auto" to infer it.
        mask: The tokens that count; see `masks.attach_mask`.
        batch_size: Samples of a batch; None for as many as the memory budget allows.

    Raises:
        MisuseError: A layer is unknown, is not called, or does not return (n_samples, n_units)
            of at most `MAX_UNITS`; or another argument does not fit.
        MemoryError: A snapshot does not fit into memory.
    """
    passed = model if of is None else of
    n_samples = len(keras.tree.flatten(x)[0])
    names = [tensor.name for tensor in getattr(passed, "inputs", None) or []]
    masked_x, split = attach_mask(x, mask, n_samples, names)
    fixed = fixed_batch_size(passed)
    request = RecordingRequest(layers, pooling, outputs, requires_mask=mask is not None)
    probe = probe_batch(masked_x, fixed)
    found = _inspect(model, passed, probe, split, request)
    widths = {layer.name: layer.units for layer in found.layers}
    if found.outputs is not None:
        widths[OUTPUTS_TENSOR] = found.outputs.classes
    check_memory(n_samples * sum(widths.values()) * np.dtype(np.float32).itemsize, n_samples)

    trained = passed if isinstance(passed, keras.Layer) else model

    if fixed is not None:
        batch_size = fixed
    elif batch_size is None:
        compiled_need = bytes_per_sample(trained, found.forward, probe, trainer=model)
        need = max(found.bytes_per_sample, compiled_need)
        batch_size = min(MAX_BATCH_SIZE, max(1, MEMORY_BUDGET // max(1, need)))
    batches = split_into_batches(masked_x, batch_size, is_fixed=fixed is not None)
    return ForwardPass(
        layers=found.layers,
        outputs=found.outputs,
        batch_size=batch_size,
        notes=found.notes,
        _x=masked_x,
        _is_fixed=fixed is not None,
        _buffers={
            name: np.empty((n_samples, width), np.float32) for name, width in widths.items()
        },
        _head=found.head,
        _batches=batches,
        _compiled=compile_pass(trained, found.forward, batches[0], trainer=model),
    )


def _inspect(
    model: Any, passed: Any, probe: Any, split: Any, request: RecordingRequest
) -> RecordedPass:
    if isinstance(passed, keras.Layer):
        _check_has_call(passed)
        return trace_model(passed, probe, split, request)
    if not callable(passed):
        raise MisuseError(
            "model must be a Keras model or layer, or a function from a batch to {name: "
            f"tensor}}, not of type {type(passed).__name__}"
        )
    with inference_mode(model):
        return trace_function(passed, probe, split, request)


def _check_has_call(model: Any) -> None:
    """Raises for a model that is trained without being called, as GANs are.

    Raises:
        MisuseError: The model has no `call`.
    """
    if type(model).call not in {keras.Layer.call, keras.Model.call, keras.Operation.call}:
        return
    parts = [name for name, value in vars(model).items() if isinstance(value, keras.Model)]
    example = f"model={model.name}.{parts[0]}" if parts else "model=encoder"
    raise MisuseError(
        f"{type(model).__name__} has no call(), so it has no forward pass to record; pass "
        f"one of its models, such as {example}, or a function from a batch to {{name: "
        "tensor}"
    )
