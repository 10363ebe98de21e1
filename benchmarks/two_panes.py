"""What a frame of two panes costs, against a frame of one.

Claim: a frame of two panes of 10,000 points each takes at most 2.2 times a frame of one.

Our page alone, all of its points moving 40 pixels to and fro by the arrow keys; then with the
second pane beside the first, whose camera follows, in a window so much wider that each pane is
as wide as the one was. In turns, each frame drawn to its end, as fast as the browser can.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.frame_times import FRAMES, HEIGHT, UNLIMITED, WIDTH, frame_time, our_page
from benchmarks.ratio import Ratio
from tests.browser.chromium import launch
from tests.browser.tab import Tab

SAMPLES = 10_000
MOST = 2.2
BOTH_MOVE = """
([pane, before]) => {
  const now = window.tbEmbed.screenPositions(pane);
  return now.length > 0 && Math.abs(now[0] - before) > 1;
}
"""


def main() -> int:
    """Prints both times; the exit status is 1 where the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with sync_playwright() as playwright, launch(playwright, *UNLIMITED) as browser:
        pairs = measure(browser, rounds)
    ratio = Ratio.of(pairs)
    both_ms, one_ms = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"two panes of {SAMPLES:,}: a frame {both_ms:.1f} ms, one alone {one_ms:.1f} ms, "
        f"{ratio} (at most {MOST})"
    )
    return int(ratio.median > MOST)


def measure(browser: Browser, rounds: int) -> list[tuple[float, float]]:
    """Returns the milliseconds of a frame of two panes and of one, round by round."""
    pairs = []
    with our_page(browser, SAMPLES) as tab:
        beside = WIDTH - width_of_panes(tab.page)[0]
        compare = tab.page.get_by_role("button", name="Compare")
        for _ in range(rounds):
            one = frame_time(tab.page, FRAMES[SAMPLES])
            tab.page.set_viewport_size({"width": 2 * WIDTH - beside, "height": HEIGHT})
            compare.click()
            wait_for_second(tab)
            pairs.append((frame_time(tab.page, FRAMES[SAMPLES]), one))
            compare.click()
            tab.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return pairs


def width_of_panes(page: Page) -> list[int]:
    """Returns the width of each pane in CSS pixels."""
    widths: list[int] = page.evaluate(
        "() => [...document.querySelectorAll('canvas.samples')].map(one => one.clientWidth)"
    )
    return widths


def wait_for_second(tab: Tab) -> None:
    """Waits until the second pane shows all samples, and moves when the first one does."""
    second = tab.page.get_by_role("region", name="Second pane")
    expect(second).to_have_attribute("aria-busy", "false", timeout=180_000)
    tab.wait_until(lambda: len(tab.positions(pane=1)) == SAMPLES)
    tab.settle(pane=1)
    before = tab.positions(pane=1)[0, 0]
    tab.page.evaluate("() => window.move(0)")
    tab.page.wait_for_function(BOTH_MOVE, arg=[1, float(before)])


if __name__ == "__main__":
    sys.exit(main())
