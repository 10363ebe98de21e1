"""The browser of the tests and benchmarks: Chromium without a screen or a graphics card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A host that is not this one, for pages that the browser does not trust.
    "--host-resolver-rules=MAP plainhost 127.0.0.1",
]


@contextmanager
def launch(playwright: Playwright, *more: str) -> Iterator[Browser]:
    """Starts the machine's Chromium, or Playwright's own where it has none.

    Args:
        playwright: What drives it.
        more: Arguments beside those that every test needs.
    """
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *more]
    )
    try:
        yield browser
    finally:
        browser.close()
