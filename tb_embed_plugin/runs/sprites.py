"""The sprite: one sheet with a thumbnail of every sample, row by row in a square grid.

Square, with as many rows as columns even where the last rows stay empty, because the stock
Projector misplaces the cells of any other grid; at most 8192 pixels a side, because it
refuses larger sheets. Images too large for that are shrunk with Pillow's Lanczos filter, and
stand in their own size on pages beside it, which our page reads.

A sheet is drawn a row of cells at a time, or image by image where these are shrunk, so that
hardly more than the sheet is ever in memory.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import SPRITE_FILE, sprite_page_file
from tb_embed_plugin.runs.atomic import replaced
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.images import Thumbnails
from tb_embed_plugin.runs.manifest import SpriteInfo, SpritePages

MAX_SHEET_SIDE = 8192
"""Pixels; the stock Projector's limit, and the largest texture of most graphics cards."""

MAX_SHEET_BYTES = 64 << 20
"""Of a file that others drew."""

MAX_OWN_SHEET_BYTES = 1 << 28
"""Of a file of ours; what its pixels take, of the largest sheet there is, in four channels."""

MAX_PAGE_SIDE = 2048
"""Pixels; a page of full-size cells is small enough to be fetched by itself."""

MAX_CELL_SIDE = 512
"""Pixels; no thumbnail is larger."""

PAGE_COMPRESSION = 1
"""zlib's level for pages, which are many: level 6 takes far longer for few bytes less."""

# Pillow's readers let what damaged bytes break in them through as it comes.
IMAGE_FAULTS = (
    Image.DecompressionBombError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What Pillow raises of an image that it cannot read."""

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def write_sheet(path: Path, images: Thumbnails) -> SpriteInfo:
    """Writes a sheet alone, without pages, as a PNG; missing folders above it are made.

    Raises:
        MisuseError: There are so many images that a cell would have no pixel.
        OSError: The file cannot be written.
    """
    return _write_sheet(made(path.parent), path.name, images)


def write_sprite(run_dir: Path, images: Thumbnails) -> SpriteInfo:
    """Writes a run's sheet, and the pages where the sheet had to shrink the images.

    Raises:
        MisuseError: There are so many images that a cell would have no pixel.
        OSError: A file cannot be written.
    """
    info = _write_sheet(run_dir, SPRITE_FILE, images)
    n_images, height, width, _ = images.shape
    cell = _fitted(width, height, MAX_CELL_SIDE)
    if cell == info.cell:
        return info
    columns, rows = (max(1, MAX_PAGE_SIDE // side) for side in cell)
    starts = range(0, n_images, columns * rows)
    for page, start in enumerate(starts):
        used_rows = min(rows, math.ceil((n_images - start) / columns))
        sheet = _draw(images, start, (columns, used_rows), cell)
        _write_png(run_dir, sprite_page_file(page), sheet, PAGE_COMPRESSION)
    return replace(info, pages=SpritePages(count=len(starts), cell=cell, columns=columns))


def _write_sheet(folder: Path, name: str, images: Thumbnails) -> SpriteInfo:
    n_images, height, width, channels = images.shape
    columns = math.isqrt(n_images - 1) + 1
    side = min(MAX_SHEET_SIDE // columns, MAX_CELL_SIDE)
    if side == 0:
        raise MisuseError(
            f"the sheet holds at most {MAX_SHEET_SIDE**2} images, not {n_images}; record "
            "fewer samples, or pass images=False"
        )
    cell = _fitted(width, height, side)
    _write_png(folder, name, _draw(images, 0, (columns, columns), cell))
    return SpriteInfo(cell=cell, columns=columns, channels=channels, scaling=images.scaling)


def _fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """Returns width and height, shrunk in proportion where one is larger than `side`."""
    longest = max(width, height)
    if longest <= side:
        return width, height
    return max(1, width * side // longest), max(1, height * side // longest)


def _draw(
    images: Thumbnails, first: int, grid: tuple[int, int], cell: tuple[int, int]
) -> Image.Image:
    """Returns a sheet of the images from `first` on; cells without one are 0.

    Args:
        images: The images.
        first: Which one stands at the top left.
        grid: Cells in a row, and rows.
        cell: Width and height of a cell in pixels.
    """
    n_images, height, width, channels = images.shape
    columns, rows = grid
    sheet = Image.new(_MODES[channels], (columns * cell[0], rows * cell[1]))
    for row in range(rows):
        start = first + row * columns
        stop = min(start + columns, n_images)
        if cell == (width, height) and start < stop:
            strip = images.pixels(start, stop).transpose(1, 0, 2, 3)
            strip = strip.reshape(height, (stop - start) * width, channels)
            sheet.paste(_image(strip), (0, row * height))
        else:
            for column, i in enumerate(range(start, stop)):
                image = _image(images.pixels(i, i + 1)[0])
                resized = image.resize(cell, Image.Resampling.LANCZOS)
                sheet.paste(resized, (column * cell[0], row * cell[1]))
    return sheet


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _write_png(folder: Path, name: str, sheet: Image.Image, compression: int = 6) -> None:
    with replaced(folder, name) as file:
        sheet.save(file, "PNG", compress_level=compression)
