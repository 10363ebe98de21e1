"""Views: engines and what they can be told, layouts, other axes, pinned positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tb_embed_plugin import record
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import EPOCHS, TensorBoardProcess, tensorboard

SAMPLES = 150
STEPS = 3


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on three clusters that drift apart, so few that a layout takes a second."""
    logdir = tmp_path_factory.mktemp("small")
    rng = np.random.default_rng(0)
    labels = np.arange(SAMPLES) % 3
    centres, noise = rng.normal(size=(3, 12)), rng.normal(size=(SAMPLES, 12))
    for step in range(STEPS):
        activations = ((1 + 3 * step) * centres[labels] + noise).astype(np.float32)
        record(logdir / "drift", step, {"fc1": activations}, labels=labels)
    with tensorboard(logdir) as process:
        yield process


def choose_view(tab: Tab, name: str) -> None:
    tab.frame.get_by_role("combobox", name="View").select_option(label=name)


def notice(tab: Tab) -> Locator:
    return tab.frame.get_by_role("region", name="Layout")


def open_more(tab: Tab) -> None:
    tab.frame.get_by_text("View settings").click()


def test_a_layout_that_was_computed_is_there_the_next_time(
    open_tab: Open, small: TensorBoardProcess
) -> None:
    tab = open_tab(at=small)
    tab.wait_for_picture(STEPS - 1)
    choose_view(tab, "t-SNE")
    # It is short, and so starts by itself.
    expect(tab.canvas).to_have_accessible_name(re.compile("2D t-SNE of fc1"))
    expect(notice(tab)).to_have_count(0)
    tab.wait_for_picture(STEPS - 1)
    line = tab.frame.get_by_role("button", name="How reliable is this view?")
    expect(line).to_contain_text(re.compile(r"\d+ % of nearest neighbors preserved"))
    places = tab.positions()
    spread = [places[label::3].std(axis=0).max() for label in range(3)]
    centres = np.array([places[label::3].mean(axis=0) for label in range(3)])
    distances = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    assert distances.min() > 2 * max(spread), "three clusters are seen as three"

    again = open_tab(at=small, keys="&p.tb_embed.engine=tsne")
    again.wait_for_picture(STEPS - 1)
    expect(notice(again)).to_have_count(0)
    np.testing.assert_allclose(again.positions(), places, atol=1)


def test_a_parameter_makes_another_layout_and_stays_in_the_address(
    open_tab: Open, small: TensorBoardProcess
) -> None:
    tab = open_tab(at=small)
    tab.wait_for_picture(STEPS - 1)
    choose_view(tab, "UMAP")
    open_more(tab)
    neighbors = tab.frame.get_by_role("spinbutton", name="Neighbors")
    neighbors.fill("1")
    neighbors.press("Tab")
    expect(tab.frame.locator("input:invalid")).to_have_count(1)
    assert "settings" not in tab.page.url, "a value out of range is not taken"
    neighbors.fill("8")
    neighbors.press("Tab")
    tab.wait_for_picture(STEPS - 1)
    expect(notice(tab)).to_have_count(0)
    tab.wait_until(lambda: "p.tb_embed.settings=neighbors%3A8" in tab.page.url)
    tab.frame.get_by_text("3D", exact=True).click()
    expect(notice(tab)).to_contain_text(re.compile("Computing UMAP|Compute UMAP"))


def test_the_numbers_of_a_view_come_on_demand(
    open_tab: Open, small: TensorBoardProcess
) -> None:
    tab = open_tab(at=small)
    tab.wait_for_picture(STEPS - 1)
    line = tab.frame.get_by_role("button", name="How reliable is this view?")
    expect(line).to_contain_text(re.compile(r"\d+ % of variance"))
    line.click()
    numbers = tab.frame.get_by_role("region", name="Projection quality")
    expect(numbers).to_contain_text(
        re.compile(rf"PCA fitted on all {STEPS} steps; explains \d+ % of variance at step 2")
    )
    expect(numbers.locator("div").filter(has_text="Trustworthiness")).to_contain_text(
        re.compile(r"0\.\d{3}"), timeout=TIMEOUT
    )
    expect(numbers.locator("div").filter(has_text="Label accuracy")).to_contain_text(
        re.compile(r"[01]\.\d{3}")
    )
    expect(line).to_have_accessible_name(re.compile("Good|Read with care"))
    assert line.locator("strong").count() == 0, "a quiet line"


