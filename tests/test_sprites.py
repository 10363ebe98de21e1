"""The sheet of thumbnails, decoded again with Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tb_embed_plugin import MisuseError, write_sprite_image
from tb_embed_plugin.runs import sprites
from tb_embed_plugin.runs.manifest import SpriteInfo

RNG = np.random.default_rng(0)


def cell(sheet: np.ndarray, info: SpriteInfo, i: int) -> np.ndarray:
    """Cuts the thumbnail of sample i out of a sheet."""
    row, column = divmod(i, info.columns)
    width, height = info.cell
    return sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.mark.parametrize("n_samples", [1, 2, 4, 5, 10, 100])
@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_every_image_stands_in_its_cell(
    tmp_path: Path, n_samples: int, channels: tuple[int, ...]
) -> None:
    images = RNG.integers(0, 256, (n_samples, 12, 9, *channels), np.uint8)
    info = write_sprite_image(tmp_path / "sprite.png", images)
    sheet = np.asarray(Image.open(tmp_path / "sprite.png"))

    assert info.cell == (9, 12)
    assert sheet.shape[:2] == (info.columns * 12, info.columns * 9), "a square grid"
    for i, image in enumerate(images):
        np.testing.assert_array_equal(
            cell(sheet, info, i), image[..., 0] if channels == (1,) else image
        )


def test_the_tutorials_sheet_is_2800_pixels_square(tmp_path: Path) -> None:
    images = np.zeros((10_000, 28, 28), np.float32)
    write_sprite_image(tmp_path / "sprite.png", images, invert_images=True)

    with Image.open(tmp_path / "sprite.png") as image:
        assert image.size == (2800, 2800)
        assert image.getextrema() == (255, 255), "black turned white"


def test_inverting_keeps_the_alpha_channel() -> None:
    images = np.full((1, 8, 8, 4), 40, np.uint8)

    inverted = sprites.prepare_images(images, invert_images=True)
    assert inverted[0, 0, 0].tolist() == [215, 215, 215, 40]


def test_floats_are_scaled_and_rounded() -> None:
    images = np.array([0, 0.5, 1], np.float32).reshape(1, 1, 3)

    assert sprites.prepare_images(images).ravel().tolist() == [0, 128, 255]


def test_cells_shrink_to_fit_the_largest_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 64)
    images = np.full((9, 40, 20, 1), 200, np.uint8)
    sheet, info = sprites.sprite_sheet(images)

    assert max(sheet.shape) <= 64
    assert info.cell == (10, 21)
    np.testing.assert_array_equal(cell(sheet, info, 8), np.full((21, 10), 200))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((5, 64)), r"received \(5, 64\); reshape"),
        (np.zeros((5, 8, 8, 2)), r"received \(5, 8, 8, 2\)"),
        (np.zeros((0, 8, 8)), r"received \(0, 8, 8\)"),
        (np.full((1, 8, 8), -0.5), r"received \[-0.5, -0.5\]"),
        (np.full((1, 8, 8), 255.0), r"received \[255, 255\]"),
        (np.full((1, 8, 8), np.nan), r"received \[nan, nan\]"),
        (np.zeros((1, 8, 8), np.int64), "received int64"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, images: np.ndarray, message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        write_sprite_image(tmp_path / "sprite.png", images)
    assert not list(tmp_path.iterdir())
