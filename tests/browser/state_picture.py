"""The picture of a state of the page, for the documentation."""

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


def keep_pictures(tab: Tab, state: str, folder: Path) -> None:
    """Writes the page as it is now, in the dark and in the light."""
    for dark in (True, False):
        tab.wear(dark=dark)
        shot = Image.open(io.BytesIO(tab.page.screenshot())).convert("RGB")
        shot.save(folder / picture_name(state, dark=dark), quality=80, method=6)
