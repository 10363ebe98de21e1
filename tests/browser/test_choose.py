"""Finding and choosing samples: a run with a planted cluster, worked by mouse and by keys."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tb_embed_plugin import record
from tests.browser.tab import Open, Tab
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES = 120
PLANTED = np.arange(0, SAMPLES, 5)
LABELS = np.arange(SAMPLES) % 3
LOSS = np.linspace(0, 2, SAMPLES)
COLORS = np.stack([np.arange(SAMPLES), 200 - np.arange(SAMPLES), np.full(SAMPLES, 90)], 1)
LAST = 1


def snapshot(step: int) -> NDArray[np.float32]:
    """A wide cloud, and every fifth sample far to one side of it; noise in other units."""
    rng = np.random.default_rng(step)
    # Wide in two units, so that nothing is wrong with it: warnings would open the inspector.
    x = rng.normal(size=(SAMPLES, 6)) * [5, 8, 0.1, 0.1, 0.1, 0.1]
    x[PLANTED, 0] += 40 if step == LAST else 0
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on a run of 120 samples, 24 of them in a cluster of their own at step 1."""
    logdir = tmp_path_factory.mktemp("planted")
    images = np.broadcast_to(COLORS[:, None, None].astype(np.uint8), (SAMPLES, 8, 8, 3))
    names = [f"car {i}, red" if i % 2 else f"tram {i}" for i in range(SAMPLES)]
    for step in (0, LAST):
        record(
            logdir / "run",
            step,
            {"fc1": snapshot(step), "fc2": snapshot(step)[:, :3]},
            labels=LABELS,
            images=images,
            metadata={"loss": LOSS.tolist(), "name": names},
            finished=step == LAST,
        )
    with tensorboard(logdir) as process:
        yield process


@pytest.fixture
def tab(open_tab: Open, planted: TensorBoardProcess) -> Tab:
    """The tab on that run, at its last step, where the cluster is."""
    tab = open_tab(planted, width=1600, reduced_motion=True)
    tab.wait_for_picture(LAST)
    return tab


def drag(tab: Tab, *path: tuple[float, float]) -> None:
    """Draws on the stage."""
    tab.point_at(*path[0])
    tab.page.mouse.down()
    for place in path[1:]:
        tab.point_at(*place)
    tab.page.mouse.up()


