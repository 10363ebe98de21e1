"""open_run for notebooks, and metrics written as scalars, of a real recording."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError, cli, open_run, record
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.analysis.open_layer import OpenLayer
from tb_embed_plugin.analysis.subsampling import thinned
from tb_embed_plugin.errors import ArgumentError, NotRecordedError, UnsuitableDataError
from tb_embed_plugin.metrics.catalog import STEP_METRICS
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.metrics.sample_catalog import SAMPLE_METRICS
from tb_embed_plugin.metrics.warning_rules import WARNING_RULES
from tests.harness import EPOCHS, Recording, read_run


@pytest.fixture(scope="module")
def layer(recording: Recording) -> OpenLayer:
    return open_run(recording.logdir, "digits").layer()


def test_snapshots_and_metadata(layer: OpenLayer, recording: Recording) -> None:
    run = open_run(str(recording.logdir), "digits")
    assert (run.name, run.layers, run.steps) == ("digits", ["fc1"], list(range(EPOCHS + 1)))
    assert layer.trained_steps == run.steps[1:]
    assert layer.snapshot(3).shape == (1797, 200)
    np.testing.assert_allclose(layer.snapshot(3), recording.activations[3], atol=1e-4)
    np.testing.assert_array_equal(layer.metadata["index"], np.arange(1797.0))
    assert layer.metadata["label"].tolist() == [str(label) for label in recording.labels]
    np.testing.assert_array_equal(layer.labels, recording.labels)
    outputs = layer.outputs(3)
    assert outputs is not None
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)


def test_metrics_rankings_and_neighbours(layer: OpenLayer, recording: Recording) -> None:
    metrics = layer.metrics()
    assert all(values.shape == (EPOCHS + 1,) for values in metrics.values())
    correct = layer.sample_metric("correct")
    np.testing.assert_allclose(metrics["accuracy"], correct.mean(axis=1), rtol=1e-5)
    confused = layer.confusion(4)
    assert np.trace(confused) / confused.sum() == pytest.approx(metrics["accuracy"][4])
    own = recording.labels[layer.neighbors(5)] == recording.labels[:, None]
    np.testing.assert_allclose(layer.sample_metric("agreement")[5], own.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(layer.similarity()[:, -1], metrics["cka_last"])
    assert (layer.similarity(biased=True) >= layer.similarity() - 1e-9).all()
    assert layer.warnings() == []
    summary = layer.summary()
    never = np.flatnonzero(~correct[1:].astype(bool).any(axis=0))
    assert set(layer.ranking("never_learnt").samples) == set(never)
    np.testing.assert_array_equal(np.flatnonzero(summary["first_learnt"] == -1), never)
    assert summary["first_learnt"].max() <= EPOCHS


def test_data_frames(layer: OpenLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = layer.metrics_frame()
    assert isinstance(steps, pd.DataFrame)
    assert steps.index.name == "step"
    assert steps["radius"].notna().all()
    samples = layer.samples_frame()
    assert len(samples) == 1797
    assert {"label", "aum", "path_length"} <= set(samples.columns)
    ranked = layer.ranking_frame("neighborhood_flipping")
    assert (ranked["score"] == ranked["steps"].map(len)).all()
    assert ranked["label"].tolist() == samples["label"][ranked.index].tolist()

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MisuseError, match="data frames need pandas"):
        layer.metrics_frame()


def test_what_is_not_there_is_said(layer: OpenLayer, recording: Recording) -> None:
    with pytest.raises(NotRecordedError, match="there is no run"):
        open_run(recording.logdir, "letters")
    with pytest.raises(NotRecordedError, match="fc9"):
        open_run(recording.logdir, "digits").layer("fc9")
    with pytest.raises(ArgumentError, match="prettiest"):
        layer.ranking("prettiest")
    with pytest.raises(ArgumentError, match="has no column 'writer'"):
        _ = open_run(recording.logdir, "digits").layer(label="writer").labels


@pytest.fixture(scope="module")
def words(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> Path:
    """Runs `words`, labelled by words and with two layers, and `bare`, without any label."""
    logdir = tmp_path_factory.mktemp("words")
    images, labels = digits[0][:600], digits[1][:600]
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    options: list[tuple[str, dict[str, Any]]] = [
        ("words", {"labels": labels, "class_names": names, "layers": ["fc1", "fc2"]}),
        ("bare", {"layers": ["fc1"]}),
    ]
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="tanh", name="fc1"),
            keras.layers.Dense(32, activation="relu", name="fc2"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    both = [EmbeddingCheckpoint(logdir / name, images, **chosen) for name, chosen in options]
    model.fit(images, labels, epochs=5, verbose=0, callbacks=both)
    return logdir


def test_cka_has_the_same_bits_whichever_step_is_asked_about(recording: Recording) -> None:
    run = read_run(recording.run_dir)
    for step in range(1, EPOCHS + 1):
        one, other = (LayerMetrics(run, "fc1", MetricsCache()) for _ in range(2))
        assert one.similarity(0, one, step) == other.similarity(step, other, 0)


def test_cka_has_the_same_bits_in_every_run_of_the_same_data(tmp_path: Path) -> None:
    """Also where the names of snapshots, which differ from run to run, sort otherwise."""
    rows = np.random.default_rng(0).normal(size=(6, 300, 64)).astype(np.float32)
    found = set()
    for i in range(4):
        for step, snapshot in enumerate(rows):
            record(tmp_path / f"run{i}", step, {"fc1": snapshot}, finished=step == 5)
        measures = LayerMetrics(read_run(tmp_path / f"run{i}"), "fc1", MetricsCache())
        found.add(tuple(measures.similarity(0, measures, step) for step in range(1, 6)))
    assert len(found) == 1


def test_words_are_matched_with_the_models_classes(
    words: Path, digits: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    run = open_run(words, "words")
    with pytest.raises(NotRecordedError, match=r"name one: 'fc1' or 'fc2'"):
        run.layer()
    layer = run.layer("fc2")
    assert layer.classes[3] == "three"
    recorded = read_run(words / "words").manifest.outputs
    assert recorded is not None
    assert recorded.names == layer.classes
    np.testing.assert_array_equal(layer.labels, digits[1][:600])
    metrics = layer.metrics()
    assert metrics["accuracy"][-1] > 0.8
    assert np.isfinite(metrics["nc3"]).all(), "fc2 feeds the output layer"
    assert "nc3" not in run.layer("fc1").metrics(), "fc1 does not"
    between = layer.similarity(run.layer("fc1"))
    assert between.shape == (6, 6)
    assert ((between > 0) & (between < 1)).all()


def test_without_labels_there_is_what_needs_none(words: Path) -> None:
    layer = open_run(words, "bare").layer()
    metrics = layer.metrics()
    assert {"effective_rank", "churn", "cka_before", "radius"} <= set(metrics)
    assert not {"knn_accuracy", "silhouette", "nc1", "accuracy"} & set(metrics)
    assert layer.warnings() == []
    assert len(layer.ranking("moved").samples) == 600
    assert len(layer.ranking("flipping").samples) > 0, "predictions need no labels"
    with pytest.raises(UnsuitableDataError, match="record it with labels"):
        layer.ranking("forgotten")
    with pytest.raises(UnsuitableDataError, match="hold different samples"):
        layer.similarity(open_run(words, "words").layer("fc1"))


def test_scalars_are_read_back_by_tensorboard(
    tmp_path: Path, recording: Recording, layer: OpenLayer
) -> None:
    shutil.copytree(recording.run_dir, tmp_path / "digits")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "digits").iterdir()}
    for _ in range(2):  # the second takes the place of the first
        assert cli.main(["metrics", str(tmp_path), "--write-scalars"]) == 0

    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "digits").iterdir()}
    del after["metrics"]
    assert after == before, "nothing in the run's own directory"
    assert len(list((tmp_path / "digits" / "metrics").iterdir())) == 1
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path))
    found = provider.read_scalars(
        RequestContext(), experiment_id="", plugin_name="scalars", downsample=1000
    )["digits/metrics"]
    expected = layer.metrics()
    assert set(found) == {f"fc1/{name}" for name in expected}
    for name, values in expected.items():
        points = found[f"fc1/{name}"]
        known = np.flatnonzero(np.isfinite(values))
        assert [point.step for point in points] == known.tolist()
        np.testing.assert_allclose([p.value for p in points], values[known], rtol=1e-6)


def test_the_command_prints_metrics(
    capsys: pytest.CaptureFixture[str], recording: Recording, tmp_path: Path
) -> None:
    arguments = ["metrics", str(recording.logdir), "--run", "digits", "--layer", "fc1"]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("digits, fc1 (label: label)\n")
    assert "effective_rank" in printed
    # Nothing is before the first step.
    (before,) = [line.split() for line in printed.splitlines() if "cka_before" in line]
    assert before[1] == "-"
    assert "nan" not in printed
    assert not (recording.run_dir / "metrics").exists()
    assert cli.main(["metrics", str(tmp_path)]) == 1
    assert "there is no run below" in capsys.readouterr().err


def test_the_documentation_names_all_that_is_measured(layer: OpenLayer) -> None:
    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    names = [metric.name for metric in (*STEP_METRICS, *SAMPLE_METRICS)]
    for name in [*names, *RULES, *WARNING_RULES, *layer.summary()]:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 1000])
def test_thinned_steps_keep_both_ends(count: int) -> None:
    steps = list(range(10, 10 + count))
    found = thinned(steps, 8)
    assert found == (steps if count <= 8 else sorted(set(found)))
    assert len(found) == count if count <= 8 else 4 <= len(found) <= 8
    assert (found[:1], found[-1:]) == (steps[:1], steps[-1:])
    assert set(thinned([*steps, 10 + count], 8)[:-1]) >= set(found[:-1:2])
