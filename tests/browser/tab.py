"""The Embeddings tab as a person meets it: names, roles, keys, pixels."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import (
    ConsoleMessage,
    Error,
    FrameLocator,
    Locator,
    Page,
    Request,
    expect,
)

TIMEOUT = 30_000
"""Milliseconds; generous, because CI's machine draws without a graphics card."""
expect.set_options(timeout=TIMEOUT)
NEVER = r"(?!)"

FREQUENT_POLLS = """
    const set = window.setInterval;
    window.setInterval = (act, every) => set(act, every === 5000 ? 100 : every);
"""
"""A script by which a page asks for news fifty times as often as it does."""

WITHOUT_POLLS = """
    const set = window.setInterval;
    window.setInterval = (act, every) => every === 5000 ? 0 : set(act, every);
"""
"""A script by which time alone lets a page ask for no news."""

POSITIONS = """
async (_, [pane, frames]) => {
    for (let i = 0; i < frames; i += 1) await new Promise(requestAnimationFrame);
    const bytes = new Uint8Array(window.tbEmbed.screenPositions(pane).slice().buffer);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
}
"""

REST = """
async (_, [pane, timeout]) => {
    // As bits: hidden samples lie nowhere, which is NaN.
    const look = () => new Uint32Array(window.tbEmbed.screenPositions(pane).slice().buffer);
    const deadline = performance.now() + timeout;
    let before = look();
    while (performance.now() < deadline) {
        for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame);
        const now = look();
        const same = now.length === before.length && now.every((it, i) => it === before[i]);
        if (same) return true;
        before = now;
    }
    return false;
}
"""


class Tab:
    """One opened tab.

    Args:
        page: A fresh page of the browser.
        url: TensorBoard's address.
        hosted: Whether TensorBoard's own page is around ours; our page alone opens sooner.

    Attributes:
        tolerated: Errors that are no complaint, as a regular expression.
        complaints: Errors that the console has shown.
        foreign_requests: Addresses elsewhere that were asked for.
    """

    def __init__(self, page: Page, url: str, *, hosted: bool) -> None:
        self.page = page
        self.url = url
        self.hosted = hosted
        # The browser itself looks for the icon of a page that is not framed.
        self.tolerated = NEVER if hosted else r"/favicon\.ico"
        self.complaints: list[str] = []
        self.foreign_requests: list[str] = []
        page.set_default_timeout(TIMEOUT)
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.on("request", self._see)

    def stop_listening(self) -> None:
        """Hears no more of what happens on the page."""
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._fail)
        self.page.remove_listener("request", self._see)

    @property
    def frame(self) -> FrameLocator | Page:
        """The plugin's page, within TensorBoard's or alone."""
        if self.hosted:
            return self.page.frame_locator("iframe[src*='plugin_entry.html?name=tb_embed']")
        return self.page

    @property
    def canvas(self) -> Locator:
        """The stage's canvas."""
        return self.frame.get_by_role("region", name="Stage").get_by_role("application")

    @property
    def slider(self) -> Locator:
        """The slider of the timeline."""
        return self.frame.get_by_role("slider", name=re.compile("^(Epoch|Step)$"))

    def open(self, *, dark: bool = False, keys: str = "") -> None:
        """Goes to the tab, by TensorBoard's own address of it, or to the page in its frame."""
        if self.hosted:
            theme = "true" if dark else "false"
            self.page.goto(f"{self.url}?darkMode={theme}#tb_embed{keys}")
        else:
            self.wear(dark=dark)
            self.page.goto(f"{self.url}data/plugin_entry.html?name=tb_embed#{keys}")

    def wear(self, *, dark: bool) -> None:
        """Puts on a theme, within TensorBoard or as the browser wishes."""
        if self.hosted:
            self.page.evaluate(
                "dark => document.body.classList.toggle('dark-mode', dark)", dark
            )
        else:
            self.page.emulate_media(color_scheme="dark" if dark else "light")

    def leave(self) -> None:
        """Goes away, so that nobody asks a server that is about to end."""
        if not self.page.is_closed():
            self.page.goto("about:blank")

    def wait_for_picture(self, step: int | str) -> None:
        """Waits until the samples are drawn at `step` and nothing moves or loads any more."""
        expect(self.canvas).to_have_accessible_name(
            re.compile(rf", (?:step|epoch) {step}, "), timeout=TIMEOUT
        )
        expect(self.frame.get_by_role("region", name="Stage")).to_have_attribute(
            "aria-busy", "false", timeout=TIMEOUT
        )
        self.settle()

    def settle(self, pane: int = 0) -> None:
        """Waits until drawings in a row put the samples of a pane at the same places."""
        rests = self.canvas.evaluate(REST, [pane, TIMEOUT])
        assert rests, "the samples never came to rest"

    def positions(self, pane: int = 0) -> NDArray[np.float64]:
        """Returns x and y of a pane's samples in CSS pixels of its canvas, (n_samples, 2)."""
        return _places(self.canvas.evaluate(POSITIONS, [pane, 0]))

    def positions_next_frame(self) -> NDArray[np.float64]:
        """Returns the positions two animation frames later."""
        return _places(self.canvas.evaluate(POSITIONS, [0, 2]))

    def pixels(self) -> NDArray[np.uint8]:
        """Returns the canvas as it is on the screen, (height, width, 3)."""
        picture = self.canvas.screenshot()
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))

    def inspect(self, name: str) -> Locator:
        """Opens a tab of the inspector, which may be folded, and returns its page."""
        show = self.frame.get_by_role("button", name=re.compile("how the inspector$"))
        if show.count() > 0:
            show.click()
        self.frame.get_by_role("tab", name=name).click()
        return self.frame.get_by_role("tabpanel", name=name)

    def section(self, name: str) -> Locator:
        """Opens a section of what is measured of the layer, and returns it.

        By key: the curves above move it when they come, and a click may miss it then.
        """
        self.frame.get_by_role("button", name=name, exact=True).press("Enter")
        return self.frame.get_by_role("region", name=name, exact=True)

    def note_titles(self) -> None:
        """Has the page note each title of the stage from now on."""
        self.canvas.evaluate(
            """one => {
                window.titles = [one.ariaLabel];
                const note = () => window.titles.push(one.ariaLabel);
                new MutationObserver(note).observe(one, {attributeFilter: ["aria-label"]});
            }"""
        )

    def titles(self) -> set[str]:
        """Returns what has been noted."""
        return set(self.canvas.evaluate("() => window.titles"))

    def point_at(self, x: float, y: float) -> None:
        """Moves the mouse to a place on the canvas."""
        box = self.canvas.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x, box["y"] + y)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that no locator can tell."""
        deadline = time.monotonic() + TIMEOUT / 1000
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            self.page.wait_for_timeout(50)

    def _fail(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        complaint = f"{message.text} ({message.location})"
        if not re.search(self.tolerated, complaint):
            self.complaints.append(complaint)

    def _see(self, request: Request) -> None:
        origin = "/".join(self.url.split("/")[:3])
        if not request.url.startswith((origin, "data:", "blob:")):
            self.foreign_requests.append(request.url)


def _places(text: str) -> NDArray[np.float64]:
    """Returns x and y of each sample, (n_samples, 2), of their float32 in base64."""
    flat = np.frombuffer(base64.b64decode(text), np.float32)
    return flat.astype(np.float64).reshape(-1, 3)[:, :2]


Open = Callable[..., Tab]
"""The fixture `open_tab`: opens the tab with some options, by default the recorded run's."""
