"""Distances to a sample's neighbors: which samples repeat another, which are far from all.

Both look at each sample's own neighborhood, so that dense and thin regions are judged alike,
and at every step: what a layer brings together at one step by chance, it does not at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEIGHBORS = 15
"""Neighbors that each sample needs for outliers to be told; of fewer, chance makes some."""

MOST_SHARE = 0.1
"""Of the distance to the last neighbor that a duplicate's nearest has, at most."""

SURE_SHARE = 1e-4
"""With this share it is a duplicate in every layer, however few its directions are."""

LEAST_Z = 3.5
"""Of the modified z-score of an outlier (Iglewicz & Hoaglin 1993)."""

LEAST_FACTOR = 2
"""Times the median distance that an outlier is away, at least."""

_SIGMA = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""

Distances = NDArray[np.floating]
"""(n_steps, n_samples), NaN where a step has no neighbors."""


def closeness(nearest: Distances, isolation: Distances) -> NDArray[np.float64]:
    """Returns how near each duplicate's nearest neighbor is; NaN of all that are none.

    The share that the distance to the nearest neighbor is of that to the last of the k. In m
    directions chance makes it less than t for a share (k - 1) t^m of the samples: often, where
    the directions are few. So it is held against the median sample's share, to the power of 4,
    and at most `MOST_SHARE`: chance alone gets there in one of ten thousand samples a step.

    Where all k neighbors are at the same place as the sample, that says nothing of it: layers
    collapse and saturate. O(n_steps n_samples).

    Args:
        nearest: Distances to the nearest neighbor.
        isolation: Distances to the last of the k neighbors.

    Returns:
        float64 (n_samples,): 1 less the largest share of all steps, 1 for one point.
    """
    away = np.asarray(isolation, np.float64)
    share = np.where(away > 0, nearest / np.where(away > 0, away, 1), np.nan)
    limits = [_most_share(of_step) for of_step in share]
    near = (share <= np.array(limits)[:, None]).all(axis=0)
    largest: NDArray[np.float64] = share.max(axis=0)
    return np.where(near, 1 - largest, np.nan)


def excess(isolation: Distances) -> NDArray[np.float64]:
    """Returns how far each outlier is from all others; NaN of all that are none.

    The logarithm of the distance to the last of the k neighbors is far above the median, by
    the median absolute deviation; the logarithm, as distances are skewed. O(n_steps n_samples).

    Args:
        isolation: Distances to the last of the k neighbors.

    Returns:
        float64 (n_samples,): the distance over the median one, the least of all steps.
    """
    far = np.ones(isolation.shape, bool)
    factor = np.full(isolation.shape, np.nan)
    for step, distances in enumerate(np.asarray(isolation, np.float64)):
        median = np.median(distances)
        if not median > 0:
            far[step] = False
            continue
        factor[step] = distances / median
        # What is nearer than the median is no outlier, and may be at distance 0.
        logs = np.log(np.maximum(factor[step], np.finfo(np.float32).tiny))
        spread = _SIGMA * np.median(np.abs(logs))
        far[step] = (logs > LEAST_Z * spread) & (factor[step] >= LEAST_FACTOR)
    return np.where(far.all(axis=0), factor.min(axis=0), np.nan)


def _most_share(shares: NDArray[np.float64]) -> float:
    known = shares[~np.isnan(shares)]
    usual = float(np.median(known)) if len(known) else 0.0
    return max(SURE_SHARE, min(MOST_SHARE, usual**4))
