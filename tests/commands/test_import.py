"""`tb-embed import`: files of activations become a run of ours."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pyarrow import parquet
from safetensors.numpy import save_file

from tb_embed_plugin import cli
from tests.harness import columns_of, is_a_message, read_run

Matrix = NDArray[np.float32]

Import = Callable[..., tuple[int, str, str]]


@pytest.fixture
def import_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    """Imports into `<tmp_path>/logs/run`; returns status, output and errors."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        status = cli.main(["import", *map(str, words), "--run", str(tmp_path / "logs" / "run")])
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def a(tmp_path: Path) -> Matrix:
    return np.random.default_rng(0).standard_normal((12, 5)).astype(np.float32)


def words(run_dir: Path) -> dict[str, list[str]]:
    return {column.name: list(column.cells) for column in columns_of(read_run(run_dir))}


@pytest.mark.parametrize(
    ("names", "options", "steps"),
    [
        (["fc1.npy"], [], [0]),
        (["fc1-step10.npy", "fc1-step2.npy"], [], [2, 10]),
        (["epoch_003_fc1.npy", "epoch_001_fc1.npy"], [], [1, 3]),
        (["fc1-10.npy", "fc1-2.npy"], [], [2, 10]),
        (["one.npy", "two.npy"], ["--layer", "fc1"], [0, 1]),
        (["one.npy", "two.npy"], ["--layer", "fc1", "--steps", "7,3"], [3, 7]),
    ],
)
def test_files_are_the_steps_of_a_layer(
    tmp_path: Path,
    import_files: Import,
    a: Matrix,
    names: list[str],
    options: list[str],
    steps: list[int],
) -> None:
    for i, name in enumerate(names):
        np.save(tmp_path / name, a + i)
    status, out, _ = import_files(*(tmp_path / name for name in names), *options)
    assert status == 0
    assert "12 samples; fc1 (5 units)" in out
    assert f"tensorboard --logdir {tmp_path / 'logs'}" in out
    run = read_run(tmp_path / "logs" / "run")
    assert run.steps == steps
    in_order = [a + i for i in range(len(names))]
    given = [3, 7] if "7,3" in options else steps
    if steps != list(range(len(names))):
        in_order.reverse()
    assert given == steps
    for step, values in zip(steps, in_order, strict=True):
        np.testing.assert_array_equal(run.snapshot("fc1", step), values)
    assert not run.recording
    assert words(run.path) == {"index": [str(i) for i in range(12)]}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_keys_are_layers(tmp_path: Path, import_files: Import, a: Matrix, suffix: str) -> None:
    b = a[:, :2].astype(np.float16)
    for step in (0, 5):
        path = tmp_path / f"acts-step{step}{suffix}"
        arrays: dict[str, Any] = {"enc/a": a + step, "b": b + np.float16(step)}
        if suffix == ".npz":
            np.savez(path, **arrays)
        else:
            save_file(arrays, path)
    status, _, err = import_files(*tmp_path.glob(f"*{suffix}"))
    assert (status, err) == (0, "")
    run = read_run(tmp_path / "logs" / "run")
    assert {layer.name: layer.units for layer in run.layers} == {"enc/a": 5, "b": 2}
    np.testing.assert_array_equal(run.snapshot("enc/a", 5), a + 5)
    np.testing.assert_array_equal(run.snapshot("b", 5), (b + np.float16(5)).astype(np.float32))

    status, _, _ = import_files(*tmp_path.glob(f"*{suffix}"), "--layer", "b", "--overwrite")
    assert status == 0
    assert [layer.name for layer in read_run(run.path).layers] == ["b"]


@pytest.mark.parametrize("dtype", ["float64", "int64", "uint8", "bool", "bfloat16"])
def test_every_kind_of_number_becomes_float32(
    tmp_path: Path, import_files: Import, dtype: str
) -> None:
    values = np.arange(12).reshape(4, 3) % 2
    path = tmp_path / "x.safetensors"
    save_file({"x": values.astype(getattr(ml_dtypes, dtype, dtype))}, path)
    assert import_files(path)[0] == 0
    np.testing.assert_array_equal(
        read_run(tmp_path / "logs" / "run").snapshot("x", 0), values.astype(np.float32)
    )


