"""What the camera shows: the step that is looked at, and what the user wants instead."""

from __future__ import annotations

import numpy as np

from tests.browser.first_picture import assert_worth_a_look, filled
from tests.browser.tab import Open
from tests.harness import EPOCHS, Recording


def test_the_first_picture_fills_the_stage_and_tells_labels_apart(
    open_tab: Open, recording: Recording
) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    assert_worth_a_look(tab, recording.activations[EPOCHS], recording.labels)


def test_each_step_that_is_looked_at_fills_the_stage(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    assert 0.8 <= max(filled(tab)) <= 0.9

    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    # A step that is not much smaller is worth no flight.
    assert 0.5 <= max(filled(tab)) <= 0.9
    tab.canvas.focus()
    tab.page.keyboard.press("h")
    tab.settle()
    assert 0.8 <= max(filled(tab)) <= 0.9


def test_a_camera_that_the_user_has_moved_stays(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    tab.canvas.focus()
    tab.page.keyboard.press("+")
    tab.settle()
    before = tab.positions()
    tab.slider.focus()
    for key, step in (("Home", 0), ("End", EPOCHS)):
        tab.page.keyboard.press(key)
        tab.wait_for_picture(step)

    np.testing.assert_allclose(tab.positions(), before, atol=0.01)


def test_all_steps_are_in_view_while_they_are_played(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True, keys="&p.tb_embed.step=0")
    tab.wait_for_picture(0)
    assert max(filled(tab)) >= 0.8
    tab.canvas.evaluate(
        """canvas => {
            window.seen = [];
            const look = () => {
                const places = window.tbEmbed.screenPositions();
                let inside = 0;
                for (let i = 0; i < places.length; i += 3) {
                    const [x, y] = [places[i], places[i + 1]];
                    const across = x > 0 && x < canvas.clientWidth;
                    inside += across && y > 0 && y < canvas.clientHeight;
                }
                window.seen.push(3 * inside / places.length);
                afterNextFrame();
            };
            // Not in the frame's own callbacks, some of which come before the stage has drawn.
            const afterNextFrame = () => requestAnimationFrame(() => setTimeout(look));
            look();
        }"""
    )
    tab.frame.get_by_role("button", name="Play").click()
    tab.wait_for_picture(EPOCHS)
    seen = tab.canvas.evaluate("() => window.seen")

    assert len(seen) > 2
    assert min(seen) > 0.9
