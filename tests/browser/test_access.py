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
    yield "a sample and its neighbours"
    tab.frame.get_by_text("Filter by number").click()
    tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="5").first.click()
    expect(tab.frame.get_by_text("samples shown")).to_be_visible()
    tab.frame.get_by_role("searchbox").fill("/(/")
    expect(tab.frame.get_by_text("Expected a regular expression")).to_be_visible()
    yield "filters, and a wrong query"
    tab.frame.get_by_role("button", name="Help").click()
    expect(tab.frame.get_by_role("dialog")).to_be_visible()
    yield "help"


SECTIONS = ("Curves", "CKA", "Confusion", "Data map", "Class pair", "Units", "Runs")


def measured_states(tab: Tab) -> Iterator[str]:
    """Brings the tabs of what is measured into one state after the other."""
    tab.frame.get_by_role("tab", name="Findings").click()
    findings = tab.frame.get_by_role("region", name="Findings")
    findings.get_by_role("button", name="Never learnt").click()
    expect(findings.get_by_role("option").first).to_be_visible(timeout=TIMEOUT)
    yield "a finding and its samples"
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
        yield section
    tab.frame.locator("summary", has_text="Show").click()
    tab.frame.get_by_role("combobox", name="Besides the samples").select_option("regions")
    expect(tab.frame.get_by_text("a slice, not a projection")).to_be_visible(timeout=TIMEOUT)
    yield "decision regions"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_what_is_measured(open_tab: Open, *, dark: bool) -> None:
    tab = open_tab(dark=dark, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_label("Show the inspector").click()

    found = {state: barriers(tab) for state in measured_states(tab)}
    assert len(found) == len(SECTIONS) + 2
    assert found == {state: [] for state in found}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(open_tab: Open, *, dark: bool) -> None:
    tab = open_tab(dark=dark, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_label("Show the inspector").click()

    found = {state: barriers(tab) for state in states(tab)}
    assert len(found) == 7
    assert found == {state: [] for state in found}
