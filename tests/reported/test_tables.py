"""Tables of metadata as people wrote them: labels beside their rows, or the reason why not."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.foreign_sprites import read_sheet
from tb_embed_plugin.runs.foreign.number_spelling import are_plain_numbers
from tb_embed_plugin.runs.foreign.tensor_tsv import TensorFile
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.tables.metadata_inference import InferredTable, infer_table


def table(text: str | bytes, n_samples: int, name: str = "metadata.tsv") -> InferredTable:
    return infer_table(text if isinstance(text, bytes) else text.encode(), n_samples, name)


def content(inferred: InferredTable) -> dict[str, list[str]]:
    return {column.name: list(column.cells) for column in inferred.columns}


ANIMALS = ["cat", "dog", "horse", "cow", "goat", "hen"]
WORDS = ["the", "of", "and", "to", "in", "that", "was", "his", "he", "it"]


def as_lines(labels: Sequence[str]) -> str:
    return "".join(f"{label}\n" for label in labels)


@pytest.mark.parametrize(
    "text",
    [
        as_lines(["cat", "dog", "a horse\nof wood", *ANIMALS[3:]]),
        as_lines(["a cat\nof clay", *ANIMALS[1:]]),
        as_lines([*ANIMALS, "duck"]),
        as_lines(["<pad>", *ANIMALS]),
        as_lines(["1", "2", "3", "4", "5", "6", "7"]),
    ],
    ids=["broken", "the first broken", "one too many", "a pad first", "numbers alone"],
)
def test_one_line_too_many_is_no_header_and_shifts_no_label(text: str) -> None:
    inferred = table(text, 6)

    assert inferred.columns == []
    (problem,) = inferred.problems
    assert "metadata.tsv has 7" in problem


def test_one_line_too_few_shows_no_label() -> None:
    inferred = table(as_lines(ANIMALS[:5]), 6)

    assert inferred.columns == []
    assert "metadata.tsv has 5" in inferred.problems[0]


@pytest.mark.parametrize(
    ("line", "place", "named"),
    [
        ("# my animals", 0, "line 1, '# my animals'"),
        ("// my animals", 0, "line 1, '// my animals'"),
        ("", 0, "line 1, ''"),
        ("", 3, "line 4, ''"),
        ("# those of the farm", 3, "line 4, '# those of the farm'"),
    ],
)
@pytest.mark.parametrize("columns", ["label", "index and label", "index and label, named"])
def test_a_blank_line_or_a_remark_is_named_and_left_out(
    line: str, place: int, named: str, columns: str
) -> None:
    rows = [f"{i}\t{word}" if "index" in columns else word for i, word in enumerate(ANIMALS)]
    header = ["index\tlabel"] if "named" in columns else []
    lines = [*header, *rows]
    lines.insert(place, line)
    inferred = table(as_lines(lines), 6)

    assert content(inferred)["label"] == ANIMALS
    (problem,) = inferred.problems
    assert named in problem


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("header", [[], ["label\n"]])
def test_labels_of_readlines_have_a_blank_line_behind_each(end: str, header: list[str]) -> None:
    lines = [*header, *(f"{word}\n" for word in ANIMALS)]
    text = "\n".join(lines) + "\n"
    inferred = table(text.replace("\n", end), 6)

    assert content(inferred) == {"label": ANIMALS}
    assert all("line 1, 'label', is taken for the header" in p for p in inferred.problems)
    assert len(inferred.problems) == len(header)


@pytest.mark.parametrize(
    "rows",
    [
        ["label", "3", "1", "2"],
        ["label", "cat", "dog", "cat"],
        ["name\tclass", "a\tcat", "b\tdog", "c\tcat"],
        ["index\tanimal", "0\tcat", "1\tdog", "2\tcat"],
        ["# my animals", "cat", "dog", "cat"],
        ["\tanimal", "0\tcat", "1\tdog", "2\tcat"],
    ],
)
def test_a_header_above_one_row_too_few_shifts_no_label(rows: list[str]) -> None:
    inferred = table(as_lines(rows), 4)

    assert inferred.columns == []
    (problem,) = inferred.problems
    assert "metadata.tsv has 3" in problem
    if not rows[0].startswith("#"):
        assert "line 1" in problem


def test_what_is_taken_for_a_header_of_one_column_is_said() -> None:
    inferred = table(as_lines(["word", *WORDS]), len(WORDS))
    assert content(inferred) == {"word": WORDS}
    assert "line 1, 'word', is taken for the header" in inferred.problems[0]

    above_numbers = table(as_lines(["digit", "3", "1", "2"]), 3)
    assert content(above_numbers) == {"digit": ["3", "1", "2"]}
    assert above_numbers.problems == []


def test_a_word_unlike_all_below_is_a_header() -> None:
    cells = ANIMALS * 20
    inferred = table(as_lines(["beast", *cells]), len(cells))

    assert content(inferred) == {"beast": cells}
    assert "line 1, 'beast', is taken for the header" in inferred.problems[0]


def test_a_vocabulary_that_begins_with_a_word_of_headers_keeps_it() -> None:
    words = ["time", "name", *WORDS, "class", "word"]
    inferred = table(as_lines(words), len(words))

    assert content(inferred) == {"label": words}
    assert inferred.problems == []


def test_a_row_broken_in_two_is_made_whole_and_named() -> None:
    rows = ["0\tcat", "1\ta dog\nof stone", "2\thorse"]
    inferred = table(as_lines(["index\tlabel", *rows]), 3)

    assert content(inferred) == {
        "index": ["0", "1", "2"],
        "label": ["cat", "a dog\nof stone", "horse"],
    }
    assert "go on in line 4, 'of stone'" in inferred.problems[0]


def test_words_with_quotation_marks_stay_as_they_are() -> None:
    words = ['"', '""', '"quoted"', '5"', "the", '"', '"""', "''", '""']
    inferred = table(as_lines(words), len(words))

    assert content(inferred) == {"label": words}
    assert inferred.problems == []


