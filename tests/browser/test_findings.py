"""Findings, curves and lenses in a real browser: on a healthy run and on a faulty one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tb_embed_plugin import EmbeddingCheckpoint, cli
from tb_embed_plugin.metrics.sample_catalog import RUN_METRICS, SAMPLE_METRICS
from tests.browser.tab import TIMEOUT, Open, Tab
from tests.harness import EPOCHS, Recording, TensorBoardProcess, tensorboard

PLANTED = 60
STEPS = 4


@pytest.fixture(scope="module")
def planted() -> NDArray[np.int64]:
    """The samples whose labels are wrong."""
    return np.sort(np.random.default_rng(0).choice(1797, PLANTED, replace=False))


@pytest.fixture(scope="module")
def faulty_logs(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
    planted: NDArray[np.int64],
) -> Path:
    """A run with wrong labels, most of whose first layer's units are dead."""
    images, labels = digits
    labels = labels.copy()
    labels[planted] = (labels[planted] + 1 + planted % 9) % 10
    logdir: Path = tmp_path_factory.mktemp("faulty")
    keras.utils.set_random_seed(0)
    biases = np.where(np.arange(64) < 24, -9.0, 0.0)
    model = keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Flatten(),
            keras.layers.Dense(
                64,
                activation="relu",
                name="fc1",
                bias_initializer=lambda shape, dtype=None: keras.ops.convert_to_tensor(
                    biases, dtype
                ),
            ),
            keras.layers.Dense(16, activation="relu", name="fc2"),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    recorder = EmbeddingCheckpoint(
        logdir / "faulty", images, labels=labels, images=images, layers=["fc1", "fc2"]
    )
    model.fit(images, labels, epochs=STEPS, verbose=0, callbacks=[recorder])
    return logdir


@pytest.fixture(scope="module")
def faulty(faulty_logs: Path) -> Iterator[TensorBoardProcess]:
    """TensorBoard on that run."""
    with tensorboard(faulty_logs) as process:
        yield process


def inspect(tab: Tab, name: str) -> Locator:
    """Opens a tab of the inspector and returns its page."""
    tab.wait_for_picture(EPOCHS)
    return tab.inspect(name)


def opened_findings(tab: Tab) -> Locator:
    """Opens the inspector and returns the findings."""
    tab.inspect("Findings")
    return tab.frame.get_by_role("region", name="Findings")


def selected(tab: Tab) -> int:
    """Waits until something is selected and returns how much."""
    heading = tab.frame.get_by_role("heading", name=re.compile("samples? selected"))
    expect(heading).to_be_visible()
    return int(heading.inner_text().split()[0].replace(",", ""))


def test_a_healthy_run_has_nothing_to_report(open_tab: Open) -> None:
    tab = open_tab()
    page = inspect(tab, "Findings")
    expect(page.get_by_text("No warnings.")).to_be_visible(timeout=TIMEOUT)
    expect(page.get_by_role("region", name="Mistakes")).to_be_visible()
    assert page.locator(".warning").count() == 0

    page.get_by_text(re.compile("more lists?$")).click()
    moved = page.get_by_role("region", name="Moved most")
    expect(
        moved.get_by_text(re.compile("^The first 50 of all [0-9,]+ samples"))
    ).to_be_visible()
    expect(moved.get_by_role("button", name=re.compile("^Sample "))).to_have_count(5)
    expect(page.get_by_text("Loading the list…")).to_have_count(0)

    # What color tells is told in the system's own colors, too.
    tab.page.emulate_media(forced_colors="active")
    swatches = tab.frame.locator(".legend .swatch")
    assert (
        len({one.evaluate("it => getComputedStyle(it).background") for one in swatches.all()})
        > 5
    )
    tab.page.emulate_media(forced_colors="none")


