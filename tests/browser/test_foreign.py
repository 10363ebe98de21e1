"""What the original tutorial wrote opens in the page, with a time axis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from tests.browser.tab import Open
from tests.foreign import write_tutorial
from tests.harness import tensorboard


def test_the_tutorials_output_opens_with_a_slider(tmp_path: Path, open_tab: Open) -> None:
    images = np.random.default_rng(0).integers(0, 255, (200, 8, 8)).astype(np.uint8)
    write_tutorial(tmp_path / "mnist", images, np.arange(200) % 10)
    with tensorboard(tmp_path) as server:
        tab = open_tab(server)
        tab.wait_for_picture(10)
        last = tab.positions()
        assert last.shape == (200, 2)
        expect(tab.canvas).to_have_accessible_name("2-D PCA of images, step 10, 200 samples")
        tab.slider.focus()
        tab.page.keyboard.press("Home")
        tab.wait_for_picture(1)
        expect(tab.slider).to_have_attribute("aria-valuetext", "step 1 of 10")
        assert np.abs(tab.positions() - last).max() > 20, "the samples have moved"
        pixels = tab.pixels().astype(int)
        assert (np.ptp(pixels, axis=2) > 40).sum() > 1000, "thumbnails in the labels' colours"
