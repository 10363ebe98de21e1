"""Sparse matrices and ragged tensors as inputs, for which NumPy has no array.

They keep their compact form; a batch of them becomes what the model takes: a dense array, or a
ragged tensor again. Nothing here imports TensorFlow: its tensors are recognized by their
attributes, and batches are made by the class of the original tensor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

RowNumbers = slice | NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A sparse matrix (n_samples, n_features), whose batches are dense.

    Attributes:
        matrix: In SciPy's format of compressed rows.
    """

    matrix: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return tuple(self.matrix.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the values."""
        return cast("np.dtype[Any]", self.matrix.dtype)

    @property
    def nbytes(self) -> int:
        """Bytes of the dense array."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def __getitem__(self, rows: RowNumbers) -> Self:
        return type(self)(self.matrix[rows])

    def batch(self) -> NDArray[Any]:
        """Returns the dense array."""
        return np.asarray(self.matrix.toarray())

    def parts(self) -> Iterator[NDArray[Any]]:
        """Yields the arrays that hold the whole content, for a hash."""
        matrix = self.matrix.copy()
        matrix.sum_duplicates()  # sorts as well: equal matrices have equal parts
        yield from (matrix.indptr, matrix.indices, matrix.data)

    @classmethod
    def join(cls, blocks: Sequence[Self]) -> Self:
        """Concatenates blocks of rows."""
        return cls(scipy.sparse.vstack([block.matrix for block in blocks], format="csr"))


@dataclass(frozen=True, eq=False)
class RaggedRows:
    """A ragged tensor: rows of different lengths.

    Attributes:
        kind: The tensor's class, which makes batches.
        values: All values in one array, (n_values, ...).
        lengths: For each ragged axis, the outermost first, the length of every row.
    """

    kind: Any
    values: NDArray[Any]
    lengths: tuple[NDArray[np.int64], ...]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The length of an axis, None where it differs from row to row."""
        return len(self), *[None] * len(self.lengths), *self.values.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the values."""
        return self.values.dtype

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return self.values.nbytes

    def __len__(self) -> int:
        return len(self.lengths[0])

    def __getitem__(self, rows: RowNumbers) -> Self:
        chosen = np.arange(len(self))[rows]
        lengths = []
        for of_axis in self.lengths:
            lengths.append(of_axis[chosen])
            chosen = _members(of_axis, chosen)
        return type(self)(self.kind, self.values[chosen], tuple(lengths))

    def batch(self) -> Any:
        """Returns the tensor."""
        return self.kind.from_nested_row_lengths(self.values, self.lengths)

    def parts(self) -> Iterator[NDArray[Any]]:
        """Yields the arrays that hold the whole content, for a hash."""
        yield from (*self.lengths, self.values)

    @classmethod
    def join(cls, blocks: Sequence[Self]) -> Self:
        """Concatenates blocks of rows."""
        axes = zip(*(block.lengths for block in blocks), strict=True)
        return cls(
            blocks[0].kind,
            np.concatenate([block.values for block in blocks]),
            tuple(np.concatenate(lengths) for lengths in axes),
        )


def _members(lengths: NDArray[np.int64], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Returns the indices of the members of the chosen rows, row after row."""
    ends = np.cumsum(lengths)
    ranges = [np.arange(ends[row] - lengths[row], ends[row]) for row in rows]
    return np.concatenate(ranges) if ranges else np.empty(0, np.intp)


def read_sparse_or_ragged(value: Any) -> SparseRows | RaggedRows | NDArray[Any] | None:
    """Returns rows of a SciPy sparse matrix, a SparseTensor or a RaggedTensor, else None.

    A SparseTensor of another rank than 2 becomes a dense array.
    """
    if hasattr(value, "tocsr"):
        return SparseRows(value.tocsr())
    if all(hasattr(value, name) for name in ("dense_shape", "indices", "values")):
        return _sparse_tensor(value)
    if hasattr(value, "nested_row_lengths") and hasattr(value, "flat_values"):
        lengths = tuple(np.asarray(axis, np.int64) for axis in value.nested_row_lengths())
        return RaggedRows(type(value), np.asarray(value.flat_values), lengths)
    return None


def _sparse_tensor(value: Any) -> SparseRows | NDArray[Any]:
    shape = tuple(int(side) for side in value.dense_shape)
    places, values = np.asarray(value.indices), np.asarray(value.values)
    if len(shape) == 2:
        matrix = scipy.sparse.coo_matrix((values, tuple(places.T)), shape)
        return SparseRows(matrix.tocsr())
    dense = np.zeros(shape, values.dtype)
    dense[tuple(places.T)] = values
    return dense


def batch_of(rows: Any) -> Any:
    """Returns rows of one input as the model takes them: sparse and ragged ones unpacked."""
    return rows.batch() if isinstance(rows, SparseRows | RaggedRows) else rows
