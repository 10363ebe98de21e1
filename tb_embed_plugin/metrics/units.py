"""Units: dead ones, saturated ones, and which classes each tells apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SATURATED_WITHIN = 0.01
"""So near to a bound of its range, as a share of it, an activation counts as at the bound."""

SATURATED_SHARE = 0.95
"""A unit with so many of its samples at the bounds is saturated."""


def dead(snapshot: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Returns which units answer all samples alike, such as a ReLU that is always 0.

    O(n n_units).

    Args:
        snapshot: (n_samples, n_units).

    Returns:
        bool (n_units,).
    """
    alike: NDArray[np.bool_] = snapshot.max(axis=0) == snapshot.min(axis=0)
    return alike


def dead_by_class(
    snapshot: NDArray[np.floating], labels: NDArray[np.integer], n_classes: int
) -> NDArray[np.float64]:
    """Returns the share of units that answer all samples of a class alike.

    Units are selective: many say nothing of most classes in a healthy layer. O(n n_units).

    Args:
        snapshot: (n_samples, n_units).
        labels: Codes int (n_samples,).
        n_classes: Codes there are.

    Returns:
        float64 (n_classes,) in [0, 1]; NaN for a class with fewer than two samples.
    """
    shares = np.full(n_classes, np.nan)
    for code in range(n_classes):
        members = np.flatnonzero(labels == code)
        if len(members) > 1:
            shares[code] = dead(snapshot[members]).mean()
    return shares


def bounds(snapshot: NDArray[np.floating]) -> tuple[float, float] | None:
    """Returns the range that an activation function seems to bound the layer by.

    (-1, 1), as of tanh, where all values lie inside it and some are negative; (0, 1), as of a
    sigmoid, where all lie inside it and none is 0, as a ReLU's would be; else None: nothing
    of the layer can be saturated. O(n n_units).
    """
    low, high = float(snapshot.min()), float(snapshot.max())
    if not (low >= -1 and high <= 1):
        return None
    if low < 0:
        return -1.0, 1.0
    return (0.0, 1.0) if low > 0 else None


def saturated(
    snapshot: NDArray[np.floating], limits: tuple[float, float] | None
) -> NDArray[np.bool_]:
    """Returns which units sit at the bounds of their range.

    Those with at least `SATURATED_SHARE` of the samples within `SATURATED_WITHIN` of the
    range from either bound, where the gradient vanishes. O(n n_units).

    Args:
        snapshot: (n_samples, n_units).
        limits: The lower and the upper bound, see `bounds`; None where there are none.

    Returns:
        bool (n_units,), all False without bounds.
    """
    if limits is None:
        return np.zeros(snapshot.shape[1], bool)
    low, high = limits
    margin = SATURATED_WITHIN * (high - low)
    at_bound = (snapshot <= low + margin) | (snapshot >= high - margin)
    full: NDArray[np.bool_] = at_bound.mean(axis=0) >= SATURATED_SHARE
    return full


def selectivity(
    snapshot: NDArray[np.floating], labels: NDArray[np.integer], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns how much each unit tells the classes apart, and which it answers strongest.

    The correlation ratio η² (Pearson 1905): the share of a unit's variance over the samples
    that lies between the classes. O(n n_units).

    Args:
        snapshot: (n_samples, n_units).
        labels: Codes int (n_samples,); negative ones are left out.
        n_classes: Codes there are.

    Returns:
        η², float64 (n_units,) in [0, 1], NaN where the unit does not vary; the codes of the
        classes with the highest means, int64 (n_units,), -1 where it does not vary.
    """
    known = labels >= 0
    rows, codes = snapshot[known].astype(np.float64), labels[known]
    n_units = snapshot.shape[1]
    means = np.full((n_classes, n_units), -np.inf)
    between = np.zeros(n_units)
    overall = rows.mean(axis=0) if len(rows) else np.zeros(n_units)
    for code in np.unique(codes):
        members = rows[codes == code]
        means[code] = members.mean(axis=0)
        between += len(members) * (means[code] - overall) ** 2
    total = ((rows - overall) ** 2).sum(axis=0)
    varies = (total > 0) & ~dead(snapshot)
    shares = np.full(n_units, np.nan)
    np.divide(between, total, out=shares, where=varies)
    prefers = means.argmax(axis=0) if n_classes else np.full(n_units, -1)
    return np.minimum(shares, 1), np.where(varies, prefers, -1).astype(np.int64)
