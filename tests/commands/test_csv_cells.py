"""Cells of CSV files: no text is a formula, no number is changed, and all come back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tb_embed_plugin import cli, record
from tb_embed_plugin.commands.importing.samples import read_metadata
from tb_embed_plugin.runs.tables.csv_cells import cells_of, csv_bytes, guarded, unguarded
from tb_embed_plugin.runs.tables.metadata_table import Column

SIGNS = "=+-@\t\r'"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
CELL = st.tuples(st.sampled_from(["", *SIGNS, "''", "'="]), TEXT).map("".join)
FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(1)", "\tx", "\rx", "'quoted", "plain"]


@given(CELL)
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    cell = guarded(text)

    assert cell[:1] not in set(SIGNS) - {"'"}
    assert unguarded(cell) == text
    assert cell == text or text[0] in SIGNS


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, st.floats(allow_nan=False)), min_size=2, max_size=6))
def test_what_is_written_is_read_again(tmp_path: Path, rows: list[tuple[str, float]]) -> None:
    texts, numbers = zip(*rows, strict=True)
    columns = [
        Column("-word", "text", list(texts)),
        Column("number", "number", [repr(number) for number in numbers]),
    ]
    names = [guarded(column.name) for column in columns]
    cells = zip(*map(cells_of, columns), strict=True)
    (tmp_path / "a.csv").write_bytes(csv_bytes([names, *cells]))
    read, _ = read_metadata(tmp_path / "a.csv", len(rows))

    assert [(c.name, list(c.cells)) for c in read] == [(c.name, c.cells) for c in columns]


@pytest.mark.parametrize("kind", ["number", "category"])
def test_columns_of_numbers_are_never_changed(kind: str) -> None:
    cells = ["-1", "+1.5e-3", "0", "-inf", "", "nan"]
    assert cells_of(Column("a", kind, cells)) == cells  # type: ignore[arg-type] # one of the two
    mixed = [*cells, "-"]
    assert cells_of(Column("a", "category", mixed))[-1] == "'-"
    assert cells_of(Column("a", "category", mixed))[0] == "'-1", "all of a column or none"


def test_an_exported_table_holds_no_formula(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32).reshape(8, 3) - 12
    metadata = {"=word": FORMULAS, "depth": [-1.5, *range(7)]}
    record(tmp_path / "a", 0, {"fc1": values}, metadata=metadata, finished=True)
    output = tmp_path / "out.csv"
    words = ("export", tmp_path, "--engine", "pca", "--format", "csv", "--output", output)
    assert cli.main([str(word) for word in words]) == 0
    rows = list(csv.reader(io.StringIO(output.read_bytes().decode(), newline="")))

    at = rows[0].index("'=word")
    assert [row[at] for row in rows[1:]] == [*(f"'{word}" for word in FORMULAS[:-1]), "plain"]
    assert rows[1][rows[0].index("depth")] == "-1.5"
    x = [float(row[rows[0].index("x")]) for row in rows[1:]]
    assert min(x) < 0 < max(x)


def test_import_says_what_it_took_off(tmp_path: Path) -> None:
    body = csv_bytes([["sample", "word"], ["0", guarded("=1")], ["1", "it's"]])
    (tmp_path / "selection.csv").write_bytes(body)
    columns, notes = read_metadata(tmp_path / "selection.csv", 2)

    assert list(columns[1].cells) == ["=1", "it's"]
    assert any("in 1 cell a first ' was taken off" in note for note in notes)
