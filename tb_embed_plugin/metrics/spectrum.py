"""In how many directions a layer varies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK_VALUES = 1 << 19


def eigenvalues(snapshot: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns the eigenvalues of a snapshot's covariance, ascending, none negative.

    Squared activations; their sum is the mean squared distance to the mean. In float64 about
    the first row; O(n n_units² + n_units³).

    Args:
        snapshot: (n_samples, n_units).
    """
    n, units = snapshot.shape
    origin = snapshot[0].astype(np.float64)
    total = np.zeros(units)
    products = np.zeros((units, units))
    rows = max(1, _BLOCK_VALUES // units)
    for start in range(0, n, rows):
        block = snapshot[start : start + rows] - origin
        total += block.sum(axis=0)
        products += block.T @ block
    mean = total / n
    covariance = products / n - np.outer(mean, mean)
    return np.maximum(np.linalg.eigvalsh(covariance), 0)


def effective_rank(variances: NDArray[np.float64]) -> float:
    """Returns the effective number of directions, by entropy.

    exp(- sum p_i log p_i) with p_i the share of the eigenvalue i of the covariance (Roy &
    Vetterli, EUSIPCO 2007, who take singular values; so does RankMe, arXiv 2210.02885).
    From 1 to n_units; NaN for a layer without variance. O(n_units).
    """
    total = variances.sum()
    if not total > 0:
        return np.nan
    shares = variances[variances > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def participation_ratio(variances: NDArray[np.float64]) -> float:
    """Returns the effective number of directions, by second moments.

    (sum λ_i)² / sum λ_i² over the eigenvalues of the covariance (Gao et al. 2017, bioRxiv
    214262). From 1 to n_units; NaN for a layer without variance. O(n_units).
    """
    squares = float((variances**2).sum())
    return float(variances.sum() ** 2 / squares) if squares > 0 else np.nan
