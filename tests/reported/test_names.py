"""Names of checkpoints and files of weights: one training is a layer, every file a step."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from tensorboardX import SummaryWriter

from tb_embed_plugin import cli, open_run
from tb_embed_plugin.jobs import job_execution
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projection import LayerRef, Projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.runs.foreign.step_names import find_series
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.manifest import Manifest, Step
from tb_embed_plugin.runs.run import Run
from tests.harness import client_for, find_run

NUMBERED: list[tuple[str, Sequence[str], Sequence[int]]] = [
    (
        "Keras' epoch and loss",
        ["weights.01-0.53", "weights.02-0.53", "weights.10-0.22", "weights.11-1.00"],
        [1, 2, 10, 11],
    ),
    (
        "a loss that is NaN, negative or infinite",
        ["03-0.25", "04-nan", "05--0.2", "06-inf"],
        [3, 4, 5, 6],
    ),
    ("points everywhere", ["m.01.0.53", "m.02.0.40", "m.03.0.30"], [1, 2, 3]),
    ("the loss before the epoch", ["0.53.01", "0.40.02", "0.30.03"], [1, 2, 3]),
    ("ckpt_1", ["ckpt_1", "ckpt_2", "ckpt_10"], [1, 2, 10]),
    ("epoch1", ["epoch1", "epoch2", "epoch10"], [1, 2, 10]),
    ("model.ckpt.1", ["model.ckpt.1", "model.ckpt.2"], [1, 2]),
    ("model.ckpt-100", ["model.ckpt-100", "model.ckpt-90"], [90, 100]),
    ("Keras 2's cp-0001.ckpt", ["cp-0001.ckpt", "cp-0010.ckpt"], [1, 10]),
    ("Lightning's metric", ["epoch=1-val_loss=0.50", "epoch=2-val_loss=0.40"], [1, 2]),
    ("Lightning's two numbers", ["epoch=1-step=500", "epoch=2-step=1000"], [1, 2]),
    (
        "several saves an epoch",
        ["epoch=0-step=5", "epoch=0-step=10", "epoch=1-step=15"],
        [5, 10, 15],
    ),
    ("Hugging Face's folders", ["checkpoint-500/model", "checkpoint-1000/model"], [500, 1000]),
    ("natural order without separator", ["ep1", "ep2", "ep10"], [1, 2, 10]),
    ("a letter before the number", ["w01-0.5", "w02-0.5"], [1, 2]),
    ("the number of a layer", ["fc1-epoch3", "fc1-epoch4"], [3, 4]),
    ("the number of an architecture", ["resnet50-epoch3", "resnet50-epoch4"], [3, 4]),
    ("a date before the number", ["2024-03-05_run-3", "2024-03-05_run-4"], [3, 4]),
    ("a learning rate", ["lr1e-05_epoch3", "lr1e-05_epoch4"], [3, 4]),
    ("an accuracy in whole percent", ["epoch1-acc93", "epoch2-acc95"], [1, 2]),
]


@pytest.mark.parametrize(
    ("names", "steps"), [row[1:] for row in NUMBERED], ids=[row[0] for row in NUMBERED]
)
def test_the_number_in_a_name(names: Sequence[str], steps: Sequence[int]) -> None:
    (series,) = find_series(reversed(names))
    assert list(series.names) == list(steps)
    assert set(series.names.values()) == set(names)
    assert not series.written


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("weights.01-0.53", 1),
        ("a-7", 7),
        ("resnet50", 0),
        ("fc1", 0),
        ("epoch3_fc1", 3),
        ("last", 0),
    ],
)
def test_the_number_in_the_one_name_there_is(name: str, step: int) -> None:
    (series,) = find_series([name])
    assert dict(series.names) == {step: name}


WRITTEN: list[tuple[str, Sequence[str], Sequence[str]]] = [
    ("fractions", ["step0.5", "step1", "step1.5", "step10.5"], ["0.5", "1", "1.5", "10.5"]),
    ("milliseconds", ["m1716908800123", "m1716908900456"], ["1716908800123", "1716908900456"]),
    ("negative numbers", ["epoch=-1", "epoch=0"], ["-1", "0"]),
    (
        "dates",
        ["2024-03-05_12-00", "2024-03-31_11-00"],
        ["2024-03-05_12-00", "2024-03-31_11-00"],
    ),
]


@pytest.mark.parametrize(
    ("names", "written"), [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN]
)
def test_what_is_no_step_of_31_bits_is_labelled_as_written(
    names: Sequence[str], written: Sequence[str]
) -> None:
    (series,) = find_series(reversed(names))
    assert list(series.names.items()) == list(enumerate(names))
    assert list(series.written.values()) == list(written)


def test_words_stand_where_the_step_would() -> None:
    (series,) = find_series(["final", "best", "warmup"])
    assert dict(series.written) == {0: "warmup", 1: "best", 2: "final"}
    assert "the steps are in the order of their names" in series.note

    (series,) = find_series(["m-1", "m-2", "m-best", "m-init"])
    assert dict(series.names) == {0: "m-init", 1: "m-1", 2: "m-2", 3: "m-best"}
    assert dict(series.written) == {0: "init", 3: "best"}
    assert "m-best" in series.note
    assert "m-init" in series.note


@pytest.mark.parametrize(
    "names",
    [
        ["w-1", "w-01", "w-2"],
        ["epoch1-acc93", "epoch1-acc94"],
        ["loss0.5", "loss0.4"],
        ["left", "right"],
    ],
)
def test_without_numbers_of_their_own_the_order_is_that_of_the_names_and_is_said(
    names: Sequence[str],
) -> None:
    (series,) = find_series(names)
    assert list(series.names) == list(range(len(names)))
    assert "the steps are in the order of their names" in series.note


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["fc1-epoch3", "fc1-epoch4", "fc2-epoch3"], {"fc1-epoch*": [3, 4], "fc2-epoch*": [3]}),
        (
            ["resnet50-epoch1", "resnet50-epoch2", "resnet101-epoch1", "resnet101-epoch2"],
            {"resnet101-epoch*": [1, 2], "resnet50-epoch*": [1, 2]},
        ),
        (["fc1", "fc2"], {"fc1": [0], "fc2": [0]}),
        (["seed1", "seed2"], {"seed1": [0], "seed2": [0]}),
    ],
)
def test_trainings_of_several_models_stay_apart(
    names: Sequence[str], parts: Mapping[str, Sequence[int]]
) -> None:
    assert {series.name: list(series.names) for series in find_series(names)} == parts


PIECES = st.one_of(
    st.sampled_from(
        ["epoch", "step", "ckpt", "loss", "-", "_", "=", ".", "nan", "best", "fc", "run"]
    ),
    st.integers(-3, 10**13).map(str),
    st.floats(0, 3).map("{:.2f}".format),
    st.text("abé漢 /", min_size=1, max_size=3),
)


@given(
    st.lists(
        st.lists(PIECES, min_size=1, max_size=6).map("".join),
        min_size=1,
        max_size=12,
        unique=True,
    )
)
def test_no_name_is_dropped_and_no_two_share_a_step(names: list[str]) -> None:
    found = find_series(names)
    assert sorted(name for series in found for name in series.names.values()) == sorted(names)
    for series in found:
        assert list(series.names) == sorted(series.names)
        assert all(0 <= step < 2**31 for step in series.names)
        assert set(series.written) <= set(series.names)


@given(
    epochs=st.sets(st.integers(0, 3000), min_size=2, max_size=30),
    losses=st.lists(st.floats(-2, 100) | st.just(math.nan), min_size=30, max_size=30),
    pattern=st.sampled_from(
        [
            "weights.{e:02d}-{v:.2f}",
            "w-{e}-loss{v:.4f}",
            "epoch={e}-val_loss={v:.2f}",
            "m{e:05d}_{v:.1e}",
        ]
    ),
)
def test_every_epoch_is_a_step_whatever_the_loss(
    epochs: set[int], losses: list[float], pattern: str
) -> None:
    names = [pattern.format(e=e, v=v) for e, v in zip(sorted(epochs), losses, strict=False)]
    (series,) = find_series(names)
    assert dict(series.names) == dict(zip(sorted(epochs), names, strict=True))


def write_weights(path: Path, values: Any) -> None:
    with h5py.File(path, "w") as file:
        file["words"] = values


def test_no_epoch_of_thirty_is_dropped(tmp_path: Path) -> None:
    """`weights.{epoch:02d}-{val_loss:.2f}`, of which only ten were shown."""
    values = np.random.default_rng(0).normal(size=(31, 5, 3)).astype(np.float32)
    for epoch in range(1, 31):
        name = f"weights.{epoch:02d}-{1 / (1 + epoch // 3):.2f}.weights.h5"
        write_weights(tmp_path / name, values[epoch])
    run = find_run(tmp_path)
    assert [layer.name for layer in run.layers] == ["words"]
    assert run.layers[0].steps == tuple(range(1, 31))
    for epoch in range(1, 31):
        np.testing.assert_array_equal(run.snapshot("words", epoch), values[epoch])
    assert run.problems == []


def test_two_files_of_one_number_are_two_steps_and_it_is_said(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    write_weights(tmp_path / "w-01.weights.h5", values[0])
    write_weights(tmp_path / "w-1.weights.h5", values[1])
    run = find_run(tmp_path)
    assert run.steps == [0, 1]
    for step in (0, 1):
        np.testing.assert_array_equal(run.snapshot("words", step), values[step])
    assert [step.shown for step in run.step_facts] == ["01", "1"]
    assert "the names w-01, w-1 hold no number that tells them apart" in run.problems[0]


def test_a_best_model_beside_the_epochs_is_a_step_after_them(tmp_path: Path) -> None:
    for name in ("m-1", "m-2", "m-best"):
        write_weights(tmp_path / f"{name}.weights.h5", np.eye(3, 4, dtype=np.float32))
    run = find_run(tmp_path)
    assert [layer.name for layer in run.layers] == ["words"]
    assert [(step.step, step.name) for step in run.step_facts] == [
        (1, None),
        (2, None),
        (3, "best"),
    ]
    assert "m-best" in run.problems[0]


def logged(
    folder: Path,
    steps: Sequence[Any],
    tags: Sequence[str] = ("acts",),
    shape: tuple[int, int] = (4, 3),
) -> Run:
    """Returns the run of tensorboardX whose values are a step's place, and 0.1 more a row."""
    rows = np.arange(shape[0], dtype=np.float32)[:, None] / 10
    with SummaryWriter(str(folder)) as writer:
        for place, step in enumerate(steps):
            for tag in tags:
                writer.add_embedding(
                    place + np.broadcast_to(rows, shape),
                    metadata=[f"w{i}" for i in range(shape[0])],
                    global_step=step,
                    tag=tag,
                )
    return find_run(folder)


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([0.5, 1.5, 10.5], ["0.5", "1.5", "10.5"]),
        ([1716908800123, 1716908900456], ["1716908800123", "1716908900456"]),
        (["warmup", 1, 2, "best", "final"], ["warmup", "1", "2", "best", "final"]),
        ([-1, 0, 1], ["-1", "0", "1"]),
        ([3, 5], ["3", "5"]),
        ([None], ["0"]),
    ],
)
def test_add_embedding_at_any_step(
    tmp_path: Path, steps: Sequence[Any], shown: Sequence[str]
) -> None:
    run = logged(tmp_path, steps)
    assert [layer.name for layer in run.layers] == ["acts"]
    assert run.problems == []
    assert [step.shown for step in run.step_facts] == list(shown)
    for place, step in enumerate(run.layers[0].steps):
        assert run.snapshot("acts", step)[0].tolist() == [place] * 3