def test_quotation_marks_two_lines_apart_make_no_cell_of_two_lines() -> None:
    inferred = table(as_lines(["the", '"', '"', *WORDS]), 12)

    assert inferred.columns == []
    assert "metadata.tsv has 13" in inferred.problems[0]


def long_texts(n: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [
        "\n".join(
            " ".join(rng.choice([*WORDS, '"so"', "5\t6", "#", "", '"'], 6)) for _ in range(5)
        )
        for _ in range(n)
    ]


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_pandas_tables_of_1500_texts_of_five_lines(
    *, index: bool, classes: bool, end: str
) -> None:
    frame = pd.DataFrame({"text": long_texts(1500)})
    if classes:
        frame["class"] = [ANIMALS[i % 6] for i in range(1500)]
    file = io.StringIO()
    frame.to_csv(file, sep="\t", index=index, lineterminator=end)
    inferred = table(file.getvalue(), 1500)

    shown = content(inferred)
    assert shown["text"] == list(frame["text"])
    assert not classes or shown["class"] == list(frame["class"])
    assert not index or shown["index"] == [str(i) for i in range(1500)]
    assert inferred.problems == [] or not (index or classes)  # one column: its header is said


def test_quotes_of_r_and_of_spreadsheets_are_taken_off() -> None:
    text = '"name"\t"n"\n"1"\t"a cat"\t3\n"2"\t"a dog"\t4\n'
    assert content(table(text, 2)) == {
        "column 1": ["1", "2"],
        "name": ["a cat", "a dog"],
        "n": ["3", "4"],
    }


def test_pandas_writes_an_index_without_a_name_and_missing_values_empty() -> None:
    frame = pd.DataFrame({"label": ["cat", None, "dog"], "size": [1.5, np.nan, 2]})
    inferred = table(frame.to_csv(sep="\t"), 3)

    assert content(inferred) == {
        "index": ["0", "1", "2"],
        "label": ["cat", "", "dog"],
        "size": ["1.5", "", "2.0"],
    }
    assert inferred.problems == []


def test_pandas_row_of_empty_quoted_cells_is_a_row_and_a_doubtful_header_is_said() -> None:
    frame = pd.DataFrame([("", ""), ("first", "")], columns=["first", "second"])
    inferred = table(frame.to_csv(sep="\t", index=False, quoting=csv.QUOTE_ALL), 2)

    assert content(inferred) == {"first": ["", "first"], "second": ["", ""]}
    (problem,) = inferred.problems
    assert "line 1, 'first\\tsecond', is taken for the header" in problem
    assert "'first' is a value too" in problem


def test_a_row_of_tabs_that_may_be_blank_beside_a_header_that_may_be_a_row() -> None:
    inferred = table("first\tsecond\n\t\nfirst\tfourth\n", 2)

    assert inferred.columns == []
    (problem,) = inferred.problems
    assert "line 1, 'first\\tsecond', as a header, or line 2, '\\t', as a blank line" in problem


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (["animal\tfur", "cat\tred", "dog\tblue"], "line 1, 'animal\\tfur', of"),
        (["index\tlabel", "0\tcat", "1\tdog"], "line 1, 'index\\tlabel', of"),
        (["0\t1", "cat\tred", "dog\tblue"], "line 1, '0\\t1', of"),
        (["digit", "3", "1"], "line 1, 'digit', of"),
    ],
)
def test_the_header_of_the_projectors_own_format_is_a_note_and_no_problem(
    rows: list[str], note: str
) -> None:
    inferred = table(as_lines(rows), 2)

    assert list(content(inferred)) == rows[0].split("\t")
    assert inferred.problems == []
    assert inferred.notes == [f"{note} metadata.tsv is taken for its header"]


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (["cat", "", "dog"], "line 2, '', of metadata.tsv is taken for a sample without"),
        (["cat", "# as of today", "dog"], "line 2, '# as of today', of metadata.tsv is taken"),
        (["time", "name", "dog"], "line 1, 'time', of metadata.tsv is taken for a row"),
        (["cat\tred", "dog\tblue", "cow\tred"], "line 1, 'cat\\tred', of metadata.tsv is"),
        (['"cat"', '"dog"', '"cow"'], "quotation marks around cells of metadata.tsv are taken"),
        (['"cat"', "dog", "cow"], "quotation marks in metadata.tsv are taken for parts"),
        (["cat", "dog\tbig", "cow"], "line 2 of metadata.tsv holds a tab"),
    ],
)
def test_what_a_line_is_taken_for_where_two_faults_would_look_the_same(
    rows: list[str], note: str
) -> None:
    inferred = table(as_lines(rows), 3)

    assert inferred.columns
    assert inferred.problems == []
    assert any(note in one for one in inferred.notes)


