"""The other browser of the tests: Firefox without a screen or a graphics card."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright


@contextmanager
def launch(playwright: Playwright, downloads: Path) -> Iterator[Browser]:
    """Starts the machine's Firefox, or Playwright's own where it has none.

    Args:
        playwright: What drives it.
        downloads: Where files go that a page saves: Playwright does not hear of them.
    """
    own = shutil.which("firefox")
    browser = playwright.firefox.launch(
        # Playwright speaks WebDriver BiDi, which needs no build of its own, to this channel.
        channel=None if own is None else "moz-firefox",
        executable_path=own,
        downloads_path=downloads,
        firefox_user_prefs={"webgl.force-enabled": True},
        # Without a screen Firefox finds Mesa's software drawing only if told to.
        env={**os.environ, "MOZ_WEBGL_FORCE_EGL": "1"},
    )
    try:
        yield browser
    finally:
        browser.close()
