"""Tables of others: what they are taken for, and that none of them stops us."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_embed_plugin.runs.tables.column_types import infer_type
from tb_embed_plugin.runs.tables.metadata_inference import InferredTable, infer_table
from tests.harness import is_a_message


def table(text: str | bytes, n_samples: int) -> InferredTable:
    return infer_table(text if isinstance(text, bytes) else text.encode(), n_samples, "m.tsv")


def content(inferred: InferredTable) -> dict[str, list[str]]:
    return {column.name: list(column.cells) for column in inferred.columns}


TWO = {"index": ["0", "1"], "label": ["7", "2"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\n", {"label": ["cat", "dog"]}),
        ("cat\ndog", {"label": ["cat", "dog"]}),
        ("0\t7\n1\t2\n", TWO),
        ("index\tlabel\n0\t7\n1\t2\n", TWO),
        ("index\tlabel\r\n0\t7\r\n1\t2\r\n", TWO),
        ("index\tlabel\r0\t7\r1\t2", TWO),
        ("\ufeffindex\tlabel\n0\t7\n1\t2\n", TWO),
        ("index\tlabel\n0\t7\n1\t2\n\n\n", TWO),
        (
            "5\ta\tb\n6\tc\td\n",
            {"column 1": ["5", "6"], "column 2": ["a", "c"], "column 3": ["b", "d"]},
        ),
        (
            "a\ta\t\n1\t2\t3\n4\t5\t6\n",
            {"a": ["1", "4"], "a (2)": ["2", "5"], "column 3": ["3", "6"]},
        ),
        ('w\tn\n"a\tb"\t1\n"say ""x"""\t2\n', {"w": ["a\tb", 'say "x"'], "n": ["1", "2"]}),
        ('w\tn\n"a\nb"\t1\nc\t2\n', {"w": ["a\nb", "c"], "n": ["1", "2"]}),
        ('"\n"the"\n', {"label": ['"', '"the"']}),
        ("a\n\n", {"label": ["a", ""]}),
        ('"a"\t"b"\n""\t""\n"c"\t"d"\n', {"a": ["", "c"], "b": ["", "d"]}),
        ("label\tb\n\t\nc\td\n", {"label": ["", "c"], "b": ["", "d"]}),
    ],
)
def test_tables_that_fit(text: str, expected: dict[str, list[str]]) -> None:
    inferred = table(text, 2)

    assert content(inferred) == expected
    assert inferred.problems == []


def test_utf_16_as_spreadsheets_write_it() -> None:
    assert content(table("Käse\nEi\n".encode("utf-16"), 2)) == {"label": ["Käse", "Ei"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\tb\n1\t2\n", "m.tsv has 1 row below line 1, 'a\\tb', which looks like a header"),
        ("1\t2\n1\t2\n", "m.tsv has 2 rows, but there are 3 samples"),
        ("x\ny\n", "m.tsv has 2 rows, but there are 3 samples"),
        ("x\n1\n", "m.tsv has 1 row below line 1, 'x'"),
        ("1\n2\n3\n4\n5\n", "m.tsv has 5 rows"),
        ("", "m.tsv has 0 rows"),
        ("\n" * 3000, "m.tsv has 3000 lines"),
    ],
)
def test_tables_that_do_not_fit_are_told_and_not_shown(text: str, words: str) -> None:
    inferred = table(text, 3)

    assert inferred.columns == []
    assert words in "\n".join(inferred.problems)


def test_rows_of_other_lengths_are_shown_and_told() -> None:
    inferred = table("a\tb\n1\n2\t3\n4\t5\t6\n", 3)

    assert content(inferred) == {"a": ["1", "2", "4"], "b": ["", "3", "5"]}
    assert "1 row with fewer, the first on line 2" in inferred.problems[0]
    assert "1 row with more, the first on line 4" in inferred.problems[1]


def test_what_is_not_utf_8_is_replaced_and_told() -> None:
    inferred = table(b"caf\xe9\nbar\n", 2)

    assert content(inferred) == {"label": ["caf\ufffd", "bar"]}
    assert "0xe9 at position 3" in inferred.problems[0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([str(i % 10) for i in range(100)], "category"),
        ([f"{i % 10}.0" for i in range(100)], "category"),
        ([str(i) for i in range(100)], "number"),
        ([str(i / 7) for i in range(100)], "number"),
        (["1e-3", "-2.5E+10", ".5", "nan", "", "inf"], "number"),
        (["nan", "NaN"], "category"),
        (["1_000", "2_000"], "category"),
        (["007", "012"], "category"),
        (["9007199254740993", "1"], "category"),
        (["cat", "dog", ""], "category"),
        ([f"word {i}" for i in range(100)], "text"),
        ([f"word {i % 60}" for i in range(1000)], "category"),
        ([f"word {i % 1001}" for i in range(5000)], "text"),
        (["", ""], "category"),
    ],
)
def test_types(cells: list[str], expected: str) -> None:
    assert infer_type(cells) == expected


def test_many_columns_are_cut_and_told() -> None:
    row = "\t".join(map(str, range(300)))
    inferred = table(f"{row}\n{row}\n", 2)

    assert len(inferred.columns) == 100
    assert "at most 100 are shown" in inferred.problems[0]


CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=5
) | st.sampled_from(["", "first", "second"])


@given(st.lists(st.tuples(CELLS, CELLS), min_size=2, max_size=8))
@settings(max_examples=150)
def test_what_pandas_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    file = io.StringIO()
    frame = pd.DataFrame(rows, columns=["first", "second"])
    frame.to_csv(file, sep="\t", index=False, quoting=csv.QUOTE_ALL, lineterminator="\n")
    inferred = table(file.getvalue(), len(rows))

    if "first" in {a for a, _ in rows} or "second" in {b for _, b in rows}:
        # A header that a column holds as a value is doubtful, which is said; but a word above
        # numbers, or dates, is a header.
        cells = " ".join(cell for row in rows for cell in row)
        assert inferred.problems or re.search(r"\d|nan|inf", cells, re.IGNORECASE)
        if not inferred.columns:
            return
    else:
        assert inferred.problems == []
    assert [(c.name, tuple(c.cells)) for c in inferred.columns] == [
        ("first", tuple(a for a, _ in rows)),
        ("second", tuple(b for _, b in rows)),
    ]


@given(
    st.binary(max_size=300) | st.text('ab01\t\n\r"\ufeff.-e', max_size=100).map(str.encode),
    st.integers(2, 20),
)
@settings(max_examples=400)
def test_any_file_is_a_table_or_a_stated_problem(data: bytes, n_samples: int) -> None:
    inferred = infer_table(data, n_samples, "m.tsv")

    names = [column.name for column in inferred.columns]
    assert len(set(names)) == len(names)
    assert all(names)
    assert inferred.columns or inferred.problems
    for column in inferred.columns:
        assert len(column.cells) == n_samples
        assert len(column.numbers() if column.type == "number" else column.categories()[0])
    if inferred.rows != n_samples:
        assert inferred.problems
        assert all(map(is_a_message, inferred.problems))
