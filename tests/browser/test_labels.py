"""The label column: what the page takes for it, and choosing another one or none."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import tensorboard
from tests.reported.test_labels import SEXES, WORDS, write


def accuracy(tab: Tab, column: str) -> float:
    """Returns the label accuracy that the quality's numbers say, by a column."""
    numbers = tab.frame.get_by_role("region", name="Projection quality")
    entry = numbers.locator("dl > div", has_text=f"Label accuracy ({column})")
    expect(entry.locator("dd")).to_have_text(re.compile(r"^\d"), timeout=TIMEOUT)
    return float(entry.locator("dd").inner_text())


def test_another_label_changes_all_numbers_and_the_address(
    tmp_path: Path, open_tab: Open
) -> None:
    write(tmp_path, {"sex": list(SEXES), "class": WORDS})
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, width=1600, reduced_motion=True)
        tab.wait_for_picture(2)
        chooser = tab.frame.get_by_label("Label column")
        color = tab.frame.get_by_label("Color by")
        expect(chooser).to_have_value("class")
        expect(color).to_have_value("class")
        tab.frame.get_by_title("Projection quality").click()
        by_class = accuracy(tab, "class")
        tab.inspect("Findings")
        panel = tab.frame.get_by_role("region", name="Findings")
        errors = panel.get_by_role("button", name=re.compile("Possible label error"))
        expect(panel).to_contain_text("Label: class.", timeout=TIMEOUT)
        expect(errors).to_have_text("Possible label errors (1)")
        assert "label=" not in tab.page.evaluate("location.hash")

        chooser.select_option("sex")
        expect(color).to_have_value("sex")
        assert accuracy(tab, "sex") < 0.8 < by_class
        expect(panel).to_contain_text("Label: sex.", timeout=TIMEOUT)
        # The layer does not know it, so nobody can say which of its labels are wrong.
        expect(errors).to_have_count(0)
        tab.wait_until(lambda: "p.tb_embed.label=sex" in tab.page.evaluate("location.hash"))

        # The address alone says it; nothing that was measured by class is shown.
        keys = "p.tb_embed.label=sex"
        other = open_tab(server, width=1600, reduced_motion=True, keys=keys)
        other.wait_for_picture(2)
        expect(other.frame.get_by_label("Color by")).to_have_value("sex")
        other.frame.get_by_label("Label column").select_option("None")
        tab.wait_until(lambda: other.page.evaluate("location.hash").endswith("label="))
        other.inspect("Findings")
        panel = other.frame.get_by_role("region", name="Findings")
        expect(panel).to_contain_text(
            "No label is chosen. Metrics and findings that need labels are left out.",
            timeout=TIMEOUT,
        )
        expect(panel).not_to_contain_text("Possible label error")
        other.frame.get_by_title("Projection quality").click()
        numbers = other.frame.get_by_role("region", name="Projection quality")
        expect(numbers).to_contain_text("No label is chosen.")
        expect(numbers).not_to_contain_text("Label accuracy")
