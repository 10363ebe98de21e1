"""Which x is drawn as images though nobody passed any, and how its values become pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin.recording.samples.image_detection import detect_images
from tb_embed_plugin.runs.images import Images

RNG = np.random.default_rng(0)


def photographs(channels: int = 3) -> NDArray[np.float64]:
    """Smooth pictures, (20, 16, 20, channels), in [0, 1]."""
    rows, columns = np.linspace(0, 3, 16)[:, None], np.linspace(0, 4, 20)[None]
    phases = RNG.uniform(0, 6, (20, channels))
    waves = [
        [np.sin(rows + phase) * np.cos(columns + phase) for phase in image] for image in phases
    ]
    return np.moveaxis((np.array(waves) + 1) / 2, 1, 3)


def guess(*arrays: NDArray[Any]) -> Images | None:
    return detect_images(arrays, certain=False, invert=False)


def pixels(images: Images | None) -> NDArray[np.uint8]:
    assert images is not None
    return images.pixels(0, len(images.array))


SCALED: dict[str, tuple[Callable[[Any], NDArray[Any]], str]] = {
    "0..1": (lambda x: x.astype(np.float32), ""),
    "uint8": (lambda x: np.rint(x * 255).astype(np.uint8), ""),
    "int64 0..255": (lambda x: np.rint(x * 255).astype(np.int64), "scaled from 0..255"),
    "float 0..255": (lambda x: (x * 255).astype(np.float32), "scaled from 0..255"),
    "preprocess_input": (lambda x: (x * 2 - 1).astype(np.float32), "scaled from -1..1"),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", SCALED)
def test_usual_ranges_are_scaled_to_the_same_pixels(kind: str, channels: int) -> None:
    x = photographs(channels)
    scale, words = SCALED[kind]
    images = guess(scale(x))

    np.testing.assert_allclose(pixels(images), np.rint(x * 255), atol=1)
    assert images is not None
    assert images.scaling == words


def test_standardized_images_are_stretched_and_said() -> None:
    x = photographs()
    standardized = ((x - x.mean()) / x.std()).astype(np.float32)
    images = guess(standardized)

    stretched = (x - x.min()) / (x.max() - x.min()) * 255
    np.testing.assert_allclose(pixels(images), stretched, atol=1)
    assert images is not None
    assert images.scaling.startswith("scaled from -")


def test_a_pixel_that_is_not_finite_spoils_no_other() -> None:
    x = photographs().astype(np.float32)
    x[0, 0, 0] = np.nan
    x[1, 0, 0] = np.inf

    drawn = pixels(guess(x))
    np.testing.assert_allclose(drawn[2:], np.rint(x[2:] * 255), atol=1)
    assert drawn[0, 0, 0].tolist() == [0, 0, 0]


def series(n: int, steps: int, features: int) -> NDArray[np.float64]:
    """Walks, each feature of its own size."""
    walks = RNG.normal(size=(n, steps, features)).cumsum(axis=1)
    return walks * RNG.uniform(0.1, 3, features)


def padded_tokens(n: int, rows: int, columns: int, words: int) -> NDArray[np.int64]:
    tokens = RNG.integers(1, words, (n, rows, columns))
    lengths = RNG.integers(1, columns + 1, (n, rows, 1))
    return np.where(np.arange(columns) < lengths, tokens, 0)


NO_IMAGES = {
    "time series": series(40, 64, 32),
    "time series scaled to 0..1": (s := series(40, 64, 24)) / np.abs(s).max() / 2 + 0.5,
    "long recordings": RNG.random((40, 128, 9)),
    "tokens of small words": RNG.integers(0, 200, (40, 32, 32)),
    "padded sentences of documents": padded_tokens(40, 12, 32, 250),
    "tokens of many words": RNG.integers(0, 30_000, (40, 32, 32)),
    "features of a sequence": RNG.normal(size=(40, 24, 32)),
    "a spectrogram in decibels": -80 + 80 * RNG.random((40, 64, 300, 1)),
    "noise in decibels": -80 + 80 * RNG.random((40, 32, 32, 1)),
    "vectors": RNG.random((40, 64)),
    "text": np.array([["a"] * 9] * 9, object)[None],
    "nothing but NaN": np.full((4, 16, 16, 3), np.nan),
}


@pytest.mark.parametrize("kind", NO_IMAGES)
def test_what_is_no_image_is_not_drawn(kind: str) -> None:
    assert guess(NO_IMAGES[kind]) is None


def test_digits_of_scikit_learn_are_drawn_in_their_own_range(
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    sixteenths = digits[0] * 16  # as load_digits gives them
    images = guess(sixteenths)

    np.testing.assert_array_equal(pixels(images)[..., 0], np.rint(sixteenths * 255 / 16))


def test_of_two_inputs_with_images_none_is_drawn() -> None:
    x = photographs().astype(np.float32)

    assert guess(x, x) is None
    assert guess(x, series(20, 64, 32)) is not None
