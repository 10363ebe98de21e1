"""The browser's pages, which tests hand on: a fresh one costs three times as much."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page

BLANK = "about:blank"


class Pages:
    """Pages with a context each, so that no two that are open know of one another.

    Args:
        browser: What opens them; only Chromium forgets on request what a page has kept.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._can_forget = browser.browser_type.name == "chromium"
        self._idle: list[Page] = []
        self._sessions: dict[Page, CDPSession] = {}

    def take(self, *, touch: bool = False, script: str = "") -> Page:
        """Returns a page that shows nothing and has kept nothing.

        Args:
            touch: Whether it has a touch screen.
            script: What it runs before all that it opens.
        """
        # What can never be taken back again wants a page of its own.
        if touch or script or not self._can_forget:
            page = self._browser.new_context(has_touch=touch).new_page()
            if script:
                page.add_init_script(script)
        elif self._idle:
            page = self._idle.pop()
        else:
            page = self._browser.new_context().new_page()
            self._sessions[page] = page.context.new_cdp_session(page)
        return page

    def give_back(self, page: Page, url: str) -> None:
        """Takes a page back, which forgets what it did and has kept of an address."""
        if page not in self._sessions:
            page.context.close()
            return
        page.unroute_all(behavior="ignoreErrors")
        # Where the pointer rests, the next page would show what it points at.
        page.mouse.move(-1, -1)
        if page.url != BLANK:
            page.goto(BLANK)
        parts = urlsplit(url)
        where = {"origin": f"{parts.scheme}://{parts.netloc}", "storageTypes": "all"}
        self._sessions[page].send("Storage.clearDataForOrigin", where)
        self._idle.append(page)

    def drop(self, page: Page) -> None:
        """Closes a page in whatever state it is."""
        self._sessions.pop(page, None)
        page.context.close()
