"""Eight hours of play, shortened: what each round leaves on the heap and in the DOM.

The slope over rounds tells a leak from caches that fill once: the heap is measured after a
forced collection, whatever that takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import expect

from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.browser.tab import FREQUENT_POLLS, Open, Tab
from tests.harness import TensorBoardProcess, tensorboard
from tests.planted import class_snapshots, write_run

SAMPLES = 200
STEPS = 6

FRAMES = """
async (frames) => {
    for (let i = 0; i < frames; i += 1) await new Promise(requestAnimationFrame);
}
"""
PLAY = """
async (frames) => {
    const press = (name) => {
        const named = ({ ariaLabel, innerText }) => (ariaLabel ?? innerText).trim() === name;
        [...document.querySelectorAll("button")].find(named).click();
    };
    const pass = async (frames) => {
        for (let i = 0; i < frames; i += 1) await new Promise(requestAnimationFrame);
    };
    press("Play");
    await pass(frames);
    // What is under way in the middle of a move is no leak.
    press("Pause");
    await pass(30);
}
"""
A_ROUND = 240

CHOOSE = """
async () => {
    const stage = document.querySelector("canvas[role=application]");
    const rest = async () => {
        do {
            for (let i = 0; i < 6; i += 1) await new Promise(requestAnimationFrame);
        } while (stage.closest("[aria-busy]").ariaBusy !== "false");
    };
    const choose = async (name, ...values) => {
        const named = ({ innerText }) => innerText.trim() === name;
        const label = [...document.querySelectorAll(".field label")].find(named);
        for (const value of values) {
            const field = document.getElementById(label.htmlFor);
            field.value = value;
            field.dispatchEvent(new Event("change", { bubbles: true }));
            await rest();
        }
    };
    const { left, top } = stage.getBoundingClientRect();
    const point = (kind, x, y) => stage.dispatchEvent(new PointerEvent(kind, {
        bubbles: true, pointerId: 1, clientX: left + x, clientY: top + y, button: 0,
    }));
    await choose("Run", "b", "a");
    await choose("Layer", "fc2", "fc1");
    await choose("Color by", "", "label");
    const places = window.tbEmbed.screenPositions();
    for (let i = 0; i < 60; i += 3) {
        point("pointermove", places[i], places[i + 1]);
        await new Promise(requestAnimationFrame);
    }
    point("pointerdown", places[57], places[58]);
    point("pointerup", places[57], places[58]);
    await rest();
}
"""
"""Goes through the runs, layers, colors and samples, by the page's own events: what the tests'
driver keeps of each question that it asks would be counted, too."""

WARM_UP = 8
ROUNDS = 12
MOST_BYTES = 20_000
"""A round may leave on the heap, 83 a frame; what is compiled on the way grows a little."""
MOST_NODES = 1.0
"""DOM nodes, or listeners, that a round may leave."""


@dataclass(frozen=True)
class Kept:
    """What is left after a round."""

    heap: int
    nodes: int
    listeners: int


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on two runs of two layers."""
    logdir = tmp_path_factory.mktemp("heap")
    for seed, run in enumerate(("a", "b")):
        snapshots, codes = class_snapshots(seed, STEPS, SAMPLES)
        labels = Column("label", "category", codes.astype(str).tolist())
        write_run(logdir / run, {"fc1": snapshots, "fc2": snapshots[::-1]}, labels)
    with tensorboard(logdir) as process:
        yield process


def assert_nothing_grows(tab: Tab, a_round: Callable[[], None]) -> None:
    """Checks that rounds in a row leave nothing, once all has been done that is done once."""
    session = tab.page.context.new_cdp_session(tab.page)

    def kept() -> Kept:
        a_round()
        # What a collection lets go is finalized in a task of its own.
        for _ in range(3):
            session.send("HeapProfiler.collectGarbage")
            tab.page.evaluate(FRAMES, 2)
        heap = int(session.send("Runtime.getHeapUsage")["usedSize"])
        counts = session.send("Memory.getDOMCounters")
        return Kept(heap, counts["nodes"], counts["jsEventListeners"])

    for _ in range(WARM_UP):
        kept()
    rounds = [kept() for _ in range(ROUNDS)]
    session.detach()
    heap, nodes, listeners = (
        np.polyfit(range(ROUNDS), [getattr(one, name) for one in rounds], 1)[0]
        for name in ("heap", "nodes", "listeners")
    )
    assert heap <= MOST_BYTES, rounds
    assert nodes <= MOST_NODES, rounds
    assert listeners <= MOST_NODES, rounds


@pytest.mark.soak("plays for minutes")
def test_playing_and_polling_leave_nothing(open_tab: Open, runs: TensorBoardProcess) -> None:
    tab = open_tab(runs, width=1500, script=FREQUENT_POLLS)
    tab.wait_for_picture(STEPS - 1)
    tab.frame.get_by_role("button", name="Loop").click()
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))

    assert_nothing_grows(tab, lambda: tab.page.evaluate(PLAY, A_ROUND))
    assert len([url for url in asked if "tb_embed/runs" in url]) > ROUNDS, "it polls meanwhile"


@pytest.mark.soak("chooses for minutes")
def test_choosing_over_and_over_leaves_nothing(
    open_tab: Open, runs: TensorBoardProcess
) -> None:
    tab = open_tab(runs, width=1500, reduced_motion=True)
    tab.wait_for_picture(STEPS - 1)
    assert_nothing_grows(tab, lambda: tab.page.evaluate(CHOOSE))
    expect(tab.frame.get_by_role("heading", name="Sample 19")).to_be_visible()
