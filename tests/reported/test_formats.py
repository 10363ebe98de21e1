"""Files of weights as Keras and Hugging Face write them, and vectors as text."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from tb_embed_plugin.runs import hdf5_contents
from tb_embed_plugin.runs.discovery import Discovery
from tb_embed_plugin.runs.foreign_folder import looks_foreign
from tb_embed_plugin.runs.logdir import Logdir
from tests.harness import find_run

PATTERNS = {
    "keras": "weights.{epoch:02d}-{loss:.2f}.keras",
    "h5": "weights.{epoch:02d}-{loss:.2f}.h5",
    "best": "best.keras",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, dict[str, Any]]]:
    """One training of three epochs, saved in every format; the weights by epoch and path."""
    root = tmp_path_factory.mktemp("keras")
    words = keras.Input((4,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(
        keras.layers.Embedding(50, 8, name="words")(words)
    )
    inner = keras.Sequential([keras.layers.Dense(60, name="hidden")], name="inner")
    model = keras.Model(words, keras.layers.Dense(3, name="head")(inner(pooled)))
    model.compile("adam", "mse")
    weights: dict[int, dict[str, Any]] = {}

    class Keep(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            weights[epoch + 1] = {v.path: v.numpy() for v in model.trainable_variables}

    savers = []
    for name, pattern in PATTERNS.items():
        (root / name).mkdir()
        savers.append(
            keras.callbacks.ModelCheckpoint(
                root / name / pattern, save_best_only=name == "best", monitor="loss"
            )
        )
    rng = np.random.default_rng(0)
    model.fit(
        rng.integers(0, 50, (20, 4)),
        rng.random((20, 3)),
        epochs=3,
        verbose=0,
        callbacks=[Keep(), *savers],
    )
    return root, weights


VARIABLES = {
    "words": "words/embeddings",
    "head": "head/kernel",
    "inner/hidden": "inner/hidden/kernel",
}


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_whole_models_of_model_checkpoint_are_one_layer_a_matrix(
    saved: tuple[Path, dict[int, dict[str, Any]]], kind: str
) -> None:
    root, weights = saved
    run = find_run(root / kind)
    assert [layer.name for layer in run.layers] == ["words", "head", "inner/hidden"]
    assert run.problems == []
    for name, path in VARIABLES.items():
        assert run.layer(name).steps == (1, 2, 3)
        for epoch, values in weights.items():
            np.testing.assert_array_equal(run.snapshot(name, epoch), values[path])


def test_one_file_that_is_overwritten_is_one_step(
    saved: tuple[Path, dict[int, dict[str, Any]]],
) -> None:
    root, weights = saved
    run = find_run(root / "best")
    assert run.steps == [0]
    assert any(
        np.array_equal(run.snapshot("words", 0), values["words/embeddings"])
        for values in weights.values()
    )


def test_keras_files_are_found_without_an_event_file(
    saved: tuple[Path, dict[int, dict[str, Any]]],
) -> None:
    seen = Discovery(saved[0], looks_foreign).look()
    assert {name for name, may in seen.items() if may} == {"keras", "h5", "best"}


def pack(source: Path, target: Path) -> None:
    """Writes an archive again, packed."""
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))


def test_a_packed_keras_file_is_unpacked_and_nothing_is_written(
    saved: tuple[Path, dict[int, dict[str, Any]]], tmp_path: Path
) -> None:
    root, weights = saved
    pack(next((root / "keras").glob("*.03-*.keras")), tmp_path / "m-3.keras")
    run = find_run(tmp_path)
    np.testing.assert_array_equal(run.snapshot("words", 3), weights[3]["words/embeddings"])
    assert [path.name for path in tmp_path.iterdir()] == ["m-3.keras"]


def test_a_packed_bomb_and_other_archives_are_told(
    saved: tuple[Path, dict[int, dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pack(next((saved[0] / "keras").glob("*.01-*.keras")), tmp_path / "m-1.keras")
    monkeypatch.setattr(hdf5_contents, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(hdf5_contents.TooMuchError, match="unpacks to more than 1000 bytes"):
        hdf5_contents.contents(str(tmp_path / "m-1.keras"))
    with zipfile.ZipFile(tmp_path / "m-2.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    (tmp_path / "m-3.keras").write_bytes(b"PK\3\4 cut short")
    run = find_run(tmp_path)
    assert run.steps == [1]
    assert all(any(f"m-{i}.keras" in problem for problem in run.problems) for i in (2, 3))


def write_checkpoints(folder: Path, steps: range) -> dict[int, dict[str, Any]]:
    """Writes what Hugging Face's Trainer does, the tensors of a tiny BERT."""
    rng = np.random.default_rng(0)
    values: dict[int, dict[str, Any]] = {}
    for step in steps:
        values[step] = {
            "bert.encoder.layer.0.attention.query.weight": rng.normal(size=(70, 6)).astype(
                np.float32
            ),
            "bert.embeddings.word_embeddings.weight": rng.normal(size=(40, 6)).astype(
                ml_dtypes.bfloat16
            ),
            "bert.embeddings.position_ids": np.arange(8)[None],
            "classifier.bias": np.zeros(2, np.float32),
        }
        place = folder / f"checkpoint-{step}"
        place.mkdir(parents=True)
        save_file(values[step], place / "model.safetensors", metadata={"format": "pt"})
        (place / "optimizer.pt").write_bytes(b"\x80\x02 never unpickled")
        (place / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    return values


def test_folders_of_hugging_face_are_one_run(tmp_path: Path) -> None:
    values = write_checkpoints(tmp_path / "out", range(500, 2001, 500))
    runs = Logdir(tmp_path, list).list_runs()
    assert [run.name for run in runs] == ["out"]
    run = find_run(tmp_path, "out")
    assert run.problems == []
    words, query = run.layers
    assert words.name == "bert.embeddings.word_embeddings"  # fewer rows, but first
    assert query.name == "bert.encoder.layer.0.attention.query"
    assert words.steps == query.steps == (500, 1000, 1500, 2000)
    for step, tensors in values.items():
        for layer in (words.name, query.name):
            np.testing.assert_array_equal(
                run.snapshot(layer, step), tensors[f"{layer}.weight"].astype(np.float32)
            )


def test_a_checkpoint_that_comes_later_is_seen(tmp_path: Path) -> None:
    write_checkpoints(tmp_path, range(500, 1001, 500))
    logdir = Logdir(tmp_path, list)
    assert logdir.run(".").steps == [500, 1000]
    write_checkpoints(tmp_path, range(1500, 1501))
    assert logdir.run(".").steps == [500, 1000, 1500]


def test_a_model_in_parts_is_put_together_and_a_missing_part_is_told(tmp_path: Path) -> None:
    for i, name in enumerate(("a", "b"), start=1):
        save_file(
            {f"{name}.weight": np.full((4, 3), i, np.float32)},
            tmp_path / f"model-{i:05d}-of-00002.safetensors",
        )
    run = find_run(tmp_path)
    assert {layer.name for layer in run.layers} == {"a", "b"}
    assert run.problems == []
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    run = find_run(tmp_path)
    assert [layer.name for layer in run.layers] == ["a"]
    assert "expected 2 parts of model.safetensors; received 1" in run.problems[0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:5],
        lambda data: data[:20],
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data.replace(b'"F32"', b'"F64"'),
        lambda data: data[:-10],
    ],
)
def test_a_damaged_header_is_a_problem_and_hides_no_other(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    for step in (1, 2):
        save_file({"a": np.ones((4, 3), np.float32)}, tmp_path / f"m-{step}.safetensors")
    path = tmp_path / "m-2.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    run = find_run(tmp_path)
    assert run.steps == [1]
    assert any("m-2.safetensors" in problem for problem in run.problems)
