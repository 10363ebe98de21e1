"""Time: the slider, playing, keys, and epochs that come while one looks."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tb_embed_plugin import record
from tests.browser.tab import FREQUENT_POLLS, Open, Tab
from tests.harness import EPOCHS, Recording, tensorboard

MANIFEST = "plugins/tb_embed/manifest.json"


def title(step: int) -> str:
    return f"2D PCA of fc1, epoch {step}, 1,797 samples"


def test_the_slider_goes_to_a_step_by_keys_and_by_mouse(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    tab.slider.focus()
    tab.page.keyboard.press("ArrowLeft")
    tab.wait_for_picture(EPOCHS - 1)
    expect(tab.slider).to_have_attribute("aria-valuetext", f"epoch {EPOCHS - 1} of {EPOCHS}")
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    expect(tab.slider).to_have_attribute("aria-valuetext", f"epoch 0 of {EPOCHS}")

    box = tab.slider.bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(tab.canvas).not_to_have_accessible_name(title(0))

    tab.page.keyboard.press(" ")
    expect(tab.frame.get_by_role("button", name="Pause")).to_be_visible()
    tab.page.keyboard.press(" ")
    expect(tab.frame.get_by_role("button", name="Play")).to_be_visible()


def test_comma_and_full_stop_step_wherever_one_is(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    tab.canvas.click()
    tab.page.keyboard.press(",")
    tab.page.keyboard.press(",")
    tab.wait_for_picture(EPOCHS - 2)
    tab.frame.get_by_role("button", name="Home view").focus()
    tab.page.keyboard.press(".")
    tab.wait_for_picture(EPOCHS - 1)


def test_playing_passes_through_all_steps_and_ends(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    tab.note_titles()
    tab.frame.get_by_label("Speed").select_option("4")
    tab.frame.get_by_role("button", name="Play").click()
    tab.wait_until(lambda: tab.titles() == {title(step) for step in range(EPOCHS + 1)})
    expect(tab.frame.get_by_role("button", name="Play")).to_be_visible()
    tab.wait_for_picture(EPOCHS)


def test_samples_move_smoothly_between_steps(open_tab: Open) -> None:
    tab = open_tab(keys=f"&p.tb_embed.step={EPOCHS - 1}")
    tab.wait_for_picture(EPOCHS - 1)
    # A camera that the user has moved stays, so that what moves is the samples.
    tab.canvas.focus()
    tab.page.keyboard.press("+")
    tab.settle()
    # Some of the samples, as they are in each animation frame.
    tab.canvas.evaluate(
        """() => {
            window.frames_seen = [];
            const look = () => {
                const places = window.tbEmbed.screenPositions().slice(0, 300);
                window.frames_seen.push(Array.from(places));
                if (window.frames_seen.length < 2000) requestAnimationFrame(look);
            };
            look();
        }"""
    )
    # So slowly that a busy machine draws some of it.
    tab.frame.get_by_label("Speed").select_option("0.5")
    tab.frame.get_by_role("button", name="Play").click()
    tab.wait_for_picture(EPOCHS)
    between = np.array(tab.canvas.evaluate("() => window.frames_seen"))
    start, end = between[0], between[-1]
    travelled = np.linalg.norm(between - start, axis=1) / np.linalg.norm(end - start)

    assert ((travelled > 0.05) & (travelled < 0.95)).any(), "neither here nor there"
    assert (np.diff(travelled) >= -1e-9).all(), "straight on"


def test_reduced_motion_jumps(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True, keys="&p.tb_embed.step=0")
    tab.wait_for_picture(0)
    start = tab.positions()
    tab.slider.focus()
    tab.page.keyboard.press("End")
    seen = [tab.positions_next_frame() for _ in range(6)]
    tab.wait_for_picture(EPOCHS)
    end = tab.positions()

    for positions in seen:
        assert np.array_equal(positions, start) or np.allclose(positions, end, atol=0.01)


def test_the_curve_and_the_share_are_those_of_the_route(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    shown = tab.canvas.evaluate(
        "async () => (await (await fetch('quality?run=digits&layer=fc1'"
        " + '&components=2')).json()).frames.map(frame => frame.variance_shown)"
    )

    expect(tab.frame.get_by_role("region", name="Timeline")).to_contain_text(
        f"{100 * shown[-1]:.3g} %"
    )
    expect(
        tab.frame.get_by_role("img", name=re.compile("^Variance explained from"))
    ).to_be_visible()


def test_the_curve_above_the_slider_is_chosen_and_told_at_the_epoch_shown(
    open_tab: Open,
) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    timeline = tab.frame.get_by_role("region", name="Timeline")
    chooser = timeline.get_by_label("Curve above the slider")
    expect(chooser).to_have_value("")
    chooser.select_option("Accuracy")
    curve = timeline.get_by_role(
        "img", name=re.compile(rf"^Accuracy from .* % at epoch 0 to .* at epoch {EPOCHS};")
    )
    expect(curve).to_be_visible()
    told = (curve.get_attribute("aria-label") or "").split(" to ")[1].split(" at ")[0]
    expect(timeline.get_by_role("status")).to_have_text(told)
    curve.hover(position={"x": 2, "y": 10})
    expect(timeline.get_by_text(re.compile("^epoch 0: .* %$"))).to_be_visible()
    ticks = timeline.locator(".ticks span")
    expect(ticks).to_have_text([str(epoch) for epoch in range(EPOCHS + 1)])


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of as many epochs as the recorded one, of few samples."""
    run_dir = tmp_path_factory.mktemp("small") / "digits"
    rng = np.random.default_rng(0)
    clusters, noise = rng.normal(size=(2, 60, 6))
    for epoch in range(EPOCHS + 1):
        values = (epoch * clusters + noise).astype(np.float32)
        record(run_dir, epoch, {"fc1": values}, labels=np.arange(60) % 3, epoch=epoch)
    manifest = json.loads((run_dir / MANIFEST).read_text())
    manifest["steps"] = [{**step, "unit": "epoch"} for step in manifest["steps"]]
    (run_dir / MANIFEST).write_text(json.dumps(manifest))
    return run_dir


