"""The sheet of thumbnails, decoded again with Pillow."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError, write_sprite_image
from tb_embed_plugin.commands.check import check
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import sprites, writer
from tb_embed_plugin.runs.images import Images, looks_like_images, read_images
from tb_embed_plugin.runs.manifest import SpriteInfo
from tb_embed_plugin.runs.run_deletion import delete_run
from tests.harness import PATIENCE, client_for, read_run, wait_until

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]

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

    inverted = read_images(images, invert_images=True).pixels(0, 1)
    assert inverted[0, 0, 0].tolist() == [215, 215, 215, 40]


def test_floats_are_scaled_and_rounded() -> None:
    images = np.array([0, 0.5, 1], np.float32).reshape(1, 1, 3)

    assert read_images(images).pixels(0, 1).ravel().tolist() == [0, 128, 255]


def test_cells_shrink_to_fit_the_largest_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 64)
    images = np.full((9, 40, 20, 1), 200, np.uint8)
    info = write_sprite_image(tmp_path / "sprite.png", images)
    sheet = np.asarray(Image.open(tmp_path / "sprite.png"))

    assert max(sheet.shape) <= 64
    assert info.cell == (10, 21)
    np.testing.assert_array_equal(cell(sheet, info, 8), np.full((21, 10), 200))


def test_shrunk_cells_are_what_lanczos_makes_of_each_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 64)
    images = RNG.integers(0, 256, (9, 40, 40, 3), np.uint8)
    info = write_sprite_image(tmp_path / "sprite.png", images)
    sheet = np.asarray(Image.open(tmp_path / "sprite.png"))

    for i, image in enumerate(images):
        alone = Image.fromarray(image).resize((21, 21), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(cell(sheet, info, i), np.asarray(alone))


KINDS: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    "grey": lambda grey: grey,
    "grey, one channel": lambda grey: grey[..., np.newaxis],
    "grey, channel first": lambda grey: grey[:, np.newaxis],
    "grey, float32": lambda grey: (grey / np.float32(255)).astype(np.float32),
    "grey, float16": lambda grey: (grey / 255).astype(np.float16),
    "RGB": lambda grey: np.stack([grey, 255 - grey, grey // 2], axis=-1),
    "RGB, channels first": lambda grey: np.stack([grey, 255 - grey, grey // 2], axis=1),
    "RGB, float64": lambda grey: np.stack([grey, 255 - grey, grey // 2], axis=-1) / 255,
    "RGBA": lambda grey: np.stack([grey, grey, 255 - grey, grey // 2], axis=-1),
    "RGBA, channels first": lambda grey: np.stack([grey, grey, 255 - grey, grey // 2], axis=1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_every_kind_are_recorded(
    tmp_path: Path, digits: Digits, make_model: Callable[..., Any], kind: str
) -> None:
    grey = np.rint(digits[0] * 255).astype(np.uint8)
    images = KINDS[kind](grey)
    callback = EmbeddingCheckpoint(tmp_path / "run", digits[0], images=images)
    make_model().fit(*digits, epochs=1, batch_size=1024, verbose=0, callbacks=[callback])

    info = read_run(tmp_path / "run").manifest.sprite
    assert info is not None
    sheet = np.asarray(Image.open(tmp_path / "run" / "sprite_images.png"))
    expected = {1: KINDS["grey"], 3: KINDS["RGB"], 4: KINDS["RGBA"]}[info.channels](grey)
    assert info.channels == {"gre": 1, "RGB": 3}.get(kind[:3]) or kind.startswith("RGBA")
    for i in (0, 42, 43, 1796):
        # float16 is off by half a grey level at most.
        np.testing.assert_allclose(cell(sheet, info, i), expected[i], atol="16" in kind)


def test_rows_become_images_by_image_shape(
    tmp_path: Path, digits: Digits, make_model: Callable[..., Any]
) -> None:
    flat = digits[0].reshape(-1, 64)
    callback = EmbeddingCheckpoint(tmp_path, flat, image_shape=(8, 8))
    make_model().fit(flat, digits[1], batch_size=1024, verbose=0, callbacks=[callback])

    info = read_run(tmp_path).manifest.sprite
    sheet = np.asarray(Image.open(tmp_path / "sprite_images.png"))
    assert info is not None
    np.testing.assert_array_equal(cell(sheet, info, 50), np.rint(digits[0][50] * 255))


@pytest.mark.parametrize("side", [8, 28, 100, 511, 512])
def test_images_of_8_to_512_pixels_stand_in_their_own_size(tmp_path: Path, side: int) -> None:
    images = RNG.integers(0, 256, (3, side, side), np.uint8)
    info = write_sprite_image(tmp_path / "sprite.png", images)
    sheet = np.asarray(Image.open(tmp_path / "sprite.png"))

    assert info.cell == (side, side)
    np.testing.assert_array_equal(cell(sheet, info, 2), images[2])


def test_larger_images_are_shrunk_to_512_pixels(tmp_path: Path) -> None:
    images = np.full((2, 1200, 600), 7, np.uint8)
    info = sprites.write_sprite(tmp_path, read_images(images))

    assert info == SpriteInfo((256, 512), 2, 1), "and no pages, which would show no more"


def page_cells(run: Path, info: SpriteInfo, n_samples: int) -> list[np.ndarray]:
    """Cuts all thumbnails out of the pages, as `cell_of` of the page's sprites.ts does."""
    assert info.pages is not None
    width, height = info.pages.cell
    cells = []
    for page in range(info.pages.count):
        sheet = np.asarray(Image.open(run / f"plugins/tb_embed/sprites/page-{page}.png"))
        assert max(sheet.shape[:2]) <= max(sprites.MAX_PAGE_SIDE, *info.pages.cell)
        for i in range(info.pages.columns * (sheet.shape[0] // height)):
            row, column = divmod(i, info.pages.columns)
            x, y = column * width, row * height
            cells.append(sheet[y : y + height, x : x + width])
    assert not any(cell.any() for cell in cells[n_samples:])
    return cells[:n_samples]


@pytest.mark.parametrize("n_samples", [10, 12, 13, 23, 24, 25])
@pytest.mark.parametrize("size", [(20, 20), (20, 15), (50, 30), (30, 50)])
def test_pages_hold_in_full_size_what_the_sheet_had_to_shrink(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_samples: int, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 40)
    monkeypatch.setattr(sprites, "MAX_PAGE_SIDE", 64)
    monkeypatch.setattr(sprites, "MAX_CELL_SIDE", 80)
    images = RNG.integers(1, 256, (n_samples, *size, 3), np.uint8)
    info = sprites.write_sprite(tmp_path, read_images(images))

    assert max(info.cell) <= 40 // info.columns
    assert info.pages is not None
    assert info.pages.cell == (size[1], size[0])
    np.testing.assert_array_equal(page_cells(tmp_path, info, n_samples), images)
    assert len(list((tmp_path / "plugins/tb_embed/sprites").iterdir())) == info.pages.count


def test_a_cell_larger_than_a_page_has_one_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 40)
    monkeypatch.setattr(sprites, "MAX_PAGE_SIDE", 16)
    images = RNG.integers(1, 256, (5, 24, 30), np.uint8)
    info = sprites.write_sprite(tmp_path, read_images(images))

    assert info.pages is not None
    assert (info.pages.count, info.pages.columns) == (5, 1)
    np.testing.assert_array_equal(page_cells(tmp_path, info, 5), images)


def test_a_recorded_run_serves_its_pages_and_deletes_them(
    tmp_path: Path,
    digits: Digits,
    make_model: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 40)
    monkeypatch.setattr(sprites, "MAX_PAGE_SIDE", 64)
    callback = EmbeddingCheckpoint(tmp_path / "run", digits[0][:100])
    make_model().fit(*digits, epochs=1, batch_size=1024, verbose=0, callbacks=[callback])

    client = client_for(tmp_path, EmbeddingsPlugin)
    base = "/data/plugin/tb_embed/"
    (run,) = client.get(base + "runs").get_json()["runs"]
    (layer,) = run["layers"]
    assert layer["sprite"] == {"pages": 2, "cell": [8, 8], "columns": 8, "channels": 1}
    query = {"run": "run", "layer": layer["name"]}
    for page in range(2):
        body = client.get(base + "sprite", query_string={**query, "page": page}).data
        sheet = np.asarray(Image.open(io.BytesIO(body)))
        expected = np.rint(digits[0][64 * page] * 255)
        np.testing.assert_array_equal(sheet[:8, :8], expected)
    missing = client.get(base + "sprite", query_string={**query, "page": 2})
    assert missing.status_code == 404
    assert "has 2 pages of thumbnails, not a page" in missing.text

    (tmp_path / "run/plugins/tb_embed/sprites/page-1.png").unlink()
    (report,) = check(tmp_path)
    assert [problem.split(" (")[0] for problem in report.problems] == [
        "plugins/tb_embed/sprites/page-1.png in run 'run' cannot be read"
    ]

    (tmp_path / "run/plugins/tb_embed/sprites/mine.png").write_bytes(b"")
    delete_run(tmp_path / "run")
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    # The lock stays with whoever holds it.
    assert left - {"recording.lock", "recorder.json"} == {"mine.png"}


def test_the_training_goes_on_while_thumbnails_are_written(
    tmp_path: Path,
    digits: Digits,
    make_model: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = threading.Event()
    waited: list[bool] = []
    sprites_then: list[SpriteInfo | None] = []

    def slow(run_dir: Path, images: Images) -> SpriteInfo:
        # Would never come if the training waited for this.
        waited.append(trained.wait(PATIENCE))
        return sprites.write_sprite(run_dir, images)

    class Watch(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                wait_until(lambda: read_run(tmp_path).steps == [0, 1, 2])
                sprites_then.append(read_run(tmp_path).manifest.sprite)
                trained.set()

    monkeypatch.setattr(writer, "write_sprite", slow)
    callbacks = [Watch(), EmbeddingCheckpoint(tmp_path, digits[0][:50])]
    make_model().fit(*digits, epochs=3, batch_size=1024, verbose=0, callbacks=callbacks)

    assert waited == [True]
    assert sprites_then == [None]
    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2, 3]
    assert not run.manifest.recording
    assert run.manifest.sprite is not None
    assert "sprite_images.png" in (tmp_path / "projector_config.pbtxt").read_text()


def test_thumbnails_that_were_never_finished_are_written_when_a_training_goes_on(
    tmp_path: Path,
    digits: Digits,
    make_model: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full_disk(run_dir: Path, images: Images) -> SpriteInfo:
        raise OSError(28, "No space left on device")

    model = make_model()
    options: dict[str, Any] = {"batch_size": 1024, "verbose": 0}
    with monkeypatch.context() as patch:
        patch.setattr(writer, "write_sprite", full_disk)
        callback = EmbeddingCheckpoint(tmp_path, digits[0][:50])
        with pytest.warns(
            RuntimeWarning, match=r"could not save the thumbnails: .*no space is left"
        ):
            model.fit(*digits, **options, callbacks=[callback])
    run = read_run(tmp_path)
    assert (run.steps, run.manifest.sprite, run.manifest.recording) == ([0, 1], None, False)

    callback = EmbeddingCheckpoint(tmp_path, digits[0][:50])
    model.fit(*digits, **options, initial_epoch=1, epochs=2, callbacks=[callback])
    assert read_run(tmp_path).steps == [0, 1, 2]
    assert read_run(tmp_path).manifest.sprite is not None


def test_a_run_without_pages_serves_its_sheet(tmp_path: Path, digits: Digits) -> None:
    info = sprites.write_sprite(tmp_path, read_images(digits[0]))

    assert info.pages is None
    assert [path.name for path in tmp_path.iterdir()] == ["sprite_images.png"]


def test_shrinking_needs_hardly_more_memory_than_the_sheet(tmp_path: Path) -> None:
    # 400 images of 256 pixels are 100 MiB as RGBA, a sheet of 4096 pixels 64 MiB.
    code = (
        "import re, sys\n"
        "def most():\n"
        "    return int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n"
        "import numpy as np\n"
        "from tb_embed_plugin import write_sprite_image\n"
        "from tb_embed_plugin.runs import sprites\n"
        "sprites.MAX_SHEET_SIDE = 4096\n"
        "image = np.zeros((1, 256, 256, 4), np.float32)\n"
        "write_sprite_image(sys.argv[1], image)\n"
        "before = most()\n"
        "images = np.broadcast_to(image, (400, 256, 256, 4))\n"
        "info = write_sprite_image(sys.argv[1], images)\n"
        "after = most()\n"
        "print(info.cell[0], after - before)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "sprite.png"],
        capture_output=True,
        text=True,
        check=True,
    )
    side, kibibytes = map(int, result.stdout.split())
    assert side == 204
    # A resized image, its source in floats and the encoder's buffers beside the sheet.
    assert kibibytes * 1024 < (20 * side) ** 2 * 4 + (16 << 20)


def test_images_are_no_copy_of_what_was_given() -> None:
    array = np.zeros((5, 3, 16, 16), np.float32)

    assert np.shares_memory(read_images(array).array, array)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 8, 8), True),
        ((5, 8, 8, 3), True),
        ((5, 4, 8, 8), True),
        ((5, 7, 8), False),
        ((5, 8, 8, 5), False),
        ((5, 3, 8, 7), False),
        ((5, 64), False),
        ((5,), False),
    ],
)
def test_what_looks_like_images(shape: tuple[int, ...], *, expected: bool) -> None:
    assert looks_like_images(np.zeros(shape)) == expected


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((5, 64)), r"not \(5, 64\); reshape"),
        (np.zeros((5, 8, 8, 2)), r"not \(5, 8, 8, 2\)"),
        (np.zeros((0, 8, 8)), r"not \(0, 8, 8\)"),
        (np.full((1, 8, 8), -0.5), r"not in \[-0.5, -0.5\]"),
        (np.full((1, 8, 8), 255.0), r"not in \[255, 255\]"),
        (np.full((1, 8, 8), np.nan), r"not in \[nan, nan\]"),
        (np.zeros((1, 8, 8), np.int64), "not int64"),
        ([np.zeros((8, 8)), np.zeros((9, 9))], "the images have several sizes"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, images: np.ndarray, message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        write_sprite_image(tmp_path / "sprite.png", images)
    assert not list(tmp_path.iterdir())
