"""Keras' files of weights, written by its own callbacks and read back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_embed_plugin.runs.foreign import hdf5, weight_files
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.foreign.weight_contents import Contents, NotRead
from tb_embed_plugin.runs.logdir import Logdir
from tests.harness import find_run


def model() -> Any:
    """Returns a compiled model with two Embedding layers and a nested model."""
    words = keras.Input((4,), dtype="int32")
    letters = keras.Input((3,), dtype="int32")
    pool = keras.layers.GlobalAveragePooling1D()
    joined = keras.layers.Concatenate()(
        [
            pool(keras.layers.Embedding(50, 8, name="words")(words)),
            pool(keras.layers.Embedding(20, 6, name="letters")(letters)),
        ]
    )
    inner = keras.Sequential([keras.layers.Dense(5, name="hidden")], name="inner")
    made = keras.Model([words, letters], keras.layers.Dense(3, name="head")(inner(joined)))
    made.compile("adam", "mse", run_eagerly=True)
    return made


def train(made: Any, *callbacks: Any) -> dict[int, dict[str, Any]]:
    """Trains three epochs; returns the weights after each, by epoch and path."""
    weights: dict[int, dict[str, Any]] = {}

    class Keep(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            weights[epoch] = {v.path: v.numpy() for v in made.trainable_variables}

    rng = np.random.default_rng(0)
    x = [rng.integers(0, 20, (30, 4)), rng.integers(0, 20, (30, 3))]
    made.fit(x, rng.random((30, 3)), epochs=3, verbose=0, callbacks=[Keep(), *callbacks])
    return weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, dict[str, Any]]]:
    """A log directory of the TensorBoard callback, and the weights after each epoch."""
    folder = tmp_path_factory.mktemp("keras")
    for name, count in (("words", 50), ("letters", 20)):
        (folder / f"{name}.tsv").write_text("".join(f"{name} {i}\n" for i in range(count)))
    tables = {"words": "words.tsv", "letters": "letters.tsv"}
    board = keras.callbacks.TensorBoard(folder, embeddings_freq=1, embeddings_metadata=tables)
    return folder, train(model(), board)


def test_every_matrix_is_a_layer_with_a_step_an_epoch(
    trained: tuple[Path, dict[int, dict[str, Any]]],
) -> None:
    folder, weights = trained
    run = find_run(folder)
    assert [layer.name for layer in run.layers] == [
        "words",
        "letters",
        "inner/hidden",
        "head",
    ]
    assert run.problems == []
    for name, path in (
        ("words", "words/embeddings"),
        ("letters", "letters/embeddings"),
        ("inner/hidden", "inner/hidden/kernel"),
        ("head", "head/kernel"),
    ):
        assert run.layer(name).steps == (0, 1, 2)
        for epoch, values in weights.items():
            np.testing.assert_array_equal(run.snapshot(name, epoch), values[path])


def test_the_configuration_beside_the_folder_of_events_names_the_tables(
    trained: tuple[Path, dict[int, dict[str, Any]]],
) -> None:
    run = find_run(trained[0])
    for name, count in (("words", 50), ("letters", 20)):
        (column,) = run.columns(name)
        assert list(column.cells) == [f"{name} {i}" for i in range(count)]
    assert run.columns("head") == []


def test_model_checkpoints_are_read_too(tmp_path: Path) -> None:
    patterns = {
        "w{epoch:02d}-{loss:.2f}.weights.h5": (1, 2, 3),
        "epoch_{epoch}.weights.h5": (1, 2, 3),
        "last.weights.h5": (0,),
    }
    folders = {pattern: tmp_path / str(i) for i, pattern in enumerate(patterns)}
    weights = train(
        model(),
        *(
            keras.callbacks.ModelCheckpoint(folder / pattern, save_weights_only=True)
            for pattern, folder in folders.items()
        ),
    )
    for pattern, steps in patterns.items():
        (folders[pattern] / "events.out.tfevents.1").touch()
        run = find_run(folders[pattern])
        assert run.layer("words").steps == steps
        np.testing.assert_array_equal(
            run.snapshot("words", steps[-1]), weights[2]["words/embeddings"]
        )


def test_recurrent_layers_have_their_matrices_told_apart(tmp_path: Path) -> None:
    made = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2, name="memory")])
    made.save_weights(tmp_path / "a-7.weights.h5")
    run = find_run(tmp_path)
    names = [layer.name for layer in run.layers]
    assert len(names) == 2
    assert all(name.startswith("memory/") for name in names)
    shapes = {(layer.samples, layer.units) for layer in run.layers}
    assert shapes == {(3, 8), (2, 8)}
    assert run.steps == [7]


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.ones((4, 4), np.float32)
    raw = tmp_path / "raw"
    raw.write_bytes(bytes(64))
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    with h5py.File(run_dir / "a-1.weights.h5", "w") as file:
        file["own"] = np.zeros((3, 2), np.float32)
        file["linked"] = h5py.ExternalLink(str(secret), "x")
        file.create_dataset("outside", (4, 4), "f4", external=[(str(raw), 0, 64)])
        layout = h5py.VirtualLayout((4, 4), "f4")
        layout[:] = h5py.VirtualSource(str(secret), "x", (4, 4))
        file.create_virtual_dataset("virtual", layout)
    assert [layer.name for layer in find_run(run_dir).layers] == ["own"]


def test_what_lies_in_pieces_is_left_out_and_told(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a-1.weights.h5", "w") as file:
        file["own"] = np.zeros((3, 2), np.float32)
        file.create_dataset("vast", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))
    run = find_run(tmp_path)
    assert [layer.name for layer in run.layers] == ["own"]
    assert (
        "vast of a-1.weights.h5 is not stored in one piece: it is left out" in run.problems[0]
    )


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("file") / "a.weights.h5"
    model().save_weights(path)
    return path.read_bytes()


@settings(max_examples=8)
@given(cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8)), max_size=20))
def test_files_cut_short_are_problems_and_hide_no_other(
    cuts: list[tuple[float, bytes]], weights_file: bytes, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    (folder / "a-0.weights.h5").write_bytes(weights_file)
    for step, (cut, junk) in enumerate(cuts, start=1):
        kept = weights_file[: int(cut * len(weights_file))]
        (folder / f"a-{step}.weights.h5").write_bytes(kept + junk)
    run = find_run(folder)
    assert 0 in run.layer("words").steps
    for layer in run.layers:
        for step in layer.steps:
            assert run.snapshot(layer.name, step).shape == (layer.samples, layer.units)
    for step in range(1, 1 + len(cuts)):
        complete = all(step in layer.steps for layer in run.layers)
        assert complete or any(f"a-{step}.weights.h5" in text for text in run.problems)


READER = """
import json, sys, os, time
print(json.dumps({"started": True}), flush=True)
for path in json.load(sys.stdin):
    name = os.path.basename(path)
    if "crash" in name: os.abort()
    if "hang" in name:
        open(path, "x").close()
        time.sleep(600)
    print(json.dumps({"matrices": {}, "names": {}, "apart": [], "others": {}}), flush=True)
