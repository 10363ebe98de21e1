"""What others wrote opens in the page: the tutorial's output, checkpoints, `add_embedding`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect
from tensorboardX import SummaryWriter

from tests.browser.tab import Open
from tests.browser.test_choose import lonely, search
from tests.foreign import save_by_checkpoint, write_tutorial
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES = 30
LABELS = [f"class {i % 3}" for i in range(SAMPLES)]
GUESSED = {
    0: ["class 0"] * SAMPLES,
    1: [f"class {i % 2}" for i in range(SAMPLES)],
    2: LABELS,
}
SICK = 7
"""The sample of the run `sick` that holds NaN at step 1."""


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run of each kind."""
    logdir = tmp_path_factory.mktemp("foreign")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (200, 8, 8)).astype(np.uint8)
    write_tutorial(logdir / "mnist", images, np.arange(200) % 10)

    with SummaryWriter(str(logdir / "fractions")) as writer:
        for moment in (0.5, 1.5, 10.5):
            writer.add_embedding(
                rng.normal(size=(20, 5)).astype(np.float32),
                metadata=[f"w{i}" for i in range(20)],
                global_step=moment,
            )

    values = [rng.normal(size=(60, 8)).astype(np.float32) for _ in range(3)]
    values[2][:, 1] = np.nan
    save_by_checkpoint(logdir / "words", values, "words")

    with SummaryWriter(str(logdir / "guesses")) as writer:
        for step, guesses in GUESSED.items():
            writer.add_embedding(
                rng.normal(size=(SAMPLES, 5)).astype(np.float32),
                metadata=list(zip(range(SAMPLES), LABELS, guesses, strict=True)),
                metadata_header=["index", "label", "prediction"],
                global_step=step,
            )

    labels = ["even" if i % 2 == 0 else "odd" for i in range(40)]
    with SummaryWriter(str(logdir / "sick")) as writer:
        for step in range(3):
            table = rng.normal(size=(40, 5)).astype(np.float32)
            if step == 1:
                table[SICK, 2] = np.nan
            writer.add_embedding(table, labels, global_step=step)
    with tensorboard(logdir) as process:
        yield process


def test_the_tutorials_output_opens_with_a_slider(
    open_tab: Open, foreign: TensorBoardProcess
) -> None:
    tab = open_tab(foreign, keys="&p.tb_embed.run=mnist")
    tab.wait_for_picture(10)
    last = tab.positions()
    assert last.shape == (200, 2)
    expect(tab.canvas).to_have_accessible_name("2D PCA of images, step 10, 200 samples")
    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(1)
    expect(tab.slider).to_have_attribute("aria-valuetext", "step 1 of 10")
    assert np.abs(tab.positions() - last).max() > 20, "the samples have moved"
    pixels = tab.pixels().astype(int)
    assert (np.ptp(pixels, axis=2) > 40).sum() > 1000, "thumbnails in the labels' colours"


def test_fractions_are_steps_as_they_were_written(
    open_tab: Open, foreign: TensorBoardProcess
) -> None:
    tab = open_tab(foreign, width=1600, reduced_motion=True, keys="&p.tb_embed.run=fractions")
    tab.wait_for_picture("10.5")
    timeline = tab.frame.locator(".timeline")
    places = {"Home": ("0.5", 1), "ArrowRight": ("1.5", 2), "End": ("10.5", 3)}
    for key, (step, place) in places.items():
        tab.slider.press(key)
        tab.wait_for_picture(step)
        said = f"step {step}, {place} of 3"
        expect(timeline).to_contain_text(said)
        expect(tab.slider).to_have_attribute("aria-valuetext", said)
    tab.frame.get_by_text("View settings").click()
    tab.frame.get_by_label("Fit axes on").select_option(label="Last step (10.5)")
    tab.frame.get_by_role("button", name="How reliable is this view?").click()
    quality = tab.frame.get_by_role("region", name="Projection quality")
    expect(quality).to_contain_text("PCA fitted on step 10.5; explains")


def test_checkpoints_alone_open_as_dots(open_tab: Open, foreign: TensorBoardProcess) -> None:
    # Reading it has shown that it cannot be drawn; nobody knew before.
    path = "data/plugin/tb_embed/vectors?run=words&layer=words&step=3"
    foreign.get("data/plugin/tb_embed/runs")
    assert foreign.get(path)[0] == 200
    tab = open_tab(foreign, keys="&p.tb_embed.run=words")
    tab.wait_for_picture(2)
    assert tab.positions().shape == (60, 2)
    expect(tab.frame.get_by_text("NaN or infinity at step 3")).to_be_visible()
    # Where images are chosen it is said why there are none.
    images = tab.frame.get_by_role("radio", name="Images")
    expect(images).to_be_disabled()
    expect(tab.frame.get_by_title("No thumbnails were recorded")).to_be_visible()


def test_colors_search_and_hover_follow_the_step_shown(
    open_tab: Open, foreign: TensorBoardProcess
) -> None:
    tab = open_tab(foreign, width=1600, reduced_motion=True, keys="&p.tb_embed.run=guesses")
    tab.wait_for_picture(2)
    expect(tab.frame.get_by_label("Color by")).to_have_value("label")
    tab.frame.get_by_label("Color by").select_option("prediction (per step)")
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


def test_one_sample_is_hidden_and_the_page_says_so(
    open_tab: Open, foreign: TensorBoardProcess
) -> None:
    # Reading it shows it; nobody knew before.
    foreign.get("data/plugin/tb_embed/projection?run=sick&layer=default")
    tab = open_tab(foreign, width=1600, reduced_motion=True, keys="&p.tb_embed.run=sick")
    tab.wait_for_picture(2)
    assert np.flatnonzero(np.isnan(tab.positions()[:, 0])).tolist() == [SICK]
    problem = f"default at step 1: sample {SICK} holds NaN or infinity, hidden at all steps"
    expect(tab.frame.get_by_text(problem)).to_be_visible()
    expect(tab.frame.get_by_text("1 sample hidden (NaN or infinity)")).to_be_visible()
    expect(tab.canvas).to_have_accessible_name("2D PCA of default, step 2, 39 samples")
    entries = tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")
    expect(entries).to_have_text(["even20", "odd19"])
    assert search(tab, "odd").startswith("19 of 39 samples")
    tab.slider.focus()
    tab.page.keyboard.press("ArrowLeft")
    tab.wait_for_picture(1)
    assert np.flatnonzero(np.isnan(tab.positions()[:, 0])).tolist() == [SICK]
