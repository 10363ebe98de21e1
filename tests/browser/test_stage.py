"""What is drawn, and where, against the routes and the recorded samples."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect

from tests.browser.tab import Open, Tab
from tests.harness import EPOCHS, Recording, TensorBoardProcess

WHITE = np.array([255, 255, 255])


def route_positions(server: TensorBoardProcess, step: int) -> NDArray[np.float64]:
    """The `projection` route's frame of a step, (n_samples, 2)."""
    query = f"projection?run=digits&layer=fc1&components=2&steps={step}"
    body = server.get("data/plugin/tb_embed/" + query)[2]
    tensors = safetensors.numpy.load(body)
    return np.asarray(tensors["positions"][0] * tensors["scale"][0] + tensors["offset"][0])


def home_view(places: NDArray[np.float64], width: float, height: float) -> tuple[Any, float]:
    """The documented framing: 1 to 99 % of the step, equal axes, 9 % margin.

    Returns:
        The centre, and pixels a unit.
    """
    low = np.quantile(places, 0.01, axis=0, method="lower")
    high = np.quantile(places, 0.99, axis=0, method="higher")
    span = high - low
    scale = 0.82 * min(width / span[0], height / span[1])
    return (low + high) / 2, scale


def test_the_first_screen_shows_the_last_step_of_the_newest_layer(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)

    expect(tab.canvas).to_have_accessible_name("2D PCA of fc1, epoch 10, 1,797 samples")
    expect(tab.slider).to_have_attribute("aria-valuetext", "epoch 10 of 10")
    expect(tab.frame.get_by_label("Color by")).to_have_value("label")
    expect(tab.frame.get_by_role("button", name="Play")).to_be_enabled()


def test_the_legend_counts_the_samples(open_tab: Open, recording: Recording) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    entries = tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")

    counts = np.bincount(recording.labels)
    expect(entries).to_have_text([f"{label}{n}" for label, n in enumerate(counts)])


def test_samples_are_drawn_where_the_projection_says(
    open_tab: Open, server: TensorBoardProcess
) -> None:
    tab = open_tab(reduced_motion=True, keys="&p.tb_embed.step=5&p.tb_embed.show=names:0")
    tab.wait_for_picture(5)
    tab.frame.get_by_text("Dots", exact=True).click()
    box = tab.canvas.bounding_box()
    assert box is not None
    for step, key in ((5, ""), (0, "Home"), (EPOCHS, "End")):
        if key:
            tab.slider.press(key)
            tab.wait_for_picture(step)
        tab.frame.get_by_role("button", name="Home view").click()
        tab.settle()
        places = route_positions(server, step)
        centre, scale = home_view(places, box["width"], box["height"])
        x, y = ((places - centre) * scale).T
        expected = np.stack([box["width"] / 2 + x, box["height"] / 2 - y], 1)

        assert np.abs(tab.positions() - expected).max() < 1.5
        assert_dots_at(tab, expected)


def assert_dots_at(tab: Tab, expected: NDArray[np.float64]) -> None:
    """Looks at the pixels: a colour at each sample, and none where no sample is."""
    pixels = tab.pixels().astype(int)
    height, width = pixels.shape[:2]
    inside = (expected > 8).all(1) & (expected < [width - 8, height - 8]).all(1)
    columns, rows = np.rint(expected[inside]).astype(int).T
    drawn = np.abs(pixels[rows, columns] - WHITE).sum(1) > 40
    assert drawn.mean() > 0.995

    ys, xs = np.mgrid[20:height:40, 20:width:40]
    empty = np.stack([xs.ravel(), ys.ravel()], 1)
    far = np.linalg.norm(empty[:, None] - expected[None], axis=2).min(1) > 15
    # Where no sample is near, only the texts that lie over the stage may be.
    far &= (empty[:, 1] < height - 60) & far
    assert far.sum() > 20
    background = np.abs(pixels[empty[far, 1], empty[far, 0]] - WHITE).sum(1) == 0
    assert background.mean() > 0.99


