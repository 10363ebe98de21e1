"""Exact nearest neighbours, by scikit-learn's brute force on centred float64.

Centring changes no distance and saves the digits: squared distances come from matrix products,
whose error grows with the distance from the origin, and activations may lie far from it. A
cosine distance is half the squared distance of rows of length one, so both metrics take the
same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import Parameter

Metric = Literal["euclidean", "cosine"]

METRIC = Parameter(
    name="metric",
    type="choice",
    default="euclidean",
    choices=("euclidean", "cosine"),
    meaning="What makes two samples neighbours: their distance, or the angle between them.",
)

BLOCK_ROWS = 1024
"""Rows whose neighbours are searched in one call, which cannot be interrupted."""


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

    Time n_queries x n_samples x n_units, memory beyond `rows` one float64 copy of them.

    Args:
        rows: Finite (n_samples, n_units).
        k: Neighbours wanted; where there are fewer other samples, all those.
        metric: `euclidean`, or `cosine` (1 minus the cosine of the angle).
        report: Is told the share done, in [0, 1]; may raise to cancel.
        queries: Indices of the samples whose neighbours are wanted; all if left out.
    """
    from sklearn.neighbors import NearestNeighbors

    space = embed(rows, metric)
    wanted = np.arange(len(rows)) if queries is None else queries
    k = min(k, len(rows) - 1)
    indices = np.empty((len(wanted), k), np.int32)
    distances = np.empty((len(wanted), k))
    search = NearestNeighbors(algorithm="brute").fit(space) if k else None
    for start in range(0, len(wanted) if k else 0, BLOCK_ROWS):
        if report is not None:
            report(start / len(wanted))
        block = wanted[start : start + BLOCK_ROWS]
        # With the sample itself, which is dropped here: scikit-learn would only drop it in a
        # search for all samples at once.
        away, found = cast("type[NearestNeighbors]", search).kneighbors(space[block], k + 1)
        others = found != block[:, np.newaxis]
        others[others.all(axis=1), k] = False  # hidden behind duplicates: any of them may go
        indices[start : start + BLOCK_ROWS] = found[others].reshape(-1, k)
        distances[start : start + BLOCK_ROWS] = away[others].reshape(-1, k)
    return Neighbors(indices, distances**2 / 2 if metric == "cosine" else distances)


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
