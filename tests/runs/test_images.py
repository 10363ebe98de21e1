"""Thumbnails as they were given become pixels."""

from __future__ import annotations

import numpy as np
import pytest

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.runs.images import Images, read_images

VALUES = np.linspace(0, 1, 2 * 8 * 8).reshape(2, 8, 8)


def test_fractions_become_all_pixels_from_black_to_white() -> None:
    images = read_images(VALUES)
    assert (images.shape, images.scaling) == ((2, 8, 8, 1), "")
    np.testing.assert_array_equal(
        images.pixels(0, 2)[..., 0], np.rint(VALUES * 255).astype(np.uint8)
    )
    np.testing.assert_array_equal(images.pixels(1, 2), images.pixels(0, 2)[1:])


def test_whole_numbers_are_pixels_already() -> None:
    whole = (VALUES * 255).astype(np.uint8)
    np.testing.assert_array_equal(read_images(whole).pixels(0, 2)[..., 0], whole)


def test_values_beyond_the_limits_are_black_or_white() -> None:
    array = np.array([[-np.inf, -1, 0], [2, 4, 9]], np.float32).reshape(1, 2, 3, 1)
    images = Images(array, inverted=False, limits=(0.0, 4.0))
    assert images.scaling == "scaled from 0..4"
    assert images.pixels(0, 1).ravel().tolist() == [0, 0, 0, 128, 255, 255]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_light_and_dark_change_places_and_alpha_stays(channels: int) -> None:
    array = np.full((1, 8, 8, channels), 55, np.uint8)
    pixels = read_images(array, invert_images=True).pixels(0, 1)
    assert pixels[0, 0, 0].tolist() == ([200] * 3 + [55] if channels == 4 else [200] * channels)


@pytest.mark.parametrize("values", [VALUES * 1.01, VALUES - 0.01, VALUES[0, 0]])
def test_other_ranges_and_shapes_are_refused(values: np.ndarray) -> None:
    with pytest.raises(MisuseError):
        read_images(values)


def test_true_is_white() -> None:
    masks = VALUES > 0.5
    pixels = read_images(masks).pixels(0, 2)[..., 0]
    np.testing.assert_array_equal(pixels, np.where(masks, 255, 0))
