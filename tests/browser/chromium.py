"""The browser of the tests and benchmarks: Chromium without a screen or a graphics card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

# The last argument that names features is the one that counts, so Playwright's own come again.
FEATURES_OF_PLAYWRIGHT = (
    "AimEnabled",
    "AutoDeElevate",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "BlockOriginHeaderModificationOnRedirect",
    "DestroyProfileOnBrowserClose",
    "DialMediaRouteProvider",
    "GlobalMediaControls",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "Translate",
)
# The address bar, which nobody sees, would load two pages for its suggestions in each window:
# two thirds of the time that a window takes to open.
FEATURES_OF_THE_ADDRESS_BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(FEATURES_OF_PLAYWRIGHT + FEATURES_OF_THE_ADDRESS_BAR)}",
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
