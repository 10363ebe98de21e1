"""The first screen: findings beside the picture, and predictions as columns."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tb_embed_plugin import open_run
from tests.browser.tab import Open, Tab
from tests.harness import EPOCHS, Recording


@pytest.fixture(scope="module")
def labels(recording: Recording) -> NDArray[np.int32]:
    """The label of each sample."""
    return open_run(recording.run_dir).layer().labels


@pytest.fixture(scope="module")
def probabilities(recording: Recording) -> NDArray[np.float64]:
    """What the model gives each class at the last step, as it was recorded."""
    found = open_run(recording.run_dir).layer().outputs(EPOCHS)
    assert found is not None
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-4)
    return found.astype(np.float64)


@pytest.fixture(scope="module")
def mistakes(
    probabilities: NDArray[np.float64], labels: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The samples predicted wrong, the largest loss first."""
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    return wrong[np.argsort(probabilities[wrong, labels[wrong]], kind="stable")]


def landing(open_tab: Open, width: int = 1250) -> tuple[Tab, Locator]:
    """The page as it opens, and its list of mistakes."""
    tab = open_tab(width=width, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    found = tab.frame.get_by_role("region", name="Findings").get_by_role(
        "region", name="Mistakes"
    )
    expect(found.get_by_role("listitem")).to_have_count(5)
    return tab, found


def said(sample: int, probabilities: NDArray[np.float64], labels: NDArray[np.int32]) -> str:
    """What a list says of a sample."""
    row = probabilities[sample]
    return f"{labels[sample]} → {row.argmax()}, {row.max():.0%}".replace("%", " %")


def test_mistakes_are_one_click_from_the_first_screen_and_the_card_of_one_two(
    open_tab: Open,
    mistakes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int32],
) -> None:
    tab, found = landing(open_tab)
    expect(found.get_by_role("button", name=f"Mistakes ({len(mistakes)})")).to_be_visible()
    first = [f"Sample {one}: {said(one, probabilities, labels)}" for one in mistakes[:5]]
    names = [one.get_attribute("title") for one in found.locator("li button").all()]
    assert names == first

    # The predictions are on the page: nothing is waited for.
    tab.page.route(re.compile("tb_embed/sample_metrics"), lambda _: None)
    found.get_by_role("button", name="Show mistakes").click()
    expect(tab.frame.get_by_label("Color by")).to_have_value("step: correct")
    legend = tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="wrong")
    expect(legend.first).to_contain_text(f"{len(mistakes)}")
    tab.settle()
    red, grey = colors_at(tab, mistakes), colors_at(tab, np.setdiff1d(range(1797), mistakes))
    assert np.median(red[:, 0] - red[:, 1]) > 100, "they are red, on top of all others"
    assert np.abs(grey[:, 0] - grey[:, 1]).mean() < 40

    # Right and wrong have no place of their own: the names are those of the labels.
    tab.frame.locator("summary", has_text="Overlays").click()
    expect(tab.frame.get_by_role("checkbox", name="Class names")).to_be_checked()
    tab.frame.locator("summary", has_text="Overlays").press("Escape")

    found.locator("li button").nth(0).click()
    card = tab.frame.get_by_role("region", name="Sample", exact=True)
    row = probabilities[mistakes[0]]
    headline = (
        f"Label {labels[mistakes[0]]} · predicted {row.argmax()} · {100 * row.max():.0f} %"
    )
    expect(card.get_by_text(headline)).to_be_visible()


def test_the_mistakes_shown_are_those_of_the_epoch_shown(
    open_tab: Open, recording: Recording, labels: NDArray[np.int32]
) -> None:
    tab, found = landing(open_tab)
    found.get_by_role("button", name="Show mistakes").click()
    for step in (1, EPOCHS):
        outputs = open_run(recording.run_dir).layer().outputs(step)
        assert outputs is not None
        wrong = int(np.count_nonzero(outputs.argmax(1) != labels))
        tab.slider.press("Home")
        tab.slider.press("ArrowRight" if step == 1 else "End")
        tab.wait_for_picture(step)
        expect(found.get_by_role("button", name=f"Mistakes ({wrong:,})")).to_be_visible()
        expect(found.get_by_role("button", name="Hide mistakes")).to_be_visible()
        expect(tab.frame.locator("[aria-live]", has_text="selected")).to_have_text(
            f"{wrong:,} selected"
        )


