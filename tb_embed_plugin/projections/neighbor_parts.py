"""Exact nearest neighbors in a snapshot that is read part by part, never as a whole.

The nearest of all are among the nearest of each part, so lists of k merge exactly: to the last
bit what `neighbors.nearest` finds in memory (rows that differ by rounding alone excepted, see
`neighbor_search`). Where a part ends depends on the data alone; how many are under way at a
time is bounded by the working memory. Beside it stand the queries, `QUERY_VALUES` at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.neighbor_search import (
    BLOCK_VALUES,
    Found,
    Queries,
    Search,
    merged,
    product_error,
    query_blocks,
    squared_lengths,
)
from tb_embed_plugin.projections.neighbors import (
    DistanceMetric,
    Neighbors,
    center,
    directed,
)
from tb_embed_plugin.projections.pair_shares import PairShare, joined, pair_shares
from tb_embed_plugin.projections.threads import cores, in_threads
from tb_embed_plugin.snapshot import Snapshot

PART_VALUES = 1 << 22
"""Activations of a part: 16 MiB as they are recorded, 64 MiB with what is made of them."""

LEAST_ROWS = 256
"""Rows of a part at least: of each part the nearest are looked at one by one."""

_CACHED_VALUES = 1 << 17
"""Distances that are counted at a time: 1 MiB."""

LEAST_SHARE = 256
"""Queries that a part is made ready for, at least."""

QUERY_VALUES = 1 << 23
"""Activations of queries searched for at a time, 64 MiB: for each block all parts are read."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Space:
    """The rows of a snapshot, centered, in the space where neighbors are searched.

    Attributes:
        snapshot: Finite (n_samples, n_units).
        metric: The distance.
        center: What is taken off each row, float64 (n_units,).
    """

    snapshot: Snapshot
    metric: DistanceMetric
    center: NDArray[np.float64]
    _reading: threading.Lock = field(default_factory=threading.Lock, compare=False)

    @classmethod
    def of(cls, snapshot: Snapshot, metric: DistanceMetric = "euclidean") -> Space:
        """Returns the space of a snapshot, which is read once."""
        return cls(snapshot, metric, center(snapshot, metric))

    def rows(self, where: slice | NDArray[np.integer]) -> NDArray[np.float64]:
        """Returns some rows, float64 (n_rows, n_units)."""
        # Not every system reads at a place of a file without moving the file's own one.
        with self._reading:
            rows = self.snapshot[where]
        return self.embed(rows)

    def embed(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Returns activations of other samples in this space, float64 (n_rows, n_units)."""
        space = directed(rows, self.metric)
        space -= self.center
        return space

    def nearest_of(self, samples: NDArray[np.integer], k: int) -> Neighbors:
        """Returns the nearest neighbors of some samples, exactly.

        Of equal distances those that come first. Time n_queries x n_samples x n_units.

        Args:
            samples: Their numbers, (n_queries,).
            k: Neighbors wanted; where there are fewer other samples, all those.
        """
        return Neighbors.of(self.find(np.asarray(samples, np.intp), k), self.metric)

    def shares(self, queries: int) -> list[PairShare]:
        """Returns all pairs of so many queries and the rows in shares of `SHARE_PAIRS`.

        What `find` returns of them is merged by `merged_shares`, what `count_nearer` returns
        is added up: the same as of all pairs.
        """
        return pair_shares(queries, self.parts())

    def find(self, samples: NDArray[np.intp], k: int, share: PairShare | None = None) -> Found:
        """Returns the nearest rows as `nearest_of` does, with their squared distances.

        Args:
            samples: Numbers of the samples whose neighbors are wanted, (n_queries,).
            k: Neighbors wanted.
            share: One of `shares`, with parts of more than `k` rows: what is found of its
                queries among its parts.
        """
        k = min(k, len(self.snapshot) - 1)
        parts = None
        if share is not None:
            samples, parts = samples[share.queries], self.parts()[share.parts]
        blocks = self._blocks(samples)
        return joined(self._nearest(Queries(self.rows(b), b), k, parts) for b in blocks)

    def nearest_to(self, activations: NDArray[np.floating], k: int) -> Neighbors:
        """Returns the samples nearest to rows of another block, as `nearest_of` does.

        Args:
            activations: Finite (n_queries, n_units), of samples that are none of these.
            k: Neighbors wanted; where there are fewer samples, all those.
        """
        own = np.full(len(activations), -1)
        queries = Queries(self.embed(activations), own)
        return Neighbors.of(self._nearest(queries, min(k, len(self.snapshot))), self.metric)

    def _nearest(self, queries: Queries, k: int, parts: Sequence[slice] | None = None) -> Found:
        nothing = np.empty((len(queries.own), 0), np.intp), np.empty((len(queries.own), 0))
        if not k or not len(queries.own):
            return nothing
        if parts is None:
            parts = self.parts(k + 1)
        longest = float(np.sqrt(squared_lengths(queries.rows).max()))

        def among(part: slice, share: slice) -> Found:
            search = Search.among(self.rows(part), k, longest_query=longest)
            some = queries[share]
            blocks = query_blocks(len(some.own), part.stop - part.start)
            found = [search.find(some.relative_to(block, part)) for block in blocks]
            rows, squares = (np.concatenate(column) for column in zip(*found, strict=True))
            return rows + part.start, squares

        near: dict[int, Found] = {}
        for share, found in self._in_parts(among, len(queries.own), parts):
            before = near.get(share.start, (nothing[0][share], nothing[1][share]))
            near[share.start] = merged(before, found, k)
        return joined(near.values())

    def ranks(
        self, samples: NDArray[np.integer], others: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        """Returns which neighbor of its sample each other one is, from 1: (n_queries, k).

        It is counted how many samples lie nearer, by more than products in float64 are off;
        sorting all of them takes five times as long.

        Args:
            samples: Numbers of samples, (n_queries,).
            others: Of each some others, (n_queries, k).
        """
        own = np.asarray(samples, np.intp)
        return 1 + self.count_nearer(own, self.squares(own, others))

    def squares(
        self, samples: NDArray[np.intp], others: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Returns the squared distances of samples to others, each (n_queries, k)."""
        start, squares = 0, np.empty(others.shape)
        for own in self._blocks(samples):
            block = slice(start, start + len(own))
            squares[block] = self._squares(self.rows(own), others[block])
            start += len(own)
        return squares

    def count_nearer(
        self,
        samples: NDArray[np.intp],
        squares: NDArray[np.float64],
        share: PairShare | None = None,
    ) -> NDArray[np.int64]:
        """Returns how many rows are nearer to samples than some others are, (n_queries, k).

        Args:
            samples: Numbers of the samples, (n_queries,).
            squares: Squared distances of each to the others, (n_queries, k), see `squares`; of
                the queries of the share alone where there is one.
            share: One of `shares`: of its queries alone, the rows of its parts.
        """
        parts = self.parts()
        if share is not None:
            samples, parts = samples[share.queries], parts[share.parts]
        start, total = 0, np.empty(squares.shape, np.int64)
        for own in self._blocks(samples):
            block = slice(start, start + len(own))
            total[block] = self._count_of(own, squares[block], parts)
            start += len(own)
        return total

    def _count_of(
        self, own: NDArray[np.intp], others: NDArray[np.float64], parts: Sequence[slice]
    ) -> NDArray[np.int64]:
        rows = self.rows(own)
        lengths = squared_lengths(rows)[:, np.newaxis]
        limits = others - lengths
        error = 2 * product_error(rows.shape[1], np.float64)

        def count(part: slice, share: slice) -> NDArray[np.int64]:
            space = self.rows(part)
            squares = squared_lengths(space)
            least = limits[share] - error * np.maximum(squares.max(), lengths[share])
            counts = np.empty(least.shape, np.int64)
            height = max(1, BLOCK_VALUES // (2 * len(space)))
            for start in range(0, len(counts), height):
                block = slice(start, start + height)
                # |x - y|² - |x|², which ranks as the distance does.
                away = (-2 * rows[share][block]) @ space.T
                away += squares
                there = own[share][block] - part.start
                known = np.flatnonzero((there >= 0) & (there < len(space)))
                away[known, there[known]] = np.inf  # nobody's neighbor
                counts[block] = _count_nearer(away, least[block])
            return counts

        total = np.zeros(others.shape, np.int64)
        for share, counts in self._in_parts(count, len(own), parts):
            total[share] += counts
        return total

    def _blocks(self, samples: NDArray[np.integer]) -> list[NDArray[np.intp]]:
        """Returns queries in blocks, one at least."""
        own = np.asarray(samples, np.intp)
        height = max(LEAST_SHARE, QUERY_VALUES // self.snapshot.shape[1])
        return [own[start : start + height] for start in range(0, max(1, len(own)), height)]

    def _squares(
        self, rows: NDArray[np.float64], others: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Returns the squared distances of rows to samples, (n_rows, k), by differences."""
        squares = np.empty(others.shape)
        height = max(1, PART_VALUES // (others.shape[1] * rows.shape[1]))
        for start in range(0, len(rows), height):
            block = slice(start, start + height)
            apart = self.rows(others[block].ravel()).reshape(*others[block].shape, -1)
            apart -= rows[block, np.newaxis]
            squares[block] = np.einsum("qcu,qcu->qc", apart, apart)
        return squares

    def _in_parts(
        self, work: Callable[[slice, slice], Result], queries: int, parts: Sequence[slice]
    ) -> Iterator[tuple[slice, Result]]:
        """Yields `work` of each part and share of the queries, in order, with the share."""
        # A part is made ready by each who works on it, so that few parts busy all cores too.
        shares = 1 if len(parts) > cores() else min(cores(), 1 + queries // LEAST_SHARE)
        height = -(-queries // shares)
        tasks = [
            (part, slice(start, min(start + height, queries)))
            for part in parts
            for start in range(0, queries, height)
        ]
        largest = max(part.stop - part.start for part in parts) * self.snapshot.shape[1]
        found = in_threads(lambda task: work(*task), tasks, 16 * (largest + BLOCK_VALUES))
        for (_, share), result in zip(tasks, found, strict=True):
            yield share, result

    def parts(self, least_rows: int = 0) -> list[slice]:
        """Returns the rows in parts, of `PART_VALUES` unless that is too few rows."""
        least_rows = max(LEAST_ROWS, least_rows)
        count, units = self.snapshot.shape
        height = max(least_rows, PART_VALUES // units)
        # Of one size, so that none has far fewer rows than the others.
        number = max(1, min(-(-count // height), count // least_rows))
        ends = [count * part // number for part in range(number + 1)]
        return [slice(*part) for part in pairwise(ends)]


def _count_nearer(away: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns how many rows lie nearer than each limit, (n_queries, k)."""
    counts = np.empty(limits.shape, np.int64)
    # So few rows at a time stay in the processor's cache while they are gone through k times.
    height = max(1, _CACHED_VALUES // away.shape[1])
    for start in range(0, len(away), height):
        some = slice(start, start + height)
        for column in range(limits.shape[1]):
            nearer = away[some] < limits[some, column, np.newaxis]
            # NumPy sums bits to int32 twice as fast as it counts them.
            counts[some, column] = nearer.sum(axis=1, dtype=np.int32)
    return counts
