"""The sheets of several workers as one: what is decoded, and what is refused."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import SPRITE_FILE
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.images import Images
from tb_embed_plugin.runs.joined_parts import JoinedThumbnails
from tb_embed_plugin.runs.manifest import Layer
from tb_embed_plugin.runs.parts import PartFacts, write_part
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.tables.metadata_table import index_column
from tb_embed_plugin.runs.writer import RunWriter


def part_with(folder: Path, rank: int, images: NDArray[np.uint8]) -> RecordedPart:
    part = made(folder / f"{rank}-{'0' * 16}")
    write_part(part, PartFacts(world=8, rows=len(images), dtype="float32"))
    writer = RunWriter.begin(
        part,
        layers=[Layer("fc1", 3)],
        columns=[index_column(len(images))],
        fingerprint="",
        outputs=None,
        is_part=True,
    )
    writer.add_sprite(Images(images, inverted=False, limits=(0.0, 255.0)))
    found = RecordedPart.read(part)
    assert found is not None
    return found


def test_one_sheet_is_decoded_at_a_time(tmp_path: Path) -> None:
    images = np.arange(25 * 64 * 64, dtype=np.uint8).reshape(25, 64, 64, 1)
    parts = [part_with(tmp_path, rank, images + np.uint8(rank)) for rank in range(8)]
    sheet = 25 * 64 * 64

    thumbnails = JoinedThumbnails(parts)
    tracemalloc.start()
    for number in range(thumbnails.shape[0]):
        rank, own = divmod(number, 25)
        expected = images[own : own + 1] + np.uint8(rank)
        np.testing.assert_array_equal(thumbnails.pixels(number, number + 1), expected)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * sheet


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [41, 20_000])
def test_a_sheet_is_decoded_only_if_it_is_as_large_as_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    part = part_with(tmp_path, 1, np.zeros((25, 8, 8, 3), np.uint8))
    Image.new("L", (side, 8)).save(part.folder / SPRITE_FILE)
    with monkeypatch.context() as limited:
        limited.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
        with pytest.raises(UnreadableError, match=SPRITE_FILE):
            JoinedThumbnails([part]).pixels(0, 1)


def test_a_sheet_that_is_cut_in_its_header_is_unreadable(tmp_path: Path) -> None:
    part = part_with(tmp_path, 1, np.zeros((4, 8, 8, 3), np.uint8))
    whole = BytesIO()
    Image.new("RGB", (16, 16)).save(whole, "PNG")
    data = bytearray(whole.getvalue())
    data[8:12] = (5).to_bytes(4, "big")
    (part.folder / SPRITE_FILE).write_bytes(data)
    with pytest.raises(UnreadableError, match=f"{SPRITE_FILE} in .* cannot be read"):
        JoinedThumbnails([part]).pixels(0, 1)
