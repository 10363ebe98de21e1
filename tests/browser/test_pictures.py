"""The pictures of the README and of the guide to the views, from the demo's own run."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tb_embed_plugin import cli
from tb_embed_plugin.commands import demo
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import EPOCHS, TensorBoardProcess, tensorboard

pytestmark = pytest.mark.skipif(
    "PICTURES" not in os.environ, reason="makes pictures: make pictures"
)

MOST_BYTES = 400_000
FILM_BYTES = 1_500_000
FILM_SIZE = (896, 576)
TICK = 150
SLOWER = 1.5
BEGINNING, END = 1000, 2500
"""Milliseconds between pictures of the film, which is played as many times slower than it was
taken at double speed; of the first epoch, and of the last."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on what `tb-embed demo` records."""
    logdir = tmp_path_factory.mktemp("demo")
    demo.train(logdir / "digits", "digits", None, EPOCHS)
    assert cli.main(["project", str(logdir)]) == 0
    with tensorboard(logdir) as process:
        yield process


def screenshot(tab: Tab) -> Image.Image:
    """Returns what is on the screen."""
    return Image.open(io.BytesIO(tab.page.screenshot())).convert("RGB")


def keep(picture: Image.Image, path: Path) -> None:
    """Keeps a picture in 256 colors, which take a third of the room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size <= MOST_BYTES


def stage(tab: Tab) -> Image.Image:
    """Returns the stage alone."""
    box = tab.canvas.bounding_box()
    assert box is not None
    left, top = box["x"], box["y"]
    return screenshot(tab).crop((left, top, left + box["width"], top + box["height"]))


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Returns two pictures of one size beside one another, with a gap."""
    gap = 16
    both = Image.new("RGB", (left.width + gap + right.width, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + gap, 0))
    return both


def play(tab: Tab) -> Iterator[Image.Image]:
    """Plays the run by a clock of our own, and gives the page at each of its ticks."""
    clock = tab.page.clock
    clock.install()
    clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    tab.frame.get_by_role("button", name="Play", exact=True).click()
    tab.frame.get_by_label("Speed").select_option("2")
    before = None
    while True:
        clock.run_for(TICK)
        picture = screenshot(tab)
        title = tab.canvas.get_attribute("aria-label") or ""
        if f" {EPOCHS}, " in title and picture == before:
            return
        yield picture
        before = picture


def test_the_film_of_the_readme(
    open_tab: Open, shown: TensorBoardProcess, pictures: Path
) -> None:
    # A clock that was stopped cannot be taken back: a script gives the page a context alone.
    tab = open_tab(shown, hosted=True, keys="&p.tb_embed.step=0", script="0")
    tab.wait_for_picture(0)
    expect(tab.frame.get_by_role("button", name="Show mistakes")).to_be_visible()
    first, *rest = [
        picture.resize(FILM_SIZE, Image.Resampling.LANCZOS)
        for picture in [screenshot(tab), *play(tab)]
    ]
    # Whoever sees no film sees its first picture: the end.
    frames = [rest[-1], first, *rest]
    path = pictures / "run.webp"
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=[END, BEGINNING, *[int(TICK * SLOWER)] * (len(rest) - 1), END],
        loop=0,
        quality=60,
        method=6,
    )
    assert path.stat().st_size <= FILM_BYTES


def test_the_pictures_of_the_readme(
    open_tab: Open, shown: TensorBoardProcess, pictures: Path
) -> None:
    tab = open_tab(shown, hosted=True, reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    mistakes = tab.frame.get_by_role("button", name="Show mistakes")
    expect(mistakes).to_be_visible(timeout=TIMEOUT)
    keep(screenshot(tab), pictures / "first-screen.png")

    mistakes.click()
    wrong = tab.frame.get_by_role("list", name="Legend").get_by_role("button", name="wrong")
    expect(wrong.first).to_be_visible()
    tab.settle()
    keep(screenshot(tab), pictures / "mistakes.png")

    tab.page.keyboard.press("]")
    expect(tab.frame.get_by_role("region", name="Neighbors")).to_be_visible(timeout=TIMEOUT)
    strip = tab.frame.get_by_role("listbox", name=re.compile("Predictions? "))
    expect(strip).to_be_visible(timeout=TIMEOUT)
    tab.settle()
    keep(screenshot(tab), pictures / "sample.png")

    beside_itself = "run:digits,layer:fc1,steps:step,engine:tsne"
    tab = open_tab(
        shown, hosted=True, reduced_motion=True, keys=f"&p.tb_embed.companion={beside_itself}"
    )
    tab.wait_for_picture(EPOCHS)
    tab.settle(1)
    keep(screenshot(tab), pictures / "compare.png")

    dark = open_tab(
        shown, hosted=True, reduced_motion=True, dark=True, keys="&p.tb_embed.view=3d"
    )
    dark.wait_for_picture(EPOCHS)
    dark.inspect("Layer")
    dark.settle()
    keep(screenshot(dark), pictures / "dark.png")


PITFALLS = {
    "axes": ("step=10", "step=10&basis=0"),
    "islands": ("step=0&engine=tsne", "step=10&engine=tsne"),
    "class-axes": ("step=0&basis=0", "step=0&basis=0&engine=axes&settings=kind%3Alda"),
    "thumbnails": ("step=10&drawing=images", "step=10"),
}
"""What the left and the right half of each picture of `docs/views.md` show."""


@pytest.mark.parametrize("name", PITFALLS)
def test_the_pictures_of_the_guide_for_the_readme(
    open_tab: Open, shown: TensorBoardProcess, pictures: Path, name: str
) -> None:
    halves = []
    for view in PITFALLS[name]:
        whole = f"run=digits&layer=fc1&{view}"
        keys = "".join(f"&p.tb_embed.{key}" for key in whole.split("&"))
        tab = open_tab(shown, 1250, 760, reduced_motion=True, keys=keys)
        (step,) = re.findall(r"step=(\d+)", view)
        tab.wait_for_picture(step)
        halves.append(stage(tab))
    keep(beside(*halves), pictures / "views" / f"{name}.png")