@pytest.mark.parametrize("fixed", [True, False])
def test_a_table_of_vectors_brings_its_metadata(
    tmp_path: Path, import_files: Import, a: Matrix, *, fixed: bool
) -> None:
    vectors: Any = pa.array(a.tolist(), pa.list_(pa.float32(), 5 if fixed else -1))
    labels = ["cat", "dog", None] * 4
    table = pa.table(
        {
            "index": range(12),
            "vector": vectors,
            "label": labels,
            "length": np.arange(12) / 2,
            "tags": [["x"]] * 12,
        }
    )
    parquet.write_table(table, tmp_path / "words.parquet", row_group_size=5)
    status, out, _ = import_files(tmp_path / "words.parquet")
    assert status == 0
    assert "the column 'tags' is left out" in out
    run = read_run(tmp_path / "logs" / "run")
    np.testing.assert_array_equal(run.snapshot("vector", 0), a)
    assert words(run.path)["label"] == ["cat", "dog", ""] * 4
    assert [(c.name, c.type) for c in columns_of(run)] == [
        ("index", "number"),
        ("label", "category"),
        ("length", "number"),
    ]


ROWS = [["index", "label", "note"], *([str(i), f"c{i % 2}", f"a, b {i}"] for i in range(12))]


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize("rows", [range(12), range(5, 17)])
def test_the_rows_that_pandas_numbers_are_no_nameless_column(
    tmp_path: Path, import_files: Import, a: Matrix, suffix: str, rows: range
) -> None:
    np.save(tmp_path / "fc1.npy", a)
    table, labels = tmp_path / f"table.{suffix}", [f"c{i % 2}" for i in range(12)]
    frame = pd.DataFrame({"label": labels}, index=rows)
    frame.to_csv(table, sep="," if suffix == "csv" else "\t")
    status, _, err = import_files(tmp_path / "fc1.npy", "--metadata", table)
    assert (status, err) == (0, "")
    row = {} if rows.start == 0 else {"column 1": [str(i) for i in rows]}
    index = {"index": [str(i) for i in range(12)]}
    assert words(tmp_path / "logs" / "run") == index | row | {"label": labels}


