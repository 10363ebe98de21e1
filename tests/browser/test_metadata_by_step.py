"""Predictions in the metadata of `add_embedding`: the page shows those of the step shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import expect
from tensorboardX import SummaryWriter

from tests.browser.tab import Open
from tests.browser.test_choose import lonely, search
from tests.harness import tensorboard

SAMPLES = 30
LABELS = [f"class {i % 3}" for i in range(SAMPLES)]
GUESSED = {
    0: ["class 0"] * SAMPLES,
    1: [f"class {i % 2}" for i in range(SAMPLES)],
    2: LABELS,
}


def test_colors_search_and_hover_follow_the_step_shown(tmp_path: Path, open_tab: Open) -> None:
    rng = np.random.default_rng(0)
    with SummaryWriter(str(tmp_path)) as writer:
        for step, guesses in GUESSED.items():
            writer.add_embedding(
                rng.normal(size=(SAMPLES, 5)).astype(np.float32),
                metadata=list(zip(range(SAMPLES), LABELS, guesses, strict=True)),
                metadata_header=["index", "label", "prediction"],
                global_step=step,
            )
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, width=1600, reduced_motion=True)
        tab.wait_for_picture(2)
        expect(tab.frame.get_by_label("Color by")).to_have_value("label")
        tab.frame.get_by_label("Color by").select_option("prediction (by step)")
        entries = tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")
        expect(entries).to_have_text(["class 010", "class 110", "class 210"])
        swatch = entries.nth(1).locator("span").first
        color = swatch.evaluate("one => getComputedStyle(one).backgroundColor")
        assert search(tab, 'prediction="class 2"').startswith("10 of 30 samples")

        tab.slider.focus()
        tab.page.keyboard.press("ArrowLeft")
        tab.wait_for_picture(1)
        # A word that no sample has here keeps its place, and the others their colors.
        expect(entries).to_have_text(["class 015", "class 115", "class 20"])
        assert swatch.evaluate("one => getComputedStyle(one).backgroundColor") == color
        assert search(tab, 'prediction="class 1"').startswith("15 of 30 samples")

        tab.page.keyboard.press("Escape")
        sample = lonely(tab)
        tab.point_at(*tab.positions()[sample])
        card = tab.frame.get_by_role("tooltip")
        expect(card).to_contain_text(f"prediction{GUESSED[1][sample]}")
        expect(card).to_contain_text(f"label{LABELS[sample]}")