def test_tags_share_the_places_of_milliseconds_and_a_lost_configuration_finds_them(
    tmp_path: Path,
) -> None:
    run = logged(tmp_path, [1716908800123, 1716908900456], ("a", "b"))
    assert [layer.steps for layer in run.layers] == [(0, 1), (0, 1)]
    (tmp_path / "projector_config.pbtxt").unlink()
    again = find_run(tmp_path)
    assert [step.shown for step in again.step_facts] == [step.shown for step in run.step_facts]
    assert sorted(layer.name for layer in again.layers) == ["a", "b"]


def test_the_folder_of_a_step_that_is_a_word_is_no_run_of_its_own(tmp_path: Path) -> None:
    logged(tmp_path / "run", ["warmup", 7])
    assert [run.name for run in Logdir(tmp_path, list).list_runs()] == ["run"]


def test_everybody_calls_a_step_as_it_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logged(tmp_path / "run", [0.5, 1.5, 10.5])
    client = client_for(tmp_path, EmbeddingsPlugin)
    answer = client.get("/data/plugin/tb_embed/runs").get_json()
    (run,) = answer["runs"]
    assert [(step["step"], step["name"]) for step in run["steps"]] == [
        (0, "0.5"),
        (1, "1.5"),
        (2, "10.5"),
    ]
    assert open_run(tmp_path / "run").step_names == ["0.5", "1.5", "10.5"]
    assert cli.main(["check", str(tmp_path)]) == 0
    assert "3 snapshots (steps 0.5 to 10.5)" in capsys.readouterr().out
    assert cli.main(["metrics", str(tmp_path)]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "  step" in line]
    assert row.split() == ["step", "0.5", "1.5", "10.5"]