def colors_at(tab: Tab, samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """The colors of the canvas where samples lie."""
    columns, rows = np.rint(tab.positions()[samples]).astype(int).T
    found: NDArray[np.int64] = tab.pixels()[rows, columns].astype(int)
    return found


def test_the_keys_go_through_the_mistakes_by_their_loss(
    open_tab: Open, mistakes: NDArray[np.int64]
) -> None:
    tab, found = landing(open_tab)
    found.get_by_role("button", name="Show mistakes").click()
    card = tab.frame.get_by_role("region", name="Sample", exact=True)
    for key, one in (("]", 0), ("]", 1), ("]", 2), ("[", 1)):
        tab.page.keyboard.press(key)
        expect(card.get_by_role("heading", name=f"Sample {mistakes[one]:,}")).to_be_visible()


def test_a_narrow_page_has_its_findings_folded(open_tab: Open) -> None:
    tab = open_tab(width=1190)
    tab.wait_for_picture(EPOCHS)
    expect(
        tab.frame.get_by_role("button", name=re.compile("how the inspector$"))
    ).to_be_visible()
    expect(tab.frame.get_by_role("complementary", name="Inspector")).to_have_count(0)


def test_predictions_are_columns_without_being_colors(
    open_tab: Open,
    mistakes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int32],
) -> None:
    tab, _ = landing(open_tab, width=1400)
    search = tab.frame.get_by_role("searchbox", name="Search samples")
    unsure = np.count_nonzero(probabilities[mistakes].max(1) < 0.5)
    for query, count in (
        ("correct:no", len(mistakes)),
        ("correct:no confidence<0.5", unsure),
        ("3", np.count_nonzero(labels == 3)),
    ):
        search.fill(query)
        expect(tab.frame.locator("#found")).to_contain_text(f"{count} of 1,797 samples")
    search.fill("correct:no confidence<0.5")
    search.press("Enter")
    expect(tab.frame.get_by_label("Color by")).to_have_value("label")
    tab.frame.get_by_text("Filter by number").click()
    for name in ("confidence", "loss", "margin"):
        expect(tab.frame.get_by_role("group", name=name, exact=True)).to_be_visible()
    x, y = tab.positions()[mistakes[0]]
    tab.point_at(x, y)
    card = tab.frame.get_by_role("tooltip")
    expect(card.locator(".headline")).to_contain_text(re.compile(r"Label \d · predicted \d"))
    inspector = tab.frame.get_by_role("complementary", name="Inspector")
    with tab.page.expect_download() as saving:
        inspector.get_by_role("button", name="Save CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text())))
    assert {row["correct"] for row in rows} == {"no"}
    assert all(float(row["confidence"]) < 0.5 and float(row["loss"]) > 0 for row in rows)
    inspector.get_by_text("Table", exact=True).click()
    inspector.get_by_role("button", name="Sort by loss").or_(
        inspector.get_by_role("columnheader", name="loss").get_by_role("button")
    ).first.click()
    heads = inspector.get_by_role("columnheader").all_inner_texts()
    for name in ("prediction", "confidence", "correct", "loss", "margin"):
        assert any(head.startswith(name) for head in heads)

    # The headline is that of the step shown, whatever bar of the history is pointed at.
    inspector.get_by_role("row").nth(1).get_by_role("button").click()
    card = tab.frame.get_by_role("region", name="Sample", exact=True)
    headline = card.locator(".headline")
    before = headline.inner_text()
    assert re.fullmatch(r"Label \d · predicted \d · \d\d %", before)
    history = tab.frame.get_by_role("region", name="Predictions")
    history.get_by_role("option").first.hover()
    expect(history.locator(".told")).to_contain_text("Epoch 0:")
    expect(headline).to_have_text(before)
    expect(history.get_by_role("list", name="Predicted classes")).to_be_visible()