def test_the_link_of_a_finding_opens_its_view(
    open_tab: Open,
    faulty: TensorBoardProcess,
    faulty_logs: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cli.main(["findings", str(faulty_logs), "--json", "--layer", "fc1"])
    found = json.loads(capsys.readouterr().out)["findings"]
    (finding,) = (one for one in found if one["rule"] == "units_dying")
    assert finding["step"] == 1 < STEPS
    (labels,) = (one for one in found if one["rule"] == "label_error")
    assert 0 < labels["linked"] <= labels["count"]

    for link, one in [(finding["link"], finding), (labels["link"], labels)]:
        tab = open_tab(faulty, reduced_motion=True, keys=link.removeprefix("#tb_embed"))
        tab.wait_for_picture(one["step"])
        expect(tab.canvas).to_have_accessible_name(re.compile("fc1"))
        assert selected(tab) == one["linked"]


def test_the_folded_inspector_counts_the_warnings(
    open_tab: Open, faulty: TensorBoardProcess
) -> None:
    tab = open_tab(faulty, width=900)
    tab.wait_for_picture(STEPS)
    before = tab.canvas.bounding_box()
    count = tab.frame.get_by_role("button", name=re.compile("^[0-9]+ warnings?:"))
    expect(count).to_be_visible()
    # They came after the picture, and have taken nothing of the stage.
    assert tab.canvas.bounding_box() == before

    findings = opened_findings(tab)
    warning = findings.get_by_role("button", name=re.compile("Units dying at (step|epoch) 1"))
    warning.click()
    expect(findings.get_by_text("30% of the units or more")).to_be_visible()
    expect(findings.get_by_role("listbox").get_by_role("option").first).to_be_visible()

    findings.get_by_role("button", name=re.compile("Go to (step|epoch) 1")).click()
    tab.wait_for_picture(1)


def test_the_list_of_possible_label_errors_is_of_those_planted(
    open_tab: Open, faulty: TensorBoardProcess, planted: NDArray[np.int64]
) -> None:
    tab = open_tab(faulty, width=1500)
    tab.wait_for_picture(STEPS)
    findings = opened_findings(tab)
    findings.get_by_role("button", name=re.compile("^Possible label error")).click()
    options = findings.get_by_role("listbox").get_by_role("option")
    expect(options.nth(5)).to_be_visible()
    expect(options.first.locator("canvas")).to_be_visible()
    listed = [int(re.findall(r"\d+", options.nth(i).inner_text())[0]) for i in range(6)]
    assert len(set(listed) & set(planted.tolist())) >= 5

    options.first.click()
    expect(tab.frame.get_by_role("heading", name=f"Sample {listed[0]:,}")).to_be_visible()
    tab.frame.get_by_role("tab", name="Findings").click()
    findings.get_by_role("button", name=re.compile("^Select")).click()
    assert selected(tab) >= 6


def test_curves_share_the_cursor_and_go_to_their_steps(open_tab: Open) -> None:
    tab = open_tab()
    page = inspect(tab, "Layer")
    curve = page.get_by_role("img", name=re.compile("^Accuracy from"))
    expect(curve).to_be_visible(timeout=TIMEOUT)
    box = curve.bounding_box()
    assert box is not None
    curve.click(position={"x": 0.3 * box["width"], "y": 10})
    tab.wait_for_picture(3)

    page.get_by_role("button", name="Effective rank above the slider").click()
    timeline = tab.frame.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("img", name=re.compile("^Effective rank from"))).to_be_visible()
    expect(timeline.get_by_label("Curve above the slider")).to_have_value("effective_rank")


def test_the_map_of_steps_is_a_way_to_them(open_tab: Open) -> None:
    tab = open_tab()
    inspect(tab, "Layer")
    cells = tab.section("CKA").get_by_role("application")
    expect(cells).to_have_accessible_name(re.compile("CKA of fc1 .* to 1;"), timeout=TIMEOUT)
    cells.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        tab.page.keyboard.press(key)
    said = re.compile(r"^(?:Step 1 and step|Epoch 1 and epoch) 2: 0\.\d+ \(biased 0\.\d+\)$")
    expect(tab.frame.get_by_text(said)).to_be_visible()
    tab.page.keyboard.press("Enter")
    tab.wait_for_picture(2)


def test_a_layer_is_compared_with_another(open_tab: Open, faulty: TensorBoardProcess) -> None:
    tab = open_tab(faulty, width=1500)
    tab.wait_for_picture(STEPS)
    tab.inspect("Layer")
    page = tab.section("CKA")
    layers = page.get_by_role(
        "application", name=re.compile("2 layers at (?:step|epoch) 4, fc1, fc2;")
    )
    expect(layers).to_be_visible(timeout=TIMEOUT)
    layers.focus()
    tab.page.keyboard.press("ArrowRight")
    said = re.compile(r"^fc1 and fc2: 0\.\d+ \(biased 0\.\d+\)$")
    expect(page.get_by_text(said)).to_be_visible()
    tab.page.keyboard.press("Enter")
    steps = page.get_by_role("application", name=re.compile("with fc2 of faulty,"))
    expect(steps).to_be_visible(timeout=TIMEOUT)
    chosen = page.get_by_role("combobox", name="Compare with").locator("option:checked")
    expect(chosen).to_have_text("fc2")


def test_a_cell_of_the_confusion_selects_its_samples(open_tab: Open) -> None:
    tab = open_tab()
    inspect(tab, "Layer")
    page = tab.section("Confusion")
    cells = page.get_by_role("application")
    expect(cells).to_be_visible(timeout=TIMEOUT)
    cells.focus()
    said = page.get_by_text(re.compile("^Label 0, predicted 0: "))
    count = int(said.inner_text().split(": ")[1])
    tab.page.keyboard.press("Enter")
    assert selected(tab) == count > 100


def test_the_data_map_selects(open_tab: Open, recording: Recording) -> None:
    tab = open_tab()
    inspect(tab, "Layer")
    page = tab.section("Data map")
    picture = page.get_by_role("img", name=re.compile("^Data map of 1797 samples"))
    expect(picture).to_be_visible(timeout=TIMEOUT)
    page.get_by_role("button", name="Hard").click()
    assert selected(tab) == int(np.ceil(0.05 * len(recording.labels)))

    tab.frame.get_by_role("tab", name="Layer").click()
    box = picture.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + 1, box["y"] + 1)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 0.99 * box["height"], steps=3)
    tab.page.mouse.up()
    tab.wait_until(lambda: selected(tab) > 0.9 * len(recording.labels))


