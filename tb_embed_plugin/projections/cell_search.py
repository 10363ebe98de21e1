"""Near neighbors of all samples of a large snapshot, searched in cells about pivots.

Each sample belongs to the pivot that it is nearest to. Its neighbors are searched in the cell
of that pivot and in those of the nearest other ones, `CANDIDATES` rows together. With the
samples grow the cells' number, up to `MOST_PIVOTS`, and from there on their size: so beyond a
million samples the time grows with their number and not with its square. The same data give the
same neighbors, however many cores there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.neighbor_search import GROUP, Found, true_columns
from tb_embed_plugin.projections.neighbors import DistanceMetric, Neighbors, directed
from tb_embed_plugin.projections.threads import in_threads

CELL = 256
"""Samples of a cell on average, unless there are so many that `MOST_PIVOTS` have more."""

MOST_PIVOTS = 4_096

CANDIDATES = 2_048
"""Rows that neighbors are searched among, at least; fewer where there are not so many."""

LANDMARK_CANDIDATES = 128
LANDMARK_CELLS = 8
"""Landmarks that the nearest are searched among, and the cells whose these are, at least."""

LANDMARKS_OF_CELL = 512
"""Of a cell that has more landmarks, so many are searched, drawn evenly."""

MOST_QUERIES = 1_024
"""A cell of more samples is cut: where most samples are alike, one pivot has most of them."""

_NEAR_PIVOTS = 64
"""Pivots that are sorted by their distance, unless their cells hold too few rows."""

_ASSIGNED_ROWS = 4_096
_ASSIGNED_DISTANCES = 1 << 22
"""Of a block of samples to the pivots, at most."""

_ROW_BYTES = 16
"""Of a unit of a row, in double precision and about an origin."""

_OfCell = tuple[NDArray[np.intp], Found, Found]
"""Samples, their neighbors among all and their nearest landmarks."""


@dataclass(frozen=True)
class Cells:
    """Samples by the pivot that each is nearest to.

    Attributes:
        snapshot: Finite float32 (n_samples, n_units).
        metric: The distance.
        pivots: The pivots, float32 (n_pivots, n_units), about the mean of all pivots.
        members: The samples of each pivot.
        landmarks: The landmarks among them.
    """

    snapshot: NDArray[np.float32]
    metric: DistanceMetric
    pivots: NDArray[np.float32]
    members: list[NDArray[np.intp]]
    landmarks: list[NDArray[np.intp]]

    @classmethod
    def of(
        cls,
        snapshot: NDArray[np.float32],
        landmarks: NDArray[np.intp],
        metric: DistanceMetric,
        seed: int,
        report: Callable[[float], None],
    ) -> Cells:
        """Returns the cells about pivots that are drawn among the landmarks.

        Args:
            snapshot: Finite float32 (n_samples, n_units).
            landmarks: Which samples are landmarks, ascending.
            metric: The distance.
            seed: Of the draw.
            report: Receives the finished share; may raise to cancel.
        """
        count = pivot_count(len(snapshot), len(landmarks))
        chosen = np.random.default_rng(seed).choice(landmarks, count, replace=False)
        rows = directed(snapshot[np.sort(chosen)], metric)
        middle = rows.mean(axis=0)
        pivots = (rows - middle).astype(np.float32)
        squares = np.einsum("ij,ij->i", pivots, pivots)
        across = -2 * pivots.T

        def assign(some: slice) -> NDArray[np.intp]:
            rows = (directed(snapshot[some], metric) - middle).astype(np.float32)
            away = rows @ across
            away += squares
            nearest: NDArray[np.intp] = away.argmin(axis=1)
            return nearest

        size = min(_ASSIGNED_ROWS, _ASSIGNED_DISTANCES // count)
        blocks = [slice(start, start + size) for start in range(0, len(snapshot), size)]
        own = np.empty(len(snapshot), np.intp)
        bytes_each = size * (4 * count + _ROW_BYTES * snapshot.shape[1])
        found = in_threads(assign, blocks, bytes_each)
        for done, (block, nearest) in enumerate(zip(blocks, found, strict=True), 1):
            own[block] = nearest
            report(done / len(blocks))
        everything = np.arange(len(snapshot))
        return cls(
            snapshot,
            metric,
            pivots,
            _grouped(everything, own, count),
            _grouped(landmarks, own[landmarks], count),
        )

    def search(
        self, k: int, anchors: int, report: Callable[[float], None]
    ) -> tuple[Neighbors, Neighbors]:
        """Returns the neighbors of each sample among all, and its nearest landmarks.

        Neither names the sample itself.

        Args:
            k: Neighbors wanted; fewer than there are samples.
            anchors: Landmarks wanted; fewer than there are.
            report: Receives the finished share; may raise to cancel.
        """
        samples = len(self.snapshot)
        tables = [
            (np.empty((samples, wide), np.int32), np.empty((samples, wide)))
            for wide in (k, anchors)
        ]
        tasks = [
            (pivot, start)
            for pivot, members in enumerate(self.members)
            for start in range(0, len(members), MOST_QUERIES)
        ]
        # All candidates but those of the last cell are fewer than are wanted.
        most = 2 * max(CANDIDATES, k + 1)
        bytes_each = 6 * MOST_QUERIES * most
        bytes_each += _ROW_BYTES * self.snapshot.shape[1] * (MOST_QUERIES + most)
        bytes_each += 8 * self.pivots.size
        found = in_threads(lambda task: self._of_cell(*task, k, anchors), tasks, bytes_each)
        for done, (queries, *results) in enumerate(found, 1):
            for (indices, squares), (rows, away) in zip(tables, results, strict=True):
                indices[queries], squares[queries] = rows, away
            report(done / len(tasks))
        near, marks = (Neighbors.of(table, self.metric) for table in tables)
        return near, marks

    def _of_cell(self, pivot: int, start: int, k: int, anchors: int) -> _OfCell:
        """Returns samples of a cell, their neighbors and their landmarks."""
        members = self.members[pivot]
        queries = members[start : start + MOST_QUERIES]
        apart = self.pivots - self.pivots[pivot]
        away = np.einsum("ij,ij->i", apart, apart)
        away[pivot] = -1
        # From the queries on, so that each part of a cell that is cut has its own ones.
        enough = max(CANDIDATES, k + 1)
        own = np.roll(members, -start)[:enough]
        others = islice(_ascending(away), 1, None)
        candidates = _gathered([own], self.members, others, enough, 1, enough)
        enough = max(LANDMARK_CANDIDATES, anchors + 1)
        pivots = _ascending(away)
        marks = _gathered([], self.landmarks, pivots, enough, LANDMARK_CELLS, LANDMARKS_OF_CELL)
        origin = directed(self.snapshot[queries[:1]], self.metric)
        rows = self._rows(queries, origin)
        everyone = np.arange(len(queries))
        themselves = np.nonzero(queries[:, np.newaxis] == marks)
        return (
            queries,
            _nearest(rows, self._rows(candidates, origin), (everyone, everyone), candidates, k),
            _nearest(rows, self._rows(marks, origin), themselves, marks, anchors),
        )

    def _rows(
        self, samples: NDArray[np.intp], origin: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Returns rows about one of them: the nearer, the fewer digits products lose."""
        return (directed(self.snapshot[samples], self.metric) - origin).astype(np.float32)


