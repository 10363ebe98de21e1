"""Waiting for t-SNE: what the page shows meanwhile. The server's answers are the tests' own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Route, expect

from tb_embed_plugin import wire
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.browser.tab import Open, Tab
from tests.harness import TensorBoardProcess, tensorboard
from tests.planted import class_snapshots, write_run

SAMPLES = 120
STEPS = 3

LEAST = """
() => {
    window.least = Infinity;
    const look = () => {
        const drawn = window.tbEmbed.screenPositions().length / 3;
        window.least = Math.min(window.least, drawn);
        requestAnimationFrame(look);
    };
    look();
}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run of two layers, and another one of fewer samples."""
    logdir = tmp_path_factory.mktemp("waiting")
    for run, samples in (("first", SAMPLES), ("other", SAMPLES // 2)):
        snapshots, codes = class_snapshots(0, STEPS, samples)
        labels = Column("label", "category", codes.astype(str).tolist())
        write_run(logdir / run, {"fc1": snapshots, "fc2": snapshots}, labels, fingerprint=run)
    with tensorboard(logdir) as process:
        yield process


class Layouts:
    """Stands for the server where t-SNE is asked for.

    Args:
        tab: The tab that asks.

    Attributes:
        told: What it answers.
        frames: The steps that are computed.
        started: How often it was told to begin.
        cancelled: How often it was told to end.
        on_start: What it answers from then on.
    """

    def __init__(self, tab: Tab) -> None:
        self.told: dict[str, Any] = {"message": "", "total": STEPS, "part": 0.0, "jobs": 0}
        self.frames: list[int] = []
        self.started = self.cancelled = 0
        self.on_start: dict[str, Any] = {"state": "running", "jobs": 1}
        tab.page.route(re.compile(r"/projection\?.*engine=tsne"), self._project)
        tab.page.route(re.compile(r"/cancel\?.*engine=tsne"), self._cancel)
        tab.page.route(re.compile(r"/quality\?.*engine=tsne"), self._quality)
        self.say(state="absent", expected_seconds=130.0)

    def say(self, **told: Any) -> None:
        """Answers so from now on."""
        self.told.update(told)

    def _project(self, route: Route) -> None:
        if "start=1" in route.request.url:
            self.started += 1
            self.say(**self.on_start)
        info = self.told | {"done": len(self.frames), "layout": "one"}
        if not self.frames:
            return route.fulfill(status=202, body=json.dumps(info))
        frames = np.stack([_frame(step) for step in self.frames])
        tensors = {**wire.quantize(frames), "steps": np.array(self.frames, np.int32)}
        return route.fulfill(body=wire.encode(tensors, info))

    def _cancel(self, route: Route) -> None:
        self.cancelled += 1
        self.say(state="cancelled", jobs=0)
        route.fulfill(body='{"state": "cancelled"}')

    def _quality(self, route: Route) -> None:
        route.fulfill(body=json.dumps({"state": "absent", "frames": [], "sentence": ""}))


def _frame(step: int) -> NDArray[np.float32]:
    return np.random.default_rng(step).normal(size=(SAMPLES, 2)).astype(np.float32)


def notice(tab: Tab) -> Locator:
    """Returns what is said of the layout."""
    return tab.frame.get_by_role("region", name="Layout")


def choose(tab: Tab, field: str, label: str) -> None:
    """Chooses something in the panel."""
    tab.frame.get_by_role("combobox", name=field, exact=True).select_option(label=label)


def dimmed(tab: Tab) -> None:
    """Waits until the picture is that of an earlier choice."""
    expect(tab.frame.get_by_role("region", name="Stage")).to_have_class("stage stale")
    expect(tab.canvas).to_have_css("opacity", "0.35")


def opened(open_tab: Open, runs: TensorBoardProcess, **options: Any) -> tuple[Tab, Layouts]:
    """Returns a tab with PCA's picture, and what answers for t-SNE."""
    tab = open_tab(at=runs, **options)
    tab.wait_for_picture(STEPS - 1)
    return tab, Layouts(tab)


