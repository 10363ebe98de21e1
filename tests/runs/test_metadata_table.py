"""The metadata table, ours and as the stock Projector parses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_embed_plugin import MisuseError, write_metadata
from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.tables.metadata_table import Column, read_table, write_table

# Surrogates cannot be written as UTF-8, so no str with one comes out of a file either.
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def stock_rows(path: Path) -> list[list[str]]:
    """Splits a table as the stock Projector does: at line feeds and tabs, no quoting."""
    return [line.split("\t") for line in path.read_bytes().decode().split("\n") if line]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
@settings(max_examples=300)
def test_any_text_survives(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "metadata.tsv"
    names, texts = zip(*rows, strict=True)
    columns = [
        Column("index", "number", [str(i) for i in range(len(rows))]),
        Column("na\tme", "category", names),
        Column("text", "text", texts),
    ]
    write_table(path, columns)

    read = read_table(path, [column.info for column in columns], len(rows))
    assert [list(column.cells) for column in read] == [list(c.cells) for c in columns]
    stock = stock_rows(path)
    assert len(stock) == len(rows) + 1
    assert all(len(row) == 3 for row in stock)


def test_write_metadata_writes_index_and_label(tmp_path: Path) -> None:
    write_metadata(tmp_path / "metadata.tsv", np.array([7, 2, 1]))

    assert (tmp_path / "metadata.tsv").read_text() == "index\tlabel\n0\t7\n1\t2\n2\t1\n"


def test_write_metadata_refuses_one_hot_labels(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"labels has shape \(3, 10\)"):
        write_metadata(tmp_path / "metadata.tsv", np.eye(3, 10))


def test_a_single_column_has_no_header(tmp_path: Path) -> None:
    path = tmp_path / "metadata.tsv"
    column = Column("label", "category", ["a", "b"])
    write_table(path, [column])

    assert path.read_text() == "a\nb\n"
    assert read_table(path, [column.info], 2)[0].cells == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    ["", "index\tlabel\n0\ta\n", "index\tlabel\n0\ta\n1\n", "index\tlabel\n0\ta\n1\tb\tc\n"],
)
def test_other_rows_than_recorded_are_a_stated_problem(tmp_path: Path, content: str) -> None:
    path = tmp_path / "metadata.tsv"
    path.write_text(content)
    columns = [Column("index", "number", []).info, Column("label", "category", []).info]

    with pytest.raises(UnreadableError, match="not 2 rows of 2 cells"):
        read_table(path, columns, 2)


def test_words_in_a_number_column_are_a_stated_problem(tmp_path: Path) -> None:
    path = tmp_path / "metadata.tsv"
    path.write_text("index\tsize\n0\t1.5\n1\tbig\n")
    columns = [Column("index", "number", []).info, Column("size", "number", []).info]

    with pytest.raises(UnreadableError, match=r"'size'.*'big'"):
        read_table(path, columns, 2)


def test_numeric_words_are_sorted_by_number() -> None:
    codes, words = Column("label", "category", ["10", "9", "", "10"]).categories()

    assert words == ["9", "10"]
    assert codes.tolist() == [1, 0, -1, 1]


def test_missing_numbers_are_nan() -> None:
    np.testing.assert_array_equal(
        Column("size", "number", ["1.5", "", "-2"]).numbers(), [1.5, np.nan, -2]
    )


def test_characters_that_begin_as_symbols_do_stay_what_they_are(tmp_path: Path) -> None:
    words = ["\N{SYMBOL FOR NEWLINE}", "a\tb\0", "\N{SYMBOL FOR ESCAPE}c", "\r"]
    column = Column("label", "text", words)
    write_table(tmp_path / "metadata.tsv", [column])
    assert read_table(tmp_path / "metadata.tsv", [column.info], 4)[0].cells == words


def test_numbers_of_any_kind_are_numbers(tmp_path: Path) -> None:
    cells = ["1", "", "-2.5e3", "nan", "12"]
    column = Column("size", "number", cells)
    write_table(tmp_path / "metadata.tsv", [column])
    assert read_table(tmp_path / "metadata.tsv", [column.info], 5)[0].cells == cells
