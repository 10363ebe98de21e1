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

from tb_embed_plugin import cli
from tb_embed_plugin.commands.importing import vectors
from tb_embed_plugin.runs.discovery import Discovery
from tb_embed_plugin.runs.foreign import hdf5_contents
from tb_embed_plugin.runs.foreign.open_foreign import looks_foreign
from tb_embed_plugin.runs.logdir import Logdir
from tests.harness import columns_of, find_run, read_run

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
    with pytest.raises(hdf5_contents.TooMuchError, match=r"unpack to \d+ bytes, at most 1000"):
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
    assert "model.safetensors has 1 of 2 parts" in run.problems[0]


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


NUMBERS = np.array([[0.5, -1e-3, 3], [1, 2, 3], [4e10, 5, 6], [7, 8, 9.25]], np.float32)


def text(
    words: list[str] | None, separator: str = " ", head: str = "", end: str = "\n"
) -> bytes:
    """Returns `NUMBERS` as text, a line a row, behind words."""
    rows = [separator.join(map(repr, row.tolist())) for row in NUMBERS]
    lines = (
        rows
        if words is None
        else [f"{w}{separator}{row}" for w, row in zip(words, rows, strict=True)]
    )
    return (head + end.join(lines) + end).encode()


WORDS = ["the", "</s>", "naïve", "1"]
SPACED = [". . .", "at name", "a", "b 1"]
ODD = ["a\u00a0b", "\u3000", "c\u2028d", "e\x0cf"]
TEXTS: dict[str, tuple[str, bytes, list[str] | None]] = {
    "word2vec": ("w.txt", text(WORDS, head="4 3\n"), WORDS),
    "word2vec with a blank at each end": ("w.txt", text(WORDS, head="4 3\n", end=" \n"), WORDS),
    "GloVe": ("glove.txt", text(WORDS), WORDS),
    "GloVe 840B, words with spaces": ("glove.txt", text(SPACED), SPACED),
    "fastText": ("wiki.vec", text(WORDS, head="4 3\n"), WORDS),
    "fastText, odd blanks in words": ("w.vec", text(ODD, head="4 3\n"), ODD),
    "tabs": ("w.tsv", text(WORDS, separator="\t"), WORDS),
    "Windows' line ends and a mark": (
        "w.txt",
        b"\xef\xbb\xbf" + text(WORDS, end="\r\n"),
        WORDS,
    ),
    "numbers alone, as the Projector has them": (
        "tensors.tsv",
        text(None, separator="\t"),
        None,
    ),
    "numbers alone with counts": ("w.txt", text(None, head="4 3\n"), None),
    "a header of names": ("w.tsv", text(WORDS, separator="\t", head="word\tx\ty\tz\n"), WORDS),
}


@pytest.mark.parametrize(("name", "data", "words"), TEXTS.values(), ids=list(TEXTS))
def test_vectors_as_text_are_imported(
    tmp_path: Path,
    name: str,
    data: bytes,
    words: list[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vectors, "_BLOCK_LINES", 3)
    (tmp_path / name).write_bytes(data)
    assert cli.main(["import", str(tmp_path / name), "--run", str(tmp_path / "run")]) == 0
    run = read_run(tmp_path / "run")
    np.testing.assert_array_equal(run.snapshot(run.layers[0].name, 0), NUMBERS)
    told = {column.name: list(column.cells) for column in columns_of(run)}
    assert told.get("word") == words


def imported(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    status = cli.main(["import", *map(str, arguments)])
    output = capsys.readouterr()
    return status, output.out + output.err


def test_what_is_odd_in_vectors_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, run = tmp_path / "w.vec", tmp_path / "run"
    path.write_bytes(b"5 3\n" + text(WORDS).replace("ï".encode(), b"\xef"))
    status, said = imported(capsys, path, "--run", run)
    assert status == 0
    assert "has 4 vectors, not 5 as its first line says" in said
    assert "is not UTF-8: line 4" in said
    assert list(columns_of(read_run(run))[1].cells)[2] == "na\ufffdve"

    for data, problem in (
        (text(WORDS) + b"cut 1.0\n", "line 5"),
        (text(WORDS).replace(b"9.25", b"x"), "line 4 holds 'x'"),
        (text(WORDS).decode().encode("utf-16"), "UTF-16"),
        (b"\n\n", "no line holds numbers"),
        (b"the\nword\n", "it holds only words"),
    ):
        path.write_bytes(data)
        status, said = imported(capsys, path, "--run", tmp_path / "other")
        assert status == 1
        assert problem in said
        assert not (tmp_path / "other").exists()


def test_tables_of_numbers_come_with_metadata_and_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i, folder in enumerate(("step0.5", "step1.5", "step10.5")):
        (tmp_path / folder).mkdir()
        np.savetxt(tmp_path / folder / "tensors.tsv", NUMBERS + i, delimiter="\t")
    (tmp_path / "labels.tsv").write_text("label\ta\nx\t1\ny\t2\nx\t3\ny\t4\n")
    files = sorted(tmp_path.glob("step*/tensors.tsv"))
    status, said = imported(
        capsys, *files, "--metadata", tmp_path / "labels.tsv", "--run", tmp_path / "run"
    )
    assert status == 0
    assert "tensors (3 units); steps 0.5, 1.5, 10.5" in said
    run = read_run(tmp_path / "run")
    assert [(step.step, step.name) for step in run.step_facts] == [
        (0, "0.5"),
        (1, "1.5"),
        (2, "10.5"),
    ]
    for i in range(3):
        np.testing.assert_allclose(run.snapshot("tensors", i), NUMBERS + i, rtol=1e-6)
    assert [column.name for column in columns_of(run)] == ["index", "label", "a"]


@pytest.mark.parametrize(
    ("given", "steps", "shown"),
    [
        ("2,1", [2, 1], ["1", "2"]),
        ("1.5,0.5", [1, 0], ["0.5", "1.5"]),
        ("final,warmup", [1, 0], ["warmup", "final"]),
        ("1716908800123,1716908800023", [1, 0], ["1716908800023", "1716908800123"]),
        ("-1,0", [0, 1], ["-1", "0"]),
    ],
)
def test_steps_are_given_as_they_are_written(
    tmp_path: Path, given: str, steps: list[int], shown: list[str]
) -> None:
    for i, name in enumerate("ab"):
        np.save(tmp_path / f"{name}.npy", NUMBERS + i)
    files = [str(tmp_path / f"{name}.npy") for name in "ab"]
    options = ["--layer", "x", f"--steps={given}", "--run", str(tmp_path / "run")]
    assert cli.main(["import", *files, *options]) == 0
    run = read_run(tmp_path / "run")
    assert [step.shown for step in run.step_facts] == shown
    for i, step in enumerate(steps):
        np.testing.assert_array_equal(run.snapshot("x", step), NUMBERS + i)
