"""The stratified subset of samples for metrics whose cost grows with the number squared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_EXACT = 20_000
"""Up to so many samples every metric takes all of them."""


def stratified(
    labels: NDArray[np.integer], limit: int = MAX_EXACT, seed: int = 0
) -> NDArray[np.int64]:
    """Returns the samples to measure: all up to `limit`, else a stratified random subset.

    Each label keeps its share, rounded by largest remainders, and one sample at least where
    there are no more labels than `limit`; samples without a label are a stratum of their own.
    The choice depends on nothing but the arguments. O(n log n).

    Args:
        labels: Codes int (n_samples,).
        limit: Samples wanted.
        seed: Another one draws another subset.

    Returns:
        int64, ascending, at most `limit` of them.
    """
    if len(labels) <= limit:
        return np.arange(len(labels))
    _, strata, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    # A stable sort by stratum keeps the random order inside each.
    order = order[np.argsort(strata[order], kind="stable")]
    starts = np.cumsum(sizes) - sizes
    chosen = [
        order[start : start + count]
        for start, count in zip(starts, _quotas(sizes, limit), strict=True)
    ]
    return np.sort(np.concatenate(chosen))


def _quotas(sizes: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    exact = sizes * (limit / sizes.sum())
    quotas = np.floor(exact).astype(np.int64)
    if len(sizes) <= limit:
        quotas = np.maximum(quotas, 1)
    # Strata that lost most by rounding get the places left; small ones may have taken some.
    for i in np.argsort(quotas - exact, kind="stable")[: max(0, limit - quotas.sum())]:
        quotas[i] += 1
    while quotas.sum() > limit:
        quotas[np.argmax(np.where(quotas > 1, quotas - exact, -np.inf))] -= 1
    return np.asarray(quotas)
