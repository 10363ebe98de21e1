"""Two classes seen along the axis between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def along_axis(
    snapshot: NDArray[np.floating], first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Returns where the samples of two classes lie on the axis through the classes' means.

    For a sample x, 2 (x - (a + b) / 2) · (b - a) / |b - a|², of the means a and b: the first
    mean lies at -1, the second at 1, what is nearer to the other class's mean on the other
    side of 0. O(n n_units) of the two classes.

    Args:
        snapshot: (n_samples, n_units).
        first: Rows of the first class, one at least.
        second: Rows of the second class, one at least.

    Returns:
        float32 (len(first) + len(second),), the first class first; NaN where the means are
        the same.
    """
    rows = [snapshot[of].astype(np.float64) for of in (first, second)]
    means = [of.mean(axis=0) for of in rows]
    axis = means[1] - means[0]
    length = axis @ axis
    if length == 0:
        return np.full(len(first) + len(second), np.nan, np.float32)
    middle = (means[0] + means[1]) / 2
    along = np.concatenate([(of - middle) @ axis for of in rows])
    return np.asarray(2 * along / length, np.float32)
