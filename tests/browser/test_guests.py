"""New samples on the page: recorded ones, placed anew, are drawn on their own points."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from tb_embed_plugin import EmbeddingCheckpoint, place
from tests.browser.audit import barriers, faults, silent
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import TensorBoardProcess, tensorboard

EPOCHS = 3
WITHOUT_MODEL = 2
ROWS = [3, 50, 7]
NAMES = ["cat.png", "dog.png", "<b>bird</b>.png"]

GUESTS = """
pane => {
    const bytes = new Uint8Array(window.tbEmbed.guestPositions(pane).slice().buffer);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
}
"""


@pytest.fixture(scope="module")
def placed(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a training that kept its models, one of which is lost."""
    logdir = tmp_path_factory.mktemp("guests")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, "relu", name="fc1"),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = digits[0][:200], digits[1][:200]
    checkpoint = EmbeddingCheckpoint(logdir / "run", x, y, keep_model=True)
    model.fit(x, y, epochs=EPOCHS, verbose=0, callbacks=[checkpoint])
    for file in (logdir / "run").rglob(f"model-{WITHOUT_MODEL}.*"):
        file.unlink()
    assert place(logdir, "run", x[ROWS], NAMES).without_model == (WITHOUT_MODEL,)
    with tensorboard(logdir) as process:
        yield process


def guests(tab: Tab, pane: int = 0) -> NDArray[np.float64]:
    found = tab.page.evaluate(GUESTS, pane)
    return np.frombuffer(base64.b64decode(found), np.float32).reshape(-1, 2).astype(float)


def wait_for_guests(tab: Tab, count: int, pane: int = 0) -> None:
    tab.wait_until(lambda: len(guests(tab, pane)) == count)


def assert_on_their_points(tab: Tab) -> None:
    tab.settle()
    samples = tab.positions()[:, :2]
    radius = np.sqrt(samples.var(axis=0).sum())
    off = np.linalg.norm(guests(tab) - samples[ROWS], axis=1)
    assert off.shape == (len(ROWS),)
    assert off.max() < 1e-4 * radius, off / radius


def choose(tab: Tab, name: str, value: str) -> None:
    tab.frame.get_by_role("combobox", name=name).select_option(label=value)


def test_guests_are_on_their_points_at_each_step_and_on_the_way(
    open_tab: Open, placed: TensorBoardProcess
) -> None:
    tab = open_tab(at=placed)
    tab.wait_for_picture(EPOCHS)
    toggle = tab.frame.get_by_role("button", name="New samples")
    expect(toggle).to_have_text("New samples3")
    wait_for_guests(tab, len(ROWS))
    assert_on_their_points(tab)
    for key, epoch in (("Home", 0), ("ArrowRight", 1)):
        tab.slider.press(key)
        tab.wait_for_picture(epoch)
        assert_on_their_points(tab)
    tab.slider.press("ArrowRight")
    line = tab.frame.get_by_text(
        "No new samples at epoch 2: place them again if its model was kept"
    )
    expect(line).to_be_visible()
    assert len(guests(tab)) == 0
    tab.slider.press("End")
    tab.wait_for_picture(EPOCHS)
    assert_on_their_points(tab)

    # In space, and along other axes.
    tab.frame.get_by_text("3D", exact=True).click()
    assert_on_their_points(tab)
    choose(tab, "View", "Class axes (LDA / means)")
    wait_for_guests(tab, len(ROWS))
    assert_on_their_points(tab)


def test_tensorboard_lists_the_run_and_no_kept_model(placed: TensorBoardProcess) -> None:
    placed.wait_until_active("tb_embed")
    for route in ("data/runs", "data/plugin/tb_embed/runs"):
        status, _, body = placed.get(route)
        assert status == 200
        answer = json.loads(body)
        names = [run["run"] for run in answer["runs"]] if "runs" in answer else answer
        assert names == ["run"], route


