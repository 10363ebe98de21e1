"""What the original tutorial wrote opens in the page, with a time axis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import expect
from tensorboardX import SummaryWriter

from tests.browser.tab import Open
from tests.foreign import save_by_checkpoint, write_tutorial
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


def test_fractions_are_steps_as_they_were_written(tmp_path: Path, open_tab: Open) -> None:
    rng = np.random.default_rng(0)
    with SummaryWriter(str(tmp_path)) as writer:
        for moment in (0.5, 1.5, 10.5):
            writer.add_embedding(
                rng.normal(size=(20, 5)).astype(np.float32),
                metadata=[f"w{i}" for i in range(20)],
                global_step=moment,
            )
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, width=1600, reduced_motion=True)
        tab.wait_for_picture("10.5")
        timeline = tab.frame.locator(".timeline")
        places = {"Home": ("0.5", 1), "ArrowRight": ("1.5", 2), "End": ("10.5", 3)}
        for key, (step, place) in places.items():
            tab.slider.press(key)
            tab.wait_for_picture(step)
            said = f"step {step}, {place} of 3"
            expect(timeline).to_contain_text(said)
            expect(tab.slider).to_have_attribute("aria-valuetext", said)
        tab.frame.get_by_text("More of this view").click()
        tab.frame.get_by_label("Axes from").select_option(label="Last step, 10.5")
        expect(tab.frame.locator(".quality-line")).to_contain_text("Axes from step 10.5.")


def test_checkpoints_alone_open_as_dots(tmp_path: Path, open_tab: Open) -> None:
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(60, 8)).astype(np.float32) for _ in range(3)]
    values[2][:, 1] = np.nan
    save_by_checkpoint(tmp_path / "words", values, "words")
    with tensorboard(tmp_path) as server:
        # Reading it has shown that it cannot be drawn; nobody knew before.
        path = "data/plugin/tb_embed/vectors?run=words&layer=words&step=3"
        server.get("data/plugin/tb_embed/runs")
        assert server.get(path)[0] == 200
        tab = open_tab(server)
        tab.wait_for_picture(2)
        assert tab.positions().shape == (60, 2)
        expect(tab.frame.get_by_text("NaN or infinity at step 3")).to_be_visible()
        # Where images are chosen it is said why there are none.
        images = tab.frame.get_by_role("radio", name="Images")
        expect(images).to_be_disabled()
        expect(tab.frame.get_by_title("No thumbnails were recorded")).to_be_visible()
