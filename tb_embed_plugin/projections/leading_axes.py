"""The axes of largest variance of a wide layer, without all the others.

All eigenvectors of 4,096 units take half a minute, ten of them a second or two: a block of
vectors is multiplied by the covariance again and again, and the axes are sought in what all
products span (block Lanczos: Golub & Underwood 1977, "The block Lanczos method for computing
eigenvalues"). Every vector is held orthogonal to all before it, and the result is taken only
where its residual is rounding; else all eigenvectors are made after all.

A block has more vectors than there are axes wanted, so that axes of equal variance are found
as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

WIDE = 1024
"""Units beyond which a few axes are cheaper than all."""

BLOCK = 16
MOST_BLOCKS = 64
FIRST_LOOK, LOOK_EVERY = 4, 3

RESIDUAL = 2e-15
"""Of the largest eigenvalue: what ‖Av - λv‖ may be."""

Apply = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Multiplies columns, (n_units, b), by a covariance."""

Pairs = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Eigenvalues, falling, and their eigenvectors, (n_units, n_axes)."""


def largest(
    covariance: NDArray[np.float64],
    n_axes: int,
    apart_from: NDArray[np.float64] | None = None,
) -> Pairs:
    """Returns the largest eigenvalues of a covariance, at most `n_axes`, and eigenvectors.

    Args:
        covariance: float64 (n_units, n_units).
        n_axes: How many are wanted.
        apart_from: Orthonormal (n_units, n); those of the complement of these are returned.
    """
    units = len(covariance)
    if units > WIDE:
        found = leading(lambda q: covariance @ q, units, n_axes, apart_from)
        if found is not None:
            return found
    if apart_from is None or not apart_from.shape[1]:
        values, vectors = np.linalg.eigh(covariance)
        return values[::-1][:n_axes], vectors[:, ::-1][:, :n_axes]
    # Axes of the complement itself: eigenvectors of the whole space would not tell directions
    # without variance from those that are given.
    rest = np.linalg.qr(apart_from, mode="complete")[0][:, apart_from.shape[1] :]
    values, vectors = largest(rest.T @ covariance @ rest, n_axes)
    return values, rest @ vectors


def largest_of_rows(rows: NDArray[np.float64], n_axes: int) -> Pairs:
    """Returns the same of `rows.T @ rows`, for fewer rows (n_rows, n_units) than units."""
    found = leading(lambda q: rows.T @ (rows @ q), rows.shape[1], n_axes)
    return largest(rows.T @ rows, n_axes) if found is None else found


def leading(
    apply: Apply,
    units: int,
    n_axes: int,
    apart_from: NDArray[np.float64] | None = None,
) -> Pairs | None:
    """Returns the largest eigenvalues and their eigenvectors; None where they do not converge.

    Args:
        apply: Multiplies by a symmetric matrix without negative eigenvalues.
        units: Its size.
        n_axes: How many are wanted, at most `BLOCK`.
        apart_from: As in `largest`.
    """
    fixed = np.empty((units, 0)) if apart_from is None else apart_from
    start = np.random.default_rng(0).standard_normal((units, BLOCK))
    block = _orthonormal(start, fixed)
    span, products = np.empty((units, 0)), np.empty((units, 0))
    for count in range(1, MOST_BLOCKS + 1):
        if fixed.shape[1] + span.shape[1] + BLOCK > units:
            return None
        product = apply(block)
        product -= fixed @ (fixed.T @ product)
        span, products = np.hstack([span, block]), np.hstack([products, product])
        if count >= FIRST_LOOK and (count - FIRST_LOOK) % LOOK_EVERY == 0:
            found = _converged(span, products, n_axes)
            if found is not None:
                return found
        block = _orthonormal(product, np.hstack([fixed, span]))
    return None


def _orthonormal(
    block: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns orthonormal columns that span the block's, as far as orthogonal to others."""
    # Twice is enough; once more for a block of which nothing but rounding was left.
    for _ in range(3):
        block = block - others @ (others.T @ block)
        block = np.linalg.qr(block)[0]
    return block


def _converged(
    span: NDArray[np.float64], products: NDArray[np.float64], n_axes: int
) -> Pairs | None:
    inner = span.T @ products
    values, mixing = np.linalg.eigh((inner + inner.T) / 2)
    values, mixing = values[::-1][:n_axes], mixing[:, ::-1][:, :n_axes]
    axes = span @ mixing
    residual = products @ mixing - axes * values
    worst = float(np.linalg.norm(residual, axis=0).max())
    return (values, axes) if worst <= RESIDUAL * len(span) ** 0.5 * values[0] else None
