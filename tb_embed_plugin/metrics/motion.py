"""Motion of samples from step to step in the layer's own space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK_VALUES = 1 << 20


def radius(variances: NDArray[np.float64]) -> float:
    """Returns the size of a snapshot: its root mean squared distance to the mean.

    The square root of the sum of the covariance's eigenvalues; in activations. O(n_units).
    """
    return float(np.sqrt(variances.sum()))


def displacement(
    before: NDArray[np.floating], after: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Returns how far each sample has moved: ‖after - before‖, in activations.

    Divide by `radius` of the later step to compare steps: layers grow while they train.
    O(n n_units).

    Args:
        before: (n_samples, n_units).
        after: (n_samples, n_units).

    Returns:
        float64 (n_samples,).
    """
    result = np.empty(len(after))
    rows = max(1, _BLOCK_VALUES // after.shape[1])
    for start in range(0, len(after), rows):
        part = slice(start, start + rows)
        difference = np.subtract(after[part], before[part], dtype=np.float64)
        result[part] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return result


def path_length(displacements: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns the length of each sample's way: the sum of its displacements.

    Args:
        displacements: (n_steps - 1, n_samples), in activations.

    Returns:
        float64 (n_samples,), in activations.
    """
    length: NDArray[np.float64] = displacements.sum(axis=0, dtype=np.float64)
    return length


def straightness(
    length: NDArray[np.floating], net: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Returns how straight each sample's way is: net displacement over path length.

    Args:
        length: From `path_length`, (n_samples,).
        net: `displacement` from the first step to the last, (n_samples,).

    Returns:
        float64 (n_samples,) in [0, 1]; NaN for a sample that never moved.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.minimum(np.where(length > 0, net / length, np.nan), 1)