def test_other_components_and_a_tour_need_no_new_layout(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    open_more(tab)
    first = tab.positions()
    tab.frame.get_by_label("X axis").select_option("3")
    tab.wait_until(lambda: bool(np.abs(tab.positions()[:, 0] - first[:, 0]).max() > 20))
    tab.wait_for_picture(EPOCHS)
    other = tab.positions()
    tab.frame.get_by_role("button", name="How reliable is this view?").click()
    expect(tab.frame.get_by_role("region", name="Projection quality")).to_contain_text(
        "Projection quality is measured for the first axes only."
    )

    tab.frame.get_by_label("X axis").select_option("2")
    tab.wait_for_picture(EPOCHS)
    expect(tab.frame.get_by_label("Y axis")).to_have_value("3")

    tab.frame.get_by_role("button", name="Tour all components").click()
    tab.wait_until(lambda: bool(np.abs(tab.positions() - other).max() > 20))
    here = tab.positions()
    tab.wait_until(lambda: bool(np.abs(tab.positions() - here).max() > 5))
    tab.frame.get_by_role("button", name="Stop tour").click()
    tab.settle()
    expect(tab.frame.get_by_label("X axis")).to_have_value("")


def test_pinned_positions_hold_for_all_steps(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    pinned = tab.positions()
    open_more(tab)
    tab.frame.get_by_label("Freeze layout").check()
    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    np.testing.assert_array_equal(tab.positions(), pinned)
    tab.frame.get_by_label(f"Layout frozen at epoch {EPOCHS}").uncheck()
    tab.wait_until(lambda: bool(np.abs(tab.positions() - pinned).max() > 20))


def test_axes_can_be_those_of_one_step_or_of_directions_alone(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    all_steps = tab.positions()
    open_more(tab)
    tab.frame.get_by_label("Fit axes on").select_option(label=f"Last epoch ({EPOCHS})")
    tab.wait_until(lambda: bool(np.abs(tab.positions() - all_steps).max() > 5))
    tab.wait_for_picture(EPOCHS)

    one_step = tab.positions()
    tab.frame.get_by_label("Spherize samples").check()
    tab.wait_until(lambda: bool(np.abs(tab.positions() - one_step).max() > 5))
    tab.frame.get_by_role("button", name="How reliable is this view?").click()
    expect(tab.frame.get_by_role("region", name="Projection quality")).to_contain_text(
        f"PCA fitted on epoch {EPOCHS}; explains"
    )


@pytest.mark.parametrize(("dark", "width"), [(False, 1400), (True, 420)])
def test_the_layout_of_the_view_panel(
    open_tab: Open,
    small: TensorBoardProcess,
    layouts: Path,
    dark: bool,  # noqa: FBT001 # pytest passes it by name
    width: int,
) -> None:
    tab = open_tab(at=small, dark=dark)
    tab.wait_for_picture(STEPS - 1)
    choose_view(tab, "t-SNE")
    expect(tab.canvas).to_have_accessible_name(re.compile("2D t-SNE of fc1"))
    # The address is written a moment later.
    tab.page.wait_for_url(re.compile("engine=tsne"))
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.reload()
    tab.wait_for_picture(STEPS - 1)
    expect(tab.canvas).to_have_accessible_name(re.compile("2D t-SNE of fc1"))
    tab.page.screenshot(path=layouts / f"views-{'dark' if dark else 'light'}-{width}.png")
    assert tab.frame.locator("body").evaluate("body => body.scrollWidth <= innerWidth")


def test_a_layout_by_landmarks_says_so_before_and_after(
    open_tab: Open, small: TensorBoardProcess
) -> None:
    keys = "&p.tb_embed.engine=umap&p.tb_embed.settings=landmarks%3A100"
    tab = open_tab(at=small, keys=keys)
    expect(notice(tab)).to_contain_text(
        "Placed by 100 landmarks; on MNIST this lowered trustworthiness by less than 0.03."
    )
    notice(tab).get_by_role("button", name=re.compile("Compute UMAP")).click()
    tab.wait_for_picture(STEPS - 1)
    expect(notice(tab)).to_have_count(0)
    said = r"Placed by 100 landmarks \(trustworthiness of the placed samples: [01]\.\d{3}\)"
    expect(tab.frame.get_by_text(re.compile(said))).to_be_visible()
    tab.frame.get_by_role("button", name="How reliable is this view?").click()
    numbers = tab.frame.get_by_role("region", name="Projection quality")
    expect(numbers.get_by_text("Neighbors preserved, placed samples")).to_be_visible()