def test_each_dot_has_the_colour_of_its_label(open_tab: Open, recording: Recording) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_text("Dots", exact=True).click()
    tab.settle()
    swatches = tab.frame.get_by_role("list", name="Legend").locator(".swatch")
    colours = np.array(
        [
            [int(n) for n in re.findall(r"\d+", text)[:3]]
            for text in swatches.evaluate_all(
                "all => all.map(one => getComputedStyle(one).backgroundColor)"
            )
        ]
    )
    positions, pixels = tab.positions(), tab.pixels().astype(int)
    near = np.linalg.norm(positions[:, None] - positions[None], axis=2) < 9
    height, width = pixels.shape[:2]
    inside = (positions > 5).all(1) & (positions < [width - 5, height - 70]).all(1)
    alone = np.flatnonzero((near.sum(1) == 1) & inside)
    assert len(alone) > 50
    columns, rows = np.rint(positions[alone]).astype(int).T
    # A dot is its colour, a little of the white stage shining through.
    distance = np.abs(pixels[rows, columns][:, None] - colours[None]).sum(2)
    assert (distance.argmin(1) == recording.labels[alone]).mean() > 0.95


def test_thumbnails_are_drawn_where_they_are_legible(
    open_tab: Open, recording: Recording
) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    positions, shape = tab.positions(), tab.pixels().shape
    near = np.abs(positions[:, None] - positions[None]).max(2) < 16
    inside = (positions > 20).all(1) & (positions < [shape[1] - 20, shape[0] - 70]).all(1)
    alone = np.flatnonzero((near.sum(1) == 1) & inside)
    assert len(alone) >= 5

    def likeness() -> float:
        """How far the pixels around lone samples are those of their digits."""
        ink = 255 * 3 - tab.pixels().astype(int).sum(2)
        found = []
        for sample in alone:
            x, y = np.rint(positions[sample]).astype(int)
            digit = Image.fromarray(recording.images[sample]).resize((14, 14))
            drawn = ink[y - 7 : y + 7, x - 7 : x + 7]
            found.append(np.corrcoef(drawn.ravel(), np.asarray(digit).ravel())[0, 1])
        return float(np.median(found))

    assert likeness() < 0.6, "so many lie on one another that dots are drawn"
    tab.frame.get_by_text("Images", exact=True).click()
    tab.wait_until(lambda: likeness() > 0.8)
    tab.frame.get_by_text("Auto", exact=True).click()
    tab.wait_until(lambda: likeness() < 0.6)
    # Enlarged eight times, those in view have room.
    tab.canvas.focus()
    for _ in range(12):
        tab.page.keyboard.press("+")
    tab.settle()
    dots = tab.pixels()
    tab.frame.get_by_text("Dots", exact=True).click()
    tab.wait_until(lambda: bool((tab.pixels() != dots).any()))


def test_pointing_at_a_sample_shows_its_image_and_row(
    open_tab: Open, recording: Recording
) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    positions = tab.positions()
    # The outermost sample to the right has no other near it.
    sample = int(positions[:, 0].argmax())
    tab.point_at(*positions[sample])
    card = tab.frame.get_by_role("tooltip")

    expect(card).to_contain_text(f"Sample {sample:,}")
    expect(card).to_contain_text(f"label{recording.labels[sample]}")
    image = card.get_by_role("img", name=f"Image of sample {sample}")

    def is_drawn() -> bool:
        drawn = image.evaluate(
            "one => Array.from(one.getContext('2d').getImageData(0, 0, 8, 8).data)"
        )
        grey = np.array(drawn).reshape(8, 8, 4)[..., 0]
        return np.array_equal(grey, np.rint(recording.images[sample] * 255))

    tab.wait_until(is_drawn)
    tab.point_at(2, 2)
    expect(card).to_have_count(0)


