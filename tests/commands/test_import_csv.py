"""Comma-separated tables of vectors, as NumPy, pandas and spreadsheets write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import cli
from tests.harness import columns_of, read_run

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
LABELS = [f"c{i % 2}" for i in range(12)]
KEYS = [(7 * i + 3) % 50 for i in range(12)]
CODES = [i % 3 for i in range(12)]


def frame(**columns: Any) -> pd.DataFrame:
    names = [f"pca {i}" for i in range(4)]
    return pd.DataFrame(X, columns=names).assign(**columns)


def savetxt(path: Path) -> None:
    np.savetxt(path, X, delimiter=",")


WRITERS: dict[str, tuple[Callable[[Path], Any], dict[str, list[str]]]] = {
    "NumPy": (savetxt, {}),
    "pandas": (lambda path: frame().to_csv(path, index=False), {}),
    "pandas with its index": (lambda path: frame().to_csv(path), {}),
    "pandas with numbers for names": (lambda path: pd.DataFrame(X).to_csv(path), {}),
    "numbers for names alone": (lambda path: pd.DataFrame(X).to_csv(path, index=False), {}),
    "a spreadsheet": (lambda path: frame().to_csv(path, sep=";", index=False), {}),
    "a spreadsheet with decimal commas": (
        lambda path: frame(n=LABELS).to_csv(path, sep=";", decimal=",", index=False),
        {"n": LABELS},
    ),
    "decimal commas without names": (
        lambda path: frame().to_csv(path, sep=";", decimal=",", index=False, header=False),
        {},
    ),
    "a part of the rows, by their numbers": (
        lambda path: frame().set_index(pd.Index(KEYS, name="id")).to_csv(path),
        {"id": list(map(str, KEYS))},
    ),
    "pandas' index as pandas reads it": (
        lambda path: frame().set_index(pd.Index(KEYS, name="Unnamed: 0")).to_csv(path),
        {"Unnamed: 0": list(map(str, KEYS))},
    ),
    "a comma behind each row": (
        lambda path: frame(last=None).to_csv(path, index=False),
        {"last": [""] * 12},
    ),
    "labels and words": (
        lambda path: frame(Label=CODES, name=LABELS).to_csv(path, index=False),
        {"Label": [str(code) for code in CODES], "name": LABELS},
    ),
    "coordinates": (
        lambda path: frame().set_axis([*"xyzw"], axis=1).to_csv(path, index=False),
        {},
    ),
    "an index in a column": (lambda path: frame().reset_index().to_csv(path, index=False), {}),
    "numbers of rows from 1": (
        lambda path: frame().set_index(pd.RangeIndex(1, 13, name="id")).to_csv(path),
        {"id": [str(i) for i in range(1, 13)]},
    ),
    "names of rows": (
        lambda path: frame().set_index(pd.Index(LABELS)).to_csv(path),
        {"column 1": LABELS},
    ),
}


def run_import(*arguments: Any) -> int:
    return cli.main(["import", *map(str, arguments)])


@pytest.mark.parametrize("writer", WRITERS)
def test_columns_of_numbers_are_the_layer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], writer: str
) -> None:
    write, metadata = WRITERS[writer]
    write(tmp_path / "fc1.csv")
    assert run_import(tmp_path / "fc1.csv", "--run", tmp_path / "run") == 0
    assert "4 columns of numbers are the layer" in capsys.readouterr().out
    run = read_run(tmp_path / "run")
    np.testing.assert_allclose(run.snapshot("fc1", 0), X, rtol=1e-6)
    columns = {column.name: list(column.cells) for column in columns_of(run)}
    assert columns.pop("index") == [str(i) for i in range(12)]
    assert columns == metadata


def test_tables_of_several_epochs_are_steps(tmp_path: Path) -> None:
    for epoch in range(3):
        pd.DataFrame(X + epoch).assign(label=LABELS).to_csv(
            tmp_path / f"fc1-epoch{epoch}.csv", index=False
        )
    assert run_import(*sorted(tmp_path.glob("*.csv")), "--run", tmp_path / "run") == 0
    run = read_run(tmp_path / "run")
    np.testing.assert_allclose(run.snapshot("fc1", 2), X + 2, rtol=1e-6)


def test_two_whole_numbers_above_others_are_a_row(tmp_path: Path) -> None:
    (tmp_path / "fc1.csv").write_text("0,1\n5,4\n2,2\n")
    assert run_import(tmp_path / "fc1.csv", "--run", tmp_path / "run") == 0
    expected: NDArray[Any] = np.array([[0, 1], [5, 4], [2, 2]])
    np.testing.assert_array_equal(read_run(tmp_path / "run").snapshot("fc1", 0), expected)


@pytest.mark.parametrize("missing", ["", "NA", "null", "nan"])
@pytest.mark.parametrize("names", ["a,b,c\n", ""])
def test_a_missing_number_is_nan(tmp_path: Path, missing: str, names: str) -> None:
    (tmp_path / "fc1.csv").write_text(f"{names}{missing},2,3\n4.5,{missing},6\n")
    assert run_import(tmp_path / "fc1.csv", "--run", tmp_path / "run") == 0
    expected: NDArray[Any] = np.array([[np.nan, 2, 3], [4.5, np.nan, 6]])
    np.testing.assert_array_equal(read_run(tmp_path / "run").snapshot("fc1", 0), expected)


def test_one_column_is_the_layer_in_words_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fc1.csv").write_text("label,size\n0,1.5\n1,2.5\n")
    assert run_import(tmp_path / "fc1.csv", "--run", tmp_path / "run") == 0
    assert "'size' alone is the layer; 'label' is metadata" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("label;name\nc0;x\nc1;y\n", ["label", "name"]),
        ("label;size\nc0;1,5\nc1;2,5\n", ["label", "size"]),
        ('"label";"name"\n"c0";"Doe, J"\n"c1";"y"\n', ["label", "name"]),
        ('label,"a;b"\nc0,x\nc1,y\n', ["label", "a;b"]),
        ("label;name\nc0;Doe, J\nc1;y\n", ["label", "name"]),
        ("label,from; to\nc0,x; z\nc1,y; z\n", ["label", "from; to"]),
        ("label\nc0\nc1\n", ["label"]),
    ],
)
def test_metadata_of_spreadsheets_with_semicolons(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    np.save(tmp_path / "fc1.npy", X[:2])
    (tmp_path / "words.csv").write_text(text)
    files = tmp_path / "fc1.npy", "--metadata", tmp_path / "words.csv"
    assert run_import(*files, "--run", tmp_path / "run") == 0
    columns = {
        column.name: list(column.cells) for column in columns_of(read_run(tmp_path / "run"))
    }
    assert list(columns) == ["index", *names]
    assert columns["label"] == ["c0", "c1"]
    assert columns.get("size") in (None, ["1.5", "2.5"])


def test_texts_with_semicolons_are_one_column(tmp_path: Path) -> None:
    np.save(tmp_path / "fc1.npy", X[:2])
    (tmp_path / "words.csv").write_text("spam; eggs\nbacon\n")
    files = tmp_path / "fc1.npy", "--metadata", tmp_path / "words.csv"
    assert run_import(*files, "--run", tmp_path / "run") == 0
    assert list(columns_of(read_run(tmp_path / "run"))[1].cells) == ["spam; eggs", "bacon"]


def test_a_row_may_be_longer_than_a_cell_of_csv(tmp_path: Path) -> None:
    wide = np.random.default_rng(0).normal(size=(2, 8192)).astype(np.float32)
    np.savetxt(tmp_path / "fc1.csv", wide, delimiter=",")
    assert run_import(tmp_path / "fc1.csv", "--run", tmp_path / "run") == 0
    np.testing.assert_array_equal(read_run(tmp_path / "run").snapshot("fc1", 0), wide)


LATE = "a,b\n" + "1,2\n" * 1200 + "1,oops\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("a,b\nx,y\n", "no column holds numbers; write a number a cell"),
        ("1,2\n3\n", "line 2 has 1 cells, those before 2"),
        ('1,2\n"3,4\n', "unexpected end of data"),
        (LATE, "line 1202 holds 'oops'; correct that line"),
    ],
)
def test_what_is_no_table_of_vectors_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "fc1.csv").write_text(text)
    assert run_import(tmp_path / "fc1.csv", "--run", tmp_path / "run") == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