def test_what_happened_to_the_training_stands_below_the_slider(
    tmp_path: Path, small_run: Path, recording: Recording, open_tab: Open
) -> None:
    shutil.copytree(small_run, tmp_path / "digits")
    path = tmp_path / "digits" / MANIFEST
    manifest = json.loads(path.read_text()) | {"recording": False}
    (began, ended) = json.loads((recording.run_dir / MANIFEST).read_text())["phases"]
    happened = [("interrupted", 3), ("resumed", 3), ("recompiled", 7)]
    phases = [{**ended, "kind": kind, "step": step} for kind, step in happened]
    manifest["phases"] = [began, *phases, ended]
    manifest["steps"][2] |= {"superseded": True, "phase": 0}
    path.write_text(json.dumps(manifest))
    with tensorboard(tmp_path) as process:
        tab = open_tab(process)
        tab.wait_for_picture(EPOCHS)
        marks = tab.frame.get_by_role("list", name="Events of the training")
        expect(marks.get_by_role("listitem")).to_have_text(
            ["interrupted, continued", "recompiled"]
        )
        places = [
            box["x"]
            for mark in marks.get_by_role("listitem").all()
            if (box := mark.bounding_box())
        ]
        tab.slider.focus()
        for _ in range(EPOCHS - 3):
            tab.page.keyboard.press("ArrowLeft")
        tab.wait_for_picture(3)
        tab.page.keyboard.press("ArrowLeft")
        tab.wait_for_picture(1)  # the superseded one is not shown
        tab.frame.get_by_label("Show 1 superseded epoch").check()
        expect(marks.get_by_role("listitem")).to_have_text(
            ["superseded", "interrupted, continued", "recompiled"], timeout=20_000
        )
        stretches = tab.frame.get_by_role("list", name="Phases of the training")
        expect(stretches.get_by_role("listitem").filter(has_text="Superseded")).to_have_count(1)
        tab.slider.focus()
        tab.page.keyboard.press("ArrowRight")
        text = f"epoch 2 of {EPOCHS}, superseded, recorded after the training began"
        expect(tab.slider).to_have_attribute("aria-valuetext", text)
        tab.frame.get_by_label("Show 1 superseded epoch").uncheck()
        expect(marks.get_by_role("listitem")).to_have_count(2)
    assert places[0] < places[1]


@pytest.fixture
def growing(tmp_path: Path, small_run: Path) -> Path:
    """A copy of the run as it was after epoch 1, still recording."""
    shutil.copytree(small_run, tmp_path / "digits")
    grow(tmp_path / "digits", small_run, last=1, recording_goes_on=True)
    return tmp_path / "digits"


def grow(run_dir: Path, whole: Path, last: int, *, recording_goes_on: bool) -> None:
    manifest = json.loads((whole / MANIFEST).read_text())
    manifest["steps"] = [step for step in manifest["steps"] if step["step"] <= last]
    manifest["recording"] = recording_goes_on
    temporary = run_dir / "manifest.new"
    temporary.write_text(json.dumps(manifest))
    temporary.replace(run_dir / MANIFEST)


def stands_at(tab: Tab, last: int) -> None:
    text = f"epoch {last} of {last}"
    expect(tab.slider).to_have_attribute("aria-valuetext", text, timeout=20_000)
    tab.wait_for_picture(last)


def test_new_epochs_appear_while_training_runs(
    open_tab: Open, growing: Path, small_run: Path
) -> None:
    with tensorboard(growing.parent) as server:
        tab = open_tab(server, script=FREQUENT_POLLS)
        stands_at(tab, 1)
        outdated = tab.frame.get_by_text("PCA fitted on epochs 0\N{EN DASH}1")
        tab.page.evaluate("window.notReloaded = true")

        grow(growing, small_run, last=2, recording_goes_on=True)
        stands_at(tab, 2)
        expect(outdated).to_be_visible()

        grow(growing, small_run, last=3, recording_goes_on=True)
        stands_at(tab, 3)
        expect(outdated).to_be_hidden()

        grow(growing, small_run, last=EPOCHS, recording_goes_on=False)
        stands_at(tab, EPOCHS)
        tab.frame.get_by_role("button", name="How reliable is this view?").click()
        quality = tab.frame.get_by_role("region", name="Projection quality")
        expect(quality).to_contain_text(f"PCA fitted on all {EPOCHS + 1} epochs; explains")
        assert tab.page.evaluate("window.notReloaded")


def test_whoever_looks_at_an_old_step_is_left_there(
    open_tab: Open, growing: Path, small_run: Path
) -> None:
    with tensorboard(growing.parent) as server:
        tab = open_tab(server, keys="&p.tb_embed.step=0", script=FREQUENT_POLLS)
        tab.wait_for_picture(0)
        tab.canvas.focus()
        tab.page.keyboard.press("+")
        tab.settle()
        before = tab.positions()
        grow(growing, small_run, last=2, recording_goes_on=True)
        expect(tab.slider).to_have_attribute("aria-valuetext", "epoch 0 of 2", timeout=20_000)
        tab.wait_for_picture(0)

        np.testing.assert_allclose(tab.positions(), before, atol=0.01)
