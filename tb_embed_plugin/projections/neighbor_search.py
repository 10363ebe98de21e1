"""The search for nearest neighbors among some rows: candidates in float32, the rest in float64.

A squared distance is |x|² + |y|² - 2xy, so matrix products find all of them; in float32 they
take half the time, and are off by no more than a bound that is known. Whatever lies within that
bound of the k nearest is measured again by differences in float64, in which nothing is lost. So
what is found follows from the rows alone, however they are cut into parts: of equal distances
those of the rows that come first.

One case is left to rounding: where more than `4 k + LEAST_ROWS` rows lie as near as the k-th
neighbor, to the rounding of float64's products and to `TIED` of its squared distance, not all
of them are measured, and which are named may differ between parts if they are not quite equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.pair_sums import PairSums

BLOCK_VALUES = 1 << 23
"""Distances worked on at a time, 32 MiB: smaller arrays the allocator takes from the system
anew for each block, which costs a tenth of the time and more."""

CACHED_VALUES = 1 << 17
"""Differences measured at a time: one MiB, which a core's own cache holds."""

LEAST_ROWS = 16
"""Queries of a block at least, however many samples there are: a product of fewer is slow."""

SHARE_PAIRS = 1 << 26
"""Distances of a share of the queries, half a second's work at 128 units."""

GROUP = 16
"""Samples of which only the nearest counts for the limit that candidates are found by."""

TIED = 1e-9
"""Share of a squared distance by which one of very many others may be nearer and be left out:
the activations themselves are rounded to 6e-8."""

