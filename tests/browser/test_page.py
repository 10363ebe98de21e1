"""The page as a whole: layout, themes, names, messages, address, host."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Route, expect

from tb_embed_plugin import record
from tests.browser.audit import faults
from tests.browser.tab import FREQUENT_POLLS, TIMEOUT, WITHOUT_POLLS, Open, Tab
from tests.harness import EPOCHS, TensorBoardProcess, tensorboard

LIGHT, DARK = 0xFFFFFF, 0x262626
"""The stage's colours."""
LAST = 1
MARKUP = "<img src=x onerror=alert(1)>"
SIZES = ((900, 700), (1400, 900), (2200, 1300))

MAKE_CODE = """() => new Promise(done => setTimeout(() => {
    try { done(String(new Function("return 1")())); } catch (refused) { done(refused.message); }
}))"""
"""Later, since the policy does not hold for what a test evaluates itself."""

COUNT_DRAWINGS = """
() => {
  window.drawn = 0;
  for (const name of ["drawArrays", "drawElements"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...rest) {
      window.drawn += 1;
      return draw.apply(this, rest);
    };
  }
}
"""


def evaluate(tab: Tab, script: str) -> Any:
    """Evaluates a function in the plugin's frame."""
    return tab.frame.locator("body").evaluate(script)


def background(pixels: NDArray[np.uint8]) -> int:
    """Returns the colour that most of the stage has, as 0xRRGGBB."""
    packed = pixels.astype(np.uint32) @ np.array([0x10000, 0x100, 1], np.uint32)
    colours, counts = np.unique(packed, return_counts=True)
    return int(colours[counts.argmax()])


def wait_for_background(tab: Tab, color: int) -> None:
    tab.wait_until(lambda: background(tab.pixels()) == color)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_layout_holds(open_tab: Open, layouts: Path, width: int, height: int) -> None:
    # TensorBoard's own page is around ours at one size, and has a switch for the theme.
    hosted = width == 1400
    tab = open_tab(width=width, height=height, hosted=hosted, reduced_motion=True)
    for dimensions, dark in (("2D", False), ("3D", True)):
        tab.wear(dark=dark)
        tab.frame.get_by_text(dimensions, exact=True).click()
        expect(tab.canvas).to_have_accessible_name(re.compile(f"^{dimensions} PCA"))
        tab.wait_for_picture(EPOCHS)
        wait_for_background(tab, DARK if dark else LIGHT)
        tab.page.screenshot(path=layouts / f"{width}-{dimensions}.png")
        assert_layout_holds(tab, width, dark=dark)
    if hosted:
        tab.wear(dark=False)
        wait_for_background(tab, LIGHT)


def assert_layout_holds(tab: Tab, width: int, *, dark: bool) -> None:
    """Looks for text that is cut, for what overlaps, and at how much of the stage is used."""
    assert faults(tab) == []
    box = tab.canvas.bounding_box()
    assert box is not None
    assert box["width"] >= 0.55 * width or width < 1400, "between two panels"

    pixels = tab.pixels()
    assert background(pixels) == (DARK if dark else LIGHT)
    drawn = np.abs(pixels.astype(int) - [0x26 if dark else 0xFF]).sum(2) > 60
    # The texts that lie over the stage's lower edge are no part of the cloud.
    rows, columns = np.nonzero(drawn[:-40])
    shares = np.ptp(rows) / drawn.shape[0], np.ptp(columns) / drawn.shape[1]
    assert max(shares) >= 0.7


FOCUSED = """() => {
    const one = document.activeElement;
    const outlined = other => other && getComputedStyle(other).outlineStyle !== "none"
        && parseFloat(getComputedStyle(other).outlineWidth) >= 2;
    // A slider has its ring around the thumb, whose style a page cannot ask for.
    const unasked = one === document.body || one.type === "range";
    const seen = unasked || [one, one.nextElementSibling].some(outlined);
    return [one.ariaLabel || one.id || one.textContent, Boolean(seen)];
}"""


