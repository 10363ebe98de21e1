"""One picture of a state at several widths, for the documentation."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image

from tests.browser.tab import Tab


def picture_name(state: str, *, dark: bool) -> str:
    """Returns the file of a state's picture."""
    words = re.findall(r"[a-z]+", state.lower())
    return f"{'-'.join(words)}-{'dark' if dark else 'light'}.webp"


class Sheet:
    """Screenshots of one height beside one another, at half their size.

    Args:
        state: What the page shows.
        folder: Where the picture goes; None where nobody asks for it.
        dark: Whether it is TensorBoard's dark mode.
    """

    def __init__(self, state: str, folder: Path | None, *, dark: bool) -> None:
        self._path = folder and folder / picture_name(state, dark=dark)
        self._dark = dark
        self._shots: list[Image.Image] = []

    def add(self, tab: Tab) -> None:
        """Adds the page as it is now."""
        if self._path is not None:
            tab.wear(dark=self._dark)
            shot = Image.open(io.BytesIO(tab.page.screenshot()))
            self._shots.append(shot.convert("RGB").reduce(2))

    def keep(self) -> None:
        """Writes the picture."""
        if self._path is None:
            return
        width = sum(shot.width for shot in self._shots)
        sheet = Image.new("RGB", (width, self._shots[0].height))
        left = 0
        for shot in self._shots:
            sheet.paste(shot, (left, 0))
            left += shot.width
        sheet.save(self._path, quality=70)
