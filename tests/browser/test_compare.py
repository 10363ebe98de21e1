"""Two panes under one slider: what links them, and what goes along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from tb_embed_plugin import record
from tests.browser.audit import barriers, faults, silent
from tests.browser.state_picture import keep_pictures
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.browser.test_keep import save
from tests.harness import EPOCHS, TensorBoardProcess, tensorboard

SAMPLES = 240
CLASSES = 4
FIRST = "first"

KEPT = np.random.default_rng(3).permutation(SAMPLES)[:160]
"""The samples of the run `part`, by their rows in the other runs."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """Runs of the same samples after other seeds, of a part of them, and of others.

    `first` and `second` hold the same samples, `second` at every other epoch; `part` holds
    160 of them in another order, with their `id`; `third` holds samples that nobody names.
    """
    logdir = tmp_path_factory.mktemp("compared")
    labels = np.arange(SAMPLES) % CLASSES
    images = np.zeros((SAMPLES, 8, 8), np.float32)
    images[np.arange(SAMPLES), labels, :] = 1
    ids = [f"s{i}" for i in range(SAMPLES)]
    for seed, (name, epochs) in enumerate([(FIRST, range(5)), ("second", (0, 2, 4, 6))]):
        for epoch in epochs:
            layers = {"fc1": grown(seed, epoch, 12, labels), "fc2": grown(9, epoch, 6, labels)}
            record(
                logdir / name,
                epoch,
                layers,
                labels=labels,
                images=images,
                metadata={"id": ids},
                epoch=epoch,
                finished=epoch == max(epochs),
            )
    for epoch in range(3):
        part = grown(0, epoch, 12, labels)[KEPT]
        record(
            logdir / "part",
            epoch,
            {"fc1": part},
            labels=labels[KEPT],
            metadata={"id": [ids[row] for row in KEPT]},
            epoch=epoch,
        )
        others = grown(5, epoch, 12, labels)
        record(logdir / "third", epoch, {"fc1": others}, labels=labels[::-1], epoch=epoch)
    with tensorboard(logdir) as process:
        yield process


def grown(seed: int, epoch: int, units: int, labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Returns clusters that drift apart from epoch to epoch, float32 (SAMPLES, units)."""
    rng = np.random.default_rng(seed)
    centres, noise = rng.normal(size=(CLASSES, units)), rng.normal(size=(len(labels), units))
    return ((1 + epoch) * centres[labels] + noise).astype(np.float32)


def second(tab: Tab) -> Locator:
    return tab.frame.get_by_role("region", name="Second pane")


def positions(tab: Tab) -> NDArray[np.float64]:
    """Returns x and y of the second pane's samples in CSS pixels of its canvas."""
    return tab.positions(pane=1)


def wait_for_both(tab: Tab, step: int, beside: int) -> None:
    """Waits until both panes stand at these steps and at rest."""
    expect(second(tab).get_by_role("application")).to_have_accessible_name(
        re.compile(rf", (?:step|epoch) {beside}, "), timeout=TIMEOUT
    )
    expect(second(tab)).to_have_attribute("aria-busy", "false", timeout=TIMEOUT)
    tab.wait_for_picture(step)

    tab.wait_until(lambda: len(positions(tab)) > 0)
    tab.settle(pane=1)


def compare(tab: Tab, **choices: str) -> None:
    """Opens the second pane, with choices by what they are of: run, layer, view or pairing."""
    tab.frame.get_by_role("button", name="Compare").click()
    for field, value in choices.items():
        name = "Pairing" if field == "pairing" else f"Second {field}"
        tab.frame.get_by_role("combobox", name=name).select_option(value)


def linked_by(tab: Tab) -> Locator:
    return tab.frame.locator(".pane-note[role=status]")


def silhouettes(tab: Tab, run: str) -> tuple[list[float], list[int]]:
    """Returns what the server says of the silhouette at each step, and the steps."""
    address = f"{tab.url}data/plugin/tb_embed/metrics?run={run}&layer=fc1"
    while (answer := tab.page.request.get(address).json())["state"] == "running":
        pass
    (values,) = (one["values"] for one in answer["metrics"] if one["name"] == "silhouette")
    return values, answer["steps"]


