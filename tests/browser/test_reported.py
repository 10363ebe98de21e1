"""Inputs that people have reported, as the page shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tb_embed_plugin import record
from tests.browser.tab import Open, Tab
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES = 400
ENDLESS = "/(a+)+$/"
"""Takes longer than the universe on a row of many a's with something else behind them."""
NAMES = [f"{'a' * 60}! {i}" if i % 40 == 7 else f"sample {i}" for i in range(SAMPLES)]

VISITS = [i % 5 for i in range(SAMPLES)]
TRUTH = [i % 4 == 0 for i in range(SAMPLES)]
KINDS = [f"kind {i % 200}" for i in range(SAMPLES)]
DAYS = list(np.datetime64("2024-01-01") + np.arange(SAMPLES))


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run whose metadata are of many kinds."""
    logdir = tmp_path_factory.mktemp("reported")
    rng = np.random.default_rng(0)
    # Wide in two units, so that nothing is wrong with it: warnings would open the inspector.
    spread = [5, 8, 0.1, 0.1]
    record(
        logdir / "run",
        0,
        {"fc1": (rng.normal(size=(SAMPLES, 4)) * spread).astype(np.float32)},
        labels=np.arange(SAMPLES) % 3,
        metadata={"name": NAMES, "taken": DAYS, "visits": VISITS, "kind": KINDS, "ok": TRUTH},
    )
    with tensorboard(logdir) as process:
        yield process


@pytest.fixture
def tab(open_tab: Open, reported: TensorBoardProcess) -> Tab:
    """The tab on that run."""
    tab = open_tab(reported, width=1600, reduced_motion=True)
    tab.wait_for_picture(0)
    return tab


def search(tab: Tab, query: str) -> None:
    """Types a query and asks for its samples."""
    field = tab.frame.get_by_role("searchbox", name="Search samples")
    field.fill(query)
    field.press("Enter")


def found(tab: Tab) -> Locator:
    """What the page says of a query."""
    return tab.frame.locator("#found")


def selected(tab: Tab) -> Locator:
    """What the page says of the selection."""
    return tab.frame.get_by_role("complementary", name="Inspector")


def test_a_regular_expression_without_end_leaves_page_and_selection_alone(tab: Tab) -> None:
    search(tab, "label:1")
    expect(selected(tab)).to_contain_text("133 samples")
    search(tab, ENDLESS)
    # A page that stood still could not say so: it has one thread.
    expect(found(tab)).to_contain_text("takes too long")
    expect(selected(tab)).to_contain_text("133 samples")
    search(tab, "/^sample 1?[0-4]$/ label:0")
    expect(found(tab)).to_contain_text("3 of 400 samples")
    expect(selected(tab)).to_contain_text("3 samples")


def test_an_address_with_a_regular_expression_without_end_opens(
    open_tab: Open, reported: TensorBoardProcess
) -> None:
    tab = open_tab(reported, keys=f"&p.tb_embed.selection={quote(f'find {ENDLESS}')}")
    tab.wait_for_picture(0)
    said = tab.frame.get_by_role("alert").filter(has_text="takes too long")
    expect(said).to_be_visible()
    said.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)


def test_an_address_with_a_regular_expression_selects_its_samples(
    open_tab: Open, reported: TensorBoardProcess
) -> None:
    # Within TensorBoard's own page, whose policy says what a worker may be loaded from.
    keys = f"&p.tb_embed.selection={quote('find /^a+/')}"
    tab = open_tab(reported, width=1600, hosted=True, keys=keys)
    tab.wait_for_picture(0)
    expect(selected(tab)).to_contain_text("10 samples")


def test_dates_are_ordered_in_the_page(tab: Tab) -> None:
    tab.frame.get_by_label("Color by").select_option("taken")
    # The first and last two of a hundred are beyond the ends.
    ramp = tab.frame.get_by_role("img", name="Colors from 2024-01-09 or less")
    expect(ramp).to_have_accessible_name(re.compile("to 2025-01-26 or more"))
    search(tab, "taken<2024-02-01")
    expect(found(tab)).to_contain_text("31 of 400 samples")
    search(tab, "taken:2024-02")
    expect(found(tab)).to_contain_text("29 of 400 samples")
    tab.frame.get_by_text("Filter by number or date").click()
    last = tab.frame.get_by_label("taken to")
    last.fill("2024-01-10")
    last.press("Enter")
    hidden = np.arange(SAMPLES) > 9
    tab.wait_until(lambda: np.array_equal(np.isnan(tab.positions()[:, 0]), hidden))


LOSE = """one => {
    window.loss = one.getContext('webgl2').getExtension('WEBGL_lose_context');
    window.loss.loseContext();
}"""


def test_a_lost_context_is_told_and_comes_back(tab: Tab) -> None:
    tab.frame.get_by_text("Dots", exact=True).click()
    tab.settle()
    before = tab.pixels()
    tab.canvas.evaluate(LOSE)
    said = tab.frame.get_by_role("alert").filter(has_text="graphics driver was reset")
    expect(said).to_contain_text("comes back by itself")
    tab.canvas.evaluate("() => window.loss.restoreContext()")
    expect(said).to_have_count(0)
    tab.wait_until(lambda: np.array_equal(tab.pixels(), before))


def test_a_context_that_stays_lost_leaves_dots(tab: Tab) -> None:
    before = tab.positions()
    tab.canvas.evaluate(LOSE)
    expect(tab.frame.get_by_role("alert")).to_contain_text("has not come back")
    tab.settle()
    assert np.allclose(tab.positions(), before, atol=1)
    width, height = tab.pixels().shape[1::-1]
    on_stage = ((before > 10) & (before < (width - 10, height - 10))).all(axis=1)
    x, y = before[on_stage][np.argmin(before[on_stage, 0])]
    # A dot in its class's colour.
    tab.wait_until(lambda: bool(np.ptp(tab.pixels()[round(y), round(x)].astype(int)) > 40))


def test_whole_numbers_are_numbers_or_classes(tab: Tab) -> None:
    tab.frame.get_by_label("Color by").select_option("visits")
    expect(tab.frame.get_by_role("img", name="Colors from 0 or less")).to_be_visible()
    tab.frame.get_by_text("As classes", exact=True).click()
    tab.frame.get_by_role("button", name=re.compile("^3 80$")).click()
    hidden = np.array(VISITS) == 3
    tab.wait_until(lambda: np.array_equal(np.isnan(tab.positions()[:, 0]), hidden))
    tab.wait_until(lambda: "p.tb_embed.types=visits" in tab.page.url)
    tab.page.reload()
    tab.wait_for_picture(0)
    expect(tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")).to_have_count(
        5
    )
    tab.frame.get_by_text("As number", exact=True).click()
    expect(tab.frame.get_by_role("img", name="Colors from 0 or less")).to_be_visible()
    tab.wait_until(lambda: not np.isnan(tab.positions()).any())


def test_truth_values_are_found_in_any_case(tab: Tab) -> None:
    search(tab, "ok:true")
    expect(found(tab)).to_contain_text("100 of 400 samples")


def test_two_hundred_classes_have_colors(tab: Tab) -> None:
    tab.frame.get_by_label("Color by").select_option("kind")
    expect(tab.frame.get_by_text("200 classes: similar classes share a color.")).to_be_visible()
    entries = tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")
    expect(entries).to_have_count(10)
    tab.frame.get_by_label("Find classes").fill("kind 19")
    expect(
        tab.frame.get_by_role("list", name="Classes found").get_by_role("listitem")
    ).to_have_count(11)
    tab.frame.get_by_role("button", name="Color only these").click()
    expect(entries.last).to_contain_text("other (191 more)")
    largest = "Colored: the 9 largest of 11 classes with “kind 19”."
    expect(tab.frame.get_by_text(largest)).to_be_visible()
    tab.frame.get_by_role("button", name="Color all classes").click()
    expect(entries.last).not_to_contain_text("other")


def test_each_pane_tells_of_its_own_lost_context(tab: Tab) -> None:
    tab.frame.get_by_role("button", name="Compare").click()
    second = tab.frame.get_by_role("region", name="Second pane")
    canvas = second.get_by_role("application")
    expect(canvas).to_have_accessible_name(re.compile(", step 0, "))
    tab.settle()
    before = canvas.screenshot()
    canvas.evaluate(LOSE)
    expect(second.get_by_role("alert")).to_contain_text("comes back by itself")
    first = tab.frame.get_by_role("region", name="Stage", exact=True)
    expect(first.get_by_role("alert")).to_have_count(0)
    canvas.evaluate("() => window.loss.restoreContext()")
    expect(second.get_by_role("alert")).to_have_count(0)
    tab.wait_until(lambda: canvas.screenshot() == before)
