"""Similarity of two representations of the same samples, up to a rotation and a scale.

Linear centered kernel alignment (Kornblith et al., arXiv 1905.00414), debiased: of few samples
in many units the plain number is large whatever the layers are. Two independent layers of 200
units score .8 at 50 samples; debiased they score 0 in the mean (Murphy et al., arXiv
2405.01012). The plain number is given beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_SAMPLES = 4
"""The unbiased estimator divides by n - 3."""

_ROUNDING = 1e-6
"""What is left of ‖X'X‖² below this share is the rounding of float32."""


@dataclass(frozen=True)
class Cka:
    """How alike two snapshots are; no unit, NaN where undefined.

    Attributes:
        debiased: Of the unbiased estimates of HSIC (Song et al. 2012, JMLR 13). At most 1,
            where they differ by a rotation, a scale and a shift alone; 0 in the mean, and
            as often a little below, where they are independent. Undefined for fewer than
            `LEAST_SAMPLES` samples, where one of them has no variance, and where all samples
            are as far from one another.
        biased: ‖Y'X‖² / (‖X'X‖ ‖Y'Y‖) of the centered snapshots, Frobenius norms; in [0, 1].
    """

    debiased: float
    biased: float


def centred(snapshot: NDArray[np.floating]) -> NDArray[np.float32]:
    """Returns a snapshot less its mean and over its largest value, float32: for `cka`."""
    rows = snapshot - snapshot.mean(axis=0, dtype=np.float64)
    largest = np.abs(rows).max(initial=0)
    # CKA knows no scale; sums of fourth powers of large numbers do.
    return np.asarray(rows / largest if largest > 0 else rows, np.float32)


def own_product(x: NDArray[np.float32]) -> float:
    """Returns ‖X'X‖² of a centered snapshot, which each pair of it needs once."""
    return _squared_product(x, x)


def cka(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    x_product: float | None = None,
    y_product: float | None = None,
) -> Cka:
    """Returns the linear centered kernel alignment of two representations of the same samples.

    O(n n_units n_units') or, where that is less, O(n² (n_units + n_units')), in blocks.

    Args:
        x: From `centred`, (n_samples, n_units).
        y: From `centred`, (n_samples, n_units').
        x_product: `own_product` of x, where it is known.
        y_product: `own_product` of y, likewise.
    """
    return cka_of_products(
        _squared_product(x, y),
        own_product(x) if x_product is None else x_product,
        own_product(y) if y_product is None else y_product,
        _squared_lengths(x),
        _squared_lengths(y),
    )


def cka_of_products(
    cross: float,
    x_product: float,
    y_product: float,
    x_squares: NDArray[np.float64],
    y_squares: NDArray[np.float64],
) -> Cka:
    """Returns `cka` of its parts, however they were found.

    Args:
        cross: ‖Y'X‖² of the centered snapshots.
        x_product: ‖X'X‖².
        y_product: ‖Y'Y‖².
        x_squares: Squared lengths of the rows of X, (n_samples,).
        y_squares: Of those of Y, likewise.
    """
    biased = _ratio(cross, x_product, y_product)
    if len(x_squares) < LEAST_SAMPLES or np.isnan(biased):
        return Cka(np.nan, biased)
    own = [
        product if product > _ROUNDING * whole else 0.0
        for product, whole in (
            (_off_diagonal(x_product, x_squares, x_squares), x_product),
            (_off_diagonal(y_product, y_squares, y_squares), y_product),
        )
    ]
    return Cka(_ratio(_off_diagonal(cross, x_squares, y_squares), *own), biased)


def _off_diagonal(
    product: float, x_squares: NDArray[np.float64], y_squares: NDArray[np.float64]
) -> float:
    """Returns n (n - 3) times the unbiased estimate of HSIC (Song et al. 2012, eq. 5).

    With K = XX' and L = YY' without their diagonals it is tr KL + 1'K1 1'L1 / ((n-1)(n-2)) -
    2 / (n-2) 1'KL1. Of centered rows K1 is the diagonal with its sign turned, hence three sums.
    """
    n = len(x_squares)
    both = float(x_squares @ y_squares)
    each = float(x_squares.sum()) * float(y_squares.sum())
    return product - n / (n - 2) * both + each / ((n - 1) * (n - 2))


def _ratio(cross: float, x_own: float, y_own: float) -> float:
    """Returns cross / √(x_own y_own), NaN where one of them is none."""
    # Each root by itself: the product of two eighth powers may leave the range of float64.
    own = np.sqrt(max(x_own, 0.0)) * np.sqrt(max(y_own, 0.0))
    return float(min(cross / own, 1.0)) if own > 0 else np.nan


def _squared_lengths(x: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.einsum("ij,ij->i", x, x, dtype=np.float64)
    return lengths


def _squared_product(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """Returns ‖Y'X‖², by way of the smaller of the two possible products."""
    n, p, q = len(x), x.shape[1], y.shape[1]
    total = 0.0
    if p * q <= n * (p + q):
        block = max(1, (1 << 22) // max(q, 1))
        for start in range(0, p, block):
            product = x[:, start : start + block].T @ y
            total += float(np.vdot(product, product))
        return total
    block = max(1, (1 << 22) // n)
    for start in range(0, n, block):
        part = slice(start, start + block)
        total += float(np.vdot(x[part] @ x.T, y[part] @ y.T))
    return total
