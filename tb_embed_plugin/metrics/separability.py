"""Class separability: silhouette and linear probe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3
"""Penalty of the probe, in units of the mean variance of a unit."""

_CACHED_VALUES = 1 << 17
"""Distances worked on at a time: half a MiB, which a core's own cache holds."""


class Silhouettes:
    """The silhouette coefficient of each sample, from the distances of all pairs.

    (b - a) / max(a, b): a the mean distance to the others of its class, b the smallest mean
    distance to the samples of another class; 0 for the only sample of a class (Rousseeuw
    1987). Euclidean.

    Attributes:
        order: The samples by class, intp (n_samples,), so that those of one lie side by side.
        values: float32 (n_samples,) in [-1, 1], complete once `add` had all samples; NaN for
            samples without a label, and for all where there are fewer than two classes.
    """

    def __init__(self, labels: NDArray[np.integer]) -> None:
        """Begins them.

        Args:
            labels: Codes int (n_samples,), negative where a sample has no label.
        """
        self.order = np.argsort(labels, kind="stable")
        self.values = np.full(len(labels), np.nan, np.float32)
        self._known = int((labels < 0).sum())  # the column of the first that has a label
        classes, self._starts, self._counts = np.unique(
            labels[self.order[self._known :]], return_index=True, return_counts=True
        )
        self._own = np.where(labels < 0, -1, np.searchsorted(classes, labels))

    def add(self, queries: NDArray[np.intp], squares: NDArray[np.float32]) -> None:
        """Takes the distances of some samples to all.

        Args:
            queries: The samples, intp (b,).
            squares: The squares of their distances, float32 (b, n_samples), columns in
                `order`; in any unit, and off by rounding, even below 0. Is overwritten.
        """
        if len(self._counts) < 2:
            return
        rows = max(1, _CACHED_VALUES // len(self.order))
        sums = np.empty((len(queries), len(self._counts)), np.float32)
        for start in range(0, len(queries), rows):
            distances = squares[start : start + rows, self._known :]
            np.maximum(distances, 0, out=distances)
            np.sqrt(distances, out=distances)
            np.add.reduceat(distances, self._starts, axis=1, out=sums[start : start + rows])
        known = self._own[queries] >= 0
        self.values[queries[known]] = _coefficients(
            sums[known], self._counts, self._own[queries[known]]
        )


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
