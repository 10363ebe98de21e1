"""What is shown besides the samples, and time: trails, names, ghosts, loops, and samples that are held still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tests.browser.tab import Open, Tab
from tests.harness import EPOCHS


def menu(tab: Tab) -> Locator:
    """The opened menu of what else is shown."""
    body = tab.frame.get_by_role("region", name="Show", exact=True)
    if not body.is_visible():
        tab.frame.locator("summary", has_text="Show").click()
    return body


def close_menu(tab: Tab) -> None:
    """Folds the menu again."""
    tab.frame.locator("summary", has_text="Show").press("Escape")


def overlay(tab: Tab) -> NDArray[np.uint8]:
    """What lies over the samples, (height, width, 4)."""
    drawn, width = tab.frame.locator("canvas.above").evaluate(
        "canvas => [Array.from(canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data), canvas.width]"
    )
    return np.array(drawn, np.uint8).reshape(-1, width, 4)


def inked(tab: Tab) -> int:
    """How many pixels of the overlay are not empty."""
    return int((overlay(tab)[:, :, 3] > 0).sum())


def select_label(tab: Tab, label: int) -> None:
    """Selects a digit's samples by searching."""
    tab.frame.get_by_role("searchbox").fill(f"label:{label}")
    tab.frame.get_by_role("searchbox").press("Enter")


def test_trails_lead_to_where_the_hovered_sample_is_and_follow_the_camera(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    assert inked(tab) == 0
    menu(tab).get_by_label("Trails").check()
    close_menu(tab)
    of_classes = inked(tab)
    assert of_classes > 200
    # The sample farthest to the left has few others around it.
    positions = tab.positions()
    sample = int(np.argmin(positions[:, 0]))
    tab.point_at(*positions[sample])
    tab.wait_until(lambda: inked(tab) > of_classes)
    x, y = np.round(positions[sample]).astype(int)
    assert overlay(tab)[y - 2 : y + 3, x - 2 : x + 3, 3].any()

    tab.canvas.focus()
    before = overlay(tab)
    tab.page.keyboard.press("ArrowRight")
    tab.settle()
    assert not np.array_equal(before, overlay(tab))


def test_class_names_stand_at_the_medians_and_do_not_cover_one_another(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    menu(tab).get_by_label("Class names").check()
    close_menu(tab)
    assert inked(tab) > 300
    menu(tab).get_by_label("Class names").uncheck()
    assert inked(tab) == 0
    # A label beside each of the samples selected, as many as there is room for.
    menu(tab).get_by_label("Label samples by").select_option("label")
    close_menu(tab)
    select_label(tab, 3)
    tab.wait_until(lambda: inked(tab) > 300)


def test_a_ghost_shows_where_the_samples_were(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    before = tab.pixels().astype(int)
    menu(tab).get_by_label("Besides the samples").select_option("ghost")
    menu(tab).get_by_label("Ghost of").select_option("0")
    close_menu(tab)
    tab.settle()
    ghost = np.abs(tab.pixels().astype(int) - before).sum(axis=2) > 0
    assert ghost.sum() > 500

    menu(tab).get_by_label("Besides the samples").select_option("onion")
    expect(menu(tab).get_by_label("To")).to_have_value(str(EPOCHS))
    menu(tab).get_by_label("Besides the samples").select_option("none")
    close_menu(tab)
    tab.settle()
    assert np.array_equal(tab.pixels(), before)


def test_selected_samples_are_held_still_while_the_others_move(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    positions = tab.positions()
    # Two samples can be held to the pixel, but for the distance between them.
    tab.frame.get_by_role("searchbox").fill("label:0")
    tab.frame.get_by_role("searchbox").press("Enter")
    if not tab.frame.get_by_role("button", name="Hold still").is_visible():
        tab.frame.get_by_role("button", name="Show the inspector").click()
    tab.frame.get_by_role("button", name="Hold still").click()
    tab.settle()
    assert np.allclose(tab.positions(), positions, atol=0.01), "holding itself moves nothing"