def around(places: NDArray[np.float64]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two opposite corners of a box around some places."""
    (left, top), (right, bottom) = places.min(0) - 12, places.max(0) + 12
    return (left, top), (right, bottom)


def lasso_the_cluster(tab: Tab) -> None:
    """Draws a lasso around the planted cluster, away from the cloud."""
    tab.canvas.focus()
    tab.page.keyboard.press("l")
    # The stage may just have made room for the inspector.
    tab.settle()
    (left, top), (right, bottom) = around(tab.positions()[PLANTED])
    drag(tab, (left, top), (right, top), (right, bottom), (left, bottom))


def click(tab: Tab, sample: int) -> None:
    """Clicks a sample on the stage."""
    tab.settle()
    tab.point_at(*tab.positions()[sample])
    tab.page.mouse.down()
    tab.page.mouse.up()


def lonely(tab: Tab) -> int:
    """A sample that no other lies near."""
    positions = tab.positions()
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return int(apart.min(1).argmax())


def inspector(tab: Tab) -> Locator:
    """The panel to the right."""
    return tab.frame.get_by_role("complementary", name="Inspector")


def expect_selected(tab: Tab, count: int) -> None:
    """Expects so many samples to be selected, as screen readers are told."""
    noun = "sample" if count == 1 else "samples"
    heading = inspector(tab).get_by_role("heading", name=f"{count} {noun} selected")
    inspector(tab).get_by_role("tab", name="Selection").click()
    expect(heading).to_be_visible()


def selected_ids(tab: Tab) -> list[int]:
    """The samples selected, as the download says."""
    with tab.page.expect_download() as downloading:
        inspector(tab).get_by_role("button", name="Save CSV", exact=True).click()
    return [int(row["sample"]) for row in rows_of(downloading.value.path())]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Reads a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_text())))


def search(tab: Tab, query: str) -> str:
    """Types a query and returns what the page says of it."""
    field = tab.frame.get_by_role("searchbox", name="Search samples")
    field.fill("")
    expect(tab.frame.locator("#found")).to_be_empty()
    field.fill(query)
    expect(tab.frame.locator("#found")).not_to_have_text(re.compile(r"^(Searching.*)?$"))
    return tab.frame.locator("#found").inner_text()


def wait_until_hidden(tab: Tab, hidden: NDArray[np.bool_]) -> None:
    """Waits until just those samples are nowhere on the stage."""
    tab.wait_until(lambda: np.array_equal(np.isnan(tab.positions()[:, 0]), hidden))


def color_at(tab: Tab, place: NDArray[np.float64]) -> NDArray[np.int64]:
    """The canvas' colour at a place."""
    column, row = np.rint(place).astype(int)
    found: NDArray[np.int64] = tab.pixels()[row, column].astype(int)
    return found


def test_the_lasso_selects_the_planted_cluster(tab: Tab) -> None:
    lasso_the_cluster(tab)

    expect_selected(tab, len(PLANTED))
    assert selected_ids(tab) == PLANTED.tolist()
    shares = (
        inspector(tab).get_by_role("list", name="Selected by label").get_by_role("listitem")
    )
    expect(shares).to_have_text([f"{label} {n}" for label, n in enumerate([8, 8, 8])])


def test_the_box_adds_takes_away_and_works_in_3_d(tab: Tab) -> None:
    tab.frame.get_by_text("3D", exact=True).click()
    tab.canvas.focus()
    tab.page.keyboard.press("b")
    tab.settle()
    positions = tab.positions()
    middle = float(np.median(positions[:, 0]))
    box = ((middle, 3.0), (positions[:, 0].max() + 5, positions[:, 1].max() + 5))
    inside = (positions[:, 0] > middle) & (positions[:, 0] < box[1][0])
    drag(tab, *box)
    expect_selected(tab, int(inside.sum()))
    assert selected_ids(tab) == np.flatnonzero(inside).tolist()

    # The inspector has opened beside the stage: the samples have moved.
    tab.settle()
    positions = tab.positions()
    chosen = int(np.flatnonzero(inside)[0])
    corners = around(positions[[chosen]])
    near = (np.abs(positions - positions[chosen]) < 12).all(1)
    tab.page.keyboard.down("Control")
    drag(tab, *corners)
    tab.page.keyboard.up("Control")
    expect_selected(tab, int((inside & ~near).sum()))
    tab.page.keyboard.down("Shift")
    drag(tab, *corners)
    tab.page.keyboard.up("Shift")
    expect_selected(tab, int((inside | near).sum()))


def test_unselected_samples_stay_dimmed(tab: Tab) -> None:
    tab.frame.get_by_text("Dots", exact=True).click()
    lasso_the_cluster(tab)
    expect_selected(tab, len(PLANTED))
    tab.settle()
    others = np.setdiff1d(np.arange(SAMPLES), PLANTED)
    positions = tab.positions()
    pixels = tab.pixels().astype(int)

    def ink(samples: NDArray[np.intp]) -> NDArray[np.int64]:
        columns, rows = np.rint(positions[samples]).astype(int).T
        found: NDArray[np.int64] = 255 * 3 - pixels[rows, columns].sum(1)
        return found

    assert np.median(ink(others)) > 0, "they are still there"
    assert np.median(ink(others)) < 0.35 * np.median(ink(PLANTED))

    tab.page.keyboard.press("Escape")
    expect(inspector(tab).get_by_role("heading", name="Nothing is selected")).to_be_visible()


def test_the_selection_survives_step_view_and_layer(tab: Tab) -> None:
    lasso_the_cluster(tab)
    tab.frame.get_by_text("3D", exact=True).click()
    tab.page.keyboard.press(",")
    tab.wait_for_picture(0)
    tab.frame.get_by_label("Layer").select_option("fc2")
    tab.wait_for_picture(0)

    expect_selected(tab, len(PLANTED))
    assert selected_ids(tab) == PLANTED.tolist()


def test_search_counts_and_enter_selects(tab: Tab) -> None:
    index = np.arange(SAMPLES)
    queries = {
        "label:1": LABELS == 1,
        "loss<0.5 label!=1": (LOSS < 0.5) & (LABELS != 1),
        'name:"car 7, red"': index == 7,
        "/^tram 1.$/": (index >= 10) & (index < 20) & (index % 2 == 0),
    }
    for query, wanted in queries.items():
        said = search(tab, query)
        assert said.startswith(f"{wanted.sum()} of {SAMPLES} samples"), query
        tab.frame.get_by_role("searchbox", name="Search samples").press("Enter")

        expect_selected(tab, int(wanted.sum()))
        assert selected_ids(tab) == np.flatnonzero(wanted).tolist(), query


def test_a_wrong_query_is_told_in_words(tab: Tab) -> None:
    assert search(tab, "/(/").startswith("Invalid regular expression /(/: ")
    assert "Available: " in search(tab, "colour:red")
    tab.page.keyboard.press("Enter")
    tab.inspect("Selection")
    expect(inspector(tab).get_by_role("heading", name="Nothing is selected")).to_be_visible()
    # The slash goes to the search; inside it, keys are text.
    tab.canvas.focus()
    tab.page.keyboard.press("/")
    field = tab.frame.get_by_role("searchbox", name="Search samples")
    expect(field).to_be_focused()
    field.fill("")
    tab.page.keyboard.type("bl2")
    expect(field).to_have_value("bl2")
    expect(tab.frame.get_by_role("radio", name="Pan")).to_be_checked()


def test_the_legend_filters_and_its_counts_stay(tab: Tab) -> None:
    entries = tab.frame.get_by_role("list", name="Legend").get_by_role("listitem")
    counts = [f"{label}40" for label in range(3)]
    entry = entries.nth(1).get_by_role("button", pressed=True)
    entry.click()
    shown = tab.frame.get_by_text("80 of 120 samples shown")
    expect(shown).to_be_visible()
    expect(entries).to_have_text(counts)
    wait_until_hidden(tab, LABELS == 1)

    tab.frame.get_by_role("button", name="Show all").click()
    expect(shown).to_have_count(0)
    entry.focus()
    tab.page.keyboard.press("Alt+Enter")
    expect(tab.frame.get_by_text("40 of 120 samples shown")).to_be_visible()
    wait_until_hidden(tab, LABELS != 1)
    tab.page.keyboard.press("Alt+Enter")
    entries.nth(2).hover()
    tab.frame.get_by_role("button", name="Show only 2").click()
    wait_until_hidden(tab, LABELS != 2)
    entries.nth(2).get_by_role("button", pressed=True).click(modifiers=["Shift"])
    expect_selected(tab, 40)


def test_a_histogram_filters_by_brush_and_by_keys(tab: Tab) -> None:
    tab.frame.get_by_text("Filter by number").click()
    loss = tab.frame.get_by_role("group", name="loss")
    brush = loss.locator("svg")
    brush.scroll_into_view_if_needed()
    box = brush.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + box["width"] / 2, y)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] + 20, y)
    tab.page.mouse.up()
    expect(tab.frame.get_by_text("60 of 120 samples shown")).to_be_visible()
    wait_until_hidden(tab, LOSS < 1)

    tab.frame.get_by_role("spinbutton", name="loss from").fill("1.5")
    tab.page.keyboard.press("Enter")
    expect(tab.frame.get_by_text(f"{(LOSS >= 1.5).sum()} of 120 samples shown")).to_be_visible()
    brush.click()
    expect(tab.frame.get_by_text("samples shown")).to_have_count(0)