@pytest.mark.parametrize("labels", [np.arange(12) % 3, np.eye(3)[np.arange(12) % 3]])
def test_labels_come_from_an_array(
    tmp_path: Path, import_files: Import, a: Matrix, labels: Matrix
) -> None:
    np.save(tmp_path / "fc1.npy", a)
    np.save(tmp_path / "y.npy", labels)
    status, _, err = import_files(tmp_path / "fc1.npy", "--metadata", tmp_path / "y.npy")
    assert (status, err) == (0, "")
    assert words(tmp_path / "logs" / "run")["label"] == [str(i % 3) for i in range(12)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.arange(5),
            r"y.npy has an array of shape \(5,\) but there are 12 samples; pass one",
        ),
        (np.array(5), r"y.npy has an array of shape \(\) but there are 12 samples"),
        (np.full((12, 2), 0.6), r"shape \(12, 2\), which holds neither labels nor rows of 0"),
    ],
)
def test_arrays_that_are_no_labels_are_refused_in_words_of_the_command(
    tmp_path: Path, import_files: Import, a: Matrix, labels: Matrix, message: str
) -> None:
    np.save(tmp_path / "fc1.npy", a)
    np.save(tmp_path / "y.npy", labels)
    status, _, err = import_files(tmp_path / "fc1.npy", "--metadata", tmp_path / "y.npy")
    assert status == 1
    assert re.search(message, err)
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("kind", ["tsv", "csv", "parquet", "no header"])
def test_metadata_and_images_come_from_files_of_their_own(
    tmp_path: Path, import_files: Import, a: Matrix, kind: str
) -> None:
    np.save(tmp_path / "fc1.npy", a)
    images = np.random.default_rng(0).integers(0, 255, (12, 6, 4, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    table = tmp_path / f"table.{kind.replace('no header', 'tsv')}"
    if kind == "parquet":
        columns = zip(*ROWS[1:], strict=True)
        parquet.write_table(pa.table(dict(zip(ROWS[0], columns, strict=True))), table)
    else:
        delimiter = "," if kind == "csv" else "\t"
        with table.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(ROWS[kind == "no header" :])
    status, _, err = import_files(
        tmp_path / "fc1.npy", "--metadata", table, "--images", tmp_path / "images.npy"
    )
    if kind == "parquet":  # its index holds words, which are not the numbers of the rows
        assert status == 1
        assert "'index'" in err
        return
    assert (status, err) == (0, "")
    run = read_run(tmp_path / "logs" / "run")
    names = ["index", "column 2", "column 3"] if kind == "no header" else ROWS[0]
    cells = [list(column) for column in zip(*ROWS[1:], strict=True)]
    told = words(run.path)
    assert list(told.values())[-2:] == cells[1:]
    assert list(told)[-2:] == names[-2:]
    sheet = np.asarray(Image.open(run.path / "sprite_images.png"))
    np.testing.assert_array_equal(sheet[:6, 4:8], images[1])


@pytest.mark.parametrize(("grid", "options"), [((4, 4), []), ((6, 2), ["--cell", "5x3"])])
def test_images_may_be_one_sheet(
    tmp_path: Path,
    import_files: Import,
    a: Matrix,
    grid: tuple[int, int],
    options: list[str],
) -> None:
    np.save(tmp_path / "fc1.npy", a)
    images = np.random.default_rng(0).integers(0, 255, (grid[0] * grid[1], 3, 5), np.uint8)
    sheet = images.reshape(grid[1], grid[0], 3, 5).transpose(0, 2, 1, 3)
    Image.fromarray(sheet.reshape(grid[1] * 3, grid[0] * 5)).save(tmp_path / "sheet.png")
    words = [tmp_path / "fc1.npy", "--sprite", tmp_path / "sheet.png", *options]
    assert import_files(*words)[0] == 0
    run_dir = tmp_path / "logs" / "run"
    assert read_run(run_dir).manifest.sprite is not None
    pixels = np.asarray(Image.open(run_dir / "sprite_images.png"))
    for i in range(12):
        row, column = divmod(i, 4)
        cell = pixels[3 * row : 3 * row + 3, 5 * column : 5 * column + 5]
        np.testing.assert_array_equal(cell, images[i])


def test_nan_is_kept_and_noted(tmp_path: Path, import_files: Import, a: Matrix) -> None:
    broken = a.astype(np.float64)
    broken[3, 2] = np.nan
    np.save(tmp_path / "fc1-1.npy", a)
    np.save(tmp_path / "fc1-2.npy", broken)
    status, out, _ = import_files(tmp_path / "fc1-1.npy", tmp_path / "fc1-2.npy")
    assert status == 0
    assert "note: fc1 of fc1-2.npy holds NaN or infinity: step 2" in out
    run = read_run(tmp_path / "logs" / "run")
    assert (run.layers[0].drawable, run.layers[0].hidden) == ([1, 2], (3,))
    np.testing.assert_array_equal(run.snapshot("fc1", 2), broken.astype(np.float32))


WRONG: list[tuple[dict[str, Any], Sequence[str], str]] = [
    ({"x.npy": np.zeros((3, 2, 2))}, ["x.npy"], "x of x.npy is float64 of shape (3, 2, 2)"),
    ({"x.npy": np.zeros(3)}, ["x.npy"], "must be numbers of shape (n_samples, n_units)"),
    ({"x.npy": np.zeros((0, 3))}, ["x.npy"], "of shape (0, 3)"),
    ({"x.npy": np.zeros((3, 2), complex)}, ["x.npy"], "x of x.npy is complex128"),
    ({"x.npy": np.array([["a", "b"]])}, ["x.npy"], "x of x.npy is <U1"),
    ({"x.npy": np.array([[{}]])}, ["x.npy"], "without pickled objects"),
    (
        {"x-1.npy": np.zeros((3, 2)), "x-2.npy": np.zeros((4, 2))},
        [],
        "has 4 rows, but x of x-1.npy has 3",
    ),
    (
        {"x-1.npy": np.zeros((3, 2)), "x-2.npy": np.zeros((3, 4))},
        [],
        "has 4 units, but x of x-1.npy has 2",
    ),
    (
        {"x-1.npy": np.zeros((3, 2)), "x-01.npy": np.zeros((3, 2))},
        [],
        "nothing tells the steps of x-1.npy, x-01.npy apart",
    ),
    (
        {"x-1.npy": np.zeros((3, 2)), "y.npy": np.zeros((3, 2))},
        [],
        "has no step in its name, but others have; pass --steps",
    ),
    ({"x.npy": np.zeros((3, 2)), "y.npy": np.zeros((3, 2))}, [], "pass --layer NAME"),
    (
        {"x.npy": np.zeros((3, 2))},
        ["x.npy", "--steps", "1,2"],
        "--steps has 2 steps but there are 1 files",
    ),
    (
        {"x.npy": np.zeros((3, 2))},
        ["x.npy", "--layer=a", "--layer=b"],
        "holds a single array, but --layer names a, b",
    ),
    ({"x.doc": b"1 2"}, ["x.doc"], "x.doc must end in .npy"),
    ({}, ["none.npy"], "none.npy is not"),
    ({"x.npz": b"PK"}, ["x.npz"], "x.npz is not"),
    ({"x.safetensors": b"{}"}, ["x.safetensors"], "x.safetensors is not"),
    ({"x.parquet": b"PAR1"}, ["x.parquet"], "x.parquet is not a readable Parquet file"),
    (
        {"x.npy": np.zeros((3, 2)), "m.csv": b"a,b\n1,2\n"},
        ["x.npy", "--metadata", "m.csv"],
        "m.csv has 1 row below line 1, 'a",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "m.csv": b"a,b\n1,2\n1,2\n1\n"},
        ["x.npy", "--metadata", "m.csv"],
        "the rows of m.csv have 1 to 2 cells",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "m.csv": b"a,a\n1,2\n1,2\n1,3\n"},
        ["x.npy", "--metadata", "m.csv"],
        "the metadata column 'a' is empty, repeated",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "y.npy": np.zeros(4)},
        ["x.npy", "--metadata", "y.npy"],
        "y.npy has an array of shape (4,) but there are 3 samples",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "y.npy": b"no array"},
        ["x.npy", "--metadata", "y.npy"],
        "the labels in y.npy cannot be read",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "m.tsv": b"a\nb\nc\nd\ne\n"},
        ["x.npy", "--metadata", "m.tsv"],
        "m.tsv has 5 rows",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "i.npy": np.zeros((4, 8, 8), np.uint8)},
        ["x.npy", "--images", "i.npy"],
        "but there are 3 samples",
    ),
    (
        {"x.npy": np.zeros((3, 2)), "i.png": b"\x89PNG"},
        ["x.npy", "--images", "i.png"],
        "i.png is",
    ),
]