def point_at(tab: Tab, pane: Locator, place: NDArray[np.float64]) -> None:
    box = pane.get_by_role("application").bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + place[0], box["y"] + place[1])


def ring_at(pane: Locator) -> NDArray[np.float64]:
    """Returns the middle of a pane's ring, in CSS pixels of its canvas; empty without one."""
    found = pane.locator(".ring")
    box = found.bounding_box() if found.count() else None
    stage = pane.get_by_role("application").bounding_box()
    if box is None or stage is None:
        return np.array([])
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return np.array([x - stage["x"], y - stage["y"]])


def expect_ring(tab: Tab, pane: Locator, place: NDArray[np.float64]) -> None:
    tab.wait_until(lambda: np.allclose(ring_at(pane), place, atol=1.5))


def test_two_runs_share_camera_pointer_and_selection(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab = open_tab(at=runs)
    tab.wait_for_picture(4)
    assert second(tab).count() == 0, "the first screen is calm"
    compare(tab)
    wait_for_both(tab, 4, 4)
    expect(linked_by(tab)).to_have_text("step 4 of 6 · linked by sample")
    expect(tab.frame.get_by_role("combobox", name="Second run")).to_have_value("second")
    expect(tab.frame.get_by_role("checkbox", name="Same axes")).to_be_checked()
    left, right = tab.positions(), positions(tab)
    assert len(left) == len(right) == SAMPLES
    centres = [
        np.array([places[label::CLASSES].mean(axis=0) for label in range(CLASSES)])
        for places in (left, right)
    ]
    nearest = np.linalg.norm(centres[0][:, None] - centres[1], axis=-1).argmin(axis=1)
    assert nearest.tolist() == list(range(CLASSES)), "in the same axes lie the same classes"

    # Pointing, in either pane.
    stage = tab.frame.get_by_role("region", name="Stage")
    point_at(tab, stage, left[5])
    expect(stage.get_by_role("tooltip")).to_contain_text("Sample 5")
    expect_ring(tab, second(tab), right[5])
    expect(second(tab).get_by_role("tooltip")).to_have_count(0)
    point_at(tab, second(tab), right[10])
    expect(second(tab).get_by_role("tooltip")).to_contain_text("Sample 10")
    expect_ring(tab, stage, left[10])
    tab.frame.get_by_role("searchbox").hover()
    expect(tab.frame.locator(".ring")).to_have_count(0)

    # A wheel over the one pane, and home from the other.
    point_at(tab, stage, left.mean(axis=0))
    tab.page.mouse.wheel(0, -240)
    tab.wait_until(lambda: bool(np.ptp(positions(tab)[:, 0]) > 1.8 * np.ptp(right[:, 0])))
    wait_for_both(tab, 4, 4)
    moved = [places - places[0] for places in (tab.positions(), positions(tab))]
    for now, before in zip(moved, (left, right), strict=True):
        np.testing.assert_allclose(now, 2 * (before - before[0]), atol=0.5)
    second(tab).get_by_role("application").focus()
    tab.page.keyboard.press("h")
    tab.wait_until(lambda: np.allclose(tab.positions(), left, atol=0.5))
    tab.wait_until(lambda: np.allclose(positions(tab), right, atol=0.5))

    # What is selected in the one stands out in the other.
    plain = second(tab).get_by_role("application").screenshot()
    tab.frame.get_by_role("searchbox").fill("label:2")
    tab.frame.get_by_role("searchbox").press("Enter")
    tab.wait_until(lambda: second(tab).get_by_role("application").screenshot() != plain)
    point_at(tab, second(tab), right[10])
    tab.page.mouse.down()
    tab.page.mouse.up()
    expect(tab.frame.locator("[aria-live]", has_text="1 selected")).to_have_count(1)
    tab.wait_until(lambda: "samples%2010" in tab.page.url)

    # Its canvas is let go of.
    canvas = second(tab).get_by_role("application").element_handle()
    tab.frame.get_by_role("button", name="Close the second pane").click()
    expect(second(tab)).to_have_count(0)
    assert canvas.evaluate("canvas => canvas.getContext('webgl2').isContextLost()")
    tab.wait_until(lambda: "companion" not in tab.page.url)


def test_one_slider_moves_both_and_pairs_their_steps(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab = open_tab(at=runs, reduced_motion=True)
    tab.wait_for_picture(4)
    compare(tab)
    wait_for_both(tab, 4, 4)
    tab.slider.press("ArrowLeft")
    wait_for_both(tab, 3, 2)
    steps = tab.frame.get_by_role("combobox", name="Pairing")
    steps.select_option("offset 1")
    wait_for_both(tab, 3, 4)
    steps.select_option("fixed 0")
    wait_for_both(tab, 3, 0)
    tab.slider.press("Home")
    wait_for_both(tab, 0, 0)

    # By a metric: the step that comes nearest. Curves are measured once the pictures have come.
    expect(steps.locator("option[value='metric silhouette']")).to_be_attached(timeout=TIMEOUT)
    steps.select_option("metric silhouette")
    tab.slider.press("End")
    (wanted, *_), (values, recorded) = silhouettes(tab, FIRST), silhouettes(tab, "second")
    wait_for_both(tab, 4, recorded[int(np.abs(np.array(values) - wanted[-1]).argmin())])

    steps.select_option("epoch")
    tab.slider.press("Home")
    wait_for_both(tab, 0, 0)
    tab.frame.get_by_role("button", name="Play").click()
    expect(tab.frame.get_by_role("button", name="Play")).to_be_visible(timeout=TIMEOUT)
    wait_for_both(tab, 4, 4)


def test_where_steps_are_epochs_the_same_epoch_is_one_offer(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_role("button", name="Compare").click()
    matches = tab.frame.get_by_role("combobox", name="Pairing").locator("optgroup").first
    expect(matches.locator("option")).to_have_text(["Same training time", "Same epoch"])


def test_two_layers_survive_a_reload(open_tab: Open, runs: TensorBoardProcess) -> None:
    tab = open_tab(at=runs, reduced_motion=True)
    tab.wait_for_picture(4)
    compare(tab, run=FIRST, layer="fc2", pairing="offset -1")
    wait_for_both(tab, 4, 3)
    expect(linked_by(tab)).to_have_text("step 3 of 4 · linked by sample")
    expect(tab.frame.get_by_role("checkbox", name="Same axes")).to_have_count(0)
    at_home = positions(tab)
    tab.canvas.press("+")
    # Of another size each, both are enlarged about their own middle.
    tab.wait_until(lambda: bool(np.ptp(positions(tab)[:, 0]) > 1.2 * np.ptp(at_home[:, 0])))
    wait_for_both(tab, 4, 3)
    left, right = tab.positions(), positions(tab)
    tab.wait_until(lambda: "camera" in tab.page.url and "fc2" in tab.page.url)
    tab.page.reload()
    wait_for_both(tab, 4, 3)
    tab.wait_until(lambda: np.allclose(tab.positions(), left, atol=0.5))
    tab.wait_until(lambda: np.allclose(positions(tab), right, atol=0.5))
    expect(tab.frame.get_by_role("combobox", name="Second layer")).to_have_value("fc2")

    # A picture holds both panes.
    picture = np.asarray(Image.open(save(tab, "PNG")).convert("RGB")).astype(int)
    width = round(tab.canvas.evaluate("canvas => canvas.clientWidth"))
    assert picture.shape[1] == 4 * width
    for half in np.split(picture, 2, axis=1):
        assert (np.ptp(half[len(half) // 4 :], axis=2) > 60).mean() > 0.001, "samples"


def test_two_steps_of_a_layer_lie_in_one_coordinate_system(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab = open_tab(at=runs, reduced_motion=True)
    tab.wait_for_picture(4)
    last = tab.positions()
    compare(tab, run=FIRST, pairing="fixed 4")
    wait_for_both(tab, 4, 4)
    np.testing.assert_allclose(tab.positions(), positions(tab), atol=0.1)
    assert np.ptp(last[:, 0]) > np.ptp(tab.positions()[:, 0]), "two panes share the room"
    tab.slider.press("Home")
    wait_for_both(tab, 0, 4)
    assert np.ptp(tab.positions()) < 0.6 * np.ptp(positions(tab)), "both from the same place"

    # What was chosen by hand in the second pane starts there by itself, too.
    tab.frame.get_by_role("combobox", name="Second view").select_option("tsne")
    notice = tab.frame.get_by_role("region", name="Layout of the second pane")
    expect(notice).to_contain_text("Computing t-SNE: step 1 of 5")
    notice.get_by_role("button", name="Cancel").click()
    expect(notice.get_by_role("button", name="Compute t-SNE")).to_be_visible()
    assert len(tab.positions()), "the first pane stays as it is"


def test_ids_link_what_they_name_and_nothing_is_guessed(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab = open_tab(at=runs, reduced_motion=True)
    tab.wait_for_picture(4)
    compare(tab, run="part")
    wait_for_both(tab, 4, 2)
    expect(linked_by(tab)).to_have_text("step 2 of 2 · linked by column id: 160 of 240")
    point_at(tab, second(tab), positions(tab)[7])
    expect_ring(tab, tab.frame.get_by_role("region", name="Stage"), tab.positions()[KEPT[7]])

    # A filter of the first pane hides the same samples in the second one.
    tab.frame.get_by_role("button", name="Show the data panel").click()
    tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="1").first.click()
    hidden = KEPT % CLASSES == 1
    tab.wait_until(lambda: np.array_equal(np.isnan(positions(tab)[:, 0]), hidden))

    tab.frame.get_by_role("combobox", name="Second run").select_option("third")
    wait_for_both(tab, 4, 2)
    expect(linked_by(tab)).to_have_text("step 2 of 2 · not linked: other samples")
    assert not np.isnan(positions(tab)).any()
    point_at(tab, second(tab), positions(tab)[7])
    expect(second(tab).get_by_role("tooltip")).to_contain_text("Sample 7")
    expect(tab.frame.get_by_role("region", name="Stage").locator(".ring")).to_have_count(0)
    tab.page.mouse.down()
    tab.page.mouse.up()
    expect(second(tab).get_by_role("application")).to_be_focused()
    assert "selection" not in tab.page.url


def test_two_panes_are_without_barriers_at_any_width(
    open_tab: Open, runs: TensorBoardProcess, state_pictures: Path | None
) -> None:
    tab = open_tab(at=runs, reduced_motion=True)
    tab.wait_for_picture(4)
    compare(tab)
    if state_pictures is not None:
        keep_pictures(tab, "two panes", state_pictures)
    found = {}
    for width in (1400, 900, 2200, 640):
        tab.page.set_viewport_size({"width": width, "height": 900})
        wait_for_both(tab, 4, 4)
        stages = [
            tab.canvas.bounding_box(),
            second(tab).get_by_role("application").bounding_box(),
        ]
        assert stages[0] is not None
        assert stages[1] is not None
        assert stages[0]["width"] == pytest.approx(stages[1]["width"], abs=1.5)
        assert stages[0]["height"] == pytest.approx(stages[1]["height"], abs=1.5)
        beside = stages[0]["y"] == stages[1]["y"]
        assert beside == (width > 760), "side by side where there is room, else stacked"
        found[width] = [*barriers(tab), *silent(tab), *faults(tab)]
    tab.wear(dark=True)
    assert barriers(tab, contrast_alone=True) == []
    assert found == {width: [] for width in found}


def test_the_inspector_stays_beside_two_panes_from_1200_pixels(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab = open_tab(at=runs, width=1200, reduced_motion=True)
    tab.wait_for_picture(4)
    inspector = tab.frame.get_by_role("complementary", name="Inspector")
    expect(inspector).to_be_visible()
    compare(tab)
    expect(inspector).to_be_visible()
    assert faults(tab) == []
