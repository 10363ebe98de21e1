"""TensorBoard's stock Projector shows our run in the browser."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.tab import Open
from tests.harness import EPOCHS, Recording, TensorBoardProcess, tensorboard


@pytest.fixture
def server(recording: Recording) -> Iterator[TensorBoardProcess]:
    """TensorBoard with the TensorFlow that the stock Projector reads by."""
    with tensorboard(recording.logdir, with_tensorflow=True) as process:
        yield process


def test_both_tabs_show_the_run(
    browser: Browser, server: TensorBoardProcess, open_tab: Open
) -> None:
    open_tab(server, hosted=True).wait_for_picture(EPOCHS)

    server.wait_until_active("projector")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}#projector")
    frame = page.frame_locator("iframe[src*='name=projector']").frame_locator("iframe")

    expect(frame.get_by_text("Points: 1797")).to_be_visible(timeout=60_000)
    expect(frame.get_by_text("Dimension: 200")).to_be_visible()
    canvas = frame.locator("#scatter canvas").first
    for _ in range(60):
        pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("L"))
        # Thumbnails of digits have every shade of grey; bare dots have a few.
        if len(np.unique(pixels)) > 100:
            break
        page.wait_for_timeout(500)
    else:
        pytest.fail("no thumbnails were drawn")
    # What the stock page says in a dialog, it says in this one.
    assert not frame.locator("#notification-dialog").first.is_visible()
    for words in ("Error", "No checkpoint was found", "do not match"):
        assert not frame.get_by_text(words).first.is_visible(), words
    page.close()
