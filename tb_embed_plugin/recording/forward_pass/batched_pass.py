"""The forward pass in batches, for whatever library computes one: it is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.recording.forward_pass.free_memory import is_out_of_memory
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo

MAX_BATCH_SIZE = 2000
"""Samples of a batch: larger ones gain nothing and need memory (docs/choices.md)."""

MEMORY_BUDGET = 256 << 20
"""Bytes that a batch may need beside the model, by the backend's estimate."""

CompiledPass = Callable[[Any], Mapping[str, Any]]
"""A function from a structure of arrays to float32 array-likes (n, n_units) by name."""


def batch_size_within_budget(bytes_per_sample: int) -> int:
    """Returns the number of samples of a batch, 1 at least."""
    return min(MAX_BATCH_SIZE, max(1, MEMORY_BUDGET // max(1, bytes_per_sample)))


@dataclass
class ForwardPass:
    """A network's forward pass over the samples, in inference mode.

    Attributes:
        layers: The recorded layers.
        outputs: The recorded outputs; None where they are not recorded.
        batch_size: Samples of a batch; halved where memory runs out.
        notes: Reasons why something is not recorded, for the log.
        pooling: How each layer's activations become rows, by the layer's name; empty where
            nobody keeps that.
    """

    layers: tuple[Layer, ...]
    outputs: OutputsInfo | None
    batch_size: int
    notes: tuple[str, ...]
    _split: Callable[[int], Sequence[Any]] = field(repr=False)
    _is_fixed: bool
    _buffers: Mapping[str, NDArray[np.float32]] = field(repr=False)
    _head: Callable[[], Mapping[str, NDArray[np.float32]]] | None
    _batches: Sequence[Any] = field(repr=False)
    _compiled: CompiledPass
    pooling: Mapping[str, Any] = field(default_factory=dict)

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
            self._batches = self._split(self.batch_size)
        head = {} if self._head is None else self._head()
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
