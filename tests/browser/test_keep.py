"""Keeping and sharing: the address, files, bookmarks, and other people's frames."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Frame, Locator, expect

from tb_embed_plugin import record
from tests.browser.tab import WITHOUT_POLLS, Open, Tab
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
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a run of three steps."""
    logdir = tmp_path_factory.mktemp("clusters")
    loss = np.linspace(0, 1, SAMPLES).tolist()
    for step in range(LAST + 1):
        record(
            logdir / "run",
            step,
            {"fc1": snapshot(step)},
            labels=LABELS,
            metadata={"loss": loss, "animal": [("ant", "bee", "cat")[i] for i in LABELS]},
            finished=step == LAST,
        )
    return logdir


@pytest.fixture(scope="module")
def clusters(logdir: Path) -> Iterator[TensorBoardProcess]:
    """TensorBoard on that run."""
    with tensorboard(logdir) as process:
        yield process


@pytest.fixture
def tab(open_tab: Open, clusters: TensorBoardProcess) -> Tab:
    """The page on that run, at its last step."""
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


def show_menu(tab: Tab) -> Locator:
    """Opens the menu of what else is shown."""
    tab.frame.locator("summary", has_text="Overlays").click()
    return tab.frame.get_by_role("region", name="Overlays", exact=True)


def expect_selected(tab: Tab, count: int) -> None:
    """Expects so many samples to be selected."""
    heading = tab.frame.get_by_role("heading", name=f"{count} samples selected")
    expect(heading).to_be_visible()


