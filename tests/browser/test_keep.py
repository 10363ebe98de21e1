"""Keeping and sharing: the address, pictures, animations, bookmarks, and other people's frames."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect

from tb_embed_plugin import record
from tests.browser.tab import Open, Tab
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES = 90
LABELS = np.arange(SAMPLES) % 3
LAST = 2


def snapshot(step: int) -> NDArray[np.float32]:
    """Three clusters that move apart, one at each step's own places."""
    rng = np.random.default_rng(step)
    middles = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]]) * 10 * (step + 1)
    return (middles[LABELS] + rng.normal(size=(SAMPLES, 3))).astype(np.float32)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run of three steps."""
    logdir = tmp_path_factory.mktemp("clusters")
    loss = np.linspace(0, 1, SAMPLES)
    for step in range(LAST + 1):
        record(
            logdir / "run",
            step,
            {"fc1": snapshot(step)},
            labels=LABELS,
            metadata={"loss": loss},
            finished=step == LAST,
        )
    with tensorboard(logdir) as process:
        yield process


@pytest.fixture
def tab(open_tab: Open, clusters: TensorBoardProcess) -> Tab:
    """The tab on that run, at its last step."""
    tab = open_tab(clusters, width=1600, reduced_motion=True)
    tab.wait_for_picture(LAST)
    return tab


def keys_of(tab: Tab) -> dict[str, str]:
    """What the address says of the view."""
    hash_ = tab.page.url.partition("#")[2]
    pairs = parse_qs(hash_)
    return {
        key.removeprefix("p.tb_embed."): unquote(values[0])
        for key, values in pairs.items()
        if key.startswith("p.tb_embed.")
    }


def expect_selected(tab: Tab, count: int) -> None:
    """Expects so many samples to be selected."""
    heading = tab.frame.get_by_role("heading", name=f"{count} samples selected")
    expect(heading).to_be_visible()


def test_a_colleague_sees_the_same_view(tab: Tab, open_tab: Open, clusters: TensorBoardProcess) -> None:
    tab.canvas.focus()
    tab.page.keyboard.press(",")
    tab.wait_for_picture(1)
    for key in ("+", "+", "ArrowLeft"):
        tab.canvas.press(key)
    tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="2").first.click()
    search = tab.frame.get_by_role("searchbox", name="Search samples")
    search.fill("loss<0.5 label:1")
    search.press("Enter")
    tab.wait_until(lambda: "selection" in keys_of(tab) and "camera" in keys_of(tab))
    tab.settle()
    said = keys_of(tab)
    assert said["step"] == "1"
    places = tab.positions()

    keys = tab.page.url.partition("#tb_embed")[2]
    other = open_tab(clusters, width=1600, reduced_motion=True, keys=keys)
    other.wait_for_picture(1)
    expect_selected(other, ((LABELS == 1) & (np.linspace(0, 1, SAMPLES) < 0.5)).sum())
    other.settle()
    np.testing.assert_allclose(other.positions(), places, atol=0.5, equal_nan=True)
    assert np.isnan(places).any(), "the filter is part of the view"
    other.page.reload()
    other.wait_for_picture(1)
    expect_selected(other, 15)
    other.settle()
    np.testing.assert_allclose(other.positions(), places, atol=0.5, equal_nan=True)
    assert keys_of(other) == said


def test_another_address_in_the_same_tab_shows_another_view(tab: Tab) -> None:
    tab.canvas.press("+")
    tab.wait_until(lambda: "camera" in keys_of(tab))
    tab.page.evaluate("location.hash = '#tb_embed&p.tb_embed.run=run&p.tb_embed.step=0'")
    tab.wait_for_picture(0)
    tab.wait_until(lambda: "camera" not in keys_of(tab))
    assert keys_of(tab)["step"] == "0"


def test_nothing_is_written_while_it_plays(tab: Tab) -> None:
    tab.page.evaluate(
        """() => {
            window.written = [];
            const replace = history.replaceState.bind(history);
            history.replaceState = (...what) => { window.written.push(what[2]); replace(...what); };
        }"""
    )
    tab.frame.get_by_role("button", name=re.compile("^Play")).click()
    playing = tab.frame.get_by_role("button", name=re.compile("^Pause"))
    expect(playing).to_be_visible()
    tab.page.wait_for_timeout(900)
    expect(playing).to_be_visible()
    assert tab.page.evaluate("window.written") == []
    expect(playing).to_have_count(0)


def save(tab: Tab, button: str) -> Path:
    """Presses a button of the Save menu and returns the file that comes of it."""
    menu = tab.frame.locator("details", has=tab.frame.get_by_text("Save", exact=True))
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    with tab.page.expect_download() as downloading:
        menu.get_by_role("button", name=button, exact=True).click()
    return Path(downloading.value.path())


@pytest.mark.parametrize("scale", [1, 4])
def test_a_png_holds_the_picture_at_its_scale(tab: Tab, scale: int) -> None:
    tab.frame.get_by_text("Save", exact=True).click()
    tab.frame.get_by_label("Scale").select_option(str(scale))
    tab.frame.get_by_label("Title and legend").uncheck()
    tab.settle()
    picture = Image.open(save(tab, "PNG")).convert("RGB")

    box = tab.canvas.bounding_box()
    assert box is not None
    assert picture.size == (int(box["width"]) * scale, int(box["height"]) * scale)
    tab.page.keyboard.press("Escape")
    shown = tab.pixels().astype(int)
    pixels = np.asarray(picture).astype(int)
    for x, y in np.rint(tab.positions()).astype(int)[::9]:
        assert np.abs(pixels[y * scale, x * scale] - shown[y, x]).max() < 30
    assert (pixels[2, 2] == 255).all()
    # Saving leaves the stage as it was.
    np.testing.assert_array_equal(tab.pixels().astype(int), shown)


def test_an_svg_holds_a_dot_a_sample(tab: Tab) -> None:
    root = ElementTree.fromstring(save(tab, "SVG").read_text())
    dots = [one for one in root.iter("{http://www.w3.org/2000/svg}circle") if "data-sample" in one.attrib]
    places = {int(dot.attrib["data-sample"]): (float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in dots}
    tab.settle()
    np.testing.assert_allclose([places[i] for i in range(SAMPLES)], tab.positions(), atol=0.06)
    words = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[1:] == ["0", "1", "2"]


def test_a_film_of_the_run_is_webm(tab: Tab) -> None:
    film = save(tab, "Film").read_bytes()
    assert film[:4] == b"\x1a\x45\xdf\xa3", "the signature of WebM"
    assert b"webm" in film[:64]
    assert len(film) > 2000
    expect(tab.frame.get_by_role("button", name="Film")).to_be_visible()


def test_coordinates_come_as_a_table(tab: Tab) -> None:
    def places(path: Path, step: int) -> NDArray[np.float64]:
        rows = [row for row in csv.DictReader(io.StringIO(path.read_text())) if int(row["step"]) == step]
        return np.array([[float(row["x"]), float(row["y"])] for row in rows])

    every = save(tab, f"{LAST + 1} steps")
    one = places(save(tab, "This step"), LAST)
    np.testing.assert_array_equal(places(every, LAST), one)
    # Principal components by NumPy, up to their signs.
    pooled = np.concatenate([snapshot(step) for step in range(LAST + 1)]).astype(np.float64)
    middle = pooled.mean(0)
    _, _, axes = np.linalg.svd(pooled - middle, full_matrices=False)
    wanted = (snapshot(0) - middle) @ axes[:2].T
    np.testing.assert_allclose(np.abs(places(every, 0)), np.abs(wanted), atol=0.01)
