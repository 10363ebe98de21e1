"""Exact nearest neighbors: candidates in float32, the nearest of them in float64.

A squared distance is |x|² + |y|² - 2xy, so matrix products find all of them; in float32 they
take half the time, and are off by no more than a bound that is known. Whatever lies within that
bound of the k nearest is measured again by differences in float64, in which nothing is lost.

Rows are centered first: that changes no distance, and the bound grows with the distance from
the origin, from which activations may lie far. A cosine distance is half the squared distance
of rows of length one, so both metrics take the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import Parameter
from tb_embed_plugin.projections.threads import in_threads

DistanceMetric = Literal["euclidean", "cosine"]

METRIC = Parameter(
    name="metric",
    type="choice",
    default="euclidean",
    choices=("euclidean", "cosine"),
    meaning="How neighbors are found: by distance, or by angle.",
)

BLOCK_VALUES = 1 << 23
"""Distances worked on at a time, 32 MiB: smaller arrays the allocator takes from the system
anew for each block, which costs a tenth of the time and more."""

CACHED_VALUES = 1 << 17
"""Differences measured at a time: one MiB, which a core's own cache holds."""

LEAST_ROWS = 16
"""Queries of a block at least, however many samples there are: a product of fewer is slow."""

GROUP = 16
"""Samples of which only the nearest counts for the limit that candidates are found by."""


@dataclass(frozen=True)
class Neighbors:
    """Nearest neighbors of samples, the sample itself not among them.

    Attributes:
        indices: int32 (n_queries, k), the nearest first.
        distances: float64 (n_queries, k), in the metric asked for.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float64]


class PairSums(Protocol):
    """What is summed up over all pairs of samples in the same pass that finds neighbors."""

    @property
    def order(self) -> NDArray[np.intp]:
        """All samples in the order in which their columns are wanted, (n_samples,)."""

    def add(self, queries: NDArray[np.intp], squares: NDArray[np.float32]) -> None:
        """Takes the squared distances of some samples; called by several threads.

        Args:
            queries: The samples, (b,).
            squares: Their squared distances to all samples in `order`, float32
                (b, n_samples): in one unit that is not told, 0 to the sample itself, off by
                rounding to others, even below 0. May be overwritten.
        """


def nearest(
    rows: NDArray[np.floating],
    k: int,
    metric: DistanceMetric = "euclidean",
    report: Callable[[float], None] | None = None,
    queries: NDArray[np.integer] | None = None,
    sums: PairSums | None = None,
) -> Neighbors:
    """Returns the k nearest neighbors of samples, exactly; of equals, those that come first.

    Time n_queries x n_samples x n_units, memory beyond `rows` a float64 and a float32 copy of
    them, and 64 MiB a core. Runs on all cores.

    Args:
        rows: Finite (n_samples, n_units).
        k: Neighbors wanted; where there are fewer other samples, all those.
        metric: `euclidean`, or `cosine` (1 minus the cosine of the angle).
        report: Receives the finished share, in [0, 1]; may raise to cancel.
        queries: Indices of the samples whose neighbors are wanted; all if left out.
        sums: Is given the distances of each of them to all samples.
    """
    wanted = np.arange(len(rows)) if queries is None else np.asarray(queries, np.intp)
    k = min(k, len(rows) - 1)
    indices = np.empty((len(wanted), k), np.int32)
    distances = np.empty((len(wanted), k))
    if k == 0 and sums is None:
        return Neighbors(indices, distances)
    search = _Search.of(embed(rows, metric), k, sums)
    for block, (found, squares) in search.blocks(wanted):
        if report is not None:
            report(block.start / len(wanted))
        indices[block] = found
        distances[block] = squares / 2 if metric == "cosine" else np.sqrt(squares)
    return Neighbors(indices, distances)


def embed(rows: NDArray[np.floating], metric: DistanceMetric) -> NDArray[np.float64]:
    """Returns rows whose Euclidean distances rank as the metric's do, centered.

    Args:
        rows: Finite (n_samples, n_units).
        metric: For `cosine`, a row of zeros has no direction: it stays at the origin, 0.5 from
            every other one and 0 from its like.

    Returns:
        float64 (n_samples, n_units).
    """
    space = rows.astype(np.float64)
    if metric == "cosine":
        lengths = np.linalg.norm(space, axis=1, keepdims=True)
        np.divide(space, lengths, out=space, where=lengths > 0)
    space -= space.mean(axis=0)
    return space


_Found = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Indices of neighbors and their squared distances, the nearest first, each (b, k)."""


