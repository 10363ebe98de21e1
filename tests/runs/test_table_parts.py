"""What the reading of foreign tables stands on: words of headers, separators, odd rows."""

from __future__ import annotations

import pytest

from tb_embed_plugin.runs.foreign.number_spelling import are_plain_numbers
from tb_embed_plugin.runs.foreign.tensor_kinds import Kind, described
from tb_embed_plugin.runs.tables.cells import Cells
from tb_embed_plugin.runs.tables.header import (
    Likeness,
    in_header_words,
    is_comment,
    likeness,
)
from tb_embed_plugin.runs.tables.metadata_inference import infer_table
from tb_embed_plugin.runs.tables.quotes import separated_cells


@pytest.mark.parametrize("name", ["label", " Label ", "class_name", "ground_truth_label"])
def test_names_that_headers_use(name: str) -> None:
    assert in_header_words(name)


@pytest.mark.parametrize("name", ["cat", "labeled", "the_label_of_a_cat", "", "first label"])
def test_names_that_headers_do_not_use(name: str) -> None:
    assert not in_header_words(name)


def of_words(first: str, words: list[str]) -> Likeness:
    """How much a word looks like the header of a column of words."""
    return likeness([[first], *([word] for word in words)], surplus=True)


def test_a_word_is_a_header_where_new_words_are_rare() -> None:
    # A further row would be a new word in one of 100 cases, and in one of 50 at most.
    assert of_words("kind", ["cat", "dog"] * 50) == Likeness.WORDS
    assert of_words("kind", ["cat", "dog"] * 49 + ["hen", "hen"]) == Likeness.WORDS
    assert of_words("kind", ["cat", "dog"] * 49 + ["hen", "cow"]) == Likeness.NONE
    assert of_words("kind", ["cat", "dog"] * 49 + ["hen", "cat"]) == Likeness.WORDS
    assert of_words("kind", ["cat", "dog"] * 24) == Likeness.NONE, "too few rows to tell"


def test_one_word_above_texts_is_a_header() -> None:
    texts = [f"text number {i}" for i in range(100)]
    assert of_words("quotation", texts) == Likeness.WORDS
    assert of_words("a quotation", texts) == Likeness.NONE
    assert of_words("quotation", [f"text{i}" for i in range(100)]) == Likeness.NONE


def test_the_index_that_pandas_and_r_write_has_no_name() -> None:
    rows = [["0", "cat"], ["1", "dog"], ["2", "dog"]]
    assert likeness([["", "animal"], *rows], surplus=False) == Likeness.TYPES
    assert likeness([["animal", ""], *rows], surplus=False) == Likeness.TYPES, "above numbers"
    words = [["a", "0"], ["b", "1"], ["b", "2"]]
    assert likeness([["animal", ""], *words], surplus=False) == Likeness.POSSIBLE


@pytest.mark.parametrize(
    ("rows", "like"),
    [
        ([["0", "1"], ["cat", "hen"], ["dog", "cow"]], Likeness.TYPES),
        ([["0", "1"], ["0.5", "0.25"], ["1.5", "2.5"]], Likeness.TYPES),
        ([["0", "1"], ["3", "hen"], ["4", "cow"]], Likeness.NONE),
        ([["0", "2"], ["cat", "hen"], ["dog", "cow"]], Likeness.NONE),
        ([["0"], ["cat"], ["dog"]], Likeness.WORDS),
        ([["0"], ["cat"], ["0"]], Likeness.NONE),
        ([["0"], ["1"], ["2"]], Likeness.NONE),
    ],
)
def test_columns_that_pandas_counts_have_numbers_for_names(
    rows: list[list[str]], like: Likeness
) -> None:
    assert likeness(rows, surplus=True) == like


@pytest.mark.parametrize(
    "cell", ["# made by hand", "// made by hand", "%% of 2024", "#made by"]
)
def test_remarks(cell: str) -> None:
    assert is_comment([cell])


@pytest.mark.parametrize(
    "cell", ["made by hand", "#label", "# label", "#", "//made", "", "-- a"]
)
def test_what_is_no_remark(cell: str) -> None:
    assert not is_comment([cell])


def test_blank_lines_do_not_count_for_the_width_of_a_table() -> None:
    rows = [["a", "b"], [""], ["c", "d"], [" "], [""]]
    cells = Cells(rows, range(1, 6))
    assert (cells.width, cells.blank, cells.remarks) == (2, [1, 3, 4], [])
    assert Cells([["a"], ["b"], ["c", "d"]], range(1, 4)).width == 1
    assert Cells([["a"], ["c", "d"]], range(1, 3)).width == 2, "the wider of two as frequent"


def test_blank_lines_between_separated_rows_are_left_out() -> None:
    cells = separated_cells("a,b\n\n1,2\n\n3,4\n", 10)
    assert cells is not None
    assert cells.rows == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert list(cells.numbers) == [1, 3, 5]


def test_rows_that_are_as_they_should_be_need_no_word() -> None:
    inferred = infer_table(b"label\tsize\ncat\t1\ndog\t2\n", 2, "metadata.tsv")
    assert (inferred.problems, [column.name for column in inferred.columns]) == (
        [],
        ["label", "size"],
    )
    assert inferred.notes == ["line 1, 'label\\tsize', of metadata.tsv is taken for its header"]


@pytest.mark.parametrize(
    ("kind", "shape", "words"),
    [
        ("texts", (2,), "a tensor of texts of shape (2,)"),
        ("complex", (2, 2), "a tensor of complex numbers of shape (2, 2)"),
        (None, (2, 2), "of float8, not of numbers"),
        ("numbers", (), "a single number"),
        ("numbers", (3, 0), "an empty tensor of shape (3, 0)"),
        ("numbers", (3,), "reshape it to (3, 1)"),
        ("numbers", (3, 2, 4), "flatten it to (3, 8)"),
    ],
)
def test_a_tensor_that_is_no_matrix_is_described(
    kind: Kind | None, shape: tuple[int, ...], words: str
) -> None:
    assert words in described(kind, shape, "float8")


PLAIN = ["1", "-1", "+.5", "1.", "1e5", "1.5e-3", "1E+05", "nan", "-inf", "-nan", "0"]
NOT_PLAIN = [
    "1-",
    "1.5.3",
    "nanx",
    "--1",
    "e5",
    "1e",
    "1e-",
    "1_0",
    "0x1",
    "",
    " 1",
    "x",
    "1-2",
]


@pytest.mark.parametrize("cell", PLAIN)
@pytest.mark.parametrize("row", ["{}", "{}\t2", "2\t{}", "1\n{}\n2"])
def test_plain_numbers_stand_anywhere(cell: str, row: str) -> None:
    assert are_plain_numbers(row.format(cell).encode())


@pytest.mark.parametrize("cell", NOT_PLAIN)
@pytest.mark.parametrize("row", ["{}\t2", "2\t{}\t3", "1\n{}\n2"])
def test_what_is_no_plain_number_is_found_anywhere(cell: str, row: str) -> None:
    assert not are_plain_numbers(row.format(cell).encode())