@pytest.mark.parametrize("header", [[], ["index\tlabel"]])
@pytest.mark.parametrize(("left", "right"), [("\t", ""), ("", "\t"), ("\t", "\t")])
@pytest.mark.parametrize("in_header", [True, False])
def test_tabs_at_the_ends_of_lines_are_no_columns(
    header: list[str], left: str, right: str, *, in_header: bool
) -> None:
    rows = [f"{left}{i}\t{word}{right}" for i, word in enumerate(ANIMALS)]
    header = [f"{left}{line}{right}" if in_header else f"{left}{line}" for line in header]
    inferred = table(as_lines([*header, *rows]), 6)

    assert content(inferred) == {"index": list("012345"), "label": ANIMALS}
    assert inferred.problems == []


def test_a_tab_within_a_label_separates_nothing_in_a_list() -> None:
    labels = ["cat", "dog\tbig", "cow", "hen"]

    assert content(table(as_lines(labels), 4)) == {"label": labels}


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-8-sig"]
)
@pytest.mark.parametrize("words", [ANIMALS, ["犬", "猫", "馬", "牛", "山羊", "鶏"]])
def test_utf_16_is_read_with_and_without_its_mark(encoding: str, words: list[str]) -> None:
    text = as_lines(["index\tlabel", *(f"{i}\t{word}" for i, word in enumerate(words))])
    inferred = table(text.encode(encoding), 6)

    assert content(inferred) == {"index": list("012345"), "label": words}
    assert inferred.problems == []


