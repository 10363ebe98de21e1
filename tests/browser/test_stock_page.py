"""TensorBoard's stock Projector shows our run in the browser."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.harness import TensorBoardProcess


def test_the_stock_projector_shows_points_and_thumbnails(
    browser: Browser, server: TensorBoardProcess
) -> None:
    server.wait_until_active("projector")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}#projector")
    frame = page.frame_locator("iframe[src*='name=projector']").frame_locator("iframe")

    expect(frame.get_by_text("Points: 1797")).to_be_visible(timeout=60_000)
    expect(frame.get_by_text("Dimension: 200")).to_be_visible()
    canvas = frame.locator("#scatter canvas").first
    for _ in range(60):
        picture = canvas.screenshot()
        pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L")).astype(int)
        grey = np.unique(pixels)
        # Thumbnails of digits have every shade of grey; bare dots have a few.
        if len(grey) > 100:
            break
        page.wait_for_timeout(500)
    assert len(grey) > 100
    # What the stock page says in a dialog, it says in this one.
    assert not frame.locator("#notification-dialog").first.is_visible()
    for words in ("Error", "No checkpoint was found", "do not match"):
        assert not frame.get_by_text(words).first.is_visible(), words
    page.close()