Found = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Rows that are neighbors and their squared distances, the nearest first, each (b, k)."""


@dataclass(frozen=True)
class Queries:
    """Rows whose neighbors are wanted.

    Attributes:
        rows: float64 (b, n_units), in the same space as those that are searched.
        own: Which of those each of them is, (b,): nobody is their own neighbor; -1 for none.
    """

    rows: NDArray[np.float64]
    own: NDArray[np.intp]

    def __getitem__(self, some: slice | NDArray[np.bool_]) -> Queries:
        """Returns some of them."""
        return Queries(self.rows[some], self.own[some])

    def relative_to(self, some: slice, part: slice) -> Queries:
        """Returns some of them, to be searched for in a part of those that are searched."""
        own = self.own[some]
        inside = (own >= part.start) & (own < part.stop)
        return Queries(self.rows[some], np.where(inside, own - part.start, -1))


def query_blocks(queries: int, searched: int) -> list[slice]:
    """Returns queries in blocks, each to be searched for among so many rows at once."""
    height = max(LEAST_ROWS, BLOCK_VALUES // searched)
    return [slice(start, start + height) for start in range(0, queries, height)]


def query_shares(queries: int, searched: int) -> list[slice]:
    """Returns queries in shares of whole blocks, one at least: found apart, the same bits."""
    height = max(LEAST_ROWS, BLOCK_VALUES // searched)
    height *= max(1, SHARE_PAIRS // (height * searched))
    starts = range(0, max(1, queries), height)
    return [slice(start, min(start + height, queries)) for start in starts]


def merged(first: Found, second: Found, k: int) -> Found:
    """Returns the k nearest of two lists, whose rows all come before those of the second."""
    rows = np.concatenate([first[0], second[0]], axis=1)
    squares = np.concatenate([first[1], second[1]], axis=1)
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(squares, order, axis=1)


@dataclass(frozen=True)
class Search:
    """The search among some rows.

    Attributes:
        space: The rows, float64 (n_rows, n_units), about an origin that is not far away.
        order: The rows in the order of the columns, (n_rows,).
        place: The column of each row, (n_rows,).
        coarse: The rows in that order, scaled into the unit ball, float32.
        squares: Squared lengths of `coarse`, float32 (n_rows,).
        longest: What was a length of 1 before; no query is longer.
        k: Neighbors wanted, fewer than there are rows, or as many where no query is a row.
        sums: What all distances are given to; only where all queries are rows.
    """

    space: NDArray[np.float64]
    order: NDArray[np.intp]
    place: NDArray[np.intp]
    coarse: NDArray[np.float32]
    squares: NDArray[np.float32]
    longest: float
    k: int
    sums: PairSums | None

    @classmethod
    def among(
        cls,
        space: NDArray[np.float64],
        k: int,
        sums: PairSums | None = None,
        longest_query: float = 0.0,
    ) -> Search:
        """Returns the search for so many neighbors among these rows.

        Args:
            space: The rows.
            k: Neighbors wanted.
            sums: What all distances are given to.
            longest_query: Length of the longest query that is none of the rows.
        """
        order = np.arange(len(space)) if sums is None else sums.order
        lengths = squared_lengths(space)
        longest = max(float(np.sqrt(lengths.max())), longest_query) or 1.0
        coarse = (space / longest).astype(np.float32)
        squares = (lengths / longest**2).astype(np.float32)
        if sums is not None:
            coarse, squares = coarse[order], squares[order]
        return cls(space, order, np.argsort(order), coarse, squares, longest, k, sums)

    def find(self, queries: Queries) -> Found:
        """Returns the nearest rows of each query, one block of `query_blocks`."""
        rows = np.flatnonzero(queries.own >= 0)
        columns = self.place[queries.own[rows]]
        coarse = (queries.rows / self.longest).astype(np.float32)
        # Twice the rows, which costs no digit, and not twice the products, which costs a pass.
        away = (-2 * coarse) @ self.coarse.T
        away += self.squares
        away[rows, columns] = np.inf  # nobody's neighbor
        found = self._nearest(queries, away)
        if self.sums is not None:
            away += self.squares[columns, np.newaxis]
            away[rows, columns] = 0
            self.sums.add(queries.own, away)
        return found

    def _nearest(self, queries: Queries, away: NDArray[np.float32]) -> Found:
        """Finds the neighbors by what float32 makes of all distances, (b, n_rows)."""
        if self.k == 0:
            return np.empty((len(away), 0), np.intp), np.empty((len(away), 0))
        near = away <= self._limits(away)[:, np.newaxis]
        crowded = self._crowded(near)
        if not crowded.any():
            return self._among(queries, self._rows(true_columns(near)))
        near[crowded] = False
        found, squares = self._among(queries, self._rows(true_columns(near, self.k)))
        found[crowded], squares[crowded] = self._among_many(queries[crowded])
        return found, squares

    def _crowded(self, near: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Returns which queries have many candidates, (b,)."""
        crowded: NDArray[np.bool_] = near.sum(axis=1, dtype=np.int32) > 4 * self.k + LEAST_ROWS
        return crowded

    def _rows(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Returns the rows of columns, ascending; -1 is none, and stays so."""
        return np.sort(np.where(columns < 0, -1, self.order[columns]), axis=1)

    def _limits(self, away: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns how far the k-th neighbor of each query can be, (b,).

        The k-th smallest of the minima of groups: at least k rows are as near. Twice the bound
        on the error may lie between it and what float32 makes of the k nearest.
        """
        n = away.shape[1]
        size = max(1, min(GROUP, n // (4 * self.k)))
        whole = n - n % size
        minima = away[:, :whole].reshape(len(away), size, -1).min(axis=1)
        limits: NDArray[np.float32] = np.partition(minima, self.k - 1, axis=1)[:, self.k - 1]
        return limits + np.float32(2 * product_error(self.space.shape[1], np.float32))

    def _among_many(self, queries: Queries) -> Found:
        """Finds the neighbors of queries with many rows about as far, by float64's products.

        By how much these are off is known for each pair, so that a far row makes no others
        uncertain. All that may be among the k nearest are measured, or `4 k + LEAST_ROWS` and
        more, the first ones, where the k-th of those is certain to `TIED`.
        """
        found = (
            np.empty((len(queries.own), self.k), np.intp),
            np.empty((len(queries.own), self.k)),
        )
        squares = squared_lengths(self.space)
        height = max(LEAST_ROWS, BLOCK_VALUES // (4 * len(self.space)))
        for start in range(0, len(queries.own), height):
            some = slice(start, start + height)
            found[0][some], found[1][some] = self._by_products(queries[some], squares)
        return found

    def _by_products(self, queries: Queries, squares: NDArray[np.float64]) -> Found:
        away = queries.rows @ self.space.T
        away *= -2
        away += squares
        rows = np.flatnonzero(queries.own >= 0)
        away[rows, queries.own[rows]] = np.inf
        own = squared_lengths(queries.rows)[:, np.newaxis]
        # Squared lengths are off by half as much again as products are.
        error = 1.5 * product_error(self.space.shape[1], np.float64)
        off = np.sqrt(np.maximum(own, squares) * squares) * error
        most = away + off
        near = away - off <= np.partition(most, self.k - 1, axis=1)[:, self.k - 1 : self.k]
        away -= off
        least = np.partition(away, self.k - 1, axis=1)[:, self.k - 1 : self.k]
        first = near.cumsum(axis=1, dtype=np.int32) <= 4 * self.k + LEAST_ROWS
        found = self._among(queries, true_columns(near & first | (most < least), self.k))
        # Of those left out none is nearer than `least` by more than twice what it is off.
        off[~near] = 0
        floor = (least + own)[:, 0] - 2 * off.max(axis=1) - error * own[:, 0]
        for at in map(int, np.flatnonzero(self._crowded(near))):
            if not _settled(found[1][at, -1], floor[at]):
                candidates = np.flatnonzero(near[at])
                equals = self._among_equals(queries[at : at + 1], candidates, floor[at])
                found[0][at], found[1][at] = equals[0][0], equals[1][0]
        return found

    def _among_equals(
        self, query: Queries, candidates: NDArray[np.intp], floor: float
    ) -> Found:
        """Finds the neighbors of one query that has many others in its own place, or nearly."""
        found: Found = np.empty((1, 0), np.intp), np.empty((1, 0))
        start, size = 0, 4 * self.k + LEAST_ROWS
        most = max(size, CACHED_VALUES // self.space.shape[1])
        while start < len(candidates):
            some = self._among(query, candidates[np.newaxis, start : start + size])
            found = merged(found, some, self.k)
            start, size = start + size, min(2 * size, most)
            if found[1].shape[1] == self.k and _settled(found[1][0, -1], floor):
                break
        return found

    def _among(self, queries: Queries, candidates: NDArray[np.intp]) -> Found:
        """Finds the neighbors among candidates, (b, m) and ascending; -1 is none."""
        squares = np.empty(candidates.shape)
        rows = max(1, CACHED_VALUES // (candidates.shape[1] * self.space.shape[1]))
        for start in range(0, len(candidates), rows):
            some = slice(start, start + rows)
            apart = self.space[candidates[some]]
            apart -= queries.rows[some, np.newaxis]
            squares[some] = np.einsum("qcu,qcu->qc", apart, apart)
        squares[candidates < 0] = np.inf
        order = np.argsort(squares, axis=1, kind="stable")[:, : self.k]
        return (
            np.take_along_axis(candidates, order, axis=1),
            np.take_along_axis(squares, order, axis=1),
        )


def _settled(last: float, floor: float) -> bool:
    """Returns whether no other row is nearer than the last one found, but for `TIED`."""
    # None is nearer than those in the same place, and of these the first count.
    return last == 0 or last - floor <= TIED * last


def product_error(units: int, dtype: type[np.floating]) -> float:
    """Returns by how much |y|² - 2xy is off at most, of rows no longer than 1.

    A product of n terms is off by at most n + 2 roundings of |x||y| (Higham 2002, section 3.1)
    and counts twice; rounding the rows, their squares and the sums adds some more.
    """
    return 2 * (units + 8) * float(np.finfo(dtype).eps) / 2


def squared_lengths(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the squared length of each row."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", rows, rows)
    return squares


def true_columns(near: NDArray[np.bool_], least: int = 0) -> NDArray[np.intp]:
    """Returns where each row is true, filled up with -1 to the longest, or to `least`."""
    # Flat, NumPy finds what is true ten times as fast.
    queries, others = np.divmod(np.flatnonzero(near), near.shape[1])
    counts = np.bincount(queries, minlength=len(near))
    places = np.arange(len(queries)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((len(near), max(least, int(counts.max()))), -1)
    table[queries, places] = others
    return table
