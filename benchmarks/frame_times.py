"""What a frame of our page costs beside a bare `THREE.Points` draw of as many points.

Claim: a frame of our page takes at most 1.3 times a bare `THREE.Points` draw of as many points
at 10,000, 100,000 and 1,000,000; hovering at 100,000 is answered within one frame; 1,000 frames
of orbiting or playing leave at most 100 kB on the heap.

The names of classes, which the page shows of itself, lie on a canvas of their own; a frame with
them is printed apart, and not bounded.

Both are drawn by the same browser, on canvases of one size, at the same places on the screen,
with dots of the same size and opacity, all of them moving 40 pixels to and fro: ours by the
arrow keys of the page as it is served, the bare one by its camera. Ours draws round, smooth
dots between two steps, with marks and sizes of their own; the bare one draws THREE's squares,
as wide as our dots with the pixel of their soft rim.
They take turns, ours first and the bare one first. The browser draws as fast as it can, and a
frame lasts from one animation frame to the next, each drawn to its end.

Then, on our page alone: in how many animation frames the ring around a sample follows the
pointer, and what 1,000 frames of orbiting and of playing leave on the heap.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from benchmarks.ratio import Ratio
from tb_embed_plugin import record
from tests.browser.chromium import launch
from tests.browser.tab import Tab
from tests.harness import tensorboard

ROOT = Path(__file__).parents[1]
THREE = ROOT / "frontend" / "node_modules" / "three" / "build"
FRAMES = {10_000: 40, 100_000: 20, 1_000_000: 6}
"""By number of points: how many frames are measured a turn."""
WARM = 3
STEPS = 3
MOST = 1.3
WIDTH, HEIGHT = 1400, 900
MOST_LEFT = 100_000
"""Bytes that 1,000 frames may leave on the heap."""
UNLIMITED = ("--disable-frame-rate-limit", "--disable-gpu-vsync")
NEEDED = ("runs", "metadata", "projection", "engines", "index.js", "assets")
"""What our page asks for before it can draw; what is measured of the run would only disturb."""

BARE_PAGE = Path(__file__).with_name("bare_points.html")

OUR_MOVE = """
const canvas = document.querySelector("canvas.samples");
window.move = i => canvas.dispatchEvent(
  new KeyboardEvent("keydown", {key: i % 2 ? "ArrowLeft" : "ArrowRight", bubbles: true}));
