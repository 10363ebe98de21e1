"""Sheets of thumbnails that others drew, in any grid and in the usual image formats.

Pillow reads the header alone: what a sheet's pixels say is the browser's business, and a
small file that unfolds to gigabytes is refused by its size in pixels.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.layer_facts import SpriteFacts
from tb_embed_plugin.runs.reading import check_size, open_file, read_file
from tb_embed_plugin.runs.sprites import IMAGE_FAULTS, MAX_SHEET_BYTES, MAX_SHEET_SIDE

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
"""Of the kinds of file that every browser draws, by Pillow's name."""

SMALLER = "draw smaller thumbnails"
"""What to do about too large a sheet."""


@dataclass(frozen=True)
class Sheet:
    """One file of thumbnails, row by row.

    Attributes:
        path: The file.
        media_type: Its media type.
        facts: Its geometry.
        problems: What does not fit, one sentence each.
    """

    path: Path
    media_type: str
    facts: SpriteFacts
    problems: tuple[str, ...] = ()

    def read(self) -> bytes:
        """Returns the file's content.

        Raises:
            UnreadableError: It cannot be read, or has grown too large.
        """
        try:
            return read_file(self.path, MAX_SHEET_BYTES, SMALLER)
        except OSError as error:
            raise _unreadable(self.path, type(error).__name__) from error


def read_sheet(path: Path, cell: Sequence[int], n_samples: int) -> Sheet:
    """Reads the geometry of a sheet.

    Args:
        path: The file.
        cell: Width and height of a thumbnail in pixels, as the configuration says; one number
            for both, none for what fits the sheet: the square grid that holds `n_samples`,
            else the grids that they fill.
        n_samples: Thumbnails expected.

    Raises:
        UnreadableError: It is no image of a kind that browsers draw, too large, or the cells
            do not fit into it.
    """
    width, height, kind, channels = _header(path)
    if max(width, height) > MAX_SHEET_SIDE:
        raise _unreadable(
            path,
            f"{width} x {height} pixels",
            f"a sheet of at most {MAX_SHEET_SIDE} pixels a side",
            "draw smaller thumbnails",
        )
    fitting = _fitting_cells((width, height), n_samples)
    if not cell and not fitting:
        raise _unreadable(
            path,
            f"{width} x {height} pixels without single_image_dim",
            f"a sheet whose sides a grid of {n_samples} thumbnails divides",
            "give width and height of one thumbnail as single_image_dim",
        )
    sides = _given_cell(cell, (width, height)) if cell else fitting[0]
    if sides is None:
        raise _unreadable(
            path,
            f"{width} x {height} pixels",
            f"a sheet into which cells of single_image_dim {list(cell)} fit",
            "give width and height of one thumbnail as single_image_dim",
        )
    columns, rows = width // sides[0], height // sides[1]
    problems = []
    if not cell and (len(fitting) > 1 or columns != _square(n_samples)):
        others = "".join(f", not {w} x {h}" for w, h in fitting[1:3])
        problems.append(
            f"single_image_dim, the size of one thumbnail in {path.name}, is missing: "
            f"cells of {sides[0]} x {sides[1]} pixels{others} are a guess; write it into "
            "the configuration"
        )
    if columns * rows < n_samples:
        problems.append(
            f"{path.name} has {columns * rows} cells of {sides[0]} x {sides[1]} pixels but "
            f"there are {n_samples} samples: the others have no thumbnail"
        )
    facts = SpriteFacts(pages=1, cell=sides, columns=columns, channels=channels)
    return Sheet(path, MEDIA_TYPES[kind], facts, tuple(problems))


def _header(path: Path) -> tuple[int, int, str, int]:
    """Returns width, height, kind and channels of an image, without decoding it."""
    wanted = f"an image of kind {', '.join(MEDIA_TYPES)}"
    try:
        with open_file(path) as file:
            check_size(path.name, os.fstat(file.fileno()).st_size, MAX_SHEET_BYTES, SMALLER)
            with Image.open(file, formats=tuple(MEDIA_TYPES)) as image:
                return (*image.size, str(image.format), _channels(image))
    except Image.DecompressionBombError as error:
        limit = f"a sheet of at most {MAX_SHEET_SIDE} pixels a side"
        raise _unreadable(path, "a larger one", limit, "draw smaller thumbnails") from error
    except IMAGE_FAULTS as error:
        raise _unreadable(path, type(error).__name__, wanted) from error


def _channels(image: Image.Image) -> int:
    if image.mode in {"1", "L", "I", "I;16", "F"} and "transparency" not in image.info:
        return 1
    has_alpha = image.mode in {"LA", "PA", "RGBA", "La", "RGBa"}
    return 4 if has_alpha or "transparency" in image.info else 3


def _square(n_samples: int) -> int:
    """Returns the columns of the smallest square grid."""
    return math.isqrt(n_samples - 1) + 1


def _given_cell(given: Sequence[int], sheet: tuple[int, int]) -> tuple[int, int] | None:
    """Returns width and height of a cell as they are said, None where they do not fit."""
    sides = (given[0], given[-1])
    fits = all(0 < side <= whole for side, whole in zip(sides, sheet, strict=True))
    return sides if fits and len(given) <= 2 else None


def _fitting_cells(sheet: tuple[int, int], n_samples: int) -> list[tuple[int, int]]:
    """Returns the cells that a sheet may have, the likeliest first.

    Those of the square grid where it divides the sheet; then those of as many columns and no
    more rows than needed, and square ones in any grid whose last row is not empty.
    """
    width, height = sheet
    columns = _square(n_samples)
    cells = [
        (width // columns, height // rows)
        for rows in (columns, -(-n_samples // columns))
        if width % columns == 0 and height % rows == 0
    ]
    if cells and cells[0][0] == cells[0][1]:
        return cells[:1]  # square cells in a square grid: nobody means anything else
    both = math.gcd(width, height)
    for side in (side for side in range(both, 0, -1) if both % side == 0):
        in_row, rows = width // side, height // side
        if (rows - 1) * in_row < n_samples <= rows * in_row:
            cells.append((side, side))
    return list(dict.fromkeys(cells))


def _unreadable(
    path: Path,
    received: str,
    expected: str = "a readable sheet of thumbnails",
    remedy: str = "draw it again, or remove it from the configuration",
) -> UnreadableError:
    return UnreadableError(f"{path.name} is {received}, not {expected}; {remedy}")