def test_isolating_keeps_the_thumbnails_right(tab: Tab) -> None:
    tab.frame.get_by_text("Images", exact=True).click()
    search(tab, "label:2")
    tab.page.keyboard.press("Enter")
    inspector(tab).get_by_role("button", name="Isolate").click()
    wait_until_hidden(tab, LABELS != 2)
    tab.settle()
    positions = tab.positions()
    shown = np.flatnonzero(LABELS == 2)
    apart = np.abs(positions[shown][:, None] - positions[shown][None]).max(2)
    np.fill_diagonal(apart, np.inf)
    alone = shown[apart.min(1) > 14]
    assert len(alone) > 5

    def right() -> bool:
        found = [np.abs(color_at(tab, positions[i]) - COLORS[i]).max() < 12 for i in alone[:6]]
        return all(found)

    tab.wait_until(right)
    tab.frame.get_by_role("button", name="Show all").click()
    wait_until_hidden(tab, np.zeros(SAMPLES, bool))


def test_the_selection_is_a_sortable_grid_and_a_table(tab: Tab) -> None:
    search(tab, "index<60")
    tab.page.keyboard.press("Enter")
    grid = inspector(tab).get_by_role("listbox", name="Images of the selected samples")
    expect(grid.get_by_role("option").first).to_have_attribute("aria-label", "Sample 0")
    inspector(tab).get_by_label("Sort by").select_option("loss")
    inspector(tab).get_by_role("button", name="Smallest first").click()
    first = grid.get_by_role("option").first
    expect(first).to_have_attribute("aria-label", "Sample 59")
    expect(first).to_have_attribute("aria-setsize", "60")
    assert grid.get_by_role("option").count() <= 60

    # By keys: down two rows of six, and Enter opens the card.
    grid.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        tab.page.keyboard.press(key)
    card = inspector(tab).get_by_role("region", name="Sample")
    expect(card).to_contain_text(f"Sample {59 - 13}")

    inspector(tab).get_by_role("tab", name="Selection").click()
    inspector(tab).get_by_text("Table", exact=True).click()
    table = inspector(tab).get_by_role("table")
    expect(table).to_have_attribute("aria-rowcount", "61")
    expect(table.get_by_role("row").nth(1)).to_contain_text("tram 0")
    table.get_by_role("columnheader", name="name").get_by_role("button").click()
    expect(table.get_by_role("columnheader", name="name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(table.get_by_role("row").nth(1)).to_contain_text("car 1, red")


def test_a_click_shows_the_sample_and_keys_go_further(tab: Tab) -> None:
    sample = lonely(tab)
    click(tab, sample)
    card = inspector(tab).get_by_role("region", name="Sample")
    expect(card).to_contain_text(f"Sample {sample}")
    expect(card).to_contain_text(f"label{LABELS[sample]}")
    expect(card).to_contain_text("the median")
    tab.canvas.focus()
    tab.page.keyboard.press("]")
    expect(card).to_contain_text(f"Sample {sample + 1}")
    tab.page.keyboard.press("[")
    tab.page.keyboard.press("[")
    expect(card).to_contain_text(f"Sample {sample - 1}")

    # Among several that are selected the keys stay among them.
    lasso_the_cluster(tab)
    expect_selected(tab, len(PLANTED))
    tab.page.keyboard.press("]")
    tab.page.keyboard.press("]")
    expect(card).to_contain_text(f"Sample {PLANTED[1]}")
    expect_selected(tab, len(PLANTED))


def test_neighbours_are_those_of_the_layer_and_compared_with_a_step(tab: Tab) -> None:
    def nearest(step: int, sample: int, k: int) -> list[int]:
        x = snapshot(step).astype(np.float64)
        away = np.linalg.norm(x - x[sample], axis=1)
        away[sample] = np.inf
        return [int(i) for i in np.argsort(away)[:k]]

    sample = lonely(tab)
    click(tab, sample)
    panel = inspector(tab).get_by_role("region", name="Neighbors")
    options = panel.get_by_role("listbox").get_by_role("option")
    panel.get_by_role("spinbutton", name="Count").fill("7")
    panel.get_by_role("spinbutton", name="Count").press("Enter")
    expect(options).to_have_count(7)

    def listed() -> list[int]:
        return [int(re.findall(r"\d+", text)[0]) for text in options.all_inner_texts()]

    tab.wait_until(lambda: listed() == nearest(LAST, sample, 7))

    panel.get_by_label("Compare with step").select_option("0")
    now, then = set(nearest(LAST, sample, 7)), set(nearest(0, sample, 7))
    panel.get_by_text(f"Gained {len(now - then)}").click()
    expect(options).to_have_count(len(now - then))
    panel.get_by_text(f"Lost {len(then - now)}").click()
    tab.wait_until(lambda: set(listed()) == then - now)

    panel.get_by_text("All", exact=True).click()
    panel.get_by_label("Distance").select_option("cosine")
    x = snapshot(LAST).astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    away = 1 - x @ x[sample]
    away[sample] = np.inf
    expect(options.first).to_have_accessible_name(re.compile(rf"^Sample {away.argmin()}\b"))
    panel.get_by_role("button", name="Select").click()
    expect_selected(tab, 7)

    # Over all steps: a row a step, those outlined that are neighbours at the one that is shown.
    click(tab, sample)
    panel.get_by_label("Distance").select_option("euclidean")
    tab.frame.get_by_text("Neighbors at each step", exact=True).click()
    rows = inspector(tab).get_by_role("listbox", name="Nearest neighbors at each step")
    expect(rows.get_by_role("option")).to_have_count(2)
    first_then = nearest(0, sample, 10)
    kept = len(set(nearest(LAST, sample, 10)) & set(first_then))
    first = rows.get_by_role("option").first
    expect(first).to_have_accessible_name(
        re.compile(
            rf"step 0\s*: samples {', '.join(map(str, first_then))}; {kept}/10 are neighbors"
        )
    )
    expect(first.locator("canvas")).to_have_count(10)
    expect(first.locator(".kept")).to_have_count(kept)
    expect(rows.get_by_role("option").last.locator(".kept")).to_have_count(10)
    rows.press("Home")
    rows.press("Enter")
    tab.wait_for_picture(0)
    expect(first.locator(".kept")).to_have_count(10)


def test_tags_and_named_selections_are_kept_and_exported(
    tab: Tab, open_tab: Open, planted: TensorBoardProcess
) -> None:
    lasso_the_cluster(tab)
    expect_selected(tab, len(PLANTED))
    tab.page.keyboard.press("1")
    panel = inspector(tab)
    expect(panel.get_by_role("button", name="wrong label")).to_have_attribute(
        "aria-pressed", "true"
    )
    panel.get_by_label("Name of this selection").fill('the "far" ones')
    panel.get_by_role("button", name="Save selection").click()
    click(tab, lonely(tab))
    tab.canvas.focus()
    tab.page.keyboard.press("3")
    tab.page.reload()
    tab.wait_for_picture(LAST)

    # The address holds the selection, which opens the inspector.
    panel.get_by_role("button", name='the "far" ones', exact=True).click()
    expect_selected(tab, len(PLANTED))
    with tab.page.expect_download() as downloading:
        panel.get_by_role("button", name="Save tags").click()
    tags = {int(row["sample"]): row["tag"] for row in rows_of(downloading.value.path())}
    assert set(PLANTED.tolist()) <= set(tags)
    assert sorted(set(tags.values())) in (["unsure", "wrong label"], ["wrong label"])
    wrong = [i for i, tag in tags.items() if tag == "wrong label"]
    assert search(tab, 'tag:"wrong label"').startswith(f"{len(wrong)} of {SAMPLES}")

    # What is tagged can be seen on the stage, with a legend of its own.
    tab.frame.get_by_label("Color by").select_option("tag")
    entry = tab.frame.get_by_role("list", name="Legend").get_by_role(
        "button", name=re.compile("^wrong label")
    )
    expect(entry.first).to_contain_text(str(len(wrong)))
    click(tab, next(i for i in range(SAMPLES) if i not in tags))
    tab.canvas.press("1")
    expect(entry.first).to_contain_text(str(len(wrong) + 1))
    tab.canvas.press("1")

    kept = json.loads(
        tab.canvas.evaluate(
            "() => Object.entries(localStorage).find(([key]) => key.startsWith('tb_embed'))[1]"
        )
    )
    assert kept["named"][0]["name"] == 'the "far" ones'
    panel.get_by_role("tab", name="Selection").click()
    panel.get_by_role("button", name='Remove the "far" ones').click()
    expect(panel.get_by_role("button", name='the "far" ones', exact=True)).to_have_count(0)


def test_a_browser_that_keeps_nothing_says_so(
    open_tab: Open, planted: TensorBoardProcess
) -> None:
    denied = (
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('denied', 'SecurityError'); } });"
    )
    tab = open_tab(planted, width=1600, reduced_motion=True, script=denied)
    tab.wait_for_picture(LAST)
    lasso_the_cluster(tab)
    tab.page.keyboard.press("2")

    expect(tab.frame.get_by_role("alert")).to_contain_text("stores nothing")


def test_ids_are_copied_without_a_clipboard(tab: Tab) -> None:
    tab.canvas.evaluate(
        "() => Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    )
    lasso_the_cluster(tab)
    expect_selected(tab, len(PLANTED))
    inspector(tab).get_by_role("button", name="Copy indices").click()
    field = inspector(tab).get_by_role("textbox", name="Press Ctrl+C to copy")

    expect(field).to_have_value(", ".join(map(str, PLANTED)))
    all_chosen = "one => one.selectionEnd - one.selectionStart === one.value.length"
    tab.wait_until(lambda: bool(field.evaluate(all_chosen)))
