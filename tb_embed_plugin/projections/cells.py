"""Cells of a large snapshot: each sample belongs to the pivot that it is nearest to.

Rows are read when they are worked on, a block at a time, so the snapshot need not be in
memory. Which cell a sample is in follows from the snapshot, the landmarks, the metric and the
seed: the parts may be computed by any process in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tb_embed_plugin.projections.neighbors import DistanceMetric, directed
from tb_embed_plugin.snapshot import Snapshot

CELL = 256
"""Samples of a cell on average, unless there are so many that `MOST_PIVOTS` have more."""

MOST_PIVOTS = 4_096

MOST_QUERIES = 1_024
"""A cell of more samples is cut: where most samples are alike, one pivot has most of them."""

PART_ROWS = 16_384
"""Rows that are assigned to their cells by one task."""

_GROUP_VALUES = 1 << 22
"""Activations of the samples whose neighbors one task searches, 16 MiB."""

_LEAST_GROUPS = 16
"""Groups that few samples are cut into, so that all cores have some."""

_ASSIGNED_ROWS = 4_096
_ASSIGNED_DISTANCES = 1 << 22
"""Of a block of samples to the pivots, at most."""

ROW_BYTES = 20
"""Of a unit of a row as it is read, in double precision, and about an origin."""

Queries = tuple[int, int]
"""A cell, and the first of those of its members that are searched for together."""


@dataclass(frozen=True)
class Pivots:
    """Samples that cells lie about.

    Attributes:
        metric: The distance.
        shift: The power of two that activations are multiplied by.
        middle: The mean of all pivots, float64 (n_units,).
        rows: The pivots about it, float32 (n_pivots, n_units).
    """

    metric: DistanceMetric
    shift: int
    middle: NDArray[np.float64]
    rows: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        landmarks: NDArray[np.intp],
        metric: DistanceMetric,
        seed: int,
        shift: int,
    ) -> Pivots:
        """Draws pivots among the landmarks.

        Args:
            snapshot: Finite float32 (n_samples, n_units).
            landmarks: Which samples are landmarks, ascending.
            metric: The distance.
            seed: Of the draw.
            shift: As `initial_positions.unit_shift` returns it.
        """
        count = pivot_count(len(snapshot), len(landmarks))
        chosen = np.random.default_rng(seed).choice(landmarks, count, replace=False)
        rows = directed(np.ldexp(snapshot[np.sort(chosen)], shift), metric)
        middle = rows.mean(axis=0)
        return cls(metric, shift, middle, (rows - middle).astype(np.float32))

    def about(
        self, rows: NDArray[np.float32], origin: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Returns rows about one of them: the nearer, the fewer digits products lose."""
        return (self.directed(rows) - origin).astype(np.float32)

    def directed(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Returns rows in double precision, as distances are measured between them."""
        return directed(np.ldexp(rows, self.shift), self.metric)

    @property
    def block_rows(self) -> int:
        """Rows that are assigned at a time."""
        return min(_ASSIGNED_ROWS, _ASSIGNED_DISTANCES // len(self.rows))

    @property
    def block_bytes(self) -> int:
        """Memory that a block takes while it is assigned."""
        count, units = len(self.rows), int(self.rows.shape[1])
        return self.block_rows * (4 * count + ROW_BYTES * units)

    def assign(self, snapshot: Snapshot, part: slice) -> NDArray[np.uint16]:
        """Returns the cells of the samples of one of `assigned_parts`, uint16 (n_rows,)."""
        squares = np.einsum("ij,ij->i", self.rows, self.rows)
        across = -2 * self.rows.T
        found = np.empty(part.stop - part.start, np.uint16)
        for start in range(0, len(found), self.block_rows):
            block = slice(start, min(start + self.block_rows, len(found)))
            rows = snapshot[part.start + block.start : part.start + block.stop]
            away = self.about(rows, self.middle) @ across
            away += squares
            found[block] = away.argmin(axis=1)
        return found


@dataclass(frozen=True)
class Cells:
    """Samples by the pivot that each is nearest to.

    Attributes:
        pivots: The pivots.
        members: The samples of each pivot, int32, ascending.
        landmarks: The landmarks among them.
    """

    pivots: Pivots
    members: list[NDArray[np.int32]]
    landmarks: list[NDArray[np.int32]]

    @classmethod
    def of(cls, pivots: Pivots, own: NDArray[np.uint16], landmarks: NDArray[np.intp]) -> Cells:
        """Returns the cells of samples that are assigned.

        Args:
            pivots: The pivots.
            own: The cell of each sample, (n_samples,).
            landmarks: Which samples are landmarks, ascending.
        """
        count = len(pivots.rows)
        marks = _grouped(own[landmarks], count)
        return cls(pivots, _grouped(own, count), [landmarks[i].astype(np.int32) for i in marks])

    @cached_property
    def groups(self) -> list[list[Queries]]:
        """All samples in groups, each of cells that lie beside one another.

        So those that are searched among are for the most part the same ones. How large a group
        is follows from the number of samples and units alone.
        """
        samples, units = sum(map(len, self.members)), self.pivots.rows.shape[1]
        most = min(_GROUP_VALUES // units, samples // _LEAST_GROUPS)
        groups: list[list[Queries]] = [[]]
        size = 0
        for pivot in KDTree(self.pivots.rows, leafsize=1).indices.tolist():
            for start in range(0, len(self.members[pivot]), MOST_QUERIES):
                if size >= most:
                    groups.append([])
                    size = 0
                groups[-1].append((pivot, start))
                size += min(MOST_QUERIES, len(self.members[pivot]) - start)
        return groups


def assigned_parts(samples: int) -> list[slice]:
    """Returns samples in parts, each to be assigned by one task."""
    return [
        slice(start, min(start + PART_ROWS, samples)) for start in range(0, samples, PART_ROWS)
    ]


def pivot_count(samples: int, landmarks: int) -> int:
    """Returns how many cells there are."""
    return max(1, min(landmarks, samples // CELL, MOST_PIVOTS))


def gathered(
    first: Sequence[NDArray[np.int32]],
    cells: Sequence[NDArray[np.int32]],
    near: Iterator[int],
    least: int,
    least_cells: int,
    most_of_cell: int,
) -> NDArray[np.int32]:
    """Returns members of cells, the nearest cell first, until there are enough of both."""
    parts, total = list(first), sum(map(len, first))
    while total < least or len(parts) < least_cells:
        pivot = next(near, None)
        if pivot is None:
            break
        parts.append(_evenly(cells[pivot], most_of_cell))
        total += len(parts[-1])
    return np.concatenate(parts)


def _grouped(own: NDArray[np.uint16], groups: int) -> list[NDArray[np.int32]]:
    order = np.argsort(own, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(own, minlength=groups))[:-1]
    return np.split(order, ends)


def _evenly(samples: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """Returns all of them, or as many as are allowed, from the first to the last."""
    if len(samples) <= most:
        return samples
    return samples[np.arange(most) * len(samples) // most]
