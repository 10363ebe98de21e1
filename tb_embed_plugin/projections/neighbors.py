"""Exact nearest neighbours, by matrix products on centred rows.

Centring changes no distance and saves the digits: squared distances come from matrix products,
whose error grows with the distance from the origin, and activations may lie far from it. A
cosine distance is half the squared distance of rows of length one, so both metrics take the
same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.blocks import BLOCK_VALUES
from tb_embed_plugin.projections.engine import Parameter
from tb_embed_plugin.projections.threads import in_threads

Metric = Literal["euclidean", "cosine"]

METRIC = Parameter(
    name="metric",
    type="choice",
    default="euclidean",
    choices=("euclidean", "cosine"),
    meaning="What makes two samples neighbours: their distance, or the angle between them.",
)

BLOCK_ROWS = 512
"""Rows whose neighbours are searched at a time, which cannot be interrupted."""

_BLOCK_VALUES = 1 << 24
"""Distances held at a time."""

_GROUPS = 256
"""Into so many groups the samples are dealt, or more where many neighbours are wanted."""

_ROUNDING = float(np.finfo(np.float32).eps) / 2


@dataclass(frozen=True)
class Neighbors:
    """Nearest neighbours of samples, the sample itself not among them.

    Attributes:
        indices: int32 (n_queries, k), the nearest first.
        distances: float64 (n_queries, k), in the metric asked for.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float64]


def nearest(
    rows: NDArray[np.floating],
    k: int,
    metric: Metric = "euclidean",
    report: Callable[[float], None] | None = None,
    queries: NDArray[np.integer] | None = None,
) -> Neighbors:
    """Returns the k nearest neighbours of samples, exactly.

    Time n_queries x n_samples x n_units, memory beyond `rows` a float64 and a float32 copy of
    them and 64 MiB a thread.

    Args:
        rows: Finite (n_samples, n_units).
        k: Neighbours wanted; where there are fewer other samples, all those.
        metric: `euclidean`, or `cosine` (1 minus the cosine of the angle).
        report: Is told the share done, in [0, 1]; may raise to cancel.
        queries: Indices of the samples whose neighbours are wanted; all if left out.
    """
    wanted = np.arange(len(rows)) if queries is None else queries
    k = min(k, len(rows) - 1)
    indices = np.empty((len(wanted), k), np.int32)
    squares = np.empty((len(wanted), k))
    if k and len(wanted):
        search = _Search(embed(rows, metric), k)
        height = max(1, min(BLOCK_ROWS, _BLOCK_VALUES // len(rows)))
        starts = range(0, len(wanted), height)
        blocks = [wanted[start : start + height] for start in starts]
        for start, found in zip(starts, in_threads(search.nearest, blocks), strict=True):
            if report is not None:
                report(start / len(wanted))
            indices[start : start + height], squares[start : start + height] = found
    return Neighbors(indices, squares / 2 if metric == "cosine" else np.sqrt(squares))


class _Search:
    """Finds neighbours by float32 distances that may be wrong by a known amount.

    All samples that could be among the nearest are candidates, and measured in float64. The
    products cost half of what they would in float64, and no row is sorted or partitioned: the
    samples are dealt into groups, and as k + 1 groups have their nearest sample within a limit,
    k + 1 samples lie within it. A little more than as many are candidates as a rule.

    Args:
        space: float64 (n_samples, n_units), centred.
        k: Neighbours wanted, from 1 to n_samples - 1.
    """

    def __init__(self, space: NDArray[np.float64], k: int) -> None:
        self._space, self._k = space, k
        n, units = space.shape
        groups = min(n, max(_GROUPS, 4 * (k + 1)))
        self._shape = -(-n // groups), groups
        # Squares of large numbers have no float32.
        scale = np.abs(space).max()
        scale = scale if scale > 0 else 1
        # Samples that there are not, after the last, are infinitely far away.
        self._points = np.zeros((self._shape[0] * groups, units), np.float32)
        narrow = self._points[:n]
        np.divide(space, scale, out=narrow, casting="same_kind")
        squares = np.einsum("ij,ij->i", narrow, narrow, dtype=np.float64)
        self._squares = np.full(len(self._points), np.inf, np.float32)
        self._squares[:n] = squares
        lengths, longest = np.sqrt(squares), np.sqrt(squares.max())
        # Of the product of two rows in whatever order it is summed, of the two roundings
        # after it, and of the rows' own.
        products = (2.2 * units + 7) * lengths * longest
        self._error = _ROUNDING * (products + 7 * longest**2)

    def nearest(self, block: NDArray[np.integer]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Returns the neighbours of some samples and their squared distances, (n_block, k)."""
        row, found = self._candidates(block)
        others = found != block[row]
        row, found = row[others], found[others]
        squares = self._measure(block[row], found)
        order = np.lexsort((found, squares, row))
        counts = np.bincount(row, minlength=len(block))
        first = np.cumsum(counts) - counts
        chosen = order[first[:, np.newaxis] + np.arange(self._k)]
        return found[chosen], squares[chosen]

    def _candidates(
        self, block: NDArray[np.integer]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Returns pairs of a place in the block and a sample, by place."""
        # |x - y|² - |x|², which ranks as the distance does.
        away = (-2 * self._points[block]) @ self._points.T
        away += self._squares
        lowest = away.reshape(len(block), *self._shape).min(axis=1)
        limit = np.partition(lowest, self._k, axis=1)[:, self._k] + 2 * self._error[block]
        near = away <= np.nextafter(limit.astype(np.float32), np.float32(np.inf))[:, np.newaxis]
        row, found = np.divmod(np.flatnonzero(near), near.shape[1])
        if len(found) <= (4 * self._k + 64) * len(block):
            return row, found
        # Very many lie within the error of one another, as where a layer has collapsed.
        return self._candidates_by_float64(block)

    def _candidates_by_float64(
        self, block: NDArray[np.integer]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        away = (-2 * self._space[block]) @ self._space.T
        away += np.einsum("ij,ij->i", self._space, self._space)
        away[np.arange(len(block)), block] = np.inf
        found = np.argpartition(away, self._k - 1, axis=1)[:, : self._k]
        return np.repeat(np.arange(len(block)), self._k), found.ravel()

    def _measure(
        self, one: NDArray[np.integer], other: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Returns squared distances by differences: no digits are lost."""
        squares = np.empty(len(one))
        height = max(1, BLOCK_VALUES // self._space.shape[1])
        for start in range(0, len(one), height):
            part = slice(start, start + height)
            difference = self._space[one[part]] - self._space[other[part]]
            squares[part] = np.einsum("ij,ij->i", difference, difference)
        return squares


def embed(rows: NDArray[np.floating], metric: Metric) -> NDArray[np.float64]:
    """Returns rows whose Euclidean distances rank as the metric's do, centred.

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