def test_a_colleague_sees_the_same_view(open_tab: Open, clusters: TensorBoardProcess) -> None:
    tab = open_tab(clusters, width=1600, hosted=True, reduced_motion=True)
    tab.wait_for_picture(LAST)
    tab.canvas.focus()
    tab.page.keyboard.press(",")
    tab.wait_for_picture(1)
    tab.frame.get_by_text("3D", exact=True).click()
    tab.wait_for_picture(1)
    for key in ("+", "+", "ArrowLeft"):
        tab.canvas.press(key)
    tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="2").first.click()
    tab.frame.get_by_label("Color by").select_option("loss")
    tab.frame.get_by_role("button", name="Loop").click()
    menu = show_menu(tab)
    menu.get_by_label("Trails").check()
    menu.get_by_label("Size by").select_option("loss")
    menu.get_by_label("Overlay").select_option("ghost")
    search = tab.frame.get_by_role("searchbox", name="Search samples")
    search.fill("loss<0.5 label:1")
    search.press("Enter")
    tab.wait_until(lambda: {"selection", "camera", "show"} <= set(keys_of(tab)))
    tab.settle()
    said = keys_of(tab)
    assert said["step"] == "1"
    places = tab.positions()

    keys = tab.page.url.partition("#tb_embed")[2]
    other = open_tab(clusters, width=1600, hosted=True, reduced_motion=True, keys=keys)
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
    expect(other.frame.get_by_role("button", name="Loop")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(other.canvas).to_have_accessible_name(re.compile("^3D PCA of fc1, step 1, "))
    expect(other.frame.get_by_label("Color by")).to_have_value("loss")
    menu = show_menu(other)
    expect(menu.get_by_label("Trails")).to_be_checked()
    expect(menu.get_by_label("Size by")).to_have_value("loss")
    expect(menu.get_by_label("Overlay")).to_have_value("ghost")


def test_another_address_in_the_same_tab_shows_another_view(
    open_tab: Open, clusters: TensorBoardProcess
) -> None:
    tab = open_tab(clusters, hosted=True, reduced_motion=True)
    tab.wait_for_picture(LAST)
    tab.canvas.press("+")
    tab.wait_until(lambda: "camera" in keys_of(tab))
    tab.page.evaluate("location.hash = '#tb_embed&p.tb_embed.run=run&p.tb_embed.step=0'")
    tab.wait_for_picture(0)
    tab.wait_until(lambda: "camera" not in keys_of(tab) and keys_of(tab)["step"] == "0")


def test_nothing_is_written_while_it_plays(tab: Tab) -> None:
    # The view that it opens with is written a moment after the first picture.
    tab.wait_until(lambda: "color" in keys_of(tab))
    # In a loop, so that it plays for as long as is looked at.
    tab.frame.get_by_role("button", name="Loop").click()
    tab.wait_until(lambda: "loop" in keys_of(tab).get("show", ""))
    tab.page.evaluate(
        """() => {
            window.written = [];
            const replace = history.replaceState.bind(history);
            history.replaceState = (...what) => {
                window.written.push(what[2]);
                replace(...what);
            };
        }"""
    )
    tab.frame.get_by_role("button", name=re.compile("^Play")).click()
    for step in (0, 1, 2, 1):
        expect(tab.canvas).to_have_accessible_name(re.compile(f", step {step}, "))
    assert tab.page.evaluate("window.written") == []
    tab.frame.get_by_role("button", name=re.compile("^Pause")).click()
    tab.wait_until(lambda: bool(tab.page.evaluate("window.written.length > 0")))


def save(tab: Tab, button: str) -> Path:
    """Presses a button of the Save menu and returns the file that comes of it."""
    menu = tab.frame.locator("details", has=tab.frame.get_by_text("Save", exact=True))
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    with tab.page.expect_download() as downloading:
        menu.get_by_role("button", name=button, exact=True).click()
    return Path(downloading.value.path())


def test_a_png_holds_the_picture_at_its_scale(tab: Tab) -> None:
    box = tab.canvas.bounding_box()
    assert box is not None
    shown = tab.pixels().astype(int)
    places = np.rint(tab.positions()).astype(int)
    tab.frame.get_by_text("Save", exact=True).click()
    tab.frame.get_by_label("Title and legend").uncheck()
    for scale in (1, 4):
        tab.frame.get_by_label("Scale").select_option(str(scale))
        picture = Image.open(save(tab, "PNG")).convert("RGB")
        assert picture.size == (int(box["width"]) * scale, int(box["height"]) * scale)
        pixels = np.asarray(picture).astype(int)
        for x, y in places[::9]:
            assert np.abs(pixels[y * scale, x * scale] - shown[y, x]).max() < 30
        assert (pixels[2, 2] == 255).all()
    # Saving leaves the stage as it was.
    tab.page.keyboard.press("Escape")
    tab.wait_until(lambda: np.array_equal(tab.pixels(), shown))


def test_an_svg_holds_a_dot_a_sample(tab: Tab) -> None:
    root = ET.fromstring(save(tab, "SVG").read_text())  # noqa: S314 # our own file
    dots = [
        one
        for one in root.iter("{http://www.w3.org/2000/svg}circle")
        if "data-sample" in one.attrib
    ]
    places = {
        int(dot.attrib["data-sample"]): (float(dot.attrib["cx"]), float(dot.attrib["cy"]))
        for dot in dots
    }
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
        rows = [
            row
            for row in csv.DictReader(io.StringIO(path.read_text()))
            if int(row["step"]) == step
        ]
        return np.array([[float(row["x"]), float(row["y"])] for row in rows])

    every = save(tab, "All steps")
    one = places(save(tab, "Coordinates"), LAST)
    np.testing.assert_array_equal(places(every, LAST), one)
    # Principal components by NumPy, up to their signs.
    rows = [snapshot(step).astype(np.float64) for step in range(LAST + 1)]
    within = [one - one.mean(axis=0) for one in rows]
    _, _, axes = np.linalg.svd(np.concatenate(within), full_matrices=False)
    wanted = within[0] @ axes[:2].T
    np.testing.assert_allclose(np.abs(places(every, 0)), np.abs(wanted), atol=0.01)


def test_samples_a_page_and_the_link_are_saved(
    tab: Tab, open_tab: Open, clusters: TensorBoardProcess
) -> None:
    tab.canvas.press(",")
    tab.wait_for_picture(1)
    rows = list(csv.DictReader(io.StringIO(save(tab, "Samples").read_text())))
    assert [int(row["label"]) for row in rows] == LABELS.tolist()
    page = save(tab, "HTML page").read_text()
    assert page.startswith("<!doctype html>")
    assert '"steps": ["0", "1", "2"]' in page
    menu = tab.frame.get_by_role("region", name="Save", exact=True)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    menu.get_by_role("button", name="Copy link").click()
    expect(menu.get_by_role("button", name="Copied")).to_be_visible()
    link = tab.page.evaluate("navigator.clipboard.readText()")
    tab.page.context.clear_permissions()
    other = open_tab(clusters, width=1600, keys=link.partition("#")[2])
    other.wait_for_picture(1)


def bookmark(tab: Tab, name: str) -> None:
    """Keeps the present view under a name; the menu is open."""
    field = tab.frame.get_by_role("textbox", name="Name of this view")
    field.fill(name)
    field.press("Enter")


def test_bookmarks_are_kept_saved_and_loaded(
    tab: Tab, open_tab: Open, clusters: TensorBoardProcess
) -> None:
    tab.canvas.focus()
    for key in (",", "+", "+", "ArrowLeft"):
        tab.canvas.press(key)
    tab.wait_for_picture(1)
    tab.frame.get_by_text("Save", exact=True).click()
    bookmark(tab, "near")
    places = tab.positions()
    tab.canvas.press("0")
    tab.canvas.press(".")
    tab.wait_for_picture(LAST)
    bookmark(tab, "home")
    kept = save(tab, "Save as file")

    bookmarks = tab.frame.get_by_role("list", name="Bookmarks")
    bookmarks.get_by_role("button", name="near", exact=True).click()
    tab.wait_for_picture(1)
    tab.wait_until(lambda: np.allclose(tab.positions(), places, atol=0.5))
    # The address follows a moment later.
    tab.wait_until(lambda: "p.tb_embed.step=1" in tab.page.url)
    tab.page.reload()
    tab.wait_for_picture(1)
    tab.frame.get_by_text("Save", exact=True).click()
    expect(bookmarks.get_by_role("listitem")).to_have_text(["near", "home"])
    bookmarks.get_by_role("button", name="Remove near").click()
    expect(bookmarks.get_by_role("listitem")).to_have_text(["home"])

    # Another browser knows nothing of them but by the file.
    other = open_tab(clusters, width=1600, reduced_motion=True)
    other.wait_for_picture(LAST)
    other.frame.get_by_text("Save", exact=True).click()
    theirs = other.frame.get_by_role("list", name="Bookmarks")
    expect(theirs).to_have_count(0)
    other.frame.get_by_label("Load file").set_input_files(kept)
    theirs.get_by_role("button", name="near", exact=True).click()
    other.wait_for_picture(1)
    other.wait_until(lambda: np.allclose(other.positions(), places, atol=0.5))


def test_the_projectors_bookmarks_are_read(tab: Tab, tmp_path: Path) -> None:
    # As the Projector of TensorBoard 2.21 has saved them of 24 samples of another run: a PCA in
    # space, turned by hand; one in the plane, zoomed; a custom projection.
    saved = Path(__file__).with_name("projector_bookmarks.json")
    tab.frame.get_by_text("Save", exact=True).click()
    tab.frame.get_by_label("Load file").set_input_files(saved)
    told = tab.frame.get_by_role("status").filter(has_text="Left out")
    for what in ("positions", "shifted", "label column", 'projection "custom"'):
        expect(told).to_contain_text(what)
    expect(
        tab.frame.get_by_role("list", name="Bookmarks").get_by_role("listitem")
    ).to_have_text(["State 0", "State 1", "State 2"])
    tab.frame.get_by_role("button", name="State 0", exact=True).click()
    expect_selected(tab, 8)
    expect(tab.canvas).to_have_accessible_name(re.compile(f"^3D PCA of fc1, step {LAST}"))
    expect(tab.frame.get_by_label("Color by")).to_have_value("animal")
    tab.wait_until(lambda: "camera" in keys_of(tab))
    *_, turn, lift = map(float, keys_of(tab)["camera"].split(","))
    assert (turn, lift) == pytest.approx((-0.7587, 0.0654), abs=1e-3)
    tab.frame.get_by_role("button", name="State 1", exact=True).click()
    expect(tab.canvas).to_have_accessible_name(re.compile(f"^2D PCA of fc1, step {LAST}"))

    path = tmp_path / "other.json"
    path.write_text("{}")
    tab.frame.get_by_label("Load file").set_input_files(path)
    expect(tab.frame.get_by_text("This file holds no bookmarks")).to_be_visible()


@pytest.fixture
def notebook(clusters: TensorBoardProcess) -> Iterator[Callable[[str, str], str]]:
    """Serves a page of another origin that frames an address twice over, as notebooks do."""
    pages: dict[str, str] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class names it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def frame(host: str, address: str) -> str:
        style = "style='width:100%;height:850px;border:0'"
        pages["/cell"] = f"<!doctype html><iframe {style} src='{address}'></iframe>"
        pages["/book"] = f"<!doctype html><iframe {style} src='/cell'></iframe>"
        assert "localhost" in clusters.url
        return f"http://{host}:{port}/book"

    yield frame
    server.shutdown()
    server.server_close()


def open_page(tab: Tab, address: str) -> Frame:
    """Goes to another page and returns the plugin's frame in it, once it shows the samples."""
    tab.page.goto("about:blank")
    tab.page.goto(address)

    def plugin() -> list[Frame]:
        return [frame for frame in tab.page.frames if "plugin_entry.html" in frame.url]

    tab.wait_until(lambda: len(plugin()) == 1)
    frame = plugin()[0]
    expect(frame.get_by_role("region", name="Stage")).to_have_attribute("aria-busy", "false")
    expect(frame.get_by_role("application")).to_have_accessible_name(re.compile(", step"))
    return frame


# TensorBoard's own page does not start in a frame of another site, to which Chromium refuses
# storage: its page is framed by another port, ours alone by another site.
@pytest.mark.parametrize(
    ("host", "entry"),
    [
        ("localhost", "?darkMode=false#tb_embed"),
        ("127.0.0.1", "data/plugin_entry.html?name=tb_embed#"),
    ],
)
def test_it_works_in_frames_of_another_origin(
    tab: Tab,
    clusters: TensorBoardProcess,
    notebook: Callable[[str, str], str],
    host: str,
    entry: str,
) -> None:
    keys = "&p.tb_embed.run=run&p.tb_embed.step=1&p.tb_embed.selection=find%20label%3A2"
    frame = open_page(tab, notebook(host, clusters.url + entry + keys))
    canvas = frame.get_by_role("application")
    expect(canvas).to_have_accessible_name(re.compile(", step 1, "))
    frame.get_by_role("button", name="30 selected").or_(
        frame.get_by_role("heading", name="30 samples selected")
    ).first.wait_for()
    canvas.press("+")
    canvas.press(",")
    expect(canvas).to_have_accessible_name(re.compile(", step 0, "))
    # TensorBoard's address where that can be read, else the frame's own.
    holder = frame if entry.startswith("data") else frame.parent_frame
    assert holder is not None
    tab.wait_until(lambda: "p.tb_embed.step=0" in holder.evaluate("location.hash"))
    tab.wait_until(lambda: "p.tb_embed.camera=" in holder.evaluate("location.hash"))
    frame.get_by_text("Save", exact=True).click()
    with tab.page.expect_download() as downloading:
        frame.get_by_role("button", name="PNG", exact=True).click()
    assert Image.open(downloading.value.path()).format == "PNG"
    tab.foreign_requests.clear()


def test_it_works_on_plain_http(open_tab: Open, clusters: TensorBoardProcess) -> None:
    plain = clusters.url.replace("localhost", "plainhost")
    tab = open_tab(clusters, url=plain, width=1600, reduced_motion=True)
    tab.wait_for_picture(LAST)
    assert tab.page.evaluate("isSecureContext") is False
    assert Image.open(save(tab, "PNG")).format == "PNG"
    assert save(tab, "Film").read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    bookmark(tab, "mine")
    assert b"mine" in save(tab, "Save as file").read_bytes()


def test_tensorboards_reload_asks_for_news(
    open_tab: Open, clusters: TensorBoardProcess
) -> None:
    news = re.compile("tb_embed/runs")
    # Else the page would ask by itself before long, whether it heard of the reload or not.
    tab = open_tab(clusters, hosted=True, reduced_motion=True, script=WITHOUT_POLLS)
    tab.wait_for_picture(LAST)
    with tab.page.expect_request(news):
        tab.page.locator("app-header-reload button").click()
