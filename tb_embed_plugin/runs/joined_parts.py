"""The parts of several workers as one: rows and thumbnails in the order of ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from io import BytesIO
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import SPRITE_FILE, sprite_page_file
from tb_embed_plugin.runs.manifest import SpritePages
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.recorded_part import OF_THE_MODEL, RecordedPart, Tensors
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.runs.sprites import IMAGE_FAULTS, MAX_OWN_SHEET_BYTES, MAX_SHEET_SIDE
from tb_embed_plugin.runs.stored_rows import JoinedRows, Part
from tb_embed_plugin.snapshot import LazyRows


def join_tensors(parts: Sequence[Tensors]) -> Tensors:
    """Returns the tensors of one snapshot, whose rows are read when they are asked for.

    What is the model's and not of samples is taken from the first part.

    Raises:
        UnreadableError: A part lacks a tensor of the first one, or has other columns.
    """
    joined: Tensors = {}
    for name, first in parts[0].items():
        if name in OF_THE_MODEL:
            joined[name] = first
            continue
        found = [part.get(name) for part in parts]
        rows = [one for one in found if isinstance(one, LazyRows)]
        if len(rows) < len(parts) or len({one.shape[1] for one in rows}) > 1:
            raise UnreadableError(
                f"not all workers recorded the tensor {name!r} with {first.shape[1]} columns; "
                "record the same layers and outputs in all of them"
            )
        joined[name] = _stacked(rows)
    return joined


def _stacked(rows: Sequence[LazyRows]) -> LazyRows:
    columns = rows[0].shape[1]
    ends = list(accumulate(len(one) for one in rows))
    return JoinedRows(
        (ends[-1], columns),
        [
            Part(slice(end - len(one), end), slice(0, columns), one)
            for end, one in zip(ends, rows, strict=True)
        ],
    )


class JoinedThumbnails:
    """The thumbnails of all parts, read from their sheets a page at a time.

    They are drawn in order, so no more than one sheet is decoded at any time.

    Args:
        parts: The parts, which all have thumbnails.

    Raises:
        UnreadableError: They are of several sizes, or some have colors and others do not.
    """

    def __init__(self, parts: Sequence[RecordedPart]) -> None:
        self._sheets = [_Sheets(part) for part in parts]
        shapes = sorted({sheets.shape for sheets in self._sheets})
        if len(shapes) > 1:
            raise UnreadableError(
                f"the workers' thumbnails have the shapes {shapes} (height, width, channels); "
                "give all workers images of one shape"
            )
        self._ends = list(accumulate(sheets.count for sheets in self._sheets))
        self.scaling = self._sheets[0].scaling

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of images, height and width in pixels, channels."""
        return (self._ends[-1], *self._sheets[0].shape)

    def pixels(self, first: int, last: int) -> NDArray[np.uint8]:
        """Returns images `first` to `last` - 1, uint8 (n_images, height, width, channels)."""
        found = np.empty((last - first, *self._sheets[0].shape), np.uint8)
        for sheets, end in zip(self._sheets, self._ends, strict=True):
            start = end - sheets.count
            for i in range(max(first, start), min(last, end)):
                found[i - first] = sheets.image(i - start)
            if last >= end:
                sheets.forget()
        return found


class _Sheets:
    """The thumbnails of one part, in the largest size that it has."""

    def __init__(self, part: RecordedPart) -> None:
        info = part.manifest.sprite
        if info is None:
            raise UnreadableError(
                f"worker {part.rank} recorded no thumbnails; give images to all workers"
            )
        self.scaling = info.scaling
        self.count = part.manifest.samples
        self._folder = part.folder
        self._pages = info.pages
        self._grid = info.pages or SpritePages(1, info.cell, info.columns)
        width, height = self._grid.cell
        self.shape = height, width, info.channels
        self._page: tuple[int, NDArray[np.uint8]] | None = None

    def image(self, number: int) -> NDArray[np.uint8]:
        """Returns a thumbnail, uint8 (height, width, channels).

        Raises:
            UnreadableError: Its sheet is damaged, or smaller than it says.
        """
        height, width, _ = self.shape
        page, place = divmod(number, max(1, self._cells_of_a_page))
        row, column = divmod(place, self._grid.columns)
        sheet = self._sheet(page)
        cell = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        if cell.shape != self.shape:
            raise UnreadableError(f"a sheet of thumbnails in {self._folder} is cut short")
        return cell

    def forget(self) -> None:
        """Frees the memory of the sheet that was decoded last."""
        self._page = None

    @cached_property
    def _cells_of_a_page(self) -> int:
        """Cells of all pages but the last."""
        return len(self._sheet(0)) // self.shape[0] * self._grid.columns

    def _sheet(self, page: int) -> NDArray[np.uint8]:
        if self._page is None or self._page[0] != page:
            name = SPRITE_FILE if self._pages is None else sprite_page_file(page)
            try:
                data = read_file(
                    confined(self._folder, name), MAX_OWN_SHEET_BYTES, "record fewer samples"
                )
                with Image.open(BytesIO(data), formats=("PNG",)) as image:
                    self._check_size(name, image)
                    pixels = np.asarray(image)
            except (*IMAGE_FAULTS, Image.DecompressionBombWarning) as error:
                raise UnreadableError(
                    f"{name} in {self._folder} cannot be read ({type(error).__name__})"
                ) from error
            self._page = page, pixels.reshape(*pixels.shape[:2], -1)
        return self._page[1]

    def _check_size(self, name: str, image: Image.Image) -> None:
        """Raises where a sheet is larger than its part says; it is not decoded yet."""
        width, height = self._grid.cell
        columns = self._grid.columns
        rows = math.ceil(self.count / columns) if self._pages else columns
        widest = min(columns * width, MAX_SHEET_SIDE)
        highest = min(rows * height, MAX_SHEET_SIDE)
        if image.width > widest or image.height > highest:
            raise UnreadableError(
                f"{name} in {self._folder} has {image.width} x {image.height} pixels, not at "
                f"most {widest} x {highest}; record the part again"
            )