def test_two_classes_part(open_tab: Open) -> None:
    tab = open_tab()
    inspect(tab, "Layer")
    page = tab.section("Class pair")
    page.get_by_role("combobox", name="Class", exact=True).select_option("3")
    page.get_by_role("combobox", name="Other class").select_option("8")
    ridges = page.get_by_role("img", name=re.compile("^Classes 3 and 8 along the line"))
    expect(ridges).to_be_visible(timeout=TIMEOUT)
    cross = page.get_by_role("button", name=re.compile(r"Select \d+ that change sides"))
    count = int(re.findall(r"\d+", cross.inner_text())[0])
    cross.click()
    assert selected(tab) == count > 0


def test_a_unit_colors_the_samples(open_tab: Open, recording: Recording) -> None:
    tab = open_tab()
    inspect(tab, "Layer")
    page = tab.section("Units")
    first = page.get_by_role("listbox", name="Units by selectivity").get_by_role("option").first
    unit = int(re.findall(r"\d+", first.inner_text())[0])
    first.click()
    expect(tab.frame.get_by_role("combobox", name="Color by")).to_have_value(f"unit: {unit}")
    expect(tab.frame.get_by_role("heading", name=f"Unit {unit}")).to_be_visible()
    high = np.quantile(recording.activations[EPOCHS][:, unit], 0.98)
    ramp = tab.frame.get_by_role("img", name=re.compile("^Colors from"))
    expect(ramp).to_be_visible()
    name = ramp.get_attribute("aria-label") or ""
    assert float(name.split()[-3]) == pytest.approx(high, rel=0.05)


def test_the_color_menu_has_the_titles_of_the_servers_catalog(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    offered = tab.frame.get_by_role("combobox", name="Color by").locator("optgroup option")
    titles = [metric.title for metric in (*SAMPLE_METRICS, *RUN_METRICS)]
    expect(offered).to_have_text(titles, timeout=TIMEOUT)


def test_predictions_color_the_samples_step_by_step(open_tab: Open) -> None:
    tab = open_tab()
    tab.wait_for_picture(EPOCHS)
    chooser = tab.frame.get_by_role("combobox", name="Color by")
    # Each thing that is measured has colours and a legend.
    for option in chooser.locator("optgroup option").all():
        chooser.select_option(option.get_attribute("value"))
        panel = tab.frame.locator(".legend")
        expect(panel.get_by_role("heading", name=option.inner_text())).to_be_visible()
        shown = panel.get_by_role("list", name="Legend").or_(panel.get_by_role("img"))
        expect(shown.first).to_be_visible(timeout=TIMEOUT)
    chooser.select_option("step: correct")
    legend = tab.frame.get_by_role("list", name="Legend")
    right = legend.get_by_role("button", name=re.compile("^right"))
    expect(right).to_be_visible(timeout=TIMEOUT)

    def count() -> int:
        return int(right.inner_text().split()[-1].replace(",", ""))

    tab.wait_until(lambda: count() > 1500)
    trained = count()
    tab.slider.focus()
    tab.page.keyboard.press("Home")
    tab.wait_for_picture(0)
    tab.wait_until(lambda: count() < trained / 2)


def test_a_samples_predictions_stand_step_by_step_on_its_card(open_tab: Open) -> None:
    tab = open_tab(width=1600)
    tab.wait_for_picture(EPOCHS)
    tab.canvas.press("]")
    strip = tab.frame.get_by_role("listbox", name="Prediction at each epoch")
    cells = strip.get_by_role("option")
    # It comes once the layer has been measured.
    expect(cells).to_have_count(EPOCHS + 1, timeout=TIMEOUT)
    card = tab.frame.get_by_role("region", name="Predictions")
    expect(
        card.get_by_text(re.compile(rf"^Epoch {EPOCHS}: 0, correct; confidence"))
    ).to_be_visible()
    expect(cells.last).to_have_attribute("aria-selected", "true")
    # The colour is the legend's.
    legend = tab.frame.get_by_role("list", name="Legend")
    swatch = legend.get_by_role("button", name=re.compile("^0 ")).locator(".swatch")
    color = "one => getComputedStyle(one).backgroundColor"
    assert cells.last.locator(".bar").evaluate(color) == swatch.evaluate(color)

    strip.press("Home")
    name = cells.first.get_attribute("aria-label") or ""
    expect(card.get_by_text(name, exact=True)).to_be_visible()
    # Whether it was right is seen without colours.
    marked = cells.first.evaluate("one => getComputedStyle(one).backgroundImage") != "none"
    assert marked == ("wrong" in name)
    strip.press("Enter")
    tab.wait_for_picture(0)
    expect(cells.first).to_have_attribute("aria-selected", "true")
    cells.nth(4).click()
    tab.wait_for_picture(4)