@pytest.mark.parametrize(
    ("steps", "columns", "named"),
    [
        ([0.5, 1.5], ["step", "step_name", "sample"], [("0", "0.5"), ("1", "1.5")]),
        (["warmup", 7], ["step", "step_name", "sample"], [("0", "warmup"), ("1", "7")]),
        ([3, 5], ["step", "sample", "x"], [("3", "0"), ("5", "0")]),
    ],
)
def test_exported_tables_name_the_steps_where_one_has_a_name(
    tmp_path: Path,
    steps: Sequence[Any],
    columns: Sequence[str],
    named: Sequence[tuple[str, str]],
) -> None:
    logged(tmp_path / "run", steps, shape=(20, 4))
    for kind in ("csv", "parquet"):
        file = tmp_path / f"out.{kind}"
        words = ("--engine", "pca", "--format", kind, "--output", str(file))
        assert cli.main(["export", str(tmp_path), *words]) == 0
    table = parquet.read_table(tmp_path / "out.parquet")
    with (tmp_path / "out.csv").open(newline="") as text:
        header, *rows = csv.reader(text)
    with (tmp_path / "out.quality.csv").open(newline="") as text:
        quality_header, *quality = csv.reader(text)
    assert header[:3] == table.column_names[:3] == columns
    assert [tuple(row[:2]) for row in rows[::20]] == named
    assert [row[:2] for row in rows] == [
        [str(row[name]) for name in columns[:2]] for row in table.to_pylist()
    ]
    assert ("step_name" in quality_header) == ("step_name" in columns)
    if "step_name" in columns:
        assert [tuple(row[:2]) for row in quality] == named