@pytest.mark.parametrize(
    ("separator", "name"), [(",", "m.csv"), (";", "m.csv"), (",", "m.tsv")]
)
def test_commas_and_semicolons_separate_where_nothing_else_can_be_meant(
    separator: str, name: str
) -> None:
    rows = [f"{i}{separator}{word}" for i, word in enumerate(ANIMALS)]
    inferred = table(as_lines([f"index{separator}animal", *rows]), 6, name)

    assert content(inferred) == {"index": list("012345"), "animal": ANIMALS}
    assert inferred.problems == []


@pytest.mark.parametrize("name", ["m.csv", "m.tsv"])
def test_commas_in_a_list_of_names_separate_nothing(name: str) -> None:
    names = ["Paris, France", "Rome, Italy", "Bern, Switzerland"]

    assert content(table(as_lines(names), 3, name)) == {"label": names}


@pytest.mark.parametrize(
    "text",
    [
        "1.5\t0\n\n0\t1\n",
        "1.5\t0\n0\t1\n\n\n",
        "\n1.5\t0\r\n0\t1\r\n",
        "1.5\t0\t\n0\t1\t\n",
        "1.5  0\n0 1\n",
        "1.5,0\n0,1\n",
        "x\ty\n1.5\t0\n0\t1\n",
        "1.5\tFalse\nFalse\tTrue\n",
    ],
    ids=["inside", "at the end", "first", "tabs", "spaces", "commas", "header", "booleans"],
)
def test_tensors_with_blank_lines_other_separators_a_header_or_booleans(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "tensors.tsv"
    path.write_bytes(text.encode())
    tensor = TensorFile.open(path, ())

    assert tensor.shape == (2, 2)
    np.testing.assert_array_equal(tensor.read(), [[1.5, 0], [0, 1]])


@pytest.mark.parametrize(
    ("frame", "index", "problem", "note"),
    [
        (["a", "b"], False, "", "line 1, 'a\\tb', of"),
        ([0, 1], False, "line 1 holds the numbers 0 to 1", ""),
        (
            ["a", "b"],
            True,
            "the first column holds the numbers of the rows",
            "line 1, 'a\\tb', of",
        ),
        ([0, 1], True, "the first column holds the numbers of the rows", "line 1, '0\\t1', of"),
    ],
)
def test_names_in_a_table_of_numbers_are_said_in_the_run(
    tmp_path: Path, frame: list[object], problem: str, note: str, *, index: bool
) -> None:
    values = pd.DataFrame(np.arange(6).reshape(3, 2) + 0.5, columns=frame)
    values.to_csv(tmp_path / "tensor.tsv", sep="\t", index=index)
    (run,) = Logdir(tmp_path, list).list_runs()

    assert isinstance(run, Run)
    assert [problem in p for p in run.problems] == [True] * bool(problem)
    (layer,) = run.layers
    assert [note in one for one in layer.notes] == [True] * bool(note)
    assert layer.units == 2 + index
    last = run.snapshot(layer.name, layer.steps[0])[-3:]
    np.testing.assert_array_equal(last[:, index:], values)


def test_pandas_columns_without_names_beside_an_index_in_metadata() -> None:
    text = pd.DataFrame([[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]).to_csv(sep="\t")
    table = infer_table(text.encode(), 2, "metadata.tsv")

    assert [column.name for column in table.columns] == ["index", "0", "1", "2"]
    assert list(table.columns[1].cells) == ["0.5", "3.5"]
    (note,) = table.notes
    assert "line 1, '\\t0\\t1\\t2', of metadata.tsv is taken for its header" in note
    assert not table.problems


def test_a_ragged_row_of_a_tensor_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tensors.tsv"
    path.write_text("1\t2\n\n3\t4\t5\n6\t7\n")

    with pytest.raises(UnreadableError, match="line 3 holds 3"):
        TensorFile.open(path, ()).read()


@pytest.mark.parametrize(
    "cell", ["1-", "1.5.3", "1+", "1e", "1e5.3", "1-2", "nanx", "infi", "0x1", "1_0", "x", "-"]
)
@pytest.mark.parametrize("blank", ["", "\n"])
def test_a_cell_that_only_begins_as_a_number_is_named_by_its_line(
    tmp_path: Path, cell: str, blank: str
) -> None:
    path = tmp_path / "tensors.tsv"
    path.write_text(f"1\t2\n{blank}3\t{cell}\n5\t6\n")

    with pytest.raises(
        UnreadableError, match=re.escape(f"line {2 + len(blank)} holds '{cell}'")
    ):
        TensorFile.open(path, ()).read()


@pytest.mark.parametrize("cell", ["1-", "1e-", "1e"])
def test_a_block_of_a_table_that_ends_in_a_sign_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    """SciPy's reader reads on behind the end of such a text, and the process ends.

    A sign in the last row of a file is refused before; one at the end of a block is not.
    """
    path = tmp_path / "tensors.tsv"
    path.write_text(f"1\t2\n3\t{cell}\n5\t6\n")
    tensor = TensorFile.open(path, ())
    monkeypatch.setattr(
        "tb_embed_plugin.runs.foreign.tensor_tsv._BLOCK_BYTES", len(f"1\t2\n3\t{cell}\n")
    )

    with pytest.raises(UnreadableError, match=f"line 2 holds '{cell}'"):
        tensor.read()


@given(st.from_regex(r"[+-]?[0-9.]{1,4}([eE][+-]?[0-9.]{0,2})?", fullmatch=True))
def test_what_passes_for_a_plain_number_python_reads_too(cell: str) -> None:
    if are_plain_numbers(f"1\t{cell}".encode()) and re.search(
        "[0-9]", cell.lower().split("e")[0]
    ):
        float(cell)


@pytest.mark.parametrize(
    ("size", "cell", "told"),
    [((40, 40), (10, 10), False), ((40, 30), (10, 10), False), ((120, 10), (10, 10), True)],
)
def test_a_sheet_without_the_size_of_a_thumbnail(
    tmp_path: Path, size: tuple[int, int], cell: tuple[int, int], *, told: bool
) -> None:
    Image.new("L", size).save(tmp_path / "sprite.png")
    sheet = read_sheet(tmp_path / "sprite.png", (), 12)

    assert sheet.facts.cell == cell
    assert told == any("are a guess" in problem for problem in sheet.problems)


def test_a_sheet_that_no_grid_divides_is_refused(tmp_path: Path) -> None:
    Image.new("L", (41, 37)).save(tmp_path / "sprite.png")

    with pytest.raises(UnreadableError, match="single_image_dim"):
        read_sheet(tmp_path / "sprite.png", (), 12)


@dataclass(frozen=True)
class Written:
    """A file of labels: what they are, and its content."""

    labels: list[str]
    data: bytes


def strings(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=4)


HEADS = ["label", "name", "class", "index", "time"]

LABELS: st.SearchStrategy[list[str]] = st.one_of(
    st.lists(st.sampled_from(ANIMALS), min_size=2, max_size=12),
    st.lists(st.sampled_from([*HEADS, "cat", "dog"]), min_size=2, max_size=8),
    st.lists(st.sampled_from(["", "cat", "dog", "label"]), min_size=2, max_size=8),
    st.lists(strings("abcé犬'\"#%"), min_size=2, max_size=12, unique=True),
    st.lists(st.integers(0, 99).map(str), min_size=2, max_size=12),
    st.lists(strings("ab \"\t\n,'"), min_size=2, max_size=8),
    st.lists(strings("ab \t,").map('"{}"'.format), min_size=2, max_size=8),
)


def with_lines(draw: st.DrawFn, lines: list[str], faults: list[str]) -> list[str]:
    """Returns lines with the faults that people reported."""
    lines = list(lines)
    for fault in faults:
        place = draw(st.integers(0, len(lines) - 1)) if lines else 0
        if fault == "less":
            del lines[place : place + 1]
        else:
            more = {"blank": "", "remark": "# as of today", "more": (lines or ["cat"])[-1]}
            lines.insert(place, more[fault])
    return lines


def can_be_seen(way: str, faults: list[str], labels: list[str]) -> bool:
    """Whether a file shows that its labels are not where they were.

    A line that is lost while another one is doubled or broken leaves as many lines as there
    were, all of them alike.
    """
    more = "more" in faults or (way not in ("csv", "pandas") and "\n" in "".join(labels))
    return not ("less" in faults and more)


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Makes a file of labels by one of the usual ways, with at most two faults."""
    labels = draw(LABELS)
    way = draw(st.sampled_from(["lines", "readlines", "rows", "csv", "pandas"]))
    header = draw(st.booleans())
    kinds = (
        ["more", "less"] if way in ("csv", "pandas") else ["blank", "remark", "more", "less"]
    )
    faults = draw(st.lists(st.sampled_from(kinds), max_size=2))
    assume(any(map(str.strip, labels)))  # without any there is nothing beside the rows
    assume(can_be_seen(way, faults, labels))
    if way in ("csv", "pandas"):
        kept = with_lines(draw, labels, faults)
        text = by_a_writer(draw, way, kept, header=header)
    else:
        rows = [f"{i}\t{x}" for i, x in enumerate(labels)] if way == "rows" else labels
        name = "index\tlabel" if way == "rows" else "label"
        lines = with_lines(draw, [name] * header + rows, faults)
        if way == "readlines":
            lines = [f"{line}\n" for line in lines]
        text = "\n".join(lines) + draw(st.sampled_from(["\n", ""]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r\r\n", "\r"]))
    if "\r" not in text:
        text = text.replace("\n", end)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
    return Written(labels, text.encode(encoding))


QUOTING: list[Literal[0, 1, 2]] = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]


def by_a_writer(draw: st.DrawFn, way: str, labels: list[str], *, header: bool) -> str:
    file = io.StringIO()
    quoting: Literal[0, 1, 2] = draw(st.sampled_from(QUOTING))
    if way == "csv":
        writer = csv.writer(file, dialect="excel-tab", quoting=quoting)
        writer.writerows([["index", "label"]] * header)
        writer.writerows(enumerate(labels))
    else:
        frame = pd.DataFrame({"label": labels, "index": range(len(labels))})
        chosen = draw(st.sampled_from([["label"], ["index", "label"], ["label", "index"]]))
        index = draw(st.booleans())
        frame.to_csv(
            file, sep="\t", columns=chosen, index=index, header=header, quoting=quoting
        )
    return file.getvalue()


EXAMPLES = int(os.environ.get("TABLE_EXAMPLES", "200"))
"""More of them by hand: each run makes other tables."""


@given(written())
@settings(max_examples=EXAMPLES)
def test_labels_are_beside_their_rows_or_it_is_said_what_is_doubtful(file: Written) -> None:
    inferred = infer_table(file.data, len(file.labels), "metadata.tsv")

    told = [*inferred.problems, *inferred.notes]
    if not inferred.columns:
        assert inferred.problems
        return
    shown = [column.cells for column in inferred.columns]
    # Labels of as many tabs each are no different from a table of columns.
    shown.append(["\t".join(row) for row in zip(*shown, strict=True)])
    beside = any(are_beside(cells, file.labels) for cells in shown)
    assert beside or any(is_of_a_doubt(sentence) for sentence in told)


def are_beside(cells: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether each label is its cell, without the white space around it."""
    return [bare(cell) for cell in cells] == [bare(label) for label in labels]


DOUBTS = (
    "is taken for the header",
    "and not for a header",
    "without metadata",
    "and not for a remark",
    "left out",
    "are taken for those of a CSV writer",
    "are taken for parts of its words",
    "is taken for a part of the word",
    "which go on in line",
    "cells in most rows",
    "each line is shown as it is",
)
"""What is said of lines that may be something else; no other sentence counts as one."""


def is_of_a_doubt(sentence: str) -> bool:
    """Whether a sentence says what was taken for what."""
    return any(doubt in sentence for doubt in DOUBTS)


def bare(label: str) -> str:
    """Returns a label without the white space around it."""
    return label.replace("\r", "").strip()
