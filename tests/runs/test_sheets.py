"""Sheets of thumbnails of others: any grid, the usual kinds of file, and the odd ones told."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.foreign_sprites import read_sheet
from tests.foreign import write_sheet
from tests.harness import is_a_message

KINDS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "webp": "image/webp",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("columns", "rows"), [(4, 4), (13, 1), (1, 13), (5, 3)])
def test_every_grid_and_kind(tmp_path: Path, kind: str, columns: int, rows: int) -> None:
    path = tmp_path / f"sheet.{kind}"
    write_sheet(path, np.zeros((13, 6, 8), np.uint8), columns)
    sheet = read_sheet(path, (8, 6), 13)

    assert sheet.media_type == KINDS[kind]
    assert (sheet.facts.columns, sheet.facts.cell, sheet.facts.pages) == (columns, (8, 6), 1)
    assert sheet.problems == ()
    assert sheet.read() == path.read_bytes()
    assert Image.open(io.BytesIO(sheet.read())).size == (columns * 8, rows * 6)


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("L", 1), ("1", 1), ("I;16", 1), ("LA", 4), ("RGB", 3), ("RGBA", 4), ("P", 3)],
)
def test_channels(tmp_path: Path, mode: str, channels: int) -> None:
    Image.new(mode, (16, 16)).save(tmp_path / "sheet.png")

    assert read_sheet(tmp_path / "sheet.png", (8,), 4).facts.channels == channels


def test_without_a_size_the_grid_is_square(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheet.png", np.zeros((16, 8, 8), np.uint8), 4)

    sheet = read_sheet(tmp_path / "sheet.png", (), 12)
    assert (sheet.facts.columns, sheet.facts.cell, sheet.problems) == (4, (8, 8), ())


def test_square_cells_divide_both_sides(tmp_path: Path) -> None:
    # Cells of 9 x 9 would be as many, with 7 and 5 pixels left over.
    Image.new("L", (70, 50)).save(tmp_path / "sheet.png")
    sheet = read_sheet(tmp_path / "sheet.png", (), 33)
    assert sheet.facts.cell == (10, 10)
    (problem,) = sheet.problems
    assert "cells of 10 x 10 pixels are a guess; write it" in problem


def test_too_few_cells_are_told_and_shown(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheet.png", np.zeros((9, 8, 8), np.uint8), 3)
    sheet = read_sheet(tmp_path / "sheet.png", (8, 8), 20)

    assert sheet.facts.columns == 3
    assert "sheet.png has 9 cells" in sheet.problems[0]


@pytest.mark.parametrize("cell", [(0, 8), (8, 0), (100, 8), (8, 8, 8)])
def test_cells_that_do_not_fit_are_refused(tmp_path: Path, cell: tuple[int, ...]) -> None:
    write_sheet(tmp_path / "sheet.png", np.zeros((9, 8, 8), np.uint8), 3)

    with pytest.raises(UnreadableError, match="a sheet into which cells of single_image_dim"):
        read_sheet(tmp_path / "sheet.png", cell, 9)


@pytest.mark.parametrize("side", [8193, 100_000, 2_000_000_000])
def test_a_sheet_of_gigabytes_is_refused_unopened(tmp_path: Path, side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    (tmp_path / "sheet.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(header))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )

    with pytest.raises(UnreadableError, match="at most 8192 pixels a side"):
        read_sheet(tmp_path / "sheet.png", (8, 8), 9)


@pytest.mark.parametrize("content", [b"", b"<svg></svg>", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sheet.png").write_bytes(content)

    with pytest.raises(UnreadableError, match="not an image of kind PNG, JPEG"):
        read_sheet(tmp_path / "sheet.png", (8, 8), 9)


def test_a_kind_that_browsers_do_not_draw_is_refused(tmp_path: Path) -> None:
    Image.new("L", (16, 16)).save(tmp_path / "sheet.tif")

    with pytest.raises(UnreadableError, match="not an image of kind PNG"):
        read_sheet(tmp_path / "sheet.tif", (8, 8), 4)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    cut=st.integers(0, 400),
    position=st.integers(0, 400),
    value=st.integers(0, 255),
)
@settings(max_examples=200)
def test_a_damaged_file_is_a_sheet_or_a_stated_problem(
    tmp_path: Path, kind: str, cut: int, position: int, value: int
) -> None:
    path = tmp_path / f"sheet.{kind}"
    write_sheet(path, np.zeros((4, 8, 8), np.uint8), 2)
    data = bytearray(path.read_bytes())
    data[position % len(data)] = value
    path.write_bytes(data[: len(data) - cut % len(data)])
    try:
        assert read_sheet(path, (8, 8), 4).facts.columns >= 1
    except UnreadableError as error:
        assert is_a_message(str(error))
