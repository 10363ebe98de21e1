"""The exported page: it opens from a file, plays, and asks nobody for anything."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from tensorboardX import SummaryWriter

from tb_embed_plugin.commands.export import export
from tb_embed_plugin.commands.project import Wish, project_one
from tests.harness import EPOCHS, Recording


@pytest.fixture(scope="module")
def page_file(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported page of the recorded run's PCA."""
    path = tmp_path_factory.mktemp("exported") / "page.html"
    words = ["--engine", "pca", "--format", "html", "--output", str(path)]
    command = [sys.executable, "-m", "tb_embed_plugin.cli", "export", str(recording.logdir)]
    subprocess.run([*command, *words], check=True)
    return path


def pixels(page: Page) -> NDArray[np.uint8]:
    picture = page.get_by_role("img").screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def test_the_exported_page_plays_without_a_server(
    browser: Browser, page_file: Path, layouts: Path
) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 700}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())

    stage = page.get_by_role("img")
    expect(stage).to_have_accessible_name(f"1797 samples at step {EPOCHS}")
    expect(page.get_by_role("heading")).to_have_text("digits, fc1, PCA")
    expect(page.locator("header p")).to_contain_text("of nearest neighbors preserved")
    expect(page.get_by_label("Color by")).to_have_value("1")
    assert page.locator("#legend li span").all_text_contents() == [str(i) for i in range(10)]
    counts = [int(text) for text in page.locator("#legend b").all_text_contents()]
    assert sum(counts) == 1797
    last = pixels(page)
    assert len(np.unique(last.reshape(-1, 3), axis=0)) > 10, "ten colours on a stage"

    page.get_by_role("slider", name="Step").fill("0")
    expect(stage).to_have_accessible_name("1797 samples at step 0")
    first = pixels(page)
    assert (first != last).any(axis=2).mean() > 0.01

    page.get_by_role("slider", name="Step").fill(str(EPOCHS - 3))
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=60_000)
    expect(stage).to_have_accessible_name(f"1797 samples at step {EPOCHS}")
    # The browser's own smoothing differs by a shade, and at some edges by more.
    differs = np.abs(pixels(page).astype(int) - last).max(axis=2) > 8
    assert differs.mean() < 0.005

    x, y = page.evaluate("() => [places[0], places[1]]")
    stage.hover(position={"x": x, "y": y})
    card = page.locator("#card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("label: ")
    thumbnail = card.locator("canvas")
    assert thumbnail.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"
    )

    page.screenshot(path=layouts / "exported.png")
    page.get_by_label("Color by").select_option("index")
    assert page.locator("#legend li").count() == 5

    assert not complaints
    assert all(url.startswith(("file:", "data:")) for url in requests)
    assert sum(url.startswith("file:") for url in requests) == 1
    context.close()


def test_many_classes_and_columns_by_step_are_colored_as_on_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    # Thirty classes, three at each of ten places.
    classes = np.repeat(np.arange(30), 4)
    rng = np.random.default_rng(0)
    angles = 2 * np.pi * (classes // 3) / 10
    places = 10 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    with SummaryWriter(str(tmp_path / "logs")) as writer:
        for step in (0, 1):
            values = (places + rng.normal(0, 0.1, places.shape)).astype(np.float32)
            values[0, 0] = np.nan
            words = [f"class {i:02}" for i in classes]
            guesses = [f"guess {i % (2 + step)}" for i in range(120)]
            rows = list(zip(range(120), words, guesses, strict=True))
            header = ["id", "label", "guess"]
            writer.add_embedding(values, rows, metadata_header=header, global_step=step)
    file = tmp_path / "page.html"
    export(project_one(Wish(tmp_path / "logs", None, None, "pca", 2, {})), "html", file)
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())

    expect(page.locator("#shared")).to_have_text("30 classes: similar classes share a color.")
    entries = page.locator("#legend li")
    named = page.locator("#legend li span").all_text_contents()
    pairs = [(1, 2), *((i, i + 1) for i in range(3, 30, 3))]  # one of class 00 is hidden
    assert sorted(named) == [f"class {a:02}, class {b:02} and 1 more" for a, b in pairs]
    counts = [int(count) for count in page.locator("#legend b").all_text_contents()]
    assert sorted(counts) == [11] + [12] * 9, "a hidden sample is not counted"
    assert len(set(page.evaluate("() => groups.map(({ color }) => color)"))) == 30

    page.get_by_label("Color by").select_option("guess (by step)")
    expect(page.locator("#shared")).to_be_empty()
    expect(entries).to_have_text(["guess 039", "guess 140", "guess 240"])
    page.get_by_role("slider", name="Step").fill("0")
    # A word that no sample has here keeps its place.
    expect(entries).to_have_text(["guess 059", "guess 160", "guess 20"])
    page.close()
    assert not complaints