@dataclass(frozen=True)
class _Search:
    """The search among some rows.

    Attributes:
        space: Centred rows, float64 (n_samples, n_units).
        order: The samples in the order of the columns, (n_samples,).
        place: The column of each sample, (n_samples,).
        coarse: The rows in that order, scaled into the unit ball, float32.
        squares: Squared lengths of `coarse`, float32 (n_samples,).
        k: Neighbors wanted.
        sums: What all distances are given to.
    """

    space: NDArray[np.float64]
    order: NDArray[np.intp]
    place: NDArray[np.intp]
    coarse: NDArray[np.float32]
    squares: NDArray[np.float32]
    k: int
    sums: PairSums | None

    @classmethod
    def of(cls, space: NDArray[np.float64], k: int, sums: PairSums | None) -> _Search:
        """Returns the search for so many neighbors among these rows."""
        order = np.arange(len(space)) if sums is None else sums.order
        lengths = _squares(space)
        longest = float(np.sqrt(lengths.max())) or 1.0
        coarse = (space / longest).astype(np.float32)[order]
        squares = (lengths / longest**2).astype(np.float32)[order]
        return cls(space, order, np.argsort(order), coarse, squares, k, sums)

    def blocks(self, queries: NDArray[np.intp]) -> Iterator[tuple[slice, _Found]]:
        """Yields what is found for the queries, block by block."""
        rows = max(LEAST_ROWS, BLOCK_VALUES // len(self.space))
        blocks = [slice(start, start + rows) for start in range(0, len(queries), rows)]
        found = in_threads(self._among_all, [queries[block] for block in blocks])
        yield from zip(blocks, found, strict=True)

    def _among_all(self, queries: NDArray[np.intp]) -> _Found:
        rows, columns = np.arange(len(queries)), self.place[queries]
        # Twice the rows, which costs no digit, and not twice the products, which costs a pass.
        away = (-2 * self.coarse[columns]) @ self.coarse.T
        away += self.squares
        away[rows, columns] = np.inf  # nobody's neighbor
        found = self._nearest(queries, away)
        if self.sums is not None:
            away += self.squares[columns, np.newaxis]
            away[rows, columns] = 0
            self.sums.add(queries, away)
        return found

    def _nearest(self, queries: NDArray[np.intp], away: NDArray[np.float32]) -> _Found:
        """Finds the neighbors by what float32 makes of all distances, (b, n_samples)."""
        if self.k == 0:
            return np.empty((len(queries), 0), np.intp), np.empty((len(queries), 0))
        near = away <= self._limits(away)[:, np.newaxis]
        crowded = near.sum(axis=1, dtype=np.int32) > 4 * self.k + LEAST_ROWS
        if not crowded.any():
            return self._among(queries, self._samples(_table(near)))
        near[crowded] = False
        found, squares = self._among(queries, self._samples(_table(near, self.k)))
        found[crowded], squares[crowded] = self._among_many(queries[crowded])
        return found, squares

    def _samples(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Returns the samples of columns, ascending in each row; -1 is none, and stays so."""
        return np.sort(np.where(columns < 0, -1, self.order[columns]), axis=1)

    def _limits(self, away: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns how far the k-th neighbor of each query can be, (b,).

        The k-th smallest of the minima of groups: at least k samples are as near. Twice the
        bound on the error may lie between it and what float32 makes of the k nearest. A
        product of n terms is off by at most n + 2 roundings of |x||y| (Higham 2002, section
        3.1) and counts twice; rounding the rows, their squares and the sums adds some more;
        lengths are at most 1.
        """
        n = away.shape[1]
        size = max(1, min(GROUP, n // (4 * self.k)))
        whole = n - n % size
        minima = away[:, :whole].reshape(len(away), size, -1).min(axis=1)
        limits: NDArray[np.float32] = np.partition(minima, self.k - 1, axis=1)[:, self.k - 1]
        rounding = float(np.finfo(np.float32).eps) / 2
        return limits + np.float32(2 * 2 * (self.space.shape[1] + 8) * rounding)

    def _among_many(self, queries: NDArray[np.intp]) -> _Found:
        """Finds the neighbors of samples with many others about as far, by float64 alone."""
        away = self.space[queries] @ self.space.T
        away *= -2
        away += _squares(self.space)
        away[np.arange(len(queries)), queries] = np.inf
        candidates = np.argpartition(away, self.k - 1, axis=1)[:, : self.k]
        return self._among(queries, np.sort(candidates, axis=1))

    def _among(self, queries: NDArray[np.intp], candidates: NDArray[np.intp]) -> _Found:
        """Finds the neighbors among candidates, (b, m >= k) and ascending; -1 is none."""
        squares = np.empty(candidates.shape)
        rows = max(1, CACHED_VALUES // (candidates.shape[1] * self.space.shape[1]))
        for start in range(0, len(queries), rows):
            some = slice(start, start + rows)
            apart = self.space[candidates[some]]
            apart -= self.space[queries[some], np.newaxis]
            squares[some] = np.einsum("qcu,qcu->qc", apart, apart)
        squares[candidates < 0] = np.inf
        order = np.argsort(squares, axis=1, kind="stable")[:, : self.k]
        return (
            np.take_along_axis(candidates, order, axis=1),
            np.take_along_axis(squares, order, axis=1),
        )


def _squares(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the squared length of each row."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", rows, rows)
    return squares


def _table(near: NDArray[np.bool_], least: int = 0) -> NDArray[np.intp]:
    """Returns where each row is true, filled up with -1 to the longest, or to `least`."""
    # Flat, NumPy finds what is true ten times as fast.
    queries, others = np.divmod(np.flatnonzero(near), near.shape[1])
    counts = np.bincount(queries, minlength=len(near))
    places = np.arange(len(queries)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((len(near), max(least, int(counts.max()))), -1)
    table[queries, places] = others
    return table
