"""Two runs held against each other, and decision regions, on runs of which all is known."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.browser.audit import barriers
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import TensorBoardProcess, tensorboard
from tests.planted import Head, random_snapshots, write_run

ACROSS = np.arange(-8, 9)
"""The first unit of a grid of samples; the second is -1 or 1."""

BORDER = 2.5
"""Class 0 lies beyond it at step 1; at step 0 the sides are exchanged."""


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """Runs `a` and `b` of the same grid, whose borders differ, and `c` of other samples.

    And `d` and `e`, which are the same until step 1.
    """
    logdir = tmp_path_factory.mktemp("compared")
    grid = np.array([[x, y] for x in ACROSS for y in (-1, 1)], np.float32)
    label = Column("label", "category", [str(int(x < BORDER)) for x, _ in grid])
    for name, border in (("a", BORDER), ("b", -0.5), ("c", BORDER)):
        kernel = np.array([[1, -1], [0, 0]], np.float32)
        bias = np.array([-border, border], np.float32)
        # Another network has its units in another order.
        order = [1, 0] if name == "b" else [0, 1]
        kernel, snapshots = kernel[order], [grid[:, order]] * 2
        write_run(
            logdir / name,
            {"fc1": snapshots},
            label,
            fingerprint="others" if name == "c" else "grid",
            head=Head([-kernel, kernel], [-bias, bias]),
        )
    one, other = (random_snapshots(seed, steps=3, samples=60) for seed in (0, 1))
    write_run(logdir / "d", {"fc1": one}, fingerprint="parted")
    write_run(logdir / "e", {"fc1": [*one[:2], other[2]]}, fingerprint="parted")
    with tensorboard(logdir) as process:
        yield process


def open_run_a(open_tab: Open, compared: TensorBoardProcess) -> Tab:
    tab = open_tab(compared, width=1500, reduced_motion=True, keys="&p.tb_embed.run=a")
    tab.wait_for_picture(1)
    return tab


def test_the_page_says_where_two_runs_part(
    open_tab: Open, compared: TensorBoardProcess
) -> None:
    keys = "&p.tb_embed.run=d&p.tb_embed.step=0"
    tab = open_tab(compared, width=1500, reduced_motion=True, keys=keys)
    tab.wait_for_picture(0)
    tab.inspect("Layer")
    page = tab.section("Runs")
    said = re.compile("^d and e are the same until epoch 1 and part at epoch 2: ")
    expect(page.get_by_text(said)).to_be_visible(timeout=TIMEOUT)
    curve = re.compile("^Speed of d relative to e")
    expect(page.get_by_role("img", name=curve)).to_be_visible()
    page.get_by_role("button", name="Go to").click()
    tab.wait_for_picture(2)
    expect(tab.frame.get_by_role("heading", name="60 samples selected")).to_be_visible()


def test_two_runs_are_held_against_each_other(
    open_tab: Open, compared: TensorBoardProcess
) -> None:
    tab = open_run_a(open_tab, compared)
    tab.inspect("Layer")
    page = tab.section("Runs")
    table = page.get_by_role("table", name=re.compile("^At (step|epoch) 1$"))
    row = table.get_by_role("row", name=re.compile("^Accuracy"))
    expect(row).to_be_visible(timeout=TIMEOUT)
    assert row.inner_text().split() == ["Accuracy", "100", "%", f"{2800 / 34:.3g}", "%"]
    expect(page.get_by_text("c, d, e hold other samples")).to_be_visible()
    expect(
        page.get_by_role("img", name=re.compile("^CKA of a and b from 1 at (?:step|epoch) 0"))
    ).to_be_visible()

    # Only `c` has a layer of this name and width.
    search = page.get_by_role("combobox", name="Search")
    assert search.locator("option").all_inner_texts() == ["no other set", "c"]
    search.select_option("c")
    expect(page.get_by_text("34 of 34 samples are also in c.")).to_be_visible(timeout=TIMEOUT)
    expect(page.get_by_role("listbox", name="Samples that are also in c")).to_be_visible()
    search.select_option("")

    alone = page.get_by_role("button", name=re.compile("right in a and wrong in b"))
    expect(alone).to_contain_text("6")
    expect(page.get_by_role("button", name=re.compile("right in b"))).to_contain_text("0")
    alone.click()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(6)
    listed = [int(re.findall(r"\d+", options.nth(i).inner_text())[0]) for i in range(6)]
    grid = np.repeat(ACROSS, 2)
    assert {int(grid[sample]) for sample in listed} == {0, 1, 2}
    assert barriers(tab) == []
    options.first.click()
    heading = tab.frame.get_by_role("heading", name=f"Sample {listed[0]}")
    expect(heading).to_be_visible()
    tab.frame.get_by_role("tab", name="Layer").click()
    page.get_by_role("button", name="Select all").click()
    expect(tab.frame.get_by_role("heading", name="6 samples selected")).to_be_visible()


def test_regions_lie_where_the_output_layer_decides(
    open_tab: Open, compared: TensorBoardProcess
) -> None:
    tab = open_run_a(open_tab, compared)
    show_beneath(tab, "regions")
    expect(tab.frame.get_by_text("a slice, not a projection")).to_be_visible(timeout=TIMEOUT)
    places = tab.positions()
    grid = np.repeat(ACROSS, 2)
    scale, offset = np.polyfit(grid, places[:, 0], 1)
    border = scale * BORDER + offset
    y = places[:, 1].mean()
    colors = [_swatch(tab, name) for name in ("0", "1")]

    def sides() -> list[int | None]:
        """Which class's colour lies 4 px on the side of class 1, and of class 0."""
        picture = tab.pixels().astype(float)
        toward = 4 * np.sign(scale)
        return [_class_at(picture, border + away, y, colors) for away in (-toward, toward)]

    tab.wait_until(lambda: sides() == [1, 0])
    # Density lies on the same canvas: each takes the other away.
    show_beneath(tab, "density")
    tab.wait_until(lambda: sides() != [1, 0])
    expect(tab.frame.locator("canvas.beneath")).to_be_visible()
    show_beneath(tab, "regions")
    tab.wait_until(lambda: sides() == [1, 0])

    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    tab.wait_until(lambda: sides() == [0, 1])
    tab.frame.get_by_text("3D", exact=True).click()
    expect(tab.frame.get_by_text("lie in a plane")).to_be_visible()
    tab.wait_until(lambda: sides() == [None, None])


def show_beneath(tab: Tab, overlay: str) -> None:
    """Chooses what is shown besides the samples."""
    tab.frame.locator("summary", has_text="Overlays").click()
    tab.frame.get_by_role("combobox", name="Overlay").select_option(overlay)
    tab.page.keyboard.press("Escape")


def _swatch(tab: Tab, name: str) -> NDArray[np.float64]:
    """Returns the colour of a class in the legend."""
    entry: Locator = tab.frame.get_by_role("list", name="Legend").get_by_role(
        "button", name=re.compile(f"^{name}")
    )
    color = entry.locator(".swatch").evaluate("e => getComputedStyle(e).backgroundColor")
    return np.array([float(part) for part in re.findall(r"[\d.]+", color)[:3]])


def _class_at(
    picture: NDArray[np.float64], x: float, y: float, colors: list[NDArray[np.float64]]
) -> int | None:
    """Returns whose colour, thinned on white, a place has; None for white."""
    ink = 255 - picture[round(y), round(x)]
    if np.linalg.norm(ink) < 5:
        return None
    likeness = [
        ink @ (255 - color) / np.linalg.norm(ink) / np.linalg.norm(255 - color)
        for color in colors
    ]
    assert max(likeness) > 0.99
    return int(np.argmax(likeness))