def test_the_sign_of_guests_shows_and_hides_them(
    open_tab: Open, placed: TensorBoardProcess
) -> None:
    tab = open_tab(at=placed, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    toggle = tab.frame.get_by_role("button", name="New samples")
    wait_for_guests(tab, len(ROWS))
    x, y = guests(tab)[1].round().astype(int)
    with_them = tab.pixels()
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    wait_for_guests(tab, 0)
    without = tab.pixels()
    assert (
        with_them[y - 3 : y + 3, x - 3 : x + 3] != without[y - 3 : y + 3, x - 3 : x + 3]
    ).any()
    toggle.press("Enter")
    wait_for_guests(tab, len(ROWS))


def test_a_guest_is_named_under_the_pointer_and_from_the_list(
    open_tab: Open,
    placed: TensorBoardProcess,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    tab = open_tab(at=placed, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    wait_for_guests(tab, len(ROWS))
    card = tab.frame.get_by_role("tooltip")
    tab.point_at(*guests(tab)[2])
    expect(card).to_contain_text("<b>bird</b>.png")
    expect(card).to_contain_text("New sample, not recorded")
    nearest = card.get_by_role("listitem")
    expect(nearest).to_have_count(5)
    expect(nearest.first).to_have_text(str(digits[1][ROWS[2]]))
    tab.point_at(2, 2)
    expect(card).to_have_count(0)
    tab.frame.get_by_text("Names", exact=True).press("Enter")
    tab.frame.get_by_role("button", name="dog.png").focus()
    expect(card).to_contain_text("dog.png")
    for dark in (False, True):
        tab.wear(dark=dark)
        assert barriers(tab) + silent(tab) + faults(tab) == []


def test_guests_outside_of_the_view_are_told_and_shown(
    open_tab: Open, placed: TensorBoardProcess
) -> None:
    tab = open_tab(at=placed, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    wait_for_guests(tab, len(ROWS))
    line = tab.frame.get_by_text(re.compile(r"new samples? outside of the view"))
    expect(line).to_have_count(0)
    tab.point_at(*guests(tab)[0])
    tab.page.mouse.wheel(0, -1500)
    expect(line).to_have_text("2 new samples outside of the view")
    tab.frame.get_by_role("button", name="Zoom out").click()
    expect(line).to_have_count(0)


def test_guests_are_in_both_panes_and_are_hidden_in_both(
    open_tab: Open, placed: TensorBoardProcess
) -> None:
    tab = open_tab(at=placed, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_role("button", name="Compare", exact=True).click()
    for pane in (0, 1):
        wait_for_guests(tab, len(ROWS), pane)
    tab.settle(1)
    off = np.linalg.norm(guests(tab, 1) - tab.positions(1)[ROWS, :2], axis=1)
    assert off.max() < 0.1
    tab.frame.get_by_role("button", name="Show the data panel").click()
    tab.frame.get_by_role("button", name="New samples").click()
    for pane in (0, 1):
        wait_for_guests(tab, 0, pane)


def test_a_layout_says_that_it_has_no_place_for_guests(
    open_tab: Open, placed: TensorBoardProcess
) -> None:
    tab = open_tab(at=placed, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    choose(tab, "View", "t-SNE")
    expect(tab.canvas).to_have_accessible_name(re.compile("t-SNE of fc1"), timeout=TIMEOUT)
    line = tab.frame.get_by_text(
        "New samples cannot be placed in t-SNE: choose PCA or class axes"
    )
    expect(line).to_be_visible(timeout=TIMEOUT)
    assert len(guests(tab)) == 0
    choose(tab, "View", "PCA")
    expect(line).to_have_count(0)
    wait_for_guests(tab, len(ROWS))


def test_guests_that_are_placed_meanwhile_appear(
    open_tab: Open, tmp_path: Path, digits: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    x = digits[0][:60]
    model = keras.Sequential(
        [keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(4, name="fc1")]
    )
    model.compile("sgd", "mse")
    checkpoint = EmbeddingCheckpoint(tmp_path / "run", x, keep_model=True, layers="fc1")
    model.fit(x, np.zeros((len(x), 4)), epochs=1, verbose=0, callbacks=[checkpoint])
    with tensorboard(tmp_path) as server:
        tab = open_tab(server)
        tab.wait_for_picture(1)
        assert len(guests(tab)) == 0
        place(tmp_path, "run", x[:2], ["a", "b"])

        def come_back() -> bool:
            tab.page.mouse.move(-10, -10)
            tab.page.mouse.move(500, 400)
            return len(guests(tab)) == 2

        tab.wait_until(come_back)
