"""The sprite: one sheet with a thumbnail of every sample, row by row in a square grid.

Square, with as many rows as columns even where the last rows stay empty, because the stock
Projector misplaces the cells of any other grid; at most 8192 pixels a side, because it
refuses larger sheets. Images too large for that are shrunk with Pillow's Lanczos filter.
"""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.manifest import SpriteInfo

MAX_SHEET_SIDE = 8192
"""Pixels; the stock Projector's limit, and the largest texture of most graphics cards."""


def write_sprite_image(
    path: str | Path, images: ArrayLike, *, invert_images: bool = False
) -> SpriteInfo:
    """Writes the sheet of `images` as a PNG.

    Args:
        path: The file, `sprite_images.png` say.
        images: (n_samples, height, width) or (n_samples, height, width, channels) with 1, 3
            or 4 channels; uint8, or floating point in [0, 1].
        invert_images: Turns light into dark; an alpha channel stays.

    Returns:
        The geometry of the sheet.

    Raises:
        MisuseError: `images` is of another shape, type or range.
    """
    sheet, info = sprite_sheet(prepare_images(images, invert_images=invert_images))
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG")
    write_bytes(Path(path), buffer.getvalue())
    return info


def prepare_images(images: ArrayLike, *, invert_images: bool = False) -> NDArray[np.uint8]:
    """Returns `images` as uint8 (n_samples, height, width, channels).

    Raises:
        MisuseError: See `write_sprite_image`.
    """
    array = np.asarray(images)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[-1] not in (1, 3, 4) or 0 in array.shape:
        raise MisuseError(
            "expected images of shape (n_samples, height, width[, channels]) with 1, 3 or "
            f"4 channels; received {np.shape(images)}; reshape them"
        )
    array = _to_uint8(array)
    if invert_images:
        colours = array.shape[-1] if array.shape[-1] != 4 else 3
        array = np.concatenate([255 - array[..., :colours], array[..., colours:]], axis=-1)
    return array


def _to_uint8(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    if not np.issubdtype(array.dtype, np.floating):
        raise MisuseError(
            f"expected images of dtype uint8 or floating point; received {array.dtype}; "
            'convert them, images.astype("uint8") say'
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise MisuseError(
            f"expected floating-point images in [0, 1]; received [{low:g}, {high:g}]; "
            "scale them, pass other ones as images=, or images=False to record none"
        )
    return np.rint(array.astype(np.float32) * 255).astype(np.uint8)


def sprite_sheet(images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], SpriteInfo]:
    """Lays images out in one sheet.

    Args:
        images: uint8 (n_samples, height, width, channels).

    Returns:
        The sheet, uint8 (side, side) where grey, else (side, side, channels), and its
        geometry. Cells without a sample are 0.

    Raises:
        MisuseError: There are so many images that a cell would have no pixel.
    """
    n_samples, height, width, channels = images.shape
    columns = math.isqrt(n_samples - 1) + 1
    shrink = min(1.0, MAX_SHEET_SIDE // columns / max(height, width))
    if shrink == 0:
        raise MisuseError(
            f"expected at most {MAX_SHEET_SIDE**2} images; received {n_samples}; "
            "record fewer samples, or pass images=False"
        )
    if shrink < 1:
        width, height = max(1, int(width * shrink)), max(1, int(height * shrink))
        images = _resized(images, width, height)
    cells = np.zeros((columns * columns, height, width, channels), np.uint8)
    cells[:n_samples] = images
    sheet = (
        cells.reshape(columns, columns, height, width, channels)
        .transpose(0, 2, 1, 3, 4)
        .reshape(columns * height, columns * width, channels)
    )
    info = SpriteInfo(cell=(width, height), columns=columns, channels=channels)
    return (sheet[..., 0] if channels == 1 else sheet), info


def _resized(images: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    resized = [
        np.asarray(
            Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).resize(
                (width, height), Image.Resampling.LANCZOS
            )
        )
        for image in images
    ]
    return np.stack(resized).reshape(len(images), height, width, -1)
