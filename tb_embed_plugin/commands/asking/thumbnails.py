"""Thumbnails of a few samples, cut out of the sprite, on one sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.foreign_sprites import MEDIA_TYPES
from tb_embed_plugin.runs.layer_facts import LayerFacts, SpriteFacts
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.sprites import IMAGE_FAULTS

COLUMNS = 10
"""Thumbnails in a row."""

_LEAST_SIDE = 56
"""Pixels; smaller thumbnails are enlarged by a whole number."""

_MOST_SIDE = 128
"""Pixels; larger ones are shrunk."""

_GAP = 4
_GROUND = (128, 128, 128)


def sheet(run: Run, layer: LayerFacts, samples: Sequence[int]) -> bytes | None:
    """Returns the thumbnails of some samples row by row as a PNG file, None without any.

    Raises:
        UnreadableError: The sprite is damaged.
    """
    sprite = layer.sprite
    if sprite is None:
        return None
    try:
        cells = _cells(run, layer.name, sprite, samples)
    except IMAGE_FAULTS as error:
        raise UnreadableError(
            f"the thumbnails are damaged ({type(error).__name__}: {error}); restore the file"
        ) from error
    width, height = cells[0].size
    columns, rows = min(len(cells), COLUMNS), -(-len(cells) // COLUMNS)
    size = columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP
    found = Image.new("RGB", size, _GROUND)
    for place, cell in enumerate(cells):
        row, column = divmod(place, COLUMNS)
        corner = column * (width + _GAP) + _GAP, row * (height + _GAP) + _GAP
        found.paste(cell, corner, cell)
    body = io.BytesIO()
    found.save(body, "PNG")
    return body.getvalue()


def _cells(
    run: Run, layer: str, sprite: SpriteFacts, samples: Sequence[int]
) -> list[Image.Image]:
    pages: dict[int, Image.Image] = {}

    def page_of(number: int) -> Image.Image:
        if number not in pages:
            body, _ = run.sprite(layer, number)
            opened = Image.open(io.BytesIO(body), formats=tuple(MEDIA_TYPES))
            pages[number] = opened.convert("RGBA")
        return pages[number]

    width, height = sprite.cell
    # All pages but the last are full; of one alone all cells are on it.
    a_page = sprite.columns * (page_of(0).height // height) if sprite.pages > 1 else None
    cells = []
    for sample in samples:
        number, place = (0, sample) if a_page is None else divmod(sample, a_page)
        row, column = divmod(place, sprite.columns)
        left, top = column * width, row * height
        cut = page_of(number).crop((left, top, left + width, top + height))
        cells.append(_sized(cut))
    return cells


def _sized(cell: Image.Image) -> Image.Image:
    longest = max(cell.size)
    if longest > _MOST_SIDE:
        scale = _MOST_SIDE / longest
        size = [max(1, round(side * scale)) for side in cell.size]
        return cell.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    times = max(1, -(-_LEAST_SIDE // longest))
    return cell.resize((cell.width * times, cell.height * times), Image.Resampling.NEAREST)
