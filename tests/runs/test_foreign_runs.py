"""Directories that others wrote: configuration, discovery, changes, and all kinds of damage."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from tb_embed_plugin import record
from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import discovery
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.logdir import Logdir
from tests.foreign import open_run, save_by_checkpoint, write_sheet, write_tutorial
from tests.harness import client_for, is_a_message

BASE = "/data/plugin/tb_embed/"
RNG = np.random.default_rng(0)


def matrix(rows: int = 12, columns: int = 4) -> NDArray[np.float32]:
    return RNG.normal(size=(rows, columns)).astype(np.float32)


def configure(folder: Path, text: str) -> None:
    (folder / "projector_config.pbtxt").write_text(text)


def names(logdir: Logdir) -> list[str]:
    return [run.name for run in logdir.list_runs()]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two checkpoints of a 12 x 4 matrix `words`, a table and a sheet, and nothing else."""
    folder = tmp_path_factory.mktemp("saved")
    save_by_checkpoint(folder, [matrix(), matrix()], "words")
    (folder / "table.tsv").write_text("".join(f"word{i}\n" for i in range(12)))
    write_sheet(folder / "sheet.png", np.zeros((12, 8, 8), np.uint8), 4)
    return folder


@pytest.fixture
def folder(tmp_path: Path, saved: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "run")).resolve()


def test_the_tutorials_output_is_a_run_with_a_time_axis(tmp_path: Path) -> None:
    images = RNG.integers(0, 255, (50, 8, 8)).astype(np.uint8)
    labels = np.arange(50) % 10
    values = write_tutorial(tmp_path, images, labels)
    run = open_run(tmp_path)

    (layer,) = run.layers
    assert run.problems == []
    assert (layer.name, layer.samples, layer.units) == ("images", 50, 16)
    assert layer.steps == tuple(range(1, 11))
    for step, value in values.items():
        assert np.asarray(run.snapshot("images", step)).tobytes() == value.tobytes()
    index, label = run.columns("images")
    assert (index.name, index.type, label.name, label.type) == (
        "index",
        "number",
        "label",
        "category",
    )
    assert list(label.cells) == list(map(str, labels))
    assert layer.sprite is not None
    assert (layer.sprite.cell, layer.sprite.columns) == ((8, 8), 8)
    assert run.sprite("images", 0) == ((tmp_path / "sprite.png").read_bytes(), "image/png")


@pytest.mark.parametrize(
    "name",
    [
        "words",
        "words:0",
        "words/.ATTRIBUTES/VARIABLE_VALUE",
        "words/.ATTRIBUTES/VARIABLE_VALUE:0",
    ],
)
def test_every_spelling_of_a_tensors_name_is_understood(folder: Path, name: str) -> None:
    configure(folder, f'embeddings {{ tensor_name: "{name}" metadata_path: "table.tsv" }}')
    run = open_run(folder)

    assert run.problems == []
    assert run.columns("words")[0].cells[11] == "word11"


@pytest.mark.parametrize(
    "path",
    [
        "table.tsv",
        "./table.tsv",
        "/far/away/table.tsv",
        "../x/table.tsv",
        "C:\\\\\\\\t\\\\table.tsv",
    ],
)
def test_paths_of_another_machine_mean_the_file_of_that_name(folder: Path, path: str) -> None:
    configure(folder, f'embeddings {{ tensor_name: "words" metadata_path: "{path}" }}')
    run = open_run(folder)

    assert run.problems == []
    assert run.columns("words")[0].cells[0] == "word0"


def test_an_unnamed_entry_is_for_all_tensors_with_as_many_rows(folder: Path) -> None:
    save_by_checkpoint(folder / "more", [matrix(7)], "other")
    for file in (folder / "more").glob("ckpt-1.*"):
        file.rename(folder / file.name.replace("ckpt-1", "second-1"))
    shutil.rmtree(folder / "more")
    configure(folder, 'embeddings { metadata_path: "table.tsv" }')
    run = open_run(folder)

    assert len(run.columns("words")) == 1
    assert run.columns("other (second-*)") == []
    assert not any("rows" in problem for problem in run.problems)


def test_an_unnamed_table_that_fits_no_tensor_is_told(folder: Path) -> None:
    (folder / "table.tsv").write_text("a\nb\n")
    configure(folder, 'embeddings { metadata_path: "table.tsv" }')

    assert "12 rows, but table.tsv" in open_run(folder).problems[0]


