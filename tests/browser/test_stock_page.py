"""TensorBoard's stock Projector shows our run in the browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, expect

from tb_embed_plugin import record
from tests.browser.tab import Open
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES, UNITS, EPOCHS = 100, 40, 2


@pytest.fixture
def server(
    digits: tuple[NDArray[np.float32], NDArray[np.int64]], tmp_path: Path
) -> Iterator[TensorBoardProcess]:
    """TensorBoard with the TensorFlow that the stock Projector reads by, on few samples."""
    images, labels = (array[:SAMPLES] for array in digits)
    pixels = images.reshape(SAMPLES, -1)
    for epoch in range(EPOCHS + 1):
        record(
            tmp_path, epoch, {"fc1": pixels[:, :UNITS] * epoch}, labels=labels, images=images
        )
    with tensorboard(tmp_path, with_tensorflow=True) as process:
        yield process


def test_both_tabs_show_the_run(
    browser: Browser, server: TensorBoardProcess, open_tab: Open
) -> None:
    open_tab(server, hosted=True).wait_for_picture(EPOCHS)

    server.wait_until_active("projector")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}#projector")
    frame = page.frame_locator("iframe[src*='name=projector']").frame_locator("iframe")

    expect(frame.get_by_text(f"Points: {SAMPLES}")).to_be_visible(timeout=60_000)
    expect(frame.get_by_text(f"Dimension: {UNITS}")).to_be_visible()
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