@pytest.mark.parametrize(("files", "arguments", "message"), WRONG)
def test_what_does_not_fit_is_said_and_nothing_written(
    tmp_path: Path,
    import_files: Import,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, Any],
    arguments: Sequence[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        if isinstance(content, bytes):
            Path(name).write_bytes(content)
        else:
            np.save(name, content, allow_pickle=True)
    status, _, err = import_files(*(arguments or files))
    assert status == 1
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "logs").exists()


def test_nothing_of_others_is_overwritten(
    tmp_path: Path, import_files: Import, a: Matrix
) -> None:
    run_dir = tmp_path / "logs" / "run"
    run_dir.mkdir(parents=True)
    np.save(tmp_path / "x.npy", a)
    (run_dir / "model.ckpt-1.index").write_bytes(b"theirs")
    beside = run_dir.with_name("run-2")
    for options in ([], ["--overwrite"]):
        status, out, _ = import_files(tmp_path / "x.npy", *options)
        assert status == 0
        assert out.startswith(f"{beside}: ")
        holds = f"{run_dir} already holds model.ckpt-1.index, which another program wrote"
        note = f"{holds}; the run is in {beside}"
        assert out.count(note) == 1
        assert read_run(beside).layers[0].samples == len(a)
    assert [file.name for file in run_dir.iterdir()] == ["model.ckpt-1.index"]

    (run_dir / "model.ckpt-1.index").unlink()
    assert import_files(tmp_path / "x.npy")[0] == 0
    status, _, err = import_files(tmp_path / "x.npy")
    assert status == 1
    assert "pass --overwrite" in err
    assert import_files(tmp_path / "x.npy", "--overwrite", "--layer", "y")[0] == 0
    assert read_run(run_dir).layers[0].name == "y"


@settings(max_examples=60)
@given(
    suffix=st.sampled_from([".npy", ".npz", ".safetensors", ".parquet"]),
    cut=st.floats(0, 1),
    place=st.floats(0, 1),
    junk=st.binary(max_size=6),
)
def test_a_damaged_file_is_said_to_be_so(
    suffix: str,
    cut: float,
    place: float,
    junk: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / f"x{suffix}"
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    if suffix == ".npy":
        np.save(path, values)
    elif suffix == ".npz":
        np.savez_compressed(path, x=values)
    elif suffix == ".safetensors":
        save_file({"x": values}, path)
    else:
        parquet.write_table(pa.table({"x": pa.array(values.tolist())}), path)
    data = path.read_bytes()
    data = data[: int(cut * len(data))] if cut < 0.5 else data
    at = int(place * len(data))
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    status = cli.main(["import", str(path), "--run", str(folder / "run")])
    err = capsys.readouterr().err
    if status:
        assert is_a_message(err)
        assert not (folder / "run").exists()
    else:
        assert read_run(folder / "run").layers[0].samples > 0
