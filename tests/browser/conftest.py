"""Our page in a real browser, over a real `tensorboard`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import launch
from tests.browser.pages import Pages
from tests.browser.tab import NEVER, Open, Tab
from tests.harness import Recording, TensorBoardProcess, tensorboard


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium; its absence fails, and never skips, the tests."""
    # Software that plays a graphics card for WebGL is no gain for the rest of the page.
    with launch(
        playwright, "--disable-gpu-rasterization", "--disable-gpu-compositing"
    ) as browser:
        yield browser


@pytest.fixture(scope="session")
def server(recording: Recording) -> Iterator[TensorBoardProcess]:
    """TensorBoard on the recorded run."""
    with tensorboard(recording.logdir) as process:
        yield process


@pytest.fixture(scope="session")
def pages(browser: Browser) -> Pages:
    """Chromium's pages, which tests hand on to one another."""
    return Pages(browser)


@pytest.fixture
def open_tab(
    request: pytest.FixtureRequest, pages: Pages, server: TensorBoardProcess
) -> Iterator[Open]:
    """Opens the page, alone or as TensorBoard's tab; it must not complain of anything."""
    opened: list[tuple[Tab, TensorBoardProcess]] = []
    failed = request.session.testsfailed

    def open_one(
        at: TensorBoardProcess = server,
        width: int = 1400,
        height: int = 900,
        *,
        url: str | None = None,
        hosted: bool = False,
        dark: bool = False,
        reduced_motion: bool = False,
        touch: bool = False,
        script: str = "",
        keys: str = "",
        tolerated: str = NEVER,
    ) -> Tab:
        page = pages.take(touch=touch, script=script)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(
            color_scheme="light", reduced_motion="reduce" if reduced_motion else "no-preference"
        )
        tab = Tab(page, url or at.url, hosted=hosted)
        tab.tolerated += f"|{tolerated}"
        opened.append((tab, at))
        at.before_stop.append(tab.leave)
        tab.open(dark=dark, keys=keys)
        return tab

    yield open_one
    for tab, at in opened:
        tab.stop_listening()
        at.before_stop.remove(tab.leave)
        if request.session.testsfailed > failed:
            pages.drop(tab.page)
        else:
            pages.give_back(tab.page, tab.url)
    for tab, _ in opened:
        assert not tab.complaints
        assert not tab.foreign_requests, "nothing is loaded from elsewhere"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the README's pictures go: `make pictures` names the documentation's folder."""
    return Path(os.environ.get("PICTURES") or tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a screenshot of each layout goes, for whoever wants to look."""
    return Path(os.environ.get("LAYOUTS") or tmp_path_factory.mktemp("layouts"))


@pytest.fixture(scope="session")
def state_pictures() -> Path | None:
    """Where the pictures of all states go; nowhere where nobody asks for pictures."""
    if "PICTURES" not in os.environ:
        return None
    folder = Path(os.environ["PICTURES"]) / "states"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
