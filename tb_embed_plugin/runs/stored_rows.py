"""Matrices in files, of which rows are read where they are asked for.

No file is mapped into memory: whoever cuts a mapped file short ends the process that looks at
it. Read into memory a block at a time, a missing part is an error like any other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.runs.reading import BlockFile
from tb_embed_plugin.snapshot import LazyRows, rows_of_a_block

BFLOAT16 = "bfloat16"
"""The type that NumPy lacks: the upper half of a float32."""


@dataclass(frozen=True)
class Place:
    """Where values lie in a file, row by row.

    Attributes:
        dtype: NumPy's name of their type, or `BFLOAT16`.
        shape: Of the array.
        offset: Bytes before them.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """Bytes of the values."""
        return stored_type(self.dtype).itemsize * math.prod(self.shape)

    @property
    def end(self) -> int:
        """Bytes up to the last value."""
        return self.offset + self.size


class FileRows(LazyRows):
    """The rows of a matrix that lies in one piece in a file.

    Args:
        path: The file, which stays open as long as this is in use.
        place: Where the matrix lies in it.

    Raises:
        UnreadableError: There is no such file, or it is cut short.
    """

    def __init__(self, path: Path, place: Place) -> None:
        rows, columns = place.shape
        super().__init__((rows, columns))
        self._file = BlockFile(path, place.end)
        self._place = place
        self._row_bytes = stored_type(place.dtype).itemsize * columns

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows."""
        offset = self._place.offset + start * self._row_bytes
        if np.dtype(np.float32) == stored_type(self._place.dtype):
            self._file.read_into(found, offset)
            return
        # Of another type a block at a time, in one buffer.
        height = rows_of_a_block(self.shape[1])
        stored = np.empty((height, self.shape[1]), stored_type(self._place.dtype))
        for first in range(0, len(found), height):
            block = stored[: len(found) - first]
            self._file.read_into(block, offset + first * self._row_bytes)
            fill_from(found[first : first + height], block, self._place.dtype)


@dataclass(frozen=True)
class Part:
    """A part of a matrix: the rows and columns where it stands, and its own rows."""

    rows: slice
    columns: slice
    stored: LazyRows


class JoinedRows(LazyRows):
    """The rows of a matrix that lies in parts.

    Args:
        shape: Rows and columns of the whole.
        parts: Each value of it in one of them.
    """

    def __init__(self, shape: tuple[int, int], parts: Sequence[Part]) -> None:
        super().__init__(shape)
        self._parts = parts

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows."""
        stop = start + len(found)
        for part in self._parts:
            first, last = max(start, part.rows.start), min(stop, part.rows.stop)
            if first < last:
                rows = slice(first - part.rows.start, last - part.rows.start)
                found[first - start : last - start, part.columns] = part.stored[rows]


class ReopenedRows(LazyRows):
    """The rows of a matrix whose file is open only while they are read.

    Args:
        shape: Rows and columns.
        open_rows: Opens it.
    """

    def __init__(self, shape: tuple[int, int], open_rows: Callable[[], LazyRows]) -> None:
        super().__init__(shape)
        self._open_rows = open_rows

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows."""
        self._open_rows().fill(found, start)


def read_values(path: Path, place: Place) -> NDArray[np.generic]:
    """Returns values of any shape, read-only, in their own type; bfloat16 as float32.

    Raises:
        UnreadableError: There is no such file, it is cut short, or changed meanwhile.
    """
    # That the file is as large comes first: nobody's word makes room for what is not there.
    file = BlockFile(path, place.end)
    stored = np.empty(place.shape, stored_type(place.dtype))
    file.read_into(stored, place.offset)
    values: NDArray[np.generic] = stored
    if place.dtype == BFLOAT16:
        wide = np.empty(place.shape, np.float32)
        fill_from(wide, stored, BFLOAT16)
        values = wide
    values.flags.writeable = False
    return values


def fill_from(found: NDArray[np.float32], stored: NDArray[np.generic], dtype: str) -> None:
    """Takes over values of a type as float32; what it cannot hold becomes infinite."""
    if dtype == BFLOAT16:
        # A float32 without its lower half.
        bits = found.view(np.uint32)
        bits[...] = stored
        np.left_shift(bits, np.uint32(16), out=bits)
        return
    with np.errstate(over="ignore"):
        found[...] = stored


def stored_type(name: str) -> np.dtype[Any]:
    """Returns the type in which a file's bytes are taken."""
    return np.dtype("<u2" if name == BFLOAT16 else name)


def read_type(name: str) -> np.dtype[Any]:
    """Returns the type in which `read_values` returns a file's values."""
    return np.dtype("<f4" if name == BFLOAT16 else name)
