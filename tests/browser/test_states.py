"""The page in each of its states, light and dark, narrow and wide, has no faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tb_embed_plugin import record
from tests.browser.audit import barriers, faults, silent
from tests.browser.state_picture import keep_pictures, picture_name
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import EPOCHS, TensorBoardProcess, tensorboard

WIDTHS = (1400, 1200, 900)
HEIGHT = 900


def choosing(tab: Tab) -> Iterator[str]:
    """Brings the page into one state after the other."""
    expect(tab.frame.get_by_role("button", name="Show mistakes")).to_be_visible(timeout=TIMEOUT)
    yield "first screen"
    tab.frame.get_by_role("searchbox").fill("label:3")
    expect(tab.frame.get_by_text("press Enter to select them")).to_be_visible()
    yield "search"
    tab.frame.get_by_role("searchbox").press("Enter")
    expect(tab.frame.get_by_role("listbox")).to_be_visible()
    yield "selection as images"
    tab.frame.get_by_text("Table", exact=True).click()
    expect(tab.frame.get_by_role("table")).to_be_visible()
    yield "selection as a table"
    tab.frame.get_by_role("table").get_by_role("button", name="Open sample").first.click()
    expect(tab.frame.get_by_role("region", name="Neighbors")).to_be_visible()
    tab.frame.get_by_label("Compare with epoch").select_option("0")
    expect(tab.frame.get_by_text("Gained")).to_be_visible()
    tab.frame.get_by_text("Neighbors at each epoch", exact=True).click()
    expect(
        tab.frame.get_by_role("listbox", name="Nearest neighbors at each epoch")
    ).to_be_visible()
    # It comes once the layer has been measured.
    strip = tab.frame.get_by_role("listbox", name="Prediction at each epoch")
    expect(strip).to_be_visible(timeout=TIMEOUT)
    yield "sample with predictions and neighbors"
    tab.frame.get_by_role("tab", name="Layer").click()
    expect(tab.frame.get_by_text("more curves")).to_be_visible()
    tab.frame.get_by_text("View settings").click()
    yield "layer and parameters of the view"
    for menu in ("Overlays", "Save"):
        tab.frame.locator("summary", has_text=menu).click()
        expect(tab.frame.get_by_role("region", name=menu, exact=True)).to_be_visible()
        yield f"the menu {menu}"
        tab.frame.locator("summary", has_text=menu).press("Escape")
    tab.frame.get_by_text("Filter by number").click()
    tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="5").first.click()
    expect(tab.frame.get_by_text("samples shown")).to_be_visible()
    histogram = tab.frame.get_by_role("group", name="index")
    histogram.locator("svg").hover()
    expect(histogram.get_by_text(re.compile(r"\d+ samples from \d+ to \d+"))).to_be_visible()
    tab.frame.get_by_role("searchbox").fill("/(/")
    expect(tab.frame.get_by_text("Invalid regular expression")).to_be_visible()
    yield "filters and a wrong query"
    tab.frame.get_by_role("button", name="Help").click()
    expect(tab.frame.get_by_role("dialog")).to_be_visible()
    yield "help"


SECTIONS = ("Curves", "CKA", "Confusion", "Data map", "Class pair", "Units", "Runs")

TOLD = {
    "Curves": (".step-curve", re.compile(r"^epoch 5: \d+(\.\d+)? %$")),
    "CKA": (".cells", re.compile(r"^Epoch 5 and epoch 5: 1\b")),
    "Confusion": (".cells", re.compile(r"^Label \d, predicted \d: \d+$")),
    "Data map": (
        ".points",
        re.compile(r"^Sample \d+: variability 0\.\d+, mean confidence 0\.\d+$"),
    ),
    "Class pair": (".ridges", re.compile(r"^Epoch [4-6]: \d+ samples on the wrong side$")),
}
"""What the middle of a section's chart tells whoever points at it."""


