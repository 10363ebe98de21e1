"""What axe-core, which looks for barriers, says of the page in each of its states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import EPOCHS

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


def barriers(tab: Tab) -> list[str]:
    """Returns the findings, each with the first element that it is about."""
    body = tab.frame.locator("body")
    body.evaluate("(_, code) => { if (!window.axe) (0, eval)(code); }", AXE.read_text())
    found: list[str] = body.evaluate(
        """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
            violations.map(({id, impact, nodes}) => `${impact} ${id}: ${nodes[0].html}`))"""
    )
    return found


SILENT = """() => [...document.querySelectorAll("button, select, input, summary, textarea")]
    .filter(one => one.checkVisibility() && one.closest("[title]") === null)
    .map(one => one.outerHTML.slice(0, 120))"""


def silent(tab: Tab) -> list[str]:
    """Returns the controls that do not say in a tooltip what they do."""
    found: list[str] = tab.frame.locator("body").evaluate(SILENT)
    return found


def states(tab: Tab) -> Iterator[str]:
    """Brings the page into one state after the other."""
    yield "first screen"
    tab.frame.get_by_role("searchbox").fill("label:3")
    expect(tab.frame.get_by_text("Enter selects them")).to_be_visible()
    yield "search"
    tab.frame.get_by_role("searchbox").press("Enter")
    expect(tab.frame.get_by_role("listbox")).to_be_visible()
    yield "selection as images"
    tab.frame.get_by_text("Table", exact=True).click()
    expect(tab.frame.get_by_role("table")).to_be_visible()
    yield "selection as a table"
    tab.frame.get_by_role("table").get_by_role("button", name="Look at").first.click()
    expect(tab.frame.get_by_role("region", name="Neighbors")).to_be_visible()
    tab.frame.get_by_label("Changes since").select_option("0")
    expect(tab.frame.get_by_text("Gained")).to_be_visible()
    tab.frame.get_by_text("Neighbors over the steps").click()
    expect(tab.frame.get_by_role("listbox", name="Neighbors at each step")).to_be_visible()
    # It comes once the layer has been measured.
    strip = tab.frame.get_by_role("listbox", name="Prediction at each step")
    expect(strip).to_be_visible(timeout=TIMEOUT)
    yield "a sample, its predictions and neighbours"
    tab.frame.get_by_role("tab", name="Layer").click()
    expect(tab.frame.get_by_text("more curves")).to_be_visible()
    tab.frame.get_by_text("More of this view").click()
    yield "the layer and the view's parameters"
    for menu in ("Show", "Save"):
        tab.frame.locator("summary", has_text=menu).click()
        expect(tab.frame.get_by_role("region", name=menu, exact=True)).to_be_visible()
        yield f"the menu {menu}"
        tab.frame.locator("summary", has_text=menu).press("Escape")
    tab.frame.get_by_text("Filter by number").click()
    tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="5").first.click()
    expect(tab.frame.get_by_text("samples shown")).to_be_visible()
    tab.frame.get_by_role("searchbox").fill("/(/")
    expect(tab.frame.get_by_text("Expected a regular expression")).to_be_visible()
    yield "filters, and a wrong query"
    tab.frame.get_by_role("button", name="Help").click()
    expect(tab.frame.get_by_role("dialog")).to_be_visible()
    yield "help"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_and_every_control_has_a_tooltip(
    open_tab: Open, *, dark: bool
) -> None:
    tab = open_tab(dark=dark, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_label("Show the inspector").click()

    found = {state: [*barriers(tab), *silent(tab)] for state in states(tab)}
    assert len(found) == 10
    assert found == {state: [] for state in found}
