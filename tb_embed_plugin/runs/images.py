"""Thumbnails as they were given: checked at once, turned into pixels only when drawn.

The samples of a long training may be gigabytes; as long as no sheet is drawn they are a view
of what the caller has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.errors import MisuseError

CHANNELS = (1, 3, 4)
"""Grey, RGB, RGBA."""

UINT8_LIMITS = (0.0, 255.0)
FLOAT_LIMITS = (0.0, 1.0)


class Thumbnails(Protocol):
    """Images of one size, of which some are in memory while they are drawn."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of images, height and width in pixels, channels."""

    @property
    def scaling(self) -> str:
        """The range that became 0..255, in words; empty where the values say it."""

    def pixels(self, first: int, last: int) -> NDArray[np.uint8]:
        """Returns images `first` to `last` - 1, uint8 (n_images, height, width, channels)."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one size.

    Attributes:
        array: (n_images, height, width, channels).
        inverted: Whether light is to be dark.
        limits: The values that are black and white; what lies beyond is either.
    """

    array: NDArray[Any]
    inverted: bool
    limits: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of images, height and width in pixels, channels."""
        n_images, height, width, channels = self.array.shape
        return n_images, height, width, channels

    @property
    def scaling(self) -> str:
        """The range that becomes 0..255, in words; empty where the values say it."""
        usual = UINT8_LIMITS if self.array.dtype == np.uint8 else FLOAT_LIMITS
        low, high = self.limits
        return "" if self.limits == usual else f"scaled from {low:.3g}..{high:.3g}"

    def pixels(self, first: int, last: int) -> NDArray[np.uint8]:
        """Returns images `first` to `last` - 1, uint8 (n_images, height, width, channels)."""
        block = self.array[first:last]
        low, high = self.limits
        if block.dtype != np.uint8 or self.limits != UINT8_LIMITS:
            scaled = np.subtract(block, low, dtype=np.float32)
            scaled *= 255 / (high - low)
            np.nan_to_num(scaled, copy=False, posinf=255, neginf=0)
            block = np.rint(np.clip(scaled, 0, 255, out=scaled), out=scaled).astype(np.uint8)
        if self.inverted:
            colours = 3 if block.shape[-1] == 4 else block.shape[-1]
            block = np.concatenate([255 - block[..., :colours], block[..., colours:]], axis=-1)
        return block


def read_images(images: ArrayLike, *, invert_images: bool = False) -> Images:
    """Checks images and brings them into one shape, without a copy.

    Args:
        images: (n_images, height, width), or with 1, 3 or 4 channels as the last axis, or else
            as the first after n_images; uint8, floating point in [0, 1], or true for white.
        invert_images: Turns light into dark; an alpha channel stays.

    Raises:
        MisuseError: `images` is of another shape, type or range.
    """
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise MisuseError("the images have several sizes; resize them to one") from error
    given = array.shape
    array = channels_last(array)
    if array.dtype == np.bool_:  # masks, drawings: white where true
        array = array * np.uint8(255)
    if array.ndim != 4 or array.shape[3] not in CHANNELS or 0 in array.shape:
        raise MisuseError(
            "images must have the shape (n_samples, height, width), or 1, 3 or 4 channels "
            f"as the last or second axis, not {given}; reshape them"
        )
    _check_range(array)
    limits = UINT8_LIMITS if array.dtype == np.uint8 else FLOAT_LIMITS
    return Images(array, invert_images, limits)


def channels_last(array: NDArray[Any]) -> NDArray[Any]:
    """Returns images of either layout, gray ones without channels too, with channels last."""
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim == 4 and array.shape[3] not in CHANNELS and array.shape[1] in CHANNELS:
        array = np.moveaxis(array, 1, 3)
    return array


def looks_like_images(array: NDArray[Any]) -> bool:
    """Whether an array is shaped as images: sides of 8 pixels or more, 1, 3 or 4 channels."""
    if array.ndim == 4:
        *_, height, width, channels = array.shape
        if channels not in CHANNELS:
            channels, height, width = array.shape[1:]
        return channels in CHANNELS and min(height, width) >= 8
    return array.ndim == 3 and min(array.shape[1:]) >= 8


def _check_range(array: NDArray[Any]) -> None:
    if array.dtype == np.uint8:
        return
    if not np.issubdtype(array.dtype, np.floating):
        raise MisuseError(
            f"images must be uint8 or floating point, not {array.dtype}; convert them with "
            "images.astype('uint8'), for instance"
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise MisuseError(
            f"floating-point images must be in [0, 1], not in [{low:g}, {high:g}]; scale "
            "them, pass others as images=, or pass images=False to record none"
        )
