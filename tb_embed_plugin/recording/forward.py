"""The forward pass that is recorded: one for all layers and the outputs, in inference mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OUTPUTS_TENSOR
from tb_embed_plugin.recording.backends import (
    CompiledPass,
    compile_pass,
    inference,
    is_out_of_memory,
)
from tb_embed_plugin.recording.free_memory import check_fits
from tb_embed_plugin.recording.input_batches import fixed_batch_size, hold_batches, probe_of
from tb_embed_plugin.recording.masks import with_mask
from tb_embed_plugin.recording.model_pass import pass_of_model
from tb_embed_plugin.recording.outputs import Head, OutputsChoice
from tb_embed_plugin.recording.pass_memory import bytes_per_sample
from tb_embed_plugin.recording.pooling import Pooling
from tb_embed_plugin.recording.recorded_pass import Asked, RecordedPass, pass_of_function
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo

MAX_BATCH_SIZE = 2000
"""Samples a forward pass: larger batches gain nothing and need memory (docs/architecture)."""

MEMORY_BUDGET = 256 << 20
"""Bytes that a batch may need beside the model, as far as can be told."""


@dataclass
class ForwardPass:
    """A model's forward pass over the samples, in inference mode.

    Attributes:
        layers: What it yields besides the outputs.
        outputs: What the outputs are; None where they are not recorded.
        batch_size: Samples of a batch; halved where memory runs out.
        notes: What is not recorded and why, for the log.
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
        """Numbers in a snapshot, without the head's, which are few."""
        return sum(buffer.size for buffer in self._buffers.values())

    def run(self) -> dict[str, NDArray[np.float32]]:
        """Returns all tensors of a snapshot by name, with the weights of now.

        Float32 (n_samples, n_units) for each layer, (n_samples, n_classes) for the outputs,
        and the head's kernel and bias where there is one. The arrays are those of the last
        call, overwritten: memory that the system has to find anew costs a fifth of a pass.
        """
        while not self._fill():
            self.batch_size //= 2
            self._batches = hold_batches(self._x, self.batch_size, is_fixed=self._is_fixed)
        head = {} if self._head is None else self._head.tensors()
        return {**self._buffers, **head}

    def _fill(self) -> bool:
        """Passes all batches; returns False where memory ran out and batches can be smaller."""
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
    """Traces `model` for the layers `layers`, building it first if need be.

    Args:
        model: A Keras model, compiled or not: the one that is trained.
        layers: Layers by name, path or pattern, themselves, or "auto".
        x: The samples' inputs: an array (n_samples, ...), or a list, tuple or dict of them.
        pooling: How activations that are no rows become (n_samples, n_units), for all layers
            or by layer.
        of: What is passed in place of the model: a part of it, or a function from a batch to
            tensors by name.
        outputs: What the outputs are, where nothing else says.
        mask: Which tokens count; see `masks.with_mask`.
        batch_size: Samples of a batch; None for as many as the memory budget allows.

    Raises:
        MisuseError: A layer is unknown, is not called, or yields no (n_samples, n_units) of
            at most `MAX_UNITS`; or another argument does not fit.
        MemoryError: What is recorded of one step does not fit into memory.
    """
    passed = model if of is None else of
    n_samples = len(keras.tree.flatten(x)[0])
    names = [tensor.name for tensor in getattr(passed, "inputs", None) or []]
    masked_x, split = with_mask(x, mask, n_samples, names)
    fixed = fixed_batch_size(passed)
    asked = Asked(layers, pooling, outputs, requires_mask=mask is not None)
    probe = probe_of(masked_x, fixed)
    found = _look(model, passed, probe, split, asked)
    widths = {layer.name: layer.units for layer in found.layers}
    if found.outputs is not None:
        widths[OUTPUTS_TENSOR] = found.outputs.classes
    check_fits(n_samples * sum(widths.values()) * np.dtype(np.float32).itemsize, n_samples)

    trained = passed if isinstance(passed, keras.Layer) else model

    if fixed is not None:
        batch_size = fixed
    elif batch_size is None:
        compiled_need = bytes_per_sample(trained, found.forward, probe, trainer=model)
        need = max(found.bytes_per_sample, compiled_need)
        batch_size = min(MAX_BATCH_SIZE, max(1, MEMORY_BUDGET // max(1, need)))
    batches = hold_batches(masked_x, batch_size, is_fixed=fixed is not None)
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


def _look(model: Any, passed: Any, probe: Any, split: Any, asked: Asked) -> RecordedPass:
    if isinstance(passed, keras.Layer):
        _check_has_call(passed)
        return pass_of_model(passed, probe, split, asked)
    if not callable(passed):
        raise MisuseError(
            "expected model= to be a Keras model or layer, or a function from a batch to "
            f"{{name: tensor}}; received {type(passed).__name__}"
        )
    with inference(model):
        return pass_of_function(passed, probe, split, asked)


def _check_has_call(model: Any) -> None:
    """Raises for a model that is trained without ever being called, as GANs are.

    Raises:
        MisuseError: It has no `call`.
    """
    if type(model).call not in {keras.Layer.call, keras.Model.call, keras.Operation.call}:
        return
    parts = [name for name, value in vars(model).items() if isinstance(value, keras.Model)]
    example = f"model={model.name}.{parts[0]}" if parts else "model=encoder"
    raise MisuseError(
        f"{type(model).__name__} has no call(), so nothing says what to record of it; pass "
        f"one of its models, {example} say, or a function from a batch to {{name: tensor}}"
    )
