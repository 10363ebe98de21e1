"""Twenty thousand samples to a quarter of a million: drawn, pointed at, chosen, moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from tb_embed_plugin import record
from tests.browser.tab import Open, Tab
from tests.harness import tensorboard

LAST = 1

HOLD_WHOLE_FRAMES = r"""
const answer = window.fetch;
const going = new Promise((go) => {
  window.letWholeFramesGo = go;
});
window.fetch = async (at, ...rest) => {
  if (/projection\?(?!.*at_most)/.test(at)) await going;
  return answer(at, ...rest);
};
"""


def write(run_dir: Path, labels: NDArray[np.int64]) -> None:
    """Records a cloud that label 9 leaves at the last step, and sample 42 half the way."""
    rng = np.random.default_rng(0)
    for step in range(LAST + 1):
        x = rng.normal(size=(len(labels), 3)) * [3, 2, 1]
        if step == LAST:
            x[labels == 9, 0] += 40
            x[42] = (20, 0, 0)
        record(
            run_dir,
            step,
            {"fc1": x.astype(np.float32)},
            labels=labels,
            finished=step == LAST,
        )


def test_twenty_thousand_samples(open_tab: Open, tmp_path: Path) -> None:
    use(open_tab, tmp_path, 20_000)


@pytest.mark.soak("drawn without a graphics card")
def test_a_hundred_thousand_samples(open_tab: Open, tmp_path: Path) -> None:
    use(open_tab, tmp_path, 100_000)


@pytest.mark.soak("drawn without a graphics card")
def test_so_many_that_they_are_drawn_in_slices(open_tab: Open, tmp_path: Path) -> None:
    write(tmp_path / "large", np.arange(250_000) % 10)
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, reduced_motion=True, keys="&p.tb_embed.show=names:0")
        tab.wait_for_picture(LAST)
        assert share_drawn(tab, tab.positions()) > 0.98


def test_a_part_is_drawn_until_all_are_there(open_tab: Open, tmp_path: Path) -> None:
    samples = 200_001
    rows = np.random.default_rng(0).normal(size=(samples, 2)).astype(np.float32)
    record(tmp_path / "large", 0, {"fc1": rows}, finished=True)
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, reduced_motion=True, script=HOLD_WHOLE_FRAMES)
        line = tab.frame.get_by_text(f"Showing 100,000 of {samples:,}, the others are loading")
        expect(line).to_be_visible()
        part = tab.positions()
        assert len(part) == 100_000
        tab.canvas.hover()
        tab.page.mouse.wheel(0, -200)
        tab.wait_until(lambda: bool(np.ptp(tab.positions()) > 1.1 * np.ptp(part)))
        zoomed = tab.positions()
        middle = zoomed[np.abs(zoomed - zoomed.mean(0)).sum(1).argmin()]
        tab.canvas.click(position={"x": float(middle[0]), "y": float(middle[1])})
        tab.page.evaluate("() => window.letWholeFramesGo()")
        tab.wait_for_picture(0)
        expect(line).to_have_count(0)
        expect(tab.frame.get_by_role("region", name="Sample")).to_have_count(0)
        places = tab.positions()
        assert len(places) == samples
        np.testing.assert_allclose(places.mean(0), zoomed.mean(0), atol=3)
        assert np.ptp(places) > 1.1 * np.ptp(part), "the camera stays where it was moved to"


def share_drawn(tab: Tab, places: NDArray[np.float64]) -> float:
    """Returns at how many of the places on the stage something is drawn."""
    pixels = tab.pixels().astype(int)
    looked_at = np.rint(places[::50]).astype(int)
    # A hundredth of the samples may lie beyond each edge.
    on_stage = ((looked_at >= 0) & (looked_at < pixels.shape[1::-1])).all(axis=1)
    columns, rows = looked_at[on_stage].T
    assert on_stage.mean() > 0.95
    drawn = 3 * 255 - pixels[rows, columns].sum(1) > 60
    return float(drawn.mean())


def use(open_tab: Open, tmp_path: Path, samples: int) -> None:
    """Looks at so many samples, points at one, selects a tenth, and goes back in time."""
    labels = np.arange(samples) % 10
    write(tmp_path / "large", labels)
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, reduced_motion=True, keys="&p.tb_embed.show=names:0")
        tab.wait_for_picture(LAST)
        expect(tab.canvas).to_have_accessible_name(
            f"2D PCA of fc1, step 1, {samples:,} samples"
        )
        places = tab.positions()
        assert share_drawn(tab, places) > 0.98

        tab.point_at(*places[42])
        card = tab.frame.get_by_role("tooltip")
        expect(card).to_contain_text("Sample 42")
        expect(card).to_contain_text("label2")

        tab.canvas.focus()
        tab.page.keyboard.press("l")
        (left, top), (right, bottom) = (
            places[labels == 9].min(0) - 5,
            places[labels == 9].max(0) + 5,
        )
        tab.point_at(left, top)
        tab.page.mouse.down()
        for corner in ((right, top), (right, bottom), (left, bottom)):
            tab.point_at(*corner)
        tab.page.mouse.up()
        heading = tab.frame.get_by_role("heading", name=f"{samples // 10:,} samples selected")
        expect(heading).to_be_visible()

        tab.slider.focus()
        tab.page.keyboard.press("Home")
        tab.wait_for_picture(0)
        away = np.abs(tab.positions() - places)[:, 0]
        assert np.median(away[labels == 9]) > 200
        assert away[42] > 100
