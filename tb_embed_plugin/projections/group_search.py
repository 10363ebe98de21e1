"""The search for the neighbors of one group of cells, which reads the rows that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.cell_question import CellNeighbors, CellQuestion, OfGroup
from tb_embed_plugin.projections.cells import (
    MOST_QUERIES,
    ROW_BYTES,
    Cells,
    Pivots,
    Queries,
    gathered,
)
from tb_embed_plugin.projections.neighbor_search import GROUP, true_columns
from tb_embed_plugin.projections.neighbors import Neighbors

CANDIDATES = 2_048
"""Rows that neighbors are searched among, at least; fewer where there are not so many."""

LANDMARK_CANDIDATES = 128
LANDMARK_CELLS = 8
"""Landmarks that the nearest are searched among, and the cells whose these are, at least."""

LANDMARKS_OF_CELL = 512
"""Of a cell that has more landmarks, so many are searched, drawn evenly."""

_NEAR_PIVOTS = 64
"""Pivots that are sorted by their distance, unless their cells hold too few rows."""

_READ_VALUES = 1 << 24
"""Activations that are read at a time, 64 MiB, with those that one cell more needs."""


def search_group(question: CellQuestion, cells: Cells, group: int) -> OfGroup:
    """Returns what is found for the samples of one of `Cells.groups`.

    Reads the rows that it needs, about `_READ_VALUES` at a time.
    """
    most = _READ_VALUES // question.snapshot.shape[1]
    searches = cells.groups[group]
    ascending = cache(lambda pivot: _near_pivots(cells.pivots, pivot))
    needed = np.zeros(len(question.snapshot), np.bool_)
    waiting: list[_Search] = []
    found: list[OfGroup] = []
    for done, queries in enumerate(searches, 1):
        waiting.append(_Search.of(question, cells, queries, ascending(queries[0])))
        needed[waiting[-1].needed] = True
        if done == len(searches) or np.count_nonzero(needed) > most:
            found += _answered(question, cells.pivots, waiting, np.flatnonzero(needed))
            waiting.clear()
            needed[:] = False
    samples = np.concatenate([some for some, _ in found])
    together = CellNeighbors.empty(len(samples), question)
    start = 0
    for some, near in found:
        together.put(slice(start, start + len(some)), near)
        start += len(some)
    return samples, together


def search_bytes(question: CellQuestion) -> int:
    """Returns the memory that a group takes while it is searched."""
    # All candidates but those of the last cell are fewer than are wanted.
    most = 2 * max(CANDIDATES, question.k + 1)
    units = int(question.snapshot.shape[1])
    searched = 6 * MOST_QUERIES * most + ROW_BYTES * units * (MOST_QUERIES + most)
    return 4 * _READ_VALUES + searched


@dataclass(frozen=True)
class _Search:
    """Samples of a cell, those that their neighbors are searched among, and landmarks."""

    queries: NDArray[np.int32]
    candidates: NDArray[np.int32]
    marks: NDArray[np.int32]

    @classmethod
    def of(
        cls, question: CellQuestion, cells: Cells, queries: Queries, ascending: _Ascending
    ) -> _Search:
        pivot, start = queries
        members = cells.members[pivot]
        # From the queries on, so that each part of a cell that is cut has its own ones.
        enough = max(CANDIDATES, question.k + 1)
        own = np.roll(members, -start)[:enough]
        others = islice(ascending(), 1, None)
        candidates = gathered([own], cells.members, others, enough, 1, enough)
        enough = max(LANDMARK_CANDIDATES, question.anchors + 1)
        marks = gathered(
            [], cells.landmarks, ascending(), enough, LANDMARK_CELLS, LANDMARKS_OF_CELL
        )
        return cls(members[start : start + MOST_QUERIES], candidates, marks)

    @property
    def needed(self) -> NDArray[np.int32]:
        """All of them; the queries may be more than the candidates."""
        return np.concatenate([self.queries, self.candidates, self.marks])


_Ascending = Callable[[], Iterator[int]]


def _near_pivots(pivots: Pivots, pivot: int) -> _Ascending:
    """Returns what yields pivots, the nearest first: the one itself, then the others.

    Few are sorted unless more are wanted.
    """
    apart = pivots.rows - pivots.rows[pivot]
    away = np.einsum("ij,ij->i", apart, apart)
    away[pivot] = -1
    few = min(_NEAR_PIVOTS, len(away))
    nearest = np.argpartition(away, few - 1)[:few]
    nearest = nearest[np.lexsort((nearest, away[nearest]))]

    def ascending() -> Iterator[int]:
        yield from nearest.tolist()
        rest = np.setdiff1d(np.arange(len(away)), nearest)
        yield from rest[np.argsort(away[rest], kind="stable")].tolist()

    return ascending


def _answered(
    question: CellQuestion, pivots: Pivots, searches: list[_Search], needed: NDArray[np.intp]
) -> list[OfGroup]:
    """Reads the rows that searches need, each once."""
    rows = question.snapshot[needed]
    found = []
    for one in searches:
        own, among, marks = (
            rows[np.searchsorted(needed, samples)]
            for samples in (one.queries, one.candidates, one.marks)
        )
        origin = pivots.directed(own[:1])
        queries = pivots.about(own, origin)
        everyone = np.arange(len(queries))
        near, squares = _nearest(
            queries,
            pivots.about(among, origin),
            (everyone, everyone),
            one.candidates,
            question.k,
        )
        themselves = np.nonzero(one.queries[:, np.newaxis] == one.marks)
        anchors, _ = _nearest(
            queries, pivots.about(marks, origin), themselves, one.marks, question.anchors
        )
        away = Neighbors.of((near, squares), question.metric).distances.astype(np.float32)
        found.append((one.queries, CellNeighbors(near, away, anchors)))
    return found


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
    candidates: NDArray[np.int32],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
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