def test_every_control_has_a_name_and_takes_the_focus(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    session = tab.page.context.new_cdp_session(tab.page)
    nodes = session.send("Accessibility.getFullAXTree")
    roles = {"button", "combobox", "slider", "radio", "application", "textbox", "checkbox"}
    controls = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes["nodes"]
        if not node["ignored"] and node.get("role", {}).get("value") in roles
    ]
    session.detach()

    assert len(controls) >= 10
    assert [control for control in controls if not control[1].strip()] == []

    reached = {}
    tab.frame.get_by_label("Hide the data panel").focus()
    for _ in range(110):
        # With the first key the focus is one of the keyboard's, which must be seen.
        tab.page.keyboard.press("Tab")
        name, seen = evaluate(tab, FOCUSED)
        reached[name] = seen
    assert {"Home view", "Help", "Epoch", "Play", "Speed"} <= set(reached)
    assert [name for name, seen in reached.items() if not seen] == []


def test_help_lists_the_keys_and_closes(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    tab.canvas.focus()
    tab.page.keyboard.press("?")
    dialog = tab.frame.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Space")
    tab.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_colouring_by_a_number_shows_a_ramp(open_tab: Open) -> None:
    tab = open_tab(reduced_motion=True)
    tab.wait_for_picture(EPOCHS)
    before = tab.pixels()
    tab.frame.get_by_label("Color by").select_option("index")

    expect(tab.frame.get_by_role("img", name="Colors from")).to_be_visible()
    tab.wait_until(lambda: not np.array_equal(tab.pixels(), before))


def write_clusters(run_dir: Path, *layers: str) -> None:
    """Records a run of two steps and few samples, which is soon read and drawn."""
    rng = np.random.default_rng(0)
    for step in (0, LAST):
        values = {layer: rng.normal(size=(90, 10)).astype(np.float32) for layer in layers}
        labels = np.arange(90) % 10
        record(run_dir, step, values, labels=labels, finished=step == LAST)


@pytest.fixture(scope="module")
def odd_logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a run of two layers, and others with a fault or with strange words."""
    logdir = tmp_path_factory.mktemp("odd")
    for name in ("broken", "cut", MARKUP):
        write_clusters(logdir / name, "fc1")
    write_clusters(logdir / "fine", "fc1", "digits")
    manifest = logdir / "broken" / "plugins/tb_embed/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format_version": 9}))
    table = logdir / MARKUP / "metadata.tsv"
    table.write_text(table.read_text().replace("\t7\n", "\t<b>seven</b> & more\n"))
    return logdir


@pytest.fixture(scope="module")
def odd(odd_logdir: Path) -> Iterator[TensorBoardProcess]:
    """TensorBoard on those runs."""
    with tensorboard(odd_logdir) as process:
        yield process


def test_the_page_works_below_a_path_prefix(open_tab: Open, odd_logdir: Path) -> None:
    with tensorboard(odd_logdir / "fine", "--path_prefix", "/a/b") as server:
        # TensorBoard's own page asks for its fonts without the prefix; ours asks with it.
        fonts = r"(?<!/a/b)/font-roboto/"
        tab = open_tab(server, hosted=True, tolerated=fonts)
        tab.wait_for_picture(LAST)


def test_a_log_directory_may_be_missing_then_empty_then_hold_a_run(
    open_tab: Open, tmp_path: Path
) -> None:
    logdir = tmp_path / "logs"
    with tensorboard(logdir) as server:
        # What is asked of the run that is gone is refused.
        tab = open_tab(server, tolerated=r"/plugin/tb_embed/", script=FREQUENT_POLLS)
        problems = tab.frame.get_by_role("list", name="Problems of the log directory")
        expect(problems).to_contain_text("there is no 'logs'")
        expect(tab.frame.get_by_text("recorded here yet")).to_have_count(0)
        logdir.mkdir()
        code = tab.frame.locator("code")
        for words in ("import EmbeddingCheckpoint", "model.fit(", "tensorboard --logdir"):
            expect(code).to_contain_text(words)
        expect(problems).to_have_count(0)
        write_clusters(logdir / "run", "fc1")
        tab.wait_for_picture(LAST)
        # As after `rm -r logs`, before the training is begun anew.
        shutil.rmtree(logdir)
        expect(problems).to_contain_text("there is no 'logs'", timeout=TIMEOUT)
        write_clusters(logdir / "another", "fc2")
        expect(tab.frame.get_by_label("Run", exact=True)).to_have_value("another")
        expect(tab.frame.get_by_label("Layer", exact=True)).to_have_value("fc2")
        tab.wait_for_picture(LAST)


def test_the_page_outlives_its_server(open_tab: Open, tmp_path: Path) -> None:
    write_clusters(tmp_path / "run", "fc1")
    with tensorboard(tmp_path) as server:
        tolerated = r"/plugin/tb_embed/|ERR_CONNECTION"
        tab = open_tab(server, tolerated=tolerated, script=FREQUENT_POLLS)
        tab.wait_for_picture(LAST)
        goodbyes, server.before_stop = server.before_stop, []
        server.stop()
        unreachable = tab.frame.get_by_text("TensorBoard does not answer")
        # Of the list of runs, and of whatever else was asked for just then.
        expect(unreachable.first).to_be_visible(timeout=TIMEOUT)
        port = server.url.rstrip("/").rpartition(":")[2]
        write_clusters(tmp_path / "another", "fc1")
        with tensorboard(tmp_path, "--port", port) as again:
            again.before_stop, server.before_stop = goodbyes, goodbyes
            expect(unreachable).to_have_count(0, timeout=TIMEOUT)
            tab.frame.get_by_label("Run", exact=True).select_option("another")
            tab.wait_for_picture(LAST)


def test_a_broken_run_says_what_is_wrong(open_tab: Open, odd: TensorBoardProcess) -> None:
    tab = open_tab(odd)
    tab.wait_for_picture(LAST)
    expect(tab.frame.get_by_label("Run", exact=True)).not_to_have_value("broken")
    tab.frame.get_by_label("Run", exact=True).select_option("broken")
    expect(tab.frame.get_by_text("has format version 9").first).to_be_visible()


def test_a_failed_answer_is_shown_with_a_way_to_try_again(
    open_tab: Open, odd: TensorBoardProcess, odd_logdir: Path
) -> None:
    data = odd_logdir / "cut" / "model.ckpt-0.data-00000-of-00001"
    whole = data.read_bytes()
    data.write_bytes(whole[:1000])
    # The browser itself reports the refused requests.
    keys = "&p.tb_embed.run=cut"
    tab = open_tab(odd, tolerated=r"/plugin/tb_embed/", keys=keys)
    alert = tab.frame.get_by_role("alert")
    expect(alert).to_contain_text("cut short")
    data.write_bytes(whole)
    alert.get_by_role("button", name="Retry").click()
    tab.wait_for_picture(LAST)


def test_text_of_a_run_is_never_markup(open_tab: Open, odd: TensorBoardProcess) -> None:
    tab = open_tab(odd)
    tab.wait_for_picture(LAST)
    tab.frame.get_by_label("Run", exact=True).select_option(MARKUP)
    expect(tab.frame.get_by_text("<b>seven</b> & more")).to_be_visible()
    assert tab.frame.locator("img, b").count() == 0


LIES_BEHIND = """() => {
    Object.defineProperty(document, "visibilityState", {configurable: true, value: "hidden"});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
LIES_IN_FRONT = """() => {
    delete document.visibilityState;
    document.dispatchEvent(new Event("visibilitychange"));
}"""
DRAWN_IN_THIRTY_FRAMES = """() => new Promise(done => {
    window.drawn = 0;
    let left = 30;
    const count = () => {
        left -= 1;
        if (left > 0) requestAnimationFrame(count);
        else done(window.drawn);
    };
    requestAnimationFrame(count);
})"""


def test_nothing_is_drawn_that_nobody_sees(open_tab: Open) -> None:
    tab = open_tab(hosted=True)
    tab.wait_for_picture(EPOCHS)
    evaluate(tab, COUNT_DRAWINGS)

    def drawn() -> int:
        return int(evaluate(tab, DRAWN_IN_THIRTY_FRAMES))

    # Nothing changes, nothing is drawn.
    tab.wait_until(lambda: drawn() == 0)
    tab.frame.get_by_role("button", name="Loop").click()
    tab.frame.get_by_role("button", name="Play").click()
    tab.wait_until(lambda: drawn() > 0)
    # The browser's tab lies behind another one.
    evaluate(tab, LIES_BEHIND)
    tab.wait_until(lambda: drawn() == 0)
    evaluate(tab, LIES_IN_FRONT)
    tab.wait_until(lambda: drawn() > 0)
    # TensorBoard shows another of its tabs.
    tab.page.evaluate("location.hash = '#scalars'")
    tab.wait_until(lambda: drawn() == 0)


def test_whoever_comes_back_to_the_page_gets_the_news_at_once(open_tab: Open) -> None:
    tab = open_tab(script=WITHOUT_POLLS)
    tab.wait_for_picture(EPOCHS)
    evaluate(tab, LIES_BEHIND)
    with tab.page.expect_request(re.compile("tb_embed/runs")):
        evaluate(tab, LIES_IN_FRONT)


def test_another_layer_can_be_chosen(open_tab: Open, odd: TensorBoardProcess) -> None:
    tab = open_tab(odd, reduced_motion=True, keys="&p.tb_embed.run=fine&p.tb_embed.layer=fc1")
    tab.wait_for_picture(LAST)
    before = tab.positions()
    tab.frame.get_by_label("Layer").select_option("digits")
    expect(tab.canvas).to_have_accessible_name("2D PCA of digits, step 1, 90 samples")
    tab.wait_for_picture(LAST)
    assert np.abs(tab.positions() - before).max() > 10
    expect(tab.frame.get_by_text(re.compile("90 samples . 10 units"))).to_be_visible()


COUNT_PROGRAMS = """
window.programs = 0;
const link = WebGL2RenderingContext.prototype.linkProgram;
WebGL2RenderingContext.prototype.linkProgram = function (program) {
  window.programs += 1;
  link.call(this, program);
};
"""


def test_waiting_is_said_in_words_while_what_draws_is_made_ready(open_tab: Open) -> None:
    tab = open_tab(script=COUNT_PROGRAMS)
    tab.wait_for_picture(EPOCHS)
    tab.page.route("**/projection?**", lambda route: None)
    tab.page.reload()

    status = tab.frame.get_by_role("status").filter(has_text="Computing")
    expect(status).to_contain_text(f"Computing epoch {EPOCHS} of fc1")
    tab.page.wait_for_function("window.programs > 0")
    tab.page.unroute_all(behavior="ignoreErrors")


def test_the_page_runs_where_text_is_never_code(open_tab: Open) -> None:
    """TensorBoard allows `eval`, for the Projector's sake; a host that does not is enough."""
    tab = open_tab(tolerated="unsafe-eval")
    tab.wait_for_picture(EPOCHS)
    policies: list[str] = []

    def forbid(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"].replace("'unsafe-eval'", "")
        policies.append(policy)
        route.fulfill(
            response=answer, headers={**answer.headers, "content-security-policy": policy}
        )

    tab.page.route(lambda url: "plugin_entry.html" in url, forbid)
    tab.page.reload()
    tab.wait_for_picture(EPOCHS)
    assert policies
    assert "script-src 'self'" in policies[0]
    assert "unsafe-eval" not in policies[0]
    assert "unsafe-eval" in tab.page.evaluate(MAKE_CODE)
    # Patterns are searched by a worker, a script of its own.
    tab.frame.get_by_role("searchbox").fill("/^7$/")
    expect(tab.frame.get_by_text("press Enter to select them")).to_be_visible()
    tab.frame.get_by_role("searchbox").press("Enter")
    expect(tab.frame.get_by_role("listbox").first).to_be_visible()
    tab.page.unroute_all()


def test_a_link_to_a_run_and_a_view_that_are_gone_says_what_is_shown_in_their_place(
    open_tab: Open,
) -> None:
    beside = "&p.tb_embed.companion=run:lost,layer:fc1,steps:step"
    tab = open_tab(keys=f"&p.tb_embed.run=gone&p.tb_embed.engine=mine{beside}")
    tab.wait_for_picture(EPOCHS)
    said = tab.frame.get_by_role("alert")
    expect(said).to_contain_text('Run "gone" is not in this log directory; run "')
    expect(said).to_contain_text('There is no view "mine" here; PCA is shown.')
    expect(said).to_contain_text('Run "lost" with layer "fc1" is not there; the second pane')
    said.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)
