"""A matrix that lies in a file row by row, so that its values can be mapped."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.weight_contents import Matrix


@dataclass(frozen=True)
class MappedTensor:
    """A matrix in a file, read where it lies.

    Attributes:
        path: The file, inside of its run.
        file_stamp: The file's, when it was looked at.
        place: What the matrix is called in it.
        matrix: Where its values lie.
        notes: What was taken for granted, one sentence each.
    """

    path: Path
    file_stamp: Stamp
    place: str
    matrix: Matrix
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, array: np.memmap[Any, np.dtype[Any]]) -> MappedTensor:
        """Returns the matrix that an array maps.

        Raises:
            UnreadableError: It is no matrix of real numbers, row by row.
        """
        path = Path(str(array.filename))
        if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiu":
            raise UnreadableError(
                f"{path.name} holds {array.dtype} of shape {array.shape}, not a matrix of "
                "numbers; save one row per sample"
            )
        if not array.flags.c_contiguous:
            raise UnreadableError(
                f"{path.name} is stored by columns, not by rows; save np.ascontiguousarray "
                "of it"
            )
        rows, columns = array.shape
        matrix = Matrix(array.dtype.str, (rows, columns), array.offset)
        return cls(path, stamp_of(path), "", matrix)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape

    @property
    def wall_time(self) -> float:
        """When the file was written, seconds since 1970."""
        return 0.0 if self.file_stamp is None else self.file_stamp[0] / 1e9

    @property
    def stamp(self) -> Hashable:
        """What changes when the values do."""
        return self.file_stamp, self.place

    def read(self) -> NDArray[np.float32]:
        """Returns the values, float32 of `shape`, read-only; wider types lose digits.

        Raises:
            UnreadableError: The file has changed.
        """
        if stamp_of(self.path) != self.file_stamp:
            raise UnreadableError(
                f"{self.path.name} was rewritten since it was listed; reload the page"
            )
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite
            return self.matrix.read(self.path).astype(np.float32, copy=False)
