"""One row of NaN: the page says so, and its sample is drawn nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import expect
from tensorboardX import SummaryWriter

from tests.browser.tab import Open
from tests.browser.test_choose import search
from tests.harness import tensorboard

SAMPLES, SICK = 40, 7


def test_one_sample_is_hidden_and_the_page_says_so(tmp_path: Path, open_tab: Open) -> None:
    rng = np.random.default_rng(0)
    labels = ["even" if i % 2 == 0 else "odd" for i in range(SAMPLES)]
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(3):
            values = rng.normal(size=(SAMPLES, 5)).astype(np.float32)
            if step == 1:
                values[SICK, 2] = np.nan
            writer.add_embedding(values, labels, global_step=step)
    with tensorboard(tmp_path) as server:
        # Reading it shows it; nobody knew before.
        server.get("data/plugin/tb_embed/projection?run=.&layer=default")
        tab = open_tab(server, width=1600, reduced_motion=True)
        tab.wait_for_picture(2)
        assert np.flatnonzero(np.isnan(tab.positions()[:, 0])).tolist() == [SICK]
        problem = f"default at step 1: sample {SICK} holds NaN or infinity; hidden at all steps"
        expect(tab.frame.get_by_text(problem)).to_be_visible()
        expect(tab.frame.get_by_text("1 sample hidden (NaN or infinity)")).to_be_visible()
        expect(tab.canvas).to_have_accessible_name("2-D PCA of default, step 2, 39 samples")
        entries = tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")
        expect(entries).to_have_text(["even20", "odd19"])
        assert search(tab, "odd").startswith("19 of 39 samples")
        tab.slider.focus()
        tab.page.keyboard.press("ArrowLeft")
        tab.wait_for_picture(1)
        assert np.flatnonzero(np.isnan(tab.positions()[:, 0])).tolist() == [SICK]