"""

MEASURE = """
frames => new Promise(done => {
  const times = [];
  let before = null;
  const pixel = new Uint8Array(4);
  const drawn = [...document.querySelectorAll("canvas.samples, canvas.bare")];
  const gls = drawn.map(one => one.getContext("webgl2"));
  const turn = () => {
    // A pixel can only be read once all before it is drawn; finish() does not wait in Chromium.
    for (const gl of gls) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    const now = performance.now();
    if (before !== null) times.push(now - before);
    before = now;
    if (times.length === frames) return done(times);
    window.move(times.length);
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
})
"""

HOVER = """
async () => {
  const canvas = document.querySelector("canvas.samples");
  const box = canvas.getBoundingClientRect();
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const places = window.tbEmbed.screenPositions().slice();
  const inside = i => places[3 * i] > 20 && places[3 * i] < box.width - 20
    && places[3 * i + 1] > 20 && places[3 * i + 1] < box.height - 20;
  const where = () => document.querySelector(".ring")?.style.transform ?? "";
  const waited = [];
  for (let i = 0; waited.length < 60; i += 997) {
    if (!inside(i)) continue;
    const before = where();
    canvas.dispatchEvent(new PointerEvent("pointermove", {pointerType: "mouse",
      clientX: box.left + places[3 * i], clientY: box.top + places[3 * i + 1], bubbles: true}));
    let frames = 0;
    do {
      await frame();
      frames += 1;
    } while (where() === before && frames < 60);
    waited.push(frames);
  }
  return waited;
}
"""


def record_cloud(logdir: Path, samples: int) -> None:
    """Records three clouds that differ a little."""
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(samples, 4)) * [4, 3, 2, 1]
    for step in range(STEPS):
        moved = cloud + 0.2 * step * rng.normal(size=cloud.shape)
        record(
            logdir / "cloud",
            step,
            {"fc1": moved.astype(np.float32)},
            labels=np.arange(samples) % 10,
            finished=step == STEPS - 1,
        )


def answer_needed(route: Route) -> None:
    """Lets through what the page needs in order to draw."""
    name = route.request.url.split("/tb_embed/")[1].split("?")[0].split("/")[0]
    if name in NEEDED:
        route.continue_()
    else:
        route.fulfill(status=404, body="not measured here")


@contextmanager
def our_page(browser: Browser, samples: int, *, with_names: bool = False) -> Iterator[Tab]:
    """Opens our page on a cloud, all of it drawn as dots, with the names of classes or not."""
    with tempfile.TemporaryDirectory() as folder:
        record_cloud(Path(folder), samples)
        with tensorboard(Path(folder)) as server:
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
            page = context.new_page()
            page.route("**/plugin/tb_embed/**", answer_needed)
            tab = Tab(page, server.url, hosted=False)
            page.set_default_timeout(180_000)
            tab.open()
            stage = page.get_by_role("region", name="Stage")
            expect(tab.canvas).to_have_accessible_name(
                f"2D PCA of fc1, step {STEPS - 1}, {samples:,} samples", timeout=180_000
            )
            expect(stage).to_have_attribute("aria-busy", "false", timeout=180_000)
            # Very many dots are thinned out over a shading of their density by themselves.
            page.locator("summary", has_text="Overlays").click()
            page.get_by_label("Overlay", exact=True).select_option("none")
            # A canvas above the dots, which without a graphics card costs as much as they do.
            page.get_by_label("Class names", exact=True).set_checked(with_names)
            page.locator("summary", has_text="Overlays").press("Escape")
            page.evaluate(f"() => {{ {OUR_MOVE} }}")
            yield tab
            context.close()


@contextmanager
def bare_page(browser: Browser, ours: Tab, samples: int) -> Iterator[Page]:
    """Opens a page that draws the same points, where ours draws them now, by THREE alone."""
    size = ours.canvas.evaluate("one => [one.clientWidth, one.clientHeight]")
    floats = ours.page.evaluate(
        "() => new Uint8Array(window.tbEmbed.screenPositions().slice().buffer).toBase64()"
    )
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.route("http://bare/*.js", lambda route: route.fulfill(path=THREE / file_of(route)))
    page.route("http://bare/", lambda route: route.fulfill(path=BARE_PAGE))
    page.goto("http://bare/")
    page.wait_for_function("() => 'start' in window")
    diameter = 6 if samples <= 10_000 else 4 if samples <= 100_000 else 3
    opacity = 0.85 if samples <= 10_000 else 0.6 if samples <= 100_000 else 0.35
    page.evaluate("what => window.start(...what)", [*size, floats, samples, diameter, opacity])
    yield page
    context.close()


def file_of(route: Route) -> str:
    """The name of the file that is asked for."""
    return route.request.url.rpartition("/")[2]


def frame_time(page: Page, frames: int) -> float:
    """Returns the median milliseconds of a frame."""
    page.bring_to_front()
    times: list[float] = page.evaluate(MEASURE, frames + WARM)
    return statistics.median(times[WARM:])


def compare(browser: Browser, samples: int, rounds: int, *, with_names: bool = False) -> bool:
    """Prints both times; false where ours takes longer than allowed."""
    pairs: list[tuple[float, float]] = []
    with (
        our_page(browser, samples, with_names=with_names) as ours,
        bare_page(browser, ours, samples) as bare,
    ):
        pages = [ours.page, bare]
        for turn in range(rounds):
            order = pages if turn % 2 == 0 else pages[::-1]
            times = {page: frame_time(page, FRAMES[samples]) for page in order}
            pairs.append((times[ours.page], times[bare]))
    ratio = Ratio.of(pairs)
    ours_ms, bare_ms = (statistics.median(times) for times in zip(*pairs, strict=True))
    what = " and class names" if with_names else ""
    bound = "" if with_names else f" (at most {MOST})"
    print(
        f"{samples:,} points{what}: a frame {ours_ms:.1f} ms, bare {bare_ms:.1f} ms,"
        f" {ratio}{bound}",
        flush=True,
    )
    return ratio.median <= MOST


def hover(tab: Tab) -> bool:
    """Prints in how many frames the ring follows; false where it takes more than one."""
    tab.page.bring_to_front()
    waited: list[int] = tab.page.evaluate(HOVER)
    late = sum(frames > 1 for frames in waited)
    print(f"hover: {late} of {len(waited)} answers later than one frame, at most {max(waited)}")
    return late == 0


def heap(tab: Tab, name: str) -> bool:
    """Prints what 1,000 frames leave on the heap, and what they allocate on the way."""
    session = tab.page.context.new_cdp_session(tab.page)
    tab.page.bring_to_front()

    def run(frames: int) -> None:
        tab.page.evaluate(MEASURE, frames)

    def used() -> int:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])

    # Until every step has been shown and all that runs often has been compiled.
    run(1500)
    before = used()
    run(1000)
    left = used() - before
    session.send(
        "HeapProfiler.startSampling",
        {
            "samplingInterval": 1024,
            "includeObjectsCollectedByMajorGC": True,
            "includeObjectsCollectedByMinorGC": True,
        },
    )
    run(100)
    profile = session.send("HeapProfiler.stopSampling")["profile"]
    allocated = sum(sample["size"] for sample in profile["samples"])
    print(
        f"{name}: 1,000 frames leave {left / 1000:.0f} kB on the heap (at most"
        f" {MOST_LEFT / 1000:.0f}); {allocated / 1e5:.1f} kB allocated a frame",
        flush=True,
    )
    return left <= MOST_LEFT


def main() -> int:
    """Prints all of it; the exit status is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--samples", type=int, nargs="*", default=list(FRAMES))
    options = parser.parse_args()
    kept: list[bool] = []
    with sync_playwright() as playwright:
        with launch(playwright, *UNLIMITED) as browser:
            kept += [compare(browser, samples, options.rounds) for samples in options.samples]
            compare(browser, options.samples[0], options.rounds, with_names=True)
            with our_page(browser, 10_000) as tab:
                tab.page.get_by_text("3D", exact=True).click()
                kept.append(heap(tab, "orbiting 10,000 points"))
                tab.page.get_by_role("button", name="Loop").click()
                tab.page.get_by_role("button", name="Play").click()
                tab.page.evaluate("() => { window.move = () => {}; }")
                kept.append(heap(tab, "playing 10,000 points"))
        # As people see it, at the screen's own rate.
        with launch(playwright) as browser, our_page(browser, 100_000) as tab:
            kept.append(hover(tab))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
