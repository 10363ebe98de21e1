"""Snapshots that need not be in memory: some of their rows are, while they are worked on.

A snapshot is an array, or gives its rows where they are asked for (`runs.stored_rows`). Whoever
needs all of them at once says so: `np.asarray(snapshot)`.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError

BLOCK_VALUES = 1 << 17
"""Values worked on at a time: 1 MiB in float64 stays in the processor's cache."""


MAX_COLUMNS = 1 << 20
"""Of a row that is read from a file."""


class LazyRows(ABC):
    """A matrix of numbers, float32 (n_rows, n_columns), of which rows are read when asked for.

    Args:
        shape: Rows and columns.

    Raises:
        UnreadableError: A row has more than `MAX_COLUMNS`: no less than one is read at a time.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, shape: tuple[int, int]) -> None:
        if shape[1] > MAX_COLUMNS:
            raise UnreadableError(
                f"a matrix of {shape[1]} columns is not read, at most {MAX_COLUMNS} are; save "
                "one row per sample, with fewer units"
            )
        self.shape = shape

    @abstractmethod
    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads as many rows from `start` on as `found`, which is contiguous, has.

        Raises:
            UnreadableError: They cannot be read any more.
        """

    def __len__(self) -> int:
        """Returns the number of rows."""
        return self.shape[0]

    def __getitem__(
        self, rows: int | slice | Sequence[int] | NDArray[np.integer], /
    ) -> NDArray[np.float32]:
        """Returns some rows: those of a slice without a step, or by their numbers; or one.

        Raises:
            UnreadableError: They cannot be read any more.
        """
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return self._read(start, stop)
        if isinstance(rows, (int, np.integer)):
            row: NDArray[np.float32] = self._chosen(np.arange(len(self))[[rows]])[0]
            return row
        if isinstance(rows, tuple):
            raise TypeError("only rows are read: take columns of what was read")
        return self._chosen(np.arange(len(self))[rows])

    def __array__(self, dtype: Any = None, /, *, copy: bool | None = None) -> NDArray[Any]:
        """Returns all rows, read-only."""
        values = self._read(0, len(self)).astype(dtype or self.dtype, copy=False)
        values.flags.writeable = False
        return values

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        found = np.empty((max(0, stop - start), self.shape[1]), np.float32)
        self.fill(found, start)
        return found

    def _chosen(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Returns rows in any order; what lies between two of one block is read as well."""
        found = np.empty((len(rows), self.shape[1]), np.float32)
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        height, at = rows_of_a_block(self.shape[1]), 0
        while at < len(rows):
            first = int(ascending[at])
            end = int(np.searchsorted(ascending, first + height))
            block = self._read(first, int(ascending[end - 1]) + 1)
            found[order[at:end]] = block[ascending[at:end] - first]
            at = end
        return found


Snapshot: TypeAlias = NDArray[np.float32] | LazyRows
"""Float32 (n_samples, n_units)."""


class ChosenRows(LazyRows):
    """Some rows of a snapshot, as one.

    Args:
        snapshot: The snapshot.
        rows: Their numbers, int64 (n_chosen,).
    """

    def __init__(self, snapshot: Snapshot, rows: NDArray[np.int64]) -> None:
        super().__init__((len(rows), snapshot.shape[1]))
        self._snapshot, self._rows = snapshot, rows

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows."""
        height = rows_of_a_block(self.shape[1])
        for first in range(0, len(found), height):
            block = found[first : first + height]
            wanted = self._rows[start + first : start + first + len(block)]
            block[:] = self._snapshot[wanted]


class RowRange(LazyRows):
    """Rows of a snapshot that follow one another, as one.

    Args:
        snapshot: The snapshot.
        rows: Which rows; without a step.
    """

    def __init__(self, snapshot: Snapshot, rows: slice) -> None:
        start, stop, _ = rows.indices(len(snapshot))
        super().__init__((stop - start, snapshot.shape[1]))
        self._snapshot, self._start = snapshot, start

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows."""
        first = self._start + start
        if isinstance(self._snapshot, np.ndarray):
            found[:] = self._snapshot[first : first + len(found)]
        else:
            self._snapshot.fill(found, first)


class SharedRows(LazyRows):
    """Rows of a snapshot that several threads read, one at a time.

    Not every system reads at a place of a file without moving the file's own one.

    Args:
        snapshot: The snapshot.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__((len(snapshot), snapshot.shape[1]))
        self._snapshot, self._reading = snapshot, threading.Lock()

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows, once no other thread does."""
        with self._reading:
            if isinstance(self._snapshot, np.ndarray):
                found[:] = self._snapshot[start : start + len(found)]
            else:
                self._snapshot.fill(found, start)


def rows_of_a_block(columns: int) -> int:
    """Returns how many rows are worked on at a time."""
    return max(1, BLOCK_VALUES // max(1, columns))


def row_blocks(snapshot: Snapshot) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yields the rows of a snapshot in blocks, and which rows they are.

    A block lasts until the next one, which may lie in the same memory.
    """
    rows, columns = snapshot.shape
    height = rows_of_a_block(columns)
    buffer = None
    for start in range(0, rows, height):
        where = slice(start, min(start + height, rows))
        if isinstance(snapshot, np.ndarray):
            yield where, snapshot[where]
            continue
        buffer = (
            np.empty((min(height, rows), columns), np.float32) if buffer is None else buffer
        )
        block = buffer[: where.stop - start]
        snapshot.fill(block, start)
        yield where, block


def is_finite(snapshot: Snapshot) -> bool:
    """Whether a snapshot holds neither NaN nor infinity."""
    return all(bool(np.isfinite(block).all()) for _, block in row_blocks(snapshot))


def part_of(
    snapshot: Snapshot, rows: Sequence[int], columns: Sequence[int]
) -> NDArray[np.float32]:
    """Returns some rows and columns, float32 (n_rows, n_columns).

    Of the rest no more is in memory than a block.
    """
    found = np.empty((len(rows), len(columns)), np.float32)
    chosen, units = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
    height = rows_of_a_block(snapshot.shape[1])
    for start in range(0, len(chosen), height):
        found[start : start + height] = snapshot[chosen[start : start + height]][:, units]
    return found
