"""The contents of a file of weights in any format: its matrices, and where they lie."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.reading import open_file

_DAMAGE = (
    *(OSError, EOFError, ValueError, RuntimeError, OverflowError, MemoryError),
    *(struct.error, zlib.error, zipfile.BadZipFile),
)
"""What damage makes of a map, and of an archive; NotImplementedError is a RuntimeError."""


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
    def end(self) -> int:
        """Bytes up to its last value."""
        return self.offset + self.size

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return _dtype(self.dtype).itemsize * math.prod(self.shape)

    def read(self, path: Path) -> NDArray[np.generic]:
        """Returns the values as a read-only array, which maps the file where it can.

        Raises:
            UnreadableError: The file is cut short or damaged.
        """
        dtype = _dtype(self.dtype)
        try:
            if not self.member:
                with open_file(path) as file:
                    return np.memmap(
                        file, dtype, mode="r", offset=self.offset, shape=self.shape
                    )
            with (
                open_file(path) as whole,
                zipfile.ZipFile(whole) as archive,
                archive.open(self.member) as file,
            ):
                file.seek(self.offset)  # what comes before is unpacked a piece at a time
                return np.frombuffer(file.read(self.size), dtype).reshape(self.shape)
        except (*_DAMAGE, KeyError) as error:
            raise UnreadableError(
                f"{path.name} is cut short: it must hold {self.shape[0]} x {self.shape[1]} "
                f"values of {self.dtype}; save it again"
            ) from error


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
class WeightFormat:
    """A format of files of weights.

    Attributes:
        endings: How the names of such files end; of two that fit, the first.
        read: Returns what each of some files holds, or one sentence that says what is wrong
            with it.
        in_parts: Whether a file may be stored in parts, `model-00001-of-00002`.
    """

    endings: tuple[str, ...]
    read: Callable[[Sequence[Path]], Mapping[Path, Contents | str]]
    in_parts: bool = False


def _dtype(name: str) -> np.dtype[np.generic]:
    if name == "bfloat16":
        import ml_dtypes

        found: np.dtype[np.generic] = np.dtype(ml_dtypes.bfloat16)
        return found
    return np.dtype(name)