def measured(tab: Tab) -> Iterator[str]:
    """Brings the tabs of what is measured into one state after the other."""
    tab.frame.get_by_role("tab", name="Findings").click()
    findings = tab.frame.get_by_role("region", name="Findings")
    findings.get_by_role("button", name="Never learned").click()
    expect(findings.get_by_role("option").first).to_be_visible(timeout=TIMEOUT)
    yield "finding and its samples"
    tab.frame.get_by_role("tab", name="Layer").click()
    for section in SECTIONS:
        title = tab.frame.get_by_role("button", name=section, exact=True)
        if title.get_attribute("aria-expanded") == "false":
            title.click()
        page = tab.frame.get_by_role("region", name=section, exact=True)
        if section == "Class pair":
            page.get_by_role("combobox", name="Class", exact=True).select_option("3")
            page.get_by_role("combobox", name="Other class").select_option("8")
        expect(page.get_by_text("…")).to_have_count(0, timeout=TIMEOUT)
        if section in TOLD:
            chart, told = TOLD[section]
            page.locator(chart).first.hover()
            expect(page.get_by_text(told)).to_be_visible()
            tab.frame.get_by_role("tab", name="Layer").hover()
        yield section
    tab.frame.locator("summary", has_text="Overlays").click()
    tab.frame.get_by_role("combobox", name="Overlay").select_option("regions")
    expect(tab.frame.get_by_text("a slice, not a projection")).to_be_visible(timeout=TIMEOUT)
    tab.frame.locator("summary", has_text="Overlays").press("Escape")
    yield "decision regions"


WALKS = {"choosing": (choosing, 10), "measured": (measured, len(SECTIONS) + 2)}
"""What brings the page into its states, and how many there are."""


def keep_inspector(tab: Tab) -> None:
    """Opens the inspector by hand, so that it stays at any width."""
    tab.frame.get_by_label("Hide the inspector").click()
    tab.frame.get_by_label("Show the inspector").click()


def dark_barriers(tab: Tab) -> list[str]:
    """Returns what cannot be read in the dark, where nothing but colors is another."""
    tab.wear(dark=True)
    found = barriers(tab, contrast_alone=True)
    tab.wear(dark=False)
    return [f"dark: {barrier}" for barrier in found]


@pytest.mark.parametrize("walk", WALKS)
def test_every_state_is_without_faults_at_any_width(
    open_tab: Open, state_pictures: Path | None, walk: str
) -> None:
    states, count = WALKS[walk]
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    keep_inspector(tab)

    found: dict[str, list[str]] = {}
    for state in states(tab):
        found[state] = [*barriers(tab), *silent(tab), *dark_barriers(tab)]
        if state_pictures is not None:
            keep_pictures(tab, state, state_pictures)
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": HEIGHT})
            tab.settle()
            found[state] += [f"{width}: {fault}" for fault in faults(tab)]
        tab.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        tab.settle()
    assert len(found) == count
    shown = (Path(__file__).parents[2] / "docs" / "screens.md").read_text()
    names = [picture_name(state, dark=dark) for state in found for dark in (True, False)]
    assert [name for name in names if name not in shown] == []
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


CLASSES = 200


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """A run of one step and two hundred classes."""
    logdir = tmp_path_factory.mktemp("unusual")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2 * CLASSES, 4)).astype(np.float32)
    names = [f"a species with a rather long name {i % CLASSES}" for i in range(2 * CLASSES)]
    record(logdir / "once", 0, {"fc1": values}, labels=names)
    with tensorboard(logdir) as process:
        yield process


@pytest.fixture(scope="module")
def unreadable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """A log directory that is none."""
    with tensorboard(tmp_path_factory.mktemp("none") / "logs") as process:
        yield process


def one_step(tab: Tab) -> Iterator[str]:
    """Brings the page of a single step into its states."""
    tab.wait_for_picture(0)
    keep_inspector(tab)
    yield "one step and many classes"
    tab.frame.get_by_role("searchbox", name="Find classes").fill("name 1")
    expect(tab.frame.get_by_role("list", name="Classes found")).to_be_visible()
    yield "classes found"
    tab.frame.get_by_role("button", name="Color only these").click()
    expect(tab.frame.get_by_text("largest of")).to_be_visible()
    yield "some classes colored"
    tab.frame.get_by_role("tab", name="Layer").click()
    yield "layer"


def nothing(tab: Tab) -> Iterator[str]:
    """Waits for the page of a log directory that cannot be read."""
    problems = tab.frame.get_by_role("list", name="Problems of the log directory")
    expect(problems).to_contain_text("there is no 'logs'")
    yield "unreadable"


@pytest.mark.parametrize(("served", "walk"), [("unusual", one_step), ("unreadable", nothing)])
def test_unusual_log_directories_are_without_faults_at_any_width(
    open_tab: Open,
    request: pytest.FixtureRequest,
    served: str,
    walk: Callable[[Tab], Iterator[str]],
) -> None:
    tab = open_tab(request.getfixturevalue(served), reduced_motion=True)
    found: dict[str, list[str]] = {}
    for state in walk(tab):
        found[state] = [*barriers(tab), *silent(tab), *dark_barriers(tab)]
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": HEIGHT})
            tab.settle() if served == "unusual" else None
            found[state] += [f"{width}: {fault}" for fault in faults(tab)]
        tab.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
