"""Exact nearest neighbors of samples among rows in memory; `neighbor_parts` needs not all.

Rows are centered first: that changes no distance, and the bound on the error of products
(`neighbor_search`) grows with the distance from the origin, from which activations may lie far.
A cosine distance is half the squared distance of rows of length one, so both metrics take the
same way. However the rows are cut into parts, the same is found, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import Parameter
from tb_embed_plugin.projections.neighbor_search import (
    BLOCK_VALUES,
    Found,
    Queries,
    Search,
    query_blocks,
)
from tb_embed_plugin.projections.pair_sums import PairSums
from tb_embed_plugin.projections.threads import in_threads
from tb_embed_plugin.snapshot import Snapshot, row_blocks

DistanceMetric = Literal["euclidean", "cosine"]

METRIC = Parameter(
    name="metric",
    type="choice",
    default="euclidean",
    choices=("euclidean", "cosine"),
    meaning="How neighbors are found: by distance, or by angle.",
)


@dataclass(frozen=True)
class Neighbors:
    """Nearest neighbors of samples, the sample itself not among them.

    Attributes:
        indices: int32 (n_queries, k), the nearest first.
        distances: float64 (n_queries, k), in the metric asked for.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        found: tuple[NDArray[np.integer], NDArray[np.float64]],
        metric: DistanceMetric,
    ) -> Neighbors:
        """Returns what was found, in the metric."""
        rows, squares = found
        away = squares / 2 if metric == "cosine" else np.sqrt(squares)
        return cls(rows.astype(np.int32, copy=False), away)


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
    them, and 64 MiB a core. Runs on all cores. For a few samples among many,
    `neighbor_parts.Space` needs less.

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
    search = Search.among(embed(rows, metric), k, sums)
    for block, found in _in_blocks(search, wanted):
        if report is not None:
            report(block.start / len(wanted))
        near = Neighbors.of(found, metric)
        indices[block], distances[block] = near.indices, near.distances
    return Neighbors(indices, distances)


def _in_blocks(search: Search, wanted: NDArray[np.intp]) -> Iterator[tuple[slice, Found]]:
    """Yields what is found for some of the rows, block by block."""

    def find(block: slice) -> Found:
        return search.find(Queries(search.space[wanted[block]], wanted[block]))

    blocks = query_blocks(len(wanted), len(search.space))
    yield from zip(blocks, in_threads(find, blocks, 16 * BLOCK_VALUES), strict=True)


def embed(rows: Snapshot | NDArray[np.floating], metric: DistanceMetric) -> NDArray[np.float64]:
    """Returns rows whose Euclidean distances rank as the metric's do, centered.

    Args:
        rows: Finite (n_samples, n_units).
        metric: For `cosine`, a row of zeros has no direction: it stays at the origin, 0.5 from
            every other one and 0 from its like.

    Returns:
        float64 (n_samples, n_units).
    """
    space = directed(np.asarray(rows), metric)
    space -= center(rows, metric)
    return space


def center(
    rows: Snapshot | NDArray[np.floating], metric: DistanceMetric
) -> NDArray[np.float64]:
    """Returns the mean of rows as `directed` returns them, (n_units,), block by block."""
    total = np.zeros(rows.shape[1])
    for _, block in row_blocks(rows):
        some = directed(block, metric)
        # Row after row, so that the size of a block changes no bit.
        some[0] += total
        total = some.sum(axis=0)
    return total / len(rows)


def directed(rows: NDArray[np.floating], metric: DistanceMetric) -> NDArray[np.float64]:
    """Returns a float64 copy of rows; for `cosine` of length 1, or 0."""
    space = rows.astype(np.float64)
    if metric == "cosine":
        lengths = np.linalg.norm(space, axis=1, keepdims=True)
        np.divide(space, lengths, out=space, where=lengths > 0)
    return space