def pivot_count(samples: int, landmarks: int) -> int:
    """Returns how many cells there are."""
    return max(1, min(landmarks, samples // CELL, MOST_PIVOTS))


def _grouped(
    samples: NDArray[np.intp], own: NDArray[np.intp], groups: int
) -> list[NDArray[np.intp]]:
    order = np.argsort(own, kind="stable")
    ends = np.searchsorted(own[order], np.arange(1, groups))
    return np.split(samples[order], ends)


def _ascending(away: NDArray[np.float32]) -> Iterator[int]:
    """Yields which are nearest, from the nearest on; few are sorted unless more are wanted."""
    few = min(_NEAR_PIVOTS, len(away))
    nearest = np.argpartition(away, few - 1)[:few]
    yield from nearest[np.lexsort((nearest, away[nearest]))].tolist()
    rest = np.setdiff1d(np.arange(len(away)), nearest)
    yield from rest[np.argsort(away[rest], kind="stable")].tolist()


def _gathered(
    first: list[NDArray[np.intp]],
    cells: list[NDArray[np.intp]],
    near: Iterator[int],
    least: int,
    least_cells: int,
    most_of_cell: int,
) -> NDArray[np.intp]:
    """Returns members of cells, the nearest cell first, until there are enough of both."""
    parts, total = list(first), sum(map(len, first))
    while total < least or len(parts) < least_cells:
        pivot = next(near, None)
        if pivot is None:
            break
        parts.append(_evenly(cells[pivot], most_of_cell))
        total += len(parts[-1])
    return np.concatenate(parts)


def _evenly(samples: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Returns all of them, or as many as are allowed, from the first to the last."""
    if len(samples) <= most:
        return samples
    return samples[np.arange(most) * len(samples) // most]


def _possible(away: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Returns few columns of each row, the k smallest among them; -1 is none.

    At least k columns are as small as the k-th smallest minimum of groups, which is found in an
    eighth of the time that a partition of all columns takes.
    """
    size = max(1, min(GROUP, away.shape[1] // (4 * k)))
    whole = away.shape[1] - away.shape[1] % size
    minima = away[:, :whole].reshape(len(away), size, -1).min(axis=1)
    limits = np.partition(minima, k - 1, axis=1)[:, k - 1 : k]
    return true_columns(away <= limits)


def _nearest(
    rows: NDArray[np.float32],
    others: NDArray[np.float32],
    themselves: tuple[NDArray[np.intp], ...],
    candidates: NDArray[np.intp],
    k: int,
) -> Found:
    """Returns the k nearest candidates of each row and their squared distances."""
    away = rows @ (-2 * others.T)
    away += np.einsum("ij,ij->i", others, others)
    away[themselves] = np.inf
    found = _possible(away, k)
    squares = np.take_along_axis(away, found, axis=1)
    squares[found < 0] = np.inf
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    squares = np.take_along_axis(squares, order, axis=1).astype(np.float64)
    squares += np.einsum("ij,ij->i", rows, rows)[:, np.newaxis]
    return candidates[np.take_along_axis(found, order, axis=1)], np.maximum(squares, 0)
