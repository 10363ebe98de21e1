"""Groups of classes that lie near one another, as the page makes them: they share a color."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLORS = 10
"""So many classes have a color each."""

_ROUNDS = 20


def class_groups(
    places: NDArray[np.float32], codes: NDArray[np.int32], classes: int
) -> list[int] | None:
    """Returns the group of each class, None where each has a color of its own.

    Args:
        places: Where the samples lie at the last step, (n_samples, components).
        codes: The samples' classes, (n_samples,); negative where they have none.
        classes: How many classes there are.
    """
    if classes <= COLORS:
        return None
    middles = [_median(places[codes == code]) for code in range(classes)]
    return [int(group) for group in _grouped(np.array(middles))]


def _median(places: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the median along each axis, of an even number the upper one; NaN of nothing."""
    if not len(places):
        return np.full(places.shape[1], np.nan)
    return np.asarray(np.sort(places, axis=0)[len(places) // 2], np.float64)


def _grouped(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns groups by k-means, begun at places far from one another: always the same.

    Places that are NaN are in the first one.
    """
    groups = np.zeros(len(places), np.int64)
    there = np.flatnonzero(~np.isnan(places[:, 0]))
    if not len(there):
        return groups
    known = places[there]
    centres = _far_apart(known)
    found = np.full(len(known), -1)
    for _ in range(_ROUNDS):
        nearest = _squared(known, centres).argmin(axis=1)
        if (nearest == found).all():
            break
        found = nearest
        for group in np.unique(found):
            centres[group] = known[found == group].mean(axis=0)
    groups[there] = found
    return groups


def _far_apart(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the place farthest from the middle, then those farthest from all before."""
    chosen = [int(_squared(places, places.mean(axis=0)[None])[:, 0].argmax())]
    while len(chosen) < COLORS:
        away = _squared(places, places[chosen]).min(axis=1)
        if away.max() == 0:
            break
        chosen.append(int(away.argmax()))
    return places[chosen].copy()


def _squared(places: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the squared distance of each place from each center."""
    apart: NDArray[np.float64] = ((places[:, None] - centres[None]) ** 2).sum(axis=2)
    return apart