def test_a_long_layout_waits_for_a_click_and_the_picture_before_stays_dimmed(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab, layouts = opened(open_tab, runs)
    before = tab.positions()
    choose(tab, "View", "t-SNE")
    button = notice(tab).get_by_role("button", name="Compute t-SNE (about 2 min)")
    expect(button).to_be_visible()
    expect(notice(tab)).to_contain_text("t-SNE: not computed yet")
    dimmed(tab)
    np.testing.assert_array_equal(tab.positions(), before)
    assert layouts.started == 0
    button.click()
    expect(notice(tab)).to_contain_text("Computing t-SNE: epoch 1 of 3")
    assert layouts.started == 1
    notice(tab).get_by_role("button", name="Cancel").click()
    expect(button).to_be_visible()
    assert layouts.cancelled == 1


def test_a_layout_that_a_link_names_is_not_said_to_be_shown(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab, _ = opened(open_tab, runs)
    tab.open(keys="&p.tb_embed.engine=tsne")
    tab.page.reload()
    expect(notice(tab)).to_contain_text("t-SNE: not computed yet")
    expect(notice(tab)).not_to_contain_text("is shown")
    expect(tab.canvas).to_have_accessible_name(re.compile("^t-SNE of fc1 is not computed yet$"))
    page = tab.inspect("Findings")
    expect(page.get_by_text("Findings appear once t-SNE is computed.")).to_be_visible()


def test_a_busy_server_is_asked_again_and_nothing_has_failed(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab, _ = opened(open_tab, runs, tolerated="429|503")
    refused = 0

    def refuse(route: Route) -> None:
        nonlocal refused
        refused += 1
        if refused < 3:
            route.fulfill(
                status=429 + 74 * (refused % 2), headers={"Retry-After": "2"}, body=""
            )
        else:
            route.fallback()

    tab.page.route(re.compile(r"/projection\?.*layer=fc2"), refuse)
    choose(tab, "Layer", "fc2")
    expect(tab.frame.get_by_text("Waiting for the server…")).to_be_visible()
    expect(tab.frame.get_by_text("Waiting for the server…")).to_have_count(0)
    expect(tab.frame.get_by_role("alert")).to_have_count(0)
    assert refused >= 3


def test_a_short_layout_starts_by_itself_once_no_other_job_runs(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab, layouts = opened(open_tab, runs)
    layouts.say(expected_seconds=8.0, jobs=1)
    choose(tab, "View", "t-SNE")
    expect(notice(tab)).to_contain_text("t-SNE: starts when another computation has ended")
    expect(notice(tab).get_by_role("button", name="Compute t-SNE (about 8 s)")).to_be_visible()
    assert layouts.started == 0
    layouts.say(jobs=0)
    expect(notice(tab)).to_contain_text("Computing t-SNE: epoch 1 of 3, about 8 s left")
    assert layouts.started == 1


def test_an_address_alone_starts_nothing(open_tab: Open, runs: TensorBoardProcess) -> None:
    tab, layouts = opened(open_tab, runs)
    layouts.say(expected_seconds=8.0)
    tab.page.evaluate("() => { location.hash += '&p.tb_embed.engine=tsne'; }")
    button = notice(tab).get_by_role("button", name="Compute t-SNE (about 8 s)")
    expect(button).to_be_visible()
    tab.page.reload()
    expect(button).to_be_visible()
    assert layouts.started == 0


def test_the_bar_is_honest_until_the_end(open_tab: Open, runs: TensorBoardProcess) -> None:
    tab, layouts = opened(open_tab, runs)
    layouts.say(expected_seconds=15.0)
    layouts.on_start = {"state": "running", "expected_seconds": 15.0, "part": 0.25, "jobs": 1}
    choose(tab, "View", "t-SNE")
    bar = notice(tab).get_by_role("progressbar", name="t-SNE computed")
    first = "Computing t-SNE: epoch 1 of 3, about 15 s left"
    expect(bar).to_have_attribute("aria-valuetext", first)
    expect(bar).to_have_js_property("value", 0.25)
    expect(notice(tab).get_by_role("status").first).to_have_text(first)

    # The first frame is shown, though it is that of another epoch than the one on the slider.
    tab.slider.focus()
    tab.page.keyboard.press("Home")
    dimmed(tab)
    layouts.frames = [2]
    layouts.say(part=0.1, expected_seconds=60.0)
    expect(bar).to_have_attribute(
        "aria-valuetext", "Computing t-SNE: epoch 2 of 3, longer than expected"
    )
    expect(notice(tab)).to_contain_text("Epoch 0 is not computed yet; epoch 2 is shown")
    expect(tab.frame.get_by_role("region", name="Stage")).to_have_class("stage")
    assert len(tab.positions()) == SAMPLES

    layouts.frames = []
    layouts.say(part=0.0, expected_seconds=9.0)
    expect(bar).to_have_attribute(
        "aria-valuetext", "Computing t-SNE: epoch 2 of 3, about 9 s left"
    )
    layouts.frames = [2, 1]
    layouts.say(part=1.0, expected_seconds=0.0)
    expect(bar).to_have_attribute("aria-valuetext", "Computing t-SNE: epoch 3 of 3")
    assert bar.evaluate("bar => bar.value < bar.max")
    layouts.frames = [0, 1, 2]
    layouts.say(state="done", part=0.0)
    expect(notice(tab)).to_have_count(0)
    tab.wait_for_picture(0)


def test_a_job_that_fails_says_why_and_can_be_tried_again(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab, layouts = opened(open_tab, runs)
    layouts.say(expected_seconds=8.0)
    layouts.on_start = {"state": "failed", "message": "it may lack memory", "jobs": 0}
    choose(tab, "View", "t-SNE")
    expect(notice(tab).get_by_role("alert")).to_have_text(
        "Could not compute t-SNE. It may lack memory."
    )
    layouts.on_start = {"state": "running", "message": "", "jobs": 1}
    notice(tab).get_by_role("button", name="Try again").click()
    expect(notice(tab)).to_contain_text("Computing t-SNE: epoch 1 of 3")
    assert layouts.started == 2


def test_nothing_goes_white_or_black_while_another_picture_is_on_its_way(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab, layouts = opened(open_tab, runs)
    layouts.frames = [0, 1, 2]
    layouts.say(state="done")
    tab.page.evaluate(LEAST)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route(re.compile(r"/projection\?.*(other|fc2)"), hold)

    def colored() -> int:
        pixels = tab.pixels().astype(int)
        return int((np.ptp(pixels, axis=2) > 20).sum())

    def answer() -> None:
        tab.wait_until(lambda: bool(held))
        while held:
            held.pop().continue_()

    at_first = colored()
    choose(tab, "Layer", "fc2")
    dimmed(tab)
    assert colored() > at_first / 3
    answer()
    tab.wait_for_picture(STEPS - 1)
    choose(tab, "Run", "other")
    dimmed(tab)
    assert len(tab.positions()) == SAMPLES, "the picture before stays"
    assert colored() > at_first / 3, "in its own colors"
    x, y = tab.positions()[0]
    tab.canvas.click(position={"x": x, "y": y})
    answer()
    tab.wait_for_picture(STEPS - 1)
    assert len(tab.positions()) == SAMPLES // 2
    expect(tab.frame.get_by_role("region", name="Sample")).to_have_count(0)
    tab.page.unroute_all(behavior="ignoreErrors")
    tab.frame.get_by_text(re.compile("^3-?D$")).click()
    tab.wait_for_picture(STEPS - 1)
    assert tab.canvas.evaluate("() => window.least") == SAMPLES // 2


def test_the_page_says_that_runs_are_still_read_and_takes_them_in_by_itself(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    asked: list[str] = []
    unread = [998]

    def answer(route: Route) -> None:
        asked.append(route.request.url.partition("tb_embed/")[2])
        told = route.fetch().json()
        if unread[0] > 0:
            told["runs"] = [run for run in told["runs"] if run["run"] == "other"]
        route.fulfill(json={**told, "unread": unread[0]})

    tab = open_tab(runs, reduced_motion=True, keys="&p.tb_embed.run=other")
    tab.page.route(re.compile(r"/tb_embed/runs"), answer)
    tab.page.reload()
    tab.wait_for_picture(STEPS - 1)
    # The run that the address names is read before all others.
    assert asked[0] == "runs?run=other"
    chooser = tab.frame.get_by_label("Run", exact=True)
    expect(chooser).to_have_accessible_description("1 of 999 runs; reading the others")
    expect(chooser.get_by_role("option")).to_have_count(1)
    unread[0] = 0
    expect(chooser.get_by_role("option")).to_have_count(2)
    expect(chooser).to_have_value("other")
    expect(tab.frame.get_by_text("reading the others")).to_have_count(0)
