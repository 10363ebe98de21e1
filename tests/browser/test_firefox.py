"""The page in Firefox: what another browser could draw, point at or keep differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Playwright, expect

from tb_embed_plugin import record
from tests.browser import firefox
from tests.browser.pages import Pages
from tests.browser.tab import Open, Tab
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES = 90
LABELS = np.arange(SAMPLES) % 3
COLORS = np.stack([np.arange(SAMPLES), 200 - np.arange(SAMPLES), np.full(SAMPLES, 90)], 1)
"""Of the samples' images."""
LAST = 2
LIGHT, DARK = [0xFF] * 3, [0x26] * 3


def snapshot(step: int) -> NDArray[np.float32]:
    """Three clusters that move apart."""
    middles = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]]) * 10 * (step + 1)
    noise = np.random.default_rng(step).normal(size=(SAMPLES, 3))
    return (middles[LABELS] + noise).astype(np.float32)


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Firefox puts files."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def pages(playwright: Playwright, downloads: Path) -> Iterator[Pages]:
    """Firefox' pages; its absence fails, and never skips, the tests."""
    with firefox.launch(playwright, downloads) as browser:
        yield Pages(browser)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run of three steps."""
    logdir = tmp_path_factory.mktemp("clusters")
    images = np.broadcast_to(COLORS[:, None, None].astype(np.uint8), (SAMPLES, 8, 8, 3))
    for step in range(LAST + 1):
        record(
            logdir / "run",
            step,
            {"fc1": snapshot(step)},
            labels=LABELS,
            images=images,
            finished=step == LAST,
        )
    with tensorboard(logdir) as process:
        yield process


@pytest.fixture
def tab(open_tab: Open, clusters: TensorBoardProcess) -> Tab:
    """The page on that run, at its last step."""
    tab = open_tab(clusters, width=1600, keys="&p.tb_embed.show=names:0")
    tab.wait_for_picture(LAST)
    return tab


def colors_at(tab: Tab, places: NDArray[np.float64]) -> NDArray[np.int64]:
    """The colours at some places of the canvas, (places, 3)."""
    columns, rows = np.rint(places).astype(int).T
    colors: NDArray[np.int64] = tab.pixels()[rows, columns].astype(np.int64)
    return colors


def test_samples_are_drawn_with_webgl_and_move(tab: Tab) -> None:
    assert tab.canvas.evaluate("one => one.getContext('webgl2') !== null")
    expect(tab.frame.get_by_role("alert")).to_have_count(0)
    tab.frame.get_by_text("Dots", exact=True).click()
    swatches = tab.frame.get_by_role("list", name="Legend").locator(".swatch")
    styles = swatches.evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundColor)"
    )
    wanted = np.array([re.findall(r"\d+", style)[:3] for style in styles]).astype(int)

    def has_colors_of_labels() -> bool:
        places = tab.positions()
        height, width = tab.pixels().shape[:2]
        on_stage = ((places > 3) & (places < (width - 3, height - 3))).all(axis=1)
        drawn = colors_at(tab, places[on_stage])
        nearest = np.abs(drawn[:, None] - wanted).sum(2).argmin(1)
        return bool((nearest == LABELS[on_stage]).mean() > 0.95)

    tab.wait_until(has_colors_of_labels)
    last = tab.positions()
    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    assert np.abs(tab.positions() - last).max() > 20
    tab.wait_until(has_colors_of_labels)

    tab.frame.get_by_text("Images", exact=True).click()
    places = tab.positions()
    ends = [places[:, 0].argmin(), places[:, 0].argmax()]  # which no other image hides
    tab.wait_until(lambda: bool(np.abs(colors_at(tab, places[ends]) - COLORS[ends]).max() < 12))
    tab.frame.get_by_text("3D", exact=True).click()
    expect(tab.canvas).to_have_accessible_name(re.compile("^3D PCA of fc1, step 0"))
    tab.frame.get_by_role("button", name="Play").click()
    tab.wait_for_picture(LAST)


def test_samples_are_pointed_at_chosen_and_saved(tab: Tab, downloads: Path) -> None:
    places = tab.positions()
    sample = int(places[:, 0].argmax())
    tab.point_at(*places[sample])
    card = tab.frame.get_by_role("tooltip")
    expect(card).to_contain_text(f"Sample {sample}")
    expect(card).to_contain_text(f"label{LABELS[sample]}")
    tab.page.mouse.wheel(0, -200)
    tab.wait_until(lambda: bool(np.ptp(tab.positions()) > 1.1 * np.ptp(places)))
    tab.frame.get_by_role("button", name="Home view").click()
    tab.settle()

    tab.canvas.focus()
    tab.page.keyboard.press("l")
    cluster = tab.positions()[LABELS == 1]
    (left, top), (right, bottom) = cluster.min(0) - 9, cluster.max(0) + 9
    tab.point_at(left, top)
    tab.page.mouse.down()
    for place in ((right, top), (right, bottom), (left, bottom)):
        tab.point_at(*place)
    tab.page.mouse.up()
    heading = tab.frame.get_by_role("heading", name=f"{SAMPLES // 3} samples selected")
    expect(heading).to_be_visible()
    tab.frame.get_by_role("button", name="Save CSV", exact=True).click()
    tab.wait_until(lambda: len(list(downloads.glob("*.csv"))) == 1)
    table = next(downloads.glob("*.csv"))
    tab.wait_until(lambda: table.read_text().count("\n") == SAMPLES // 3 + 1)
    rows = table.read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == np.flatnonzero(LABELS == 1).tolist()


@pytest.mark.soak("starts Firefox again")
def test_theme_and_address_are_those_of_tensorboard(
    open_tab: Open, clusters: TensorBoardProcess
) -> None:
    tab = open_tab(clusters, width=1600, hosted=True)
    tab.wait_for_picture(LAST)

    def background() -> list[int]:
        edge: list[int] = tab.pixels()[2, 2].tolist()
        return edge

    assert background() == LIGHT
    tab.page.evaluate("document.body.classList.add('dark-mode')")
    tab.wait_until(lambda: background() == DARK)

    tab.canvas.focus()
    tab.page.keyboard.press(",")
    tab.page.keyboard.press("+")
    tab.wait_for_picture(1)
    search = tab.frame.get_by_role("searchbox", name="Search samples")
    search.fill("label:2")
    search.press("Enter")
    tab.wait_until(lambda: "selection=" in tab.page.url and "camera=" in tab.page.url)
    tab.settle()
    places = tab.positions()
    tab.page.reload()
    tab.wait_for_picture(1)
    heading = tab.frame.get_by_role("heading", name=f"{SAMPLES // 3} samples selected")
    expect(heading).to_be_visible()
    tab.wait_until(lambda: np.allclose(tab.positions(), places, atol=0.5))
