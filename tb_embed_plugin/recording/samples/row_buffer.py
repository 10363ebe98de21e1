"""A buffer of rows: arrays of the final size that are filled batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.input_arrays import (
    Rows,
    arrays_of,
    describe_arrays,
    map_arrays,
)


class RowBuffer:
    """The inputs of `count` samples, filled batch by batch.

    Args:
        count: Number of rows in all.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._filled = 0
        self._first: Any = None
        self._arrays: dict[str, NDArray[Any]] = {}
        self._blocks: dict[str, list[Any]] = {}
        """Sparse and ragged rows, whose final size is not known before."""
        self._positions: list[Rows] = []
        """Of all rows, where they do not come in their order."""

    def add(self, x: Any, rows: Rows, positions: Rows | None = None) -> None:
        """Adds the `rows` of a batch.

        Args:
            x: The batch.
            rows: Their numbers in it.
            positions: Their numbers among all rows; None for those behind the ones before. Of
                all batches or of none.

        Raises:
            MisuseError: Its samples are of another shape than those before.
        """
        if self._first is None:
            self._first = map_arrays(lambda array: array[:0], x)
        if positions is None:
            positions = np.arange(self._filled, self._filled + len(rows))
        else:
            self._positions.append(positions)
        before = dict(arrays_of(self._first))
        for place, array in arrays_of(x):
            if place not in before or before[place].shape[1:] != array.shape[1:]:
                raise MisuseError(
                    f"the batches differ in shape: {describe_arrays(x)} after "
                    f"{describe_arrays(self._first)}; pad the samples to one shape"
                )
            if isinstance(array, np.ndarray):
                if place not in self._arrays:
                    shape = (self._count, *array.shape[1:])
                    self._arrays[place] = np.empty(shape, array.dtype)
                self._arrays[place][positions] = array[rows]
            else:
                self._blocks.setdefault(place, []).append(array[rows])
        self._filled += len(rows)

    def inputs(self) -> Any:
        """Returns all rows, structured as the batches were."""
        places = iter([place for place, _ in arrays_of(self._first)])

        def whole(first: Any) -> Any:
            place = next(places)
            if place in self._arrays:
                return self._arrays[place]
            rows = type(first).join(self._blocks[place])
            positions = self._positions
            return rows[np.argsort(np.concatenate(positions))] if positions else rows

        return map_arrays(whole, self._first)