def test_dragging_pans_and_the_wheel_zooms_at_the_cursor(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    before = tab.positions()
    tab.point_at(300, 300)
    tab.page.mouse.down()
    tab.point_at(350, 280)
    tab.page.mouse.up()
    tab.settle()
    np.testing.assert_allclose(tab.positions() - before, [[50, -20]] * len(before), atol=0.6)

    moved = tab.positions()
    tab.point_at(400, 200)
    tab.page.mouse.wheel(0, -300)
    still = moved - [400, 200]
    tab.wait_until(
        lambda: bool(np.linalg.norm(tab.positions() - [400, 200]) > 1.2 * np.linalg.norm(still))
    )
    tab.settle()
    zoomed = tab.positions() - [400, 200]
    factor = np.linalg.norm(zoomed) / np.linalg.norm(still)
    np.testing.assert_allclose(zoomed, still * factor, atol=1)

    tab.frame.get_by_role("button", name="Home view").click()
    tab.settle()
    np.testing.assert_allclose(tab.positions(), before, atol=0.6)


def test_fingers_drag_pinch_and_tap(open_tab: Open) -> None:
    # Too narrow for an inspector that opens by itself and moves the samples away.
    tab = open_tab(width=1190, reduced_motion=True, touch=True)
    tab.wait_for_picture(EPOCHS)
    hands = tab.page.context.new_cdp_session(tab.page)
    box = tab.canvas.bounding_box()
    assert box is not None

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [
            {"x": box["x"] + x, "y": box["y"] + y, "id": i} for i, (x, y) in enumerate(fingers)
        ]
        hands.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = tab.positions()
    touch("touchStart", (300, 300))
    touch("touchMove", (320, 290))
    touch("touchMove", (350, 280))
    touch("touchEnd")
    tab.settle()
    moved = tab.positions()
    np.testing.assert_allclose(moved - before, [[50, -20]] * len(before), atol=0.6)

    touch("touchStart", (350, 300), (450, 300))
    for spread in range(60, 101, 10):
        touch("touchMove", (400 - spread, 300), (400 + spread, 300))
    touch("touchEnd")
    tab.settle()
    np.testing.assert_allclose(tab.positions() - [400, 300], 2 * (moved - [400, 300]), atol=3)

    # A tap shows what a pointer would that rests there, and selects.
    places = tab.positions()
    inside = (places > 60).all(axis=1) & (places < [box["width"] - 60, box["height"] - 60]).all(
        axis=1
    )
    x, y = places[np.flatnonzero(inside)[0]]
    touch("touchStart", (x, y))
    touch("touchEnd")
    expect(tab.frame.get_by_role("tooltip")).to_be_visible()
    expect(tab.frame.get_by_role("button", name="1 selected")).to_be_visible()


def test_three_dimensions_can_be_turned(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_text("3D", exact=True).click()
    expect(tab.canvas).to_have_accessible_name("3D PCA of fc1, epoch 10, 1,797 samples")
    tab.settle()
    before = tab.positions()
    tab.point_at(300, 300)
    tab.page.mouse.down()
    tab.point_at(450, 300)
    tab.page.mouse.up()
    tab.settle()
    moved = tab.positions() - before

    assert np.abs(moved).max() > 30
    assert moved[:, 0].std() > 5, "a turn moves near and far samples differently"


def test_the_canvas_is_worked_by_keys(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    home = tab.positions()
    tab.canvas.focus()
    for key in ("ArrowLeft", "ArrowUp", "+"):
        before = tab.positions()
        tab.page.keyboard.press(key)
        tab.settle()
        assert np.abs(tab.positions() - before).max() > 5, key
    tab.page.keyboard.press("h")
    tab.settle()
    np.testing.assert_allclose(tab.positions(), home, atol=0.6)


STRETCHED = """
() => new Promise(done => {
    const canvas = document.querySelector("canvas.samples");
    const watch = new ResizeObserver(() => {
        if (canvas.clientWidth === window.old_width) return;
        watch.disconnect();
        // The page's own observer was told before this one; the browser paints after both.
        done(canvas.width / devicePixelRatio - canvas.clientWidth);
    });
    window.old_width = canvas.clientWidth;
    watch.observe(canvas);
    document.querySelector("button[aria-label='Hide the data panel']").click();
})
"""


def test_a_stage_that_grows_is_never_painted_stretched(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    assert tab.canvas.evaluate(STRETCHED) == 0


def test_a_lost_context_comes_back_with_its_picture(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.frame.get_by_text("Dots", exact=True).click()
    tab.settle()
    before = tab.pixels()
    tab.canvas.evaluate(
        """one => new Promise(done => {
            const loss = one.getContext('webgl2').getExtension('WEBGL_lose_context');
            one.addEventListener('webglcontextrestored', () => requestAnimationFrame(done));
            loss.loseContext();
            setTimeout(() => loss.restoreContext(), 200);
        })"""
    )
    tab.wait_until(lambda: np.array_equal(tab.pixels(), before))
