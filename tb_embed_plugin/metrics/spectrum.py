"""The spectrum of a layer: the number of directions in which it varies, or lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RANKME_EPSILON = 1e-7
"""Added to each share of RankMe, as its authors do in float32."""

_BLOCK_VALUES = 1 << 19


@dataclass(frozen=True)
class Spectrum:
    """What a snapshot is made of.

    Attributes:
        variances: Eigenvalues of the covariance, float64 (n_units,), ascending, none negative.
            Squared activations; their sum is the mean squared distance to the mean.
        singular: Singular values of the snapshot as it is, not centered, float64
            (min(n_samples, n_units),), ascending; activations.
    """

    variances: NDArray[np.float64]
    singular: NDArray[np.float64]


def spectrum(snapshot: NDArray[np.floating]) -> Spectrum:
    """Returns the eigenvalues and the singular values of a snapshot.

    In float64, about the first row; O(n n_units² + n_units³) by the covariance, or of fewer
    samples than units by their products, O(n² n_units + n³).

    Args:
        snapshot: (n_samples, n_units).
    """
    n, units = snapshot.shape
    if n < units:
        return _of_few_samples(snapshot)
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
    whole = origin + mean
    squares = np.linalg.eigvalsh(n * (covariance + np.outer(whole, whole)))
    return Spectrum(
        variances=np.maximum(np.linalg.eigvalsh(covariance), 0),
        singular=np.sqrt(np.maximum(squares[-min(n, units) :], 0)),
    )


def _of_few_samples(snapshot: NDArray[np.floating]) -> Spectrum:
    n, units = snapshot.shape
    rows = snapshot.astype(np.float64)
    squares = np.linalg.eigvalsh(rows @ rows.T)
    rows -= rows[0].copy()
    rows -= rows.mean(axis=0)
    # The other directions have no variance.
    variances = np.zeros(units)
    variances[units - n :] = np.linalg.eigvalsh(rows @ rows.T / n)
    return Spectrum(
        variances=np.maximum(variances, 0), singular=np.sqrt(np.maximum(squares, 0))
    )


def effective_rank(variances: NDArray[np.float64]) -> float:
    """Returns the effective number of directions in which a layer varies, by entropy.

    exp(- sum p_i log p_i) with p_i the share of the variance along the principal axis i, an
    eigenvalue of the covariance. The form is that of Roy & Vetterli (EUSIPCO 2007), who take
    the shares of singular values, of which large ones weigh less: `rankme` does so.
    From 1 to n_units; NaN for a layer without variance. O(n_units).
    """
    total = variances.sum()
    if not total > 0:
        return np.nan
    shares = variances[variances > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def rankme(singular: NDArray[np.float64]) -> float:
    """Returns RankMe (Garrido et al. 2023, arXiv 2210.02885, eq. 1).

    exp(- sum p_i log p_i) with p_i = s_i / sum s + `RANKME_EPSILON`, s the singular values of
    the snapshot as it is: a mean far from the origin counts as one large direction. From 1
    to min(n_samples, n_units); NaN where all is 0.

    Args:
        singular: `Spectrum.singular`.
    """
    total = singular.sum()
    if not total > 0:
        return np.nan
    shares = singular / total + RANKME_EPSILON
    return float(np.exp(-(shares * np.log(shares)).sum()))


def participation_ratio(variances: NDArray[np.float64]) -> float:
    """Returns the effective number of directions, by second moments.

    (sum λ_i)² / sum λ_i² over the eigenvalues of the covariance (Gao et al. 2017, bioRxiv
    214262). From 1 to n_units; NaN for a layer without variance. O(n_units).
    """
    squares = float((variances**2).sum())
    return float(variances.sum() ** 2 / squares) if squares > 0 else np.nan