def test_the_configured_tensor_comes_first(tmp_path: Path) -> None:
    save_by_checkpoint(tmp_path, [matrix(30)], "big")
    save_by_checkpoint(tmp_path / "b", [matrix(5)], "small")
    for file in (tmp_path / "b").glob("ckpt-1.*"):
        file.rename(tmp_path / file.name.replace("ckpt-1", "second-1"))
    configure(tmp_path, 'embeddings { tensor_name: "small" }')

    assert [y.name for y in open_run(tmp_path).layers] == ["small (second-*)", "big"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("embeddings {", "is damaged"),
        ('embeddings { tensor_name: "none" }', "names the tensor none"),
        (
            'embeddings { tensor_name: "words" metadata_path: "no.tsv" }',
            "names the file no.tsv",
        ),
        (
            'embeddings { tensor_name: "words" metadata_path: "../../secret" }',
            "names the file ../../secret",
        ),
        ('embeddings { tensor_name: "words" sprite { image_path: "table.tsv" } }', "an image"),
        ('model_checkpoint_path: "/far/ckpt-9"', "names the checkpoint /far/ckpt-9"),
        ('embeddings { tensor_name: "words" metadata_path: "a\\\\000b" }', "names the file"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_told(
    folder: Path, text: str, words: str
) -> None:
    (folder.parent / "secret").write_text("top\n" * 12)
    configure(folder, text)
    run = open_run(folder)

    assert [layer.name for layer in run.layers] == ["words"]
    assert run.layers[0].columns == ()
    assert words in "\n".join(run.problems)


def test_links_out_of_the_run_are_not_followed(folder: Path) -> None:
    secret = folder.parent / "secret.tsv"
    secret.write_text("top\n" * 12)
    (folder / "table.tsv").unlink()
    (folder / "table.tsv").symlink_to(secret)
    configure(folder, 'embeddings { tensor_name: "words" metadata_path: "table.tsv" }')
    run = open_run(folder)

    assert run.columns("words") == []
    assert "names the file table.tsv" in run.problems[0]


def test_keras_callback_saves_below_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("".join(f"w{i}\n" for i in range(12)))
    callback = keras.callbacks.TensorBoard(
        tmp_path, embeddings_freq=1, embeddings_metadata="words.tsv", write_graph=False
    )
    model = keras.Sequential([keras.Input((3,)), keras.layers.Embedding(12, 4)])
    callback.set_model(model)
    # What Keras 2 saved beside its events; Keras 3 writes HDF5 there.
    values = [matrix(), matrix()]
    save_by_checkpoint(tmp_path / "train", values, "layer_with_weights")
    for file in (tmp_path / "train").glob("ckpt-*"):
        file.rename(tmp_path / "train" / f"keras_embedding.{file.name}")
    logdir = Logdir(tmp_path, lambda: ["train", "validation"])

    assert names(logdir) == ["."], "train/ is not shown twice"
    run = logdir.run(".")
    assert run.steps == [1, 2]
    assert np.asarray(run.snapshot(run.layers[0].name, 2)).tobytes() == values[1].tobytes()


def test_runs_without_event_files_are_found_at_every_depth(folder: Path) -> None:
    root = folder.parent / "logs"
    shutil.copytree(folder, root / "a" / "deep" / "er")
    shutil.copytree(folder, root / "b")
    shutil.copytree(folder, root / "b" / "nested")
    record(root / "ours", 0, {"fc1": matrix()})
    (root / "empty").mkdir()
    (root / "link").symlink_to(folder)
    (root / "loop").symlink_to(root)
    (root / "a" / "self").symlink_to("self")
    logdir = Logdir(root, list)

    assert not logdir.has_runs
    assert names(logdir) == ["a/deep/er", "b", "b/nested", "link", "ours"]
    assert logdir.has_runs
    assert logdir.run("link").path == folder
    with pytest.raises(NotRecordedError):
        logdir.run("../run")


def test_a_look_is_bounded_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder.parent / "logs"
    for i in range(30):
        (root / f"a{i}").mkdir(parents=True)
    shutil.copytree(folder, root / "z" / "run")
    monkeypatch.setattr(discovery, "MAX_DIRECTORIES", 20)
    logdir = Logdir(root, lambda: ["z/run"])
    assert names(logdir) == ["z/run"]
    (problem,) = logdir.problems
    assert "more than 20 directories" in problem


def test_changes_are_seen_at_the_next_poll_and_runs_stay_what_they_were(folder: Path) -> None:
    logdir = Logdir(folder, list)
    before = logdir.run(".")
    configure(folder, 'embeddings { tensor_name: "words" metadata_path: "table.tsv" }')
    assert logdir.run(".").columns("words")[0].cells[0] == "word0"

    (folder / "table.tsv").write_text("".join(f"new{i}\n" for i in range(12)))
    after = logdir.run(".")
    assert after.columns("words")[0].cells[0] == "new0"
    assert after.layer("words").samples_version != before.layer("words").samples_version
    assert after.layer_version("words") != before.layer_version("words")

    save_by_checkpoint(folder, [matrix(), matrix(), matrix()], "words")
    (run,) = logdir.list_runs()
    assert not isinstance(run, BrokenRun)
    assert run.steps == [1, 2, 3]
    (folder / "ckpt-3.index").unlink()
    assert logdir.run(".").steps == [1, 2]


def test_a_settled_run_is_the_same_object_at_every_poll(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_embed_plugin.runs.found_run.SETTLED_SECONDS", -10)
    logdir = Logdir(folder, list)

    assert logdir.list_runs() == logdir.list_runs()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, saved: Path) -> tuple[Path, Client]:
    """A client of the plugin over one directory `run`, which tests write anew."""
    logdir = tmp_path_factory.mktemp("logs")
    shutil.copytree(saved, logdir / "run")
    shutil.copytree(saved, logdir / "sound")
    return logdir / "run", client_for(logdir, EmbeddingsPlugin)


def ask_everything(client: Client) -> dict[str, Any]:
    """Asks all that a page asks of the run; nothing may fail without words."""
    runs = client.get(BASE + "runs")
    assert runs.status_code == 200
    listed = {run["run"]: run for run in json.loads(runs.data)["runs"]}
    assert [layer["name"] for layer in listed["sound"]["layers"]] == ["words"]
    for layer in listed.get("run", {"layers": []})["layers"]:
        query = {"run": "run", "layer": layer["name"]}
        for route in ("metadata", "sprite", "projection", "quality", "vectors"):
            step = {"step": str(layer["steps"][0])} if layer["steps"] else {}
            answer = client.get(BASE + route, query_string=query | step)
            assert answer.status_code in (200, 400, 404, 413)
            assert answer.status_code == 200 or is_a_message(answer.text)
    return listed


CONFIG = st.text(max_size=200) | st.lists(
    st.sampled_from(
        [
            "embeddings {",
            "}",
            "tensor_name:",
            "metadata_path:",
            "sprite {",
            "image_path:",
            "single_image_dim:",
            "tensor_path:",
            "tensor_shape:",
            "model_checkpoint_path:",
            "8",
            "-1",
            "4294967295",
            '"words"',
            '"table.tsv"',
            '"sheet.png"',
            '"."',
            '"/"',
            '""',
            '"\\377"',
            '"ckpt-1"',
            '"../run"',
            "unknown { x: 1 }",
        ]
    ),
    max_size=30,
).map("\n".join)


@given(CONFIG)
@settings(max_examples=60)
def test_any_configuration_is_understood_or_told(
    client: tuple[Path, Client], text: str
) -> None:
    folder, http = client
    configure(folder, text.encode(errors="replace").decode())
    run = ask_everything(http)["run"]

    assert [layer["name"] for layer in run["layers"]] == ["words"]
    assert all(map(is_a_message, run["problems"]))


@given(
    text=st.binary(max_size=200),
    table=st.sampled_from(["table.tsv", "sheet.png"]),
    cell=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
@settings(max_examples=40)
def test_any_metadata_and_sheet_are_shown_or_told(
    client: tuple[Path, Client], text: bytes, table: str, cell: tuple[int, int]
) -> None:
    folder, http = client
    original = (folder / table).read_bytes()
    (folder / table).write_bytes(text)
    configure(
        folder,
        'embeddings { tensor_name: "words" metadata_path: "table.tsv" '
        f'sprite {{ image_path: "sheet.png" single_image_dim: [{cell[0]}, {cell[1]}] }} }}',
    )
    try:
        run = ask_everything(http)["run"]
    finally:
        (folder / table).write_bytes(original)

    assert [layer["name"] for layer in run["layers"]] == ["words"]
    assert table != "sheet.png" or run["problems"]


@given(
    name=st.sampled_from(["ckpt-1.index", "ckpt-2.data-00000-of-00001", "checkpoint"]),
    keep=st.integers(0, 500),
)
@settings(max_examples=40)
def test_any_truncated_checkpoint_is_told(
    client: tuple[Path, Client], name: str, keep: int
) -> None:
    folder, http = client
    original = (folder / name).read_bytes()
    kept = keep % len(original)
    (folder / name).write_bytes(original[:kept])
    configure(folder, "")
    try:
        told = ask_everything(http)["run"]["problems"]
        for step in ("1", "2"):
            query = {"run": "run", "layer": "words", "step": step}
            answer = http.get(BASE + "vectors", query_string=query)
            told += [] if answer.status_code == 200 else [answer.text]
    finally:
        (folder / name).write_bytes(original)

    # The values come first in the data; the state file says only which checkpoint is newest.
    assert bool(told) == (name.endswith(".index") or (".data" in name and kept < 12 * 4 * 4))
    assert all(map(is_a_message, told))


@given(
    shapes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=3)
)
@settings(max_examples=15)
@example([(1, 1), (2, 2)])
@example([(2, 2), (1, 3)])
def test_any_shapes_are_shown_or_told(tmp_path: Path, shapes: list[tuple[int, int]]) -> None:
    run_dir = tmp_path / "run"
    shutil.rmtree(run_dir, ignore_errors=True)
    save_by_checkpoint(run_dir, [matrix(*shape) for shape in shapes], "words")
    run = open_run(run_dir)
    matrices = {i: shape for i, shape in enumerate(shapes, 1) if min(shape) >= 2}

    shown = {step: (y.samples, y.units) for y in run.layers for step in y.steps}
    assert shown == matrices
    assert bool(run.problems) == (len(set(shapes)) > 1 or not matrices)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([(3, 3), (2, 2)], "they are shown separately, as words, words (3 x 3)"),
        ([(1, 1), (2, 2)], "words is shown; the steps of 1 x 1 are left out"),
        ([(2, 2), (1, 1)], "words (2 x 2) is shown; the steps of 1 x 1 are left out"),
    ],
)
def test_layers_that_are_not_shown_are_not_said_to_be(
    tmp_path: Path, shapes: list[tuple[int, int]], said: str
) -> None:
    save_by_checkpoint(tmp_path, [matrix(*shape) for shape in shapes], "words")
    (problem,) = open_run(tmp_path).problems
    assert problem.endswith(f"so its rows are not the same samples: {said}")


