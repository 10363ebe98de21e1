"""Class separability: silhouette and linear probe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3
"""Penalty of the probe, in units of the mean variance of a unit."""

_BLOCK_VALUES = 1 << 20


def silhouette(
    snapshot: NDArray[np.floating], labels: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Returns each sample's silhouette coefficient.

    (b - a) / max(a, b): a the mean distance to the others of its class, b the smallest mean
    distance to the samples of another class; 0 for the only sample of a class (Rousseeuw
    1987). Euclidean. O(n² n_units) time in float32 about the mean, blocks of bounded memory:
    1e-3 off at the very worst, where a is thousands of times smaller than b.

    Args:
        snapshot: (n_samples, n_units).
        labels: Codes int (n_samples,).

    Returns:
        float32 (n_samples,) in [-1, 1]; NaN for samples without a label, and for all where
        there are fewer than two classes.
    """
    result = np.full(len(labels), np.nan, np.float32)
    # By class, so that the samples of one are columns side by side.
    order = np.argsort(labels, kind="stable")
    order = order[np.searchsorted(labels[order], 0) :]
    classes, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    if len(classes) < 2:
        return result
    rows = snapshot[order].astype(np.float64)
    rows -= rows.mean(axis=0)
    # A silhouette knows no scale; squares in float32 do.
    rows = (rows / (np.abs(rows).max() or 1)).astype(np.float32)
    own = np.repeat(np.arange(len(classes)), counts)
    squares = np.einsum("ij,ij->i", rows, rows)
    size = max(1, _BLOCK_VALUES // len(rows))
    for start in range(0, len(rows), size):
        part = slice(start, min(start + size, len(rows)))
        distances = (-2 * rows[part]) @ rows.T
        distances += squares
        distances += squares[part, None]
        np.maximum(distances, 0, out=distances)
        np.sqrt(distances, out=distances)
        index = np.arange(len(distances))
        distances[index, start + index] = 0
        sums = np.add.reduceat(distances, starts, axis=1)
        result[order[part]] = _coefficients(sums, counts, own[part])
    return result


def probe_accuracy(
    snapshot: NDArray[np.floating], labels: NDArray[np.integer], seed: int = 0
) -> float:
    """Returns how well a linear classifier reads the labels off the layer.

    A linear probe (Alain & Bengio, arXiv 1610.01644), by ridge regression on the classes as
    -1 and 1, W = (X'X/n + c I)⁻¹ X'Y/n with X centered and c = `RIDGE` times the mean variance
    of a unit; the largest of the outputs wins. The samples are split at random into two
    halves, each class in two, and each half is predicted by the other's W.
    O(n n_units m + m³), m the smaller of n and n_units.

    Args:
        snapshot: (n_samples, n_units).
        labels: Codes int (n_samples,).
        seed: Another one draws other halves.

    Returns:
        The share of the labeled samples predicted right, in [0, 1]; NaN where there are
        fewer than two classes.
    """
    known = np.flatnonzero(labels >= 0)
    classes, codes = np.unique(labels[known], return_inverse=True)
    if len(classes) < 2:
        return np.nan
    half = halves(codes, seed)
    right = 0
    for fitted in (False, True):
        weights, bias = _ridge(snapshot[known[half == fitted]], codes[half == fitted])
        scores = snapshot[known[half != fitted]].astype(np.float64) @ weights + bias
        right += int((scores.argmax(axis=1) == codes[half != fitted]).sum())
    return right / len(known)


def halves(codes: NDArray[np.integer], seed: int = 0) -> NDArray[np.bool_]:
    """Returns which of two random halves each sample belongs to, every class in both.

    Args:
        codes: Class of each sample, int (n_samples,).
        seed: Another one draws other halves.
    """
    order = np.random.default_rng(seed).permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    half = np.empty(len(codes), bool)
    # Every other one of a class; an odd one out falls to either side by turns.
    half[order] = np.arange(len(codes)) % 2 == 1
    return half


def _coefficients(
    sums: NDArray[np.float32], counts: NDArray[np.int64], own: NDArray[np.int64]
) -> NDArray[np.float32]:
    index = np.arange(len(sums))
    others = np.maximum(counts[own] - 1, 1)
    within = sums[index, own] / others
    means = sums / counts
    means[index, own] = np.inf
    nearest = means.min(axis=1)
    largest = np.maximum(within, nearest)
    usable = (largest > 0) & (counts[own] > 1)
    return np.where(usable, (nearest - within) / np.where(largest > 0, largest, 1), 0).astype(
        np.float32
    )


def _ridge(
    rows: NDArray[np.floating], codes: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the weights (n_units, n_classes) and the bias (n_classes,)."""
    x = rows.astype(np.float64)
    mean = x.mean(axis=0)
    x -= mean
    targets = np.where(codes[:, None] == np.arange(codes.max() + 1), 1.0, -1.0)
    level = targets.mean(axis=0)
    # A layer without any variance says nothing: the most frequent class is the guess.
    penalty = RIDGE * float(np.einsum("ij,ij->", x, x)) / x.size or 1.0
    wanted = (targets - level) / len(x)
    # (X'X/n + c I)⁻¹ X' = X' (XX'/n + c I)⁻¹: the smaller of both matrices.
    few = len(x) < x.shape[1]
    products = (x @ x.T if few else x.T @ x) / len(x)
    products[np.diag_indices_from(products)] += penalty
    if few:
        weights = x.T @ np.linalg.solve(products, wanted)
    else:
        weights = np.linalg.solve(products, x.T @ wanted)
    return weights, level - mean @ weights
