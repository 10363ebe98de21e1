"""A matrix at a place in a file, row by row."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.weight_contents import Matrix
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.snapshot import Snapshot


@dataclass(frozen=True)
class PlacedTensor:
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
    def of_numpy(cls, path: Path) -> PlacedTensor:
        """Returns the matrix in a file that `numpy.save` wrote.

        Raises:
            UnreadableError: It is no matrix of real numbers, row by row.
            ValueError: It is damaged.
            OSError: It cannot be read.
        """
        with open_file(path) as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read = np.lib.format.read_array_header_2_0
            shape, by_columns, dtype = read(file)
            offset = file.tell()
        if len(shape) != 2 or 0 in shape or dtype.kind not in "fiu":
            raise UnreadableError(
                f"{path.name} holds {dtype} of shape {shape}, not a matrix of numbers; save "
                "one row per sample"
            )
        if by_columns:
            raise UnreadableError(
                f"{path.name} is stored by columns, not by rows; save np.ascontiguousarray "
                "of it"
            )
        matrix = Matrix(dtype.str, shape, offset)
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

    def read(self) -> Snapshot:
        """Returns the values, float32 of `shape`; wider types lose digits.

        Raises:
            UnreadableError: The file has changed.
        """
        if stamp_of(self.path) != self.file_stamp:
            raise UnreadableError(
                f"{self.path.name} was rewritten since it was listed; reload the page"
            )
        return self.matrix.read(self.path)