"""


def test_files_that_crash_the_library_or_keep_it_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5, "COMMAND", (sys.executable, "-c", READER))

    class TimeIsUp(threading.Thread):
        """A timer to which it is too late as soon as the library hangs."""

        def __init__(self, seconds: float, act: Callable[[], None]) -> None:
            super().__init__(daemon=True)
            self.act, self.cancelled = act, threading.Event()

        def run(self) -> None:
            while not self.cancelled.wait(0.02):
                if (tmp_path / "hang").exists():
                    (tmp_path / "hang").unlink()
                    self.act()
                    return

        def cancel(self) -> None:
            self.cancelled.set()

    monkeypatch.setattr(threading, "Timer", TimeIsUp)
    names = ["a", "crash", "b", "hang", "c"]
    read = hdf5.read_contents([tmp_path / name for name in names])
    assert {path.name for path, answer in read.items() if isinstance(answer, Contents)} == {
        "a",
        "b",
        "c",
    }
    for name, why in (
        ("crash", "the process that reads HDF5 ended by SIGABRT"),
        ("hang", "the HDF5 library took over 300 s"),
    ):
        held = read[tmp_path / name]
        assert isinstance(held, NotRead)
        assert held.why == why

    many = [tmp_path / f"crash {i}" for i in range(hdf5.MAX_CRASHES + 2)]
    assert all(isinstance(answer, NotRead) for answer in hdf5.read_contents(many).values())


def test_a_slow_start_is_no_verdict_and_the_file_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file["words"] = np.eye(3, 4, dtype=np.float32)
    sound, asked = hdf5.COMMAND, []
    popen = subprocess.Popen

    def start(command: Any, **options: Any) -> Any:
        asked.append(command)
        return popen(command, **options)

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(hdf5, "START_SECONDS", 0.05)
    monkeypatch.setattr(hdf5, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    logdir = Logdir(tmp_path, list)
    (run,) = logdir.list_runs()
    assert isinstance(run, ForeignRun)
    (problem,) = run.problems
    assert problem == (
        "a.weights.h5 is not read yet (the process that reads HDF5 took over 0.05 s to start); "
        "it is tried again by itself: save it again if it stays so"
    )
    # Not at each poll of the page: a file that keeps the library for ever costs 3 s each time.
    logdir.list_runs()
    assert len(asked) == 1
    monkeypatch.setattr(hdf5, "START_SECONDS", 300)
    monkeypatch.setattr(hdf5, "COMMAND", sound)
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    (run,) = logdir.list_runs()
    assert isinstance(run, ForeignRun)
    assert (len(asked), run.problems, [one.name for one in run.layers]) == (2, [], ["words"])


def test_the_newest_of_too_many_epochs_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_files, "MAX_FILES", 3)
    for epoch in range(5):
        with h5py.File(tmp_path / f"m-{epoch}.weights.h5", "w") as file:
            file["words"] = np.eye(3, 4, dtype=np.float32)
    run = find_run(tmp_path)
    assert run.steps == [2, 3, 4]
    (problem,) = run.problems
    assert "there are 5 files m-*.weights.h5, of which the last 3 are shown" in problem