@pytest.mark.parametrize("engine", ["pca", "tsne"])
def test_work_in_progress_calls_a_step_as_it_was_written(tmp_path: Path, engine: str) -> None:
    run = logged(tmp_path / "run", [0.5, 1.5], shape=(20, 4))
    (layer,) = run.layers
    said: set[str] = set()
    job_execution.execute(
        JobSpec(
            roots=((str(tmp_path), ""),),
            projection=Projection(
                layer=LayerRef("run", layer.name),
                engine=engine,
                settings=engines.FACTS[engine].settings({}),
                components=2,
                basis_steps=tuple(layer.steps),
            ),
            steps=tuple(layer.steps),
            order="backwards",
            label=None,
        ),
        lambda progress: said.add(progress.message),
    )
    verbs = {"measuring"} if engine == "pca" else {"computing", "measuring"}
    assert {f"{verb} step {step}" for verb in verbs for step in (0.5, 1.5)} <= said
    assert not any("step 0" in words.replace("step 0.5", "") for words in said)


def test_a_view_of_one_step_says_which_as_it_was_written(tmp_path: Path) -> None:
    logged(tmp_path, [0.5, 1.5], shape=(20, 4))
    client = client_for(tmp_path, EmbeddingsPlugin)
    query = {"run": ".", "layer": "acts", "basis_steps": "1", "components": "2"}
    client.get("/data/plugin/tb_embed/runs")
    answer = client.get("/data/plugin/tb_embed/quality", query_string=query).get_json()
    assert "fitted on step 1.5: " in answer["sentence"]


def test_a_step_that_is_not_finite_is_called_as_it_was_written(tmp_path: Path) -> None:
    for name, value in (("step0.5", 1.0), ("step1.5", math.nan)):
        write_weights(tmp_path / f"{name}.weights.h5", np.full((4, 3), value, np.float32))
    run = find_run(tmp_path)
    run.snapshot("words", 1)
    assert run.problems[0].startswith("words holds NaN or infinity at step 1.5,")


def test_a_manifest_without_names_still_reads() -> None:
    step = Step(3, "epoch", 3, None, 1.0, None)
    manifest = Manifest(
        2, "f", (), (step, replace(step, step=4, name="best")), (), None, None, recording=False
    )
    assert [one.shown for one in Manifest.from_json(manifest.to_json()).steps] == ["3", "best"]
    content = json.loads(manifest.to_json())
    for entry in content["steps"]:
        del entry["name"]
    assert [one.shown for one in Manifest.from_json(json.dumps(content).encode()).steps] == [
        "3",
        "4",
    ]
