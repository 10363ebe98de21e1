"""How alike two representations of the same samples are, up to a rotation and a scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def centred(snapshot: NDArray[np.floating]) -> NDArray[np.float32]:
    """Returns a snapshot less its mean and over its largest value, float32: for `cka`."""
    rows = snapshot - snapshot.mean(axis=0, dtype=np.float64)
    largest = np.abs(rows).max(initial=0)
    # CKA knows no scale; sums of fourth powers of large numbers do.
    return np.asarray(rows / largest if largest > 0 else rows, np.float32)


def own_product(x: NDArray[np.float32]) -> float:
    """Returns ‖X'X‖ of a centred snapshot, which each pair of it needs once."""
    return float(np.sqrt(_squared_product(x, x)))


def cka(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    x_product: float | None = None,
    y_product: float | None = None,
) -> float:
    """Returns the linear centred kernel alignment of two representations of the same samples.

    ‖Y'X‖² / (‖X'X‖ ‖Y'Y‖), Frobenius norms (Kornblith et al., arXiv 1905.00414). From 0 to 1,
    no unit; 1 where they differ by a rotation, a scale and a shift alone.
    O(n n_units n_units') or, where that is less, O(n² (n_units + n_units')), in blocks.

    Args:
        x: From `centred`, (n_samples, n_units).
        y: From `centred`, (n_samples, n_units').
        x_product: `own_product` of x, where it is known.
        y_product: `own_product` of y, likewise.

    Returns:
        NaN where one of them has no variance.
    """
    x_product = own_product(x) if x_product is None else x_product
    y_product = own_product(y) if y_product is None else y_product
    return cka_of_products(_squared_product(x, y), x_product * y_product)


def cka_of_products(cross: float, own: float) -> float:
    """Returns `cka` of its parts, ‖Y'X‖² and ‖X'X‖ ‖Y'Y‖, of covariances as well."""
    return min(cross / own, 1.0) if own > 0 else np.nan


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
