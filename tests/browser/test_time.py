"""Time, and what is shown besides the samples: trails, names, ghosts, what is held still."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from tb_embed_plugin import record
from tests.browser.tab import FREQUENT_POLLS, Open, Tab
from tests.harness import EPOCHS, TensorBoardProcess, tensorboard

STEPS = (0, 1, 10, 100)
SAMPLES = 90
LABELS = np.arange(SAMPLES) % 3
SIZES = np.where(np.arange(SAMPLES) == 4, np.nan, np.arange(SAMPLES))
NO_WEBGL = (
    "const get = HTMLCanvasElement.prototype.getContext;"
    "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
    "  return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };"
)


def snapshot(step: int) -> NDArray[np.float32]:
    """Everything drifts: label 0 turned and shifted as a whole, the others on their own too."""
    rng = np.random.default_rng(7)
    cloud = rng.normal(size=(SAMPLES, 2)) * (3, 2)
    angle = 0.25 * STEPS.index(step)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    own = np.random.default_rng(step).normal(size=(SAMPLES, 2)) * (LABELS != 0)[:, None]
    drifted = (cloud + own) @ turn.T + (0.8 * STEPS.index(step), 0)
    # A third unit without meaning, far below a pixel.
    return np.column_stack([drifted, 1e-4 * rng.normal(size=SAMPLES)]).astype(np.float32)


def write(run_dir: Path, step: int, *, first: bool, finished: bool) -> None:
    """Records a step of the planted run."""
    images = np.zeros((SAMPLES, 8, 8, 3), np.uint8)
    images[:, 2:6, 2:6] = (200, 40, 40)
    chain = [str(i + 3) if i + 3 < SAMPLES else "" for i in range(SAMPLES)]
    # What the samples are is said with the first step alone.
    record(
        run_dir,
        step,
        {"fc1": snapshot(step)},
        labels=LABELS if first else None,
        images=images if first else None,
        metadata={"weight": list(SIZES), "__next__": chain} if first else None,
        finished=finished,
    )


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run with a planted drift, of four steps that lie ever farther apart."""
    logdir = tmp_path_factory.mktemp("drift")
    for step in STEPS:
        write(logdir / "run", step, first=step == 0, finished=step == STEPS[-1])
    with tensorboard(logdir) as process:
        yield process


def menu(tab: Tab) -> Locator:
    """The opened menu of what else is shown."""
    body = tab.frame.get_by_role("region", name="Overlays", exact=True)
    if not body.is_visible():
        tab.frame.locator("summary", has_text="Overlays").click()
    return body


def close_menu(tab: Tab) -> None:
    """Folds the menu again."""
    tab.frame.locator("summary", has_text="Overlays").press("Escape")