def test_a_part_of_one_row_is_shown_where_the_configuration_names_its_tensor(
    tmp_path: Path,
) -> None:
    save_by_checkpoint(tmp_path, [matrix(1, 4), matrix(2, 2)], "words")
    configure(tmp_path, 'embeddings { tensor_name: "words" }')
    run = open_run(tmp_path)
    assert [layer.name for layer in run.layers] == ["words", "words (1 x 4)"]
    assert "they are shown separately, as words, words (1 x 4)" in run.problems[0]


def test_names_that_are_no_utf_8_break_no_route(tmp_path: Path, saved: Path) -> None:
    odd = os.fsdecode(b"od\xffd")
    run_dir = shutil.copytree(saved, tmp_path / odd)
    for file in run_dir.glob("ckpt-*"):
        file.rename(run_dir / f"{odd}{file.name}")
    (run_dir / f"{odd}ckpt-2.index").write_bytes(b"")
    # TensorBoard's slow loader itself fails on such a name.
    context = base_plugin.TBContext(logdir=str(tmp_path))
    http = Client(application.TensorBoardWSGI([EmbeddingsPlugin(context)]))
    (run,) = json.loads(http.get(BASE + "runs").data)["runs"]

    assert run["layers"][0]["steps"] == [1]
    assert "damaged" in run["problems"][0]
    assert http.get(BASE + "vectors", query_string={"run": "x"}).status_code == 404


def test_ever_so_many_damaged_files_are_summed_up(tmp_path: Path) -> None:
    for i in range(100):
        (tmp_path / f"ckpt-{i}.index").write_bytes(b"nothing")
    problems = open_run(tmp_path).problems

    assert len(problems) == 31
    assert "70 more damaged files" in problems[-1]
