"""Detection of images among the inputs, for thumbnails where none were passed.

Inputs that are not clearly images are not drawn; nothing fails. Arrays of four axes with 1, 3
or 4 channels are good evidence. Token grids, time series and spectrograms have three axes like
gray images, so there pixels must resemble their neighbors in both directions, and the values
lie in a range of images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.runs.images import (
    FLOAT_LIMITS,
    UINT8_LIMITS,
    Images,
    channels_last,
    looks_like_images,
)

MAX_ASPECT = 3.0
"""Longer gray arrays are series and spectrograms rather than pictures."""

MAX_ROUGHNESS = 0.85
"""Mean difference of neighboring pixels, relative to that of any two of a sample."""

MIN_CORRELATION = 0.1
"""Correlation of neighbors above the background, in integers: padding smooths token grids."""

SIGNED_LIMITS = (-1.0, 1.0)
"""The range of Keras' `preprocess_input`."""

_USUAL = (FLOAT_LIMITS, SIGNED_LIMITS, UINT8_LIMITS)

_LOOKED_AT = 64
"""Number of samples, evenly spread, by which smoothness is judged."""

_RANGE_BLOCK = 1 << 22
"""Number of values of x that are read at a time."""


def detect_images(
    arrays: Sequence[NDArray[Any]], *, certain: bool, invert: bool
) -> Images | None:
    """Returns the images among the inputs, None where there are none, or more than one.

    Args:
        arrays: The inputs.
        certain: Whether the caller knows that they are images.
        invert: Whether the thumbnails are drawn as negatives.
    """
    found = []
    for array in arrays:
        limits = _limits(array) if certain or _is_image(array) else None
        if limits is not None:
            found.append(Images(channels_last(array), invert, limits))
    return found[0] if len(found) == 1 else None


def _is_image(array: NDArray[Any]) -> bool:
    if array.dtype.kind not in "buif" or array.size == 0 or not looks_like_images(array):
        return False
    limits = _limits(array)
    if limits is None:
        return False
    _, height, width, channels = channels_last(array).shape
    if channels > 1 or array.dtype == np.uint8:
        return True
    if max(height, width) > MAX_ASPECT * min(height, width):
        return False
    is_certain = array.ndim == 4 and limits in _USUAL
    return is_certain or _is_smooth(channels_last(array)[..., 0])


def _limits(array: NDArray[Any]) -> tuple[float, float] | None:
    """Returns the values of black and white, None where the values are not pixels."""
    if array.dtype == np.uint8:
        return UINT8_LIMITS
    low, high = _range(array)
    if not low <= high or (array.dtype.kind in "ui" and (low < 0 or high > 255)):
        return None
    for limits in (FLOAT_LIMITS, SIGNED_LIMITS):
        if limits[0] <= low and high <= limits[1]:
            return limits
    # Values up to 16, as of scikit-learn's digits, would be nearly black.
    if low >= 0 and 16 < high <= 255:
        return UINT8_LIMITS
    return (low, high) if low < high else None


def _range(array: NDArray[Any]) -> tuple[float, float]:
    """Returns the smallest and the largest finite value; both NaN where there is none."""
    low, high = np.inf, -np.inf
    rows = max(1, _RANGE_BLOCK * len(array) // array.size)
    for start in range(0, len(array), rows):
        block = array[start : start + rows]
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        if not np.isfinite([low, high]).all():
            finite = np.asarray(array[np.isfinite(array)], np.float64)
            return (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
    return low, high


def _some(array: NDArray[Any]) -> NDArray[Any]:
    """Returns a few evenly spread samples."""
    return array[:: max(1, len(array) // _LOOKED_AT)][:_LOOKED_AT]


def _is_smooth(images: NDArray[Any]) -> bool:
    """Whether pixels resemble their neighbors in both directions."""
    some = np.nan_to_num(np.asarray(_some(images), np.float64))
    pixels = some.reshape(len(some), -1)
    shuffled = np.random.default_rng(0).permutation(pixels.shape[1])
    usual = np.abs(pixels - pixels[:, shuffled]).mean()
    for axis in (1, 2):
        if not np.abs(np.diff(some, axis=axis)).mean() < MAX_ROUGHNESS * usual:
            return False
        if images.dtype.kind in "ui" and not _correlation(some, axis) > MIN_CORRELATION:
            return False
    return True


def _correlation(images: NDArray[np.float64], axis: int) -> float:
    """Returns the correlation of neighbors along an axis, without the background."""
    last = images.shape[axis] - 1
    first, second = (np.take(images, range(i, i + last), axis) for i in (0, 1))
    drawn = (first > images.min()) & (second > images.min())
    values = np.stack([first[drawn], second[drawn]])
    if values.shape[1] < 2 or (values.std(axis=1) == 0).any():
        return 0.0
    return float(np.corrcoef(values)[0, 1])