def overlay(tab: Tab) -> NDArray[np.uint8]:
    """What lies over the samples, (height, width, 4)."""
    picture: str = tab.frame.locator("canvas.above").evaluate("canvas => canvas.toDataURL()")
    png = base64.b64decode(picture.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def inked(tab: Tab) -> int:
    """How many pixels of the overlay are not empty."""
    return int((overlay(tab)[:, :, 3] > 0).sum())


def red(tab: Tab) -> int:
    """How many pixels have the thumbnails' colour."""
    pixels = tab.pixels().astype(int)
    return int((np.abs(pixels - (200, 40, 40)).sum(axis=2) < 12).sum())


def select_label(tab: Tab, label: int) -> None:
    """Selects a digit's samples by searching."""
    tab.frame.get_by_role("searchbox").fill(f"label:{label}")
    tab.frame.get_by_role("searchbox").press("Enter")


def test_trails_lead_to_where_the_hovered_sample_is_and_follow_the_camera(
    open_tab: Open,
) -> None:
    tab = open_tab(keys="&p.tb_embed.show=names:0")
    tab.wait_for_picture(EPOCHS)
    assert inked(tab) == 0
    menu(tab).get_by_label("Trails").check()
    close_menu(tab)
    tab.wait_until(lambda: inked(tab) > 200)
    of_classes = inked(tab)
    # The sample farthest to the left has few others around it.
    positions = tab.positions()
    height, width = tab.pixels().shape[:2]
    on_stage = ((positions > 10) & (positions < (width - 10, height - 70))).all(axis=1)
    sample = int(np.argmin(np.where(on_stage, positions[:, 0], np.inf)))
    tab.point_at(*positions[sample])
    tab.wait_until(lambda: inked(tab) > of_classes)
    x, y = np.round(positions[sample]).astype(int)
    tab.wait_until(lambda: bool(overlay(tab)[y - 2 : y + 3, x - 2 : x + 3, 3].any()))

    tab.canvas.focus()
    before = overlay(tab)
    tab.page.keyboard.press("ArrowRight")
    tab.wait_until(lambda: not np.array_equal(before, overlay(tab)))


def test_class_names_stand_at_the_medians_and_do_not_cover_one_another(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    menu(tab).get_by_label("Class names").check()
    close_menu(tab)
    tab.wait_until(lambda: inked(tab) > 300)
    menu(tab).get_by_label("Class names").uncheck()
    tab.wait_until(lambda: inked(tab) == 0)
    # A label beside each of the samples selected, as many as there is room for.
    menu(tab).get_by_label("Label samples by").select_option("label")
    close_menu(tab)
    select_label(tab, 3)
    tab.wait_until(lambda: inked(tab) > 300)


def test_a_ghost_shows_where_the_samples_were(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)

    def samples() -> NDArray[np.int64]:
        """The picture above the line in words, which comes when it has been measured."""
        return tab.pixels()[:-80].astype(np.int64)

    before = samples()
    menu(tab).get_by_label("Overlay").select_option("ghost")
    menu(tab).get_by_label(re.compile("^Which (epoch|step)$")).select_option("0")
    close_menu(tab)
    tab.wait_until(lambda: int((samples() != before).any(axis=2).sum()) > 500)

    menu(tab).get_by_label("Overlay").select_option("onion")
    expect(menu(tab).get_by_label(re.compile("^Second (epoch|step)$"))).to_have_value(
        str(EPOCHS)
    )
    menu(tab).get_by_label("Overlay").select_option("none")
    close_menu(tab)
    tab.wait_until(lambda: np.array_equal(samples(), before))


def test_selected_samples_are_held_still_while_the_others_move(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, width=1600, reduced_motion=True)
    tab.wait_for_picture(STEPS[-1])
    held = LABELS == 0

    def moved() -> NDArray[np.float64]:
        return np.asarray(np.linalg.norm(tab.positions() - before, axis=1))

    select_label(tab, 0)
    # The inspector that opens makes the stage narrower.
    expect(tab.frame.get_by_role("button", name="Align on selection")).to_be_visible()
    tab.settle()
    before = tab.positions()
    tab.frame.get_by_role("button", name="Align on selection").click()
    tab.settle()
    assert moved()[held].max() < 0.1, "holding itself moves nothing"
    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    assert moved()[held].max() < 2
    assert np.median(moved()[~held]) > 20
    tab.frame.get_by_role("button", name="Stop aligning").click()
    tab.wait_until(lambda: bool(np.median(moved()[held]) > 20))


def test_fit_shows_the_selection_as_large_as_it_fits(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, width=1600, reduced_motion=True)
    tab.wait_for_picture(STEPS[-1])
    few = np.argsort(tab.positions()[:, 0])[:2]
    apart = np.hypot(*np.diff(tab.positions()[few], axis=0)[0])
    for sample in few:
        x, y = tab.positions()[sample]
        box = tab.canvas.bounding_box()
        assert box is not None
        tab.page.keyboard.down("Shift")
        tab.page.mouse.click(box["x"] + x, box["y"] + y)
        tab.page.keyboard.up("Shift")
    tab.frame.get_by_role("tab", name="Selection").click()
    tab.frame.get_by_role("button", name="Zoom to selection", exact=True).click()
    tab.wait_until(
        lambda: bool(np.hypot(*np.diff(tab.positions()[few], axis=0)[0]) > 2 * apart)
    )
    box = tab.canvas.bounding_box()
    assert box is not None
    assert (tab.positions()[few] > 0).all()
    assert (tab.positions()[few] < (box["width"], box["height"])).all()


def test_steps_lie_as_far_apart_as_they_were_trained(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, reduced_motion=True)
    tab.wait_for_picture(STEPS[-1])
    menu(tab).get_by_label(re.compile("^Space (epoch|step)s evenly$")).uncheck()
    close_menu(tab)
    ticks = tab.frame.locator(".ticks line")
    places = "lines => lines.map(line => parseFloat(line.getAttribute('x1')))"
    tab.wait_until(lambda: bool(ticks.evaluate_all(places) == list(STEPS)))
    tab.slider.focus()
    tab.page.keyboard.press("ArrowLeft")
    tab.wait_for_picture(10)
    tab.page.keyboard.press("ArrowLeft")
    tab.wait_for_picture(1)


def test_playing_in_a_loop_begins_again(open_tab: Open, planted: TensorBoardProcess) -> None:
    tab = open_tab(planted)
    tab.wait_for_picture(STEPS[-1])
    tab.frame.get_by_role("button", name="Loop").click()
    tab.frame.get_by_role("button", name="Play").click()
    begun = 0
    before = ""

    def begins_twice() -> bool:
        nonlocal begun, before
        now = tab.canvas.get_attribute("aria-label") or ""
        begun += now != before and ", step 0," in now
        before = now
        return begun == 2

    tab.wait_until(begins_twice)
    tab.frame.get_by_role("button", name="Pause").click()


def test_size_sequence_density_and_factors_change_the_picture(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, reduced_motion=True, keys="&p.tb_embed.show=names:0")
    tab.wait_for_picture(STEPS[-1])
    tab.frame.get_by_text("Dots", exact=True).click()
    tab.settle()

    def colored() -> int:
        return int((np.ptp(tab.pixels().astype(int), axis=2) > 60).sum())

    usual = colored()
    menu(tab).get_by_label("Size", exact=True).fill("1")
    close_menu(tab)
    tab.wait_until(lambda: colored() > 2 * usual)
    menu(tab).get_by_label("Size", exact=True).fill("0")
    menu(tab).get_by_label("Size by").select_option("weight")
    close_menu(tab)
    tab.wait_until(lambda: usual < colored() < 4 * usual)
    # So are thumbnails.
    tab.frame.get_by_text("Images", exact=True).click()
    tab.wait_until(lambda: red(tab) > 1000)
    sized = red(tab)
    menu(tab).get_by_label("Size by").select_option("")
    close_menu(tab)
    tab.wait_until(lambda: 0 < red(tab) < sized / 1.2)
    menu(tab).get_by_label("Size by").select_option("weight")
    close_menu(tab)
    tab.frame.get_by_text("Dots", exact=True).click()
    assert inked(tab) == 0
    menu(tab).get_by_label("Sequence lines").check()
    close_menu(tab)
    tab.wait_until(lambda: inked(tab) > 500)
    menu(tab).get_by_label("Overlay").select_option("density")
    close_menu(tab)
    shading = tab.frame.locator("canvas.beneath")
    inked_beneath = (
        "canvas => canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    )
    tab.wait_until(lambda: bool(shading.evaluate(inked_beneath)))


def test_a_lost_context_comes_back_with_its_thumbnails(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, reduced_motion=True)
    tab.wait_for_picture(STEPS[-1])

    tab.frame.get_by_text("Images", exact=True).click()
    tab.wait_until(lambda: red(tab) > 1000)
    before = tab.pixels()
    tab.canvas.evaluate("""one => new Promise(done => {
        const loss = one.getContext('webgl2').getExtension('WEBGL_lose_context');
        one.addEventListener('webglcontextrestored', () => requestAnimationFrame(done));
        loss.loseContext();
        setTimeout(() => loss.restoreContext(), 200);
    })""")
    tab.wait_until(lambda: np.array_equal(tab.pixels(), before))


def test_without_webgl_dots_are_drawn_and_can_be_chosen(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, width=1600, reduced_motion=True, script=NO_WEBGL)
    tab.wait_for_picture(STEPS[-1])
    expect(tab.frame.get_by_role("alert")).to_contain_text("no WebGL 2")
    left = int(np.argmin(tab.positions()[:, 0]))
    x, y = tab.positions()[left]
    # A dot in its class's colour.
    tab.wait_until(lambda: bool(np.ptp(tab.pixels()[round(y), round(x)].astype(int)) > 40))
    box = tab.canvas.bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + x, box["y"] + y)
    expect(tab.frame.get_by_role("tab", name="Sample")).to_have_attribute(
        "aria-selected", "true"
    )


def test_a_recording_is_followed_or_not_and_its_axes_made_anew(
    open_tab: Open, tmp_path: Path
) -> None:
    for step in STEPS[:2]:
        write(tmp_path / "run", step, first=step == 0, finished=False)
    with tensorboard(tmp_path) as server:
        tab = open_tab(server, reduced_motion=True, script=FREQUENT_POLLS)
        tab.wait_for_picture(1)
        follow = tab.frame.get_by_label("Follow training")
        expect(follow).to_be_checked()
        follow.uncheck()
        write(tmp_path / "run", 10, first=False, finished=False)
        expect(tab.frame.locator(".ticks line")).to_have_count(3)
        expect(tab.canvas).to_have_accessible_name(f"2D PCA of fc1, step 1, {SAMPLES} samples")
        follow.check()
        tab.wait_for_picture(10)
        outdated = tab.frame.get_by_text("PCA fitted on steps 0\N{EN DASH}1")
        expect(outdated).to_be_visible()
        tab.frame.get_by_role("button", name="Refit axes").click()
        expect(outdated).to_be_hidden()
        expect(tab.frame.get_by_role("button", name="Refit axes")).to_be_hidden()


def test_axes_run_between_groups_that_were_selected(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    tab = open_tab(planted, width=1600, reduced_motion=True)
    tab.wait_for_picture(STEPS[-1])
    dimensions = tab.frame.get_by_role("group", name="Dimensions")
    view = tab.frame.get_by_role("combobox", name="View", exact=True)
    view.select_option("axes")
    tab.frame.get_by_text("View settings").click()
    # Both groups first: until then there are no axes to ask for.
    for side, label in (("Left", 0), ("Right", 1)):
        select_label(tab, label)
        tab.frame.get_by_role("combobox", name="Axes by").select_option("groups")
        group = tab.frame.get_by_role("group", name=side)
        group.get_by_role("button", name="Set from selection (30)").click()
        expect(group).to_contain_text("30 samples")
    expect(tab.canvas).to_have_accessible_name(re.compile(r"Class axes \(LDA / means\) of fc1"))
    tab.wait_for_picture(STEPS[-1])
    x = tab.positions()[:, 0]
    assert x[LABELS == 0].mean() < x[LABELS == 1].mean()
    tab.frame.get_by_role("group", name="Left").get_by_role("button", name="Clear").click()
    expect(tab.frame.get_by_role("group", name="Left")).to_contain_text("no samples")
    expect(dimensions.get_by_text("3D")).to_be_visible()
    view.select_option("tsne")
    expect(dimensions.get_by_text("3D")).to_be_hidden()
