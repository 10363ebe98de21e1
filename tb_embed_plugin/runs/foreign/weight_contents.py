"""The contents of a file of weights in any format: its matrices, and where they lie."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.runs.stored_rows import FileRows, Place, fill_from, stored_type
from tb_embed_plugin.snapshot import LazyRows, rows_of_a_block

_DAMAGE = (
    *(OSError, EOFError, ValueError, RuntimeError, OverflowError, MemoryError),
    *(struct.error, zlib.error, zipfile.BadZipFile),
)
"""What damage makes of an archive; NotImplementedError is a RuntimeError."""


@dataclass(frozen=True)
class Matrix:
    """Where a matrix lies in a file.

    Attributes:
        dtype: NumPy's name of it.
        shape: Rows and columns.
        offset: Bytes before its values, which follow row by row: of the file, or of `member`.
        member: What it lies in where the file is an archive that packs it, else empty.
    """

    dtype: str
    shape: tuple[int, int]
    offset: int
    member: str = ""

    @property
    def place(self) -> Place:
        """Where its values lie, of the file or of `member`."""
        return Place(self.dtype, self.shape, self.offset)

    def read(self, path: Path) -> LazyRows:
        """Returns its rows, which are read when they are asked for.

        Raises:
            UnreadableError: The file is cut short or damaged.
        """
        return PackedRows(path, self) if self.member else FileRows(path, self.place)


class PackedRows(LazyRows):
    """The rows of a matrix in an archive that packs it: unpacked from the first on.

    Args:
        path: The archive.
        matrix: What lies in it.
    """

    def __init__(self, path: Path, matrix: Matrix) -> None:
        super().__init__(matrix.shape)
        self._path, self._matrix = path, matrix
        self._type = stored_type(matrix.dtype)
        self._opened: tuple[BufferedReader, IO[bytes]] | None = None
        self._next = 0

    def __del__(self) -> None:
        """Closes the file."""
        self._close()

    def fill(self, found: NDArray[np.float32], start: int) -> None:
        """Reads rows; those before what was read last are unpacked anew."""
        row_bytes = self._type.itemsize * self.shape[1]
        height = rows_of_a_block(self.shape[1])
        try:
            if self._opened is None or start < self._next:
                self._opened = self._open()
            _, member = self._opened
            # What comes before is unpacked a piece at a time.
            member.seek(self._matrix.offset + start * row_bytes)
            for first in range(0, len(found), height):
                block = found[first : first + height]
                data = member.read(len(block) * row_bytes)
                stored = np.frombuffer(data, self._type).reshape(block.shape)
                fill_from(block, stored, self._matrix.dtype)
            self._next = start + len(found)
        except (*_DAMAGE, KeyError) as error:
            self._close()
            rows, columns = self.shape
            raise UnreadableError(
                f"{self._path.name} is cut short: it must hold {rows} x {columns} values of "
                f"{self._matrix.dtype}; save it again"
            ) from error

    def _open(self) -> tuple[BufferedReader, IO[bytes]]:
        self._close()
        file = open_file(self._path)
        try:
            return file, zipfile.ZipFile(file).open(self._matrix.member)
        except BaseException:
            file.close()
            raise

    def _close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None


@dataclass(frozen=True)
class Contents:
    """What a file holds, by the places in it.

    Attributes:
        matrices: Those whose values can be read.
        apart: Those whose values lie in pieces, packed, or in another file.
        names: What Keras calls the layers.
        others: What is no matrix, in words.
    """

    matrices: Mapping[str, Matrix]
    apart: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotRead:
    """A file that could not be read so far, which is no verdict on it.

    Attributes:
        why: In a sentence.
        attempts: How often it was tried.
        again: When it is tried again, by `time.monotonic`.
    """

    why: str
    attempts: int = 1
    again: float = 0.0


Found = Contents | NotRead | str
"""What a file holds, why it is not read yet, or in a sentence what is wrong with it."""


@dataclass(frozen=True)
class WeightFormat:
    """A format of files of weights.

    Attributes:
        endings: How the names of such files end; of two that fit, the first.
        read: Returns what each of some files holds. What is not read yet is tried again later.
        in_parts: Whether a file may be stored in parts, `model-00001-of-00002`.
    """

    endings: tuple[str, ...]
    read: Callable[[Sequence[Path]], Mapping[Path, Found]]
    in_parts: bool = False
