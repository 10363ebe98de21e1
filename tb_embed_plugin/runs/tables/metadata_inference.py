"""Foreign tables of metadata, whose rows, columns and types have to be inferred.

A line is shown beside a sample only where it is known whose it is (`lines`); else no
column is shown and a problem says why. Nothing here raises on account of what a file holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.tables.cells import MAX_COLUMNS, TAB, plain_cells, without_edges
from tb_embed_plugin.runs.tables.column_types import infer_type
from tb_embed_plugin.runs.tables.header import Likeness, Rows
from tb_embed_plugin.runs.tables.lines import Lines, lines_of_samples, no_lines
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.runs.tables.quotes import quoted_cells, separated_cells
from tb_embed_plugin.runs.tables.rows import Fit
from tb_embed_plugin.runs.tables.text import decoded

MAX_TABLE_BYTES = 64 << 20
"""Larger tables are not read."""

MAX_LOOKED_THROUGH = 1 << 20
"""A larger table of too few lines is not looked through for the reason."""

MAX_SAMPLES = 1 << 22
"""Tables of tensors with more rows are not read."""

MAX_SURPLUS_ROWS = 1000
"""Lines looked at beyond two a sample."""


@dataclass(frozen=True)
class InferredTable:
    """What a table was taken for.

    Attributes:
        columns: Its columns, each with one cell a sample; none where rows and samples differ.
        problems: What does not fit or is a guess, one sentence each.
        notes: What else was taken for what, one sentence each.
        rows: Rows that there are, the header not counted.
        digest: Hash of the file's content.
    """

    columns: list[Column]
    problems: list[str]
    notes: list[str]
    rows: int
    digest: str


def read_inferred_table(path: Path, n_samples: int) -> InferredTable:
    """Reads the table of `n_samples` samples at `path`.

    Raises:
        UnreadableError: It cannot be read, or is larger than `MAX_TABLE_BYTES`, or there are
            more than `MAX_SAMPLES` samples.
    """
    if n_samples > MAX_SAMPLES:
        raise UnreadableError(
            f"the tensor has {n_samples} rows, more than {MAX_SAMPLES}, and is shown "
            f"without {path.name}; save fewer rows"
        )
    try:
        data = read_file(path, MAX_TABLE_BYTES, "leave out columns")
    except OSError as error:
        raise UnreadableError(
            f"the table of metadata {path.name} cannot be read ({type(error).__name__}); "
            "restore the file, or remove it from the configuration"
        ) from error
    if len(data) > MAX_LOOKED_THROUGH and (most := _most_rows(data)) < n_samples:
        # Known before it is decoded and cut into cells, which takes eight times its size.
        lines = no_lines(
            most,
            f"{path.name} has {most} lines but there are {n_samples} samples, so none is "
            "shown; write one line per sample",
        )
        return InferredTable([], lines.problems, [], most, hashlib.sha256(data).hexdigest())
    return infer_table(data, n_samples, path.name)


def may_have_rows(path: Path, n_samples: int) -> bool:
    """Whether a table has about as many lines as samples; True where it cannot be read."""
    try:
        most = _most_rows_of(path, stamp_of(path))
    except (OSError, UnreadableError):
        return True  # whoever reads it says why
    return n_samples <= most <= 2 * n_samples + MAX_SURPLUS_ROWS


@lru_cache(maxsize=1 << 12)
def _most_rows_of(path: Path, stamp: Stamp) -> int:
    del stamp  # by which it is remembered
    return _most_rows(read_file(path, MAX_TABLE_BYTES, "leave out columns"))


def _most_rows(data: bytes) -> int:
    """Returns how many rows a table has at most, in any encoding and with any line ends."""
    ends = max(data.count(b"\n"), data.count(b"\r"))
    return ends + (data[-1:] not in (b"", b"\n", b"\r"))


def infer_table(data: bytes, n_samples: int, name: str) -> InferredTable:
    """Takes a file's content for a table of cells separated by tabs.

    Args:
        data: The content: UTF-8, UTF-16 or UTF-32; quoted as CSV or not at all.
        n_samples: Rows expected, not counting a header.
        name: What problems call the file; one that ends in `.csv` may have commas or
            semicolons between its cells.
    """
    problems: list[str] = []
    lines = _lines(decoded(data, name, problems), n_samples, name)
    problems += lines.problems
    columns = named_columns(lines, name, problems) if lines.fit else []
    digest = hashlib.sha256(data).hexdigest()
    return InferredTable(columns, problems, lines.notes, lines.count, digest)


def named_columns(lines: Lines, name: str, problems: list[str]) -> list[Column]:
    """Returns the columns of a table whose rows are known.

    Args:
        lines: Its rows.
        name: What problems call the file.
        problems: Takes what does not fit.
    """
    rows = lines.rows
    widths = set(map(len, rows))
    ragged = lines.header is None and len(widths) > 1
    tabbed = [i for i, row in enumerate(rows) if ragged and len(row) > 1]
    if tabbed and 2 * len(tabbed) <= len(rows):
        lines.notes.append(
            f"line {lines.numbers[tabbed[0]]} of {name} holds a tab, unlike most lines: it "
            "is taken for a part of the word"
        )
    elif tabbed:
        problems.append(
            f"the rows of {name} have {min(widths)} to {max(widths)} cells and there is no "
            "header: each line is shown as it is"
        )
    if (ragged or len(lines.header or rows[0]) == 1) and widths != {1}:
        rows, widths = (
            [[TAB.join(row)] for row in rows],
            {1},
        )  # nothing says that a tab separates
    columns: list[Column] = []
    for i in range(_width(lines.header, rows, lines.numbers, name, problems)):
        if i < min(widths):
            cells = [row[i] for row in rows]
        else:
            cells = [row[i] if i < len(row) else "" for row in rows]
        columns.append(Column("", infer_type(cells), cells))
    names = _names(lines.header, columns)
    return [replace(column, name=name) for column, name in zip(columns, names, strict=True)]


def _lines(text: str, n_samples: int, name: str) -> Lines:
    """Tells rows and cells, in the way in which they fit the samples best."""
    # A bound, since rows without a cell cost a file one byte and us a hundred.
    most = 2 * n_samples + MAX_SURPLUS_ROWS
    if TAB not in text and (cells := separated_cells(text, most)):
        lines = lines_of_samples(cells, n_samples, name)
        known = lines.likeness >= Likeness.WORDS or name.lower().endswith(".csv")
        if lines.fit and known:
            return _noted(lines, f"commas or semicolons separate the cells of {name}")
    quoted = quoted_cells(text, TAB, most) if '"' in text else None
    if quoted is None:
        return _plain_lines(text, n_samples, name, most)
    in_quotes = _noted(
        lines_of_samples(without_edges(quoted), n_samples, name),
        f"the quotation marks around cells of {name} are taken for those of a CSV writer, and "
        "taken off",
    )
    if in_quotes.fit == Fit.EXACT and len(in_quotes.rows[0]) > 1:
        return in_quotes  # rows of as many cells each, as no lines split at random are
    plain = _plain_lines(text, n_samples, name, most)
    return _better(in_quotes, plain, n_samples, name, alike=quoted.in_lines)


def _better(quoted: Lines, plain: Lines, n_samples: int, name: str, *, alike: bool) -> Lines:
    """Returns the lines without their quotes or with them, whichever fit better.

    Args:
        quoted: Those without.
        plain: Those with them.
        n_samples: Rows expected.
        name: What problems call the file.
        alike: Whether they are the same lines.
    """
    ragged = len(set(map(len, plain.rows))) > 1
    if alike or quoted.fit > plain.fit or (ragged and quoted.fit == plain.fit):
        return quoted
    if plain.fit > quoted.fit or not quoted.fit:
        return plain
    return no_lines(
        plain.count,
        f"{name} has {n_samples} rows both with and without its quotation marks, so none "
        "is shown; write all cells in quotes",
    )


def _plain_lines(text: str, n_samples: int, name: str, most: int) -> Lines:
    """Tells the rows of a table in which a quotation mark is a character like others."""
    count = text.count("\n") + (text[-1:] not in ("", "\n"))
    if count <= most:
        lines = lines_of_samples(without_edges(plain_cells(text)), n_samples, name)
        note = f"the quotation marks in {name} are taken for parts of its words"
        return _noted(lines, note) if '"' in text else lines
    return no_lines(
        count,
        f"{name} has {count} lines but there are {n_samples} samples, so none is shown; "
        "write one line per sample",
    )


def _noted(lines: Lines, note: str) -> Lines:
    return replace(lines, notes=[*lines.notes, note]) if lines.fit else lines


def _width(
    header: list[str] | None,
    rows: Rows,
    numbers: Sequence[int],
    name: str,
    problems: list[str],
) -> int:
    """Returns the number of columns, and says which rows have others."""
    widths = [len(row) for row in rows]
    width = len(header or rows[0])
    for others, word, fate in (
        ()
        if set(widths) == {width}
        else (
            ([i for i, w in enumerate(widths) if w < width], "fewer", "empty"),
            ([i for i, w in enumerate(widths) if w > width], "more", "left out"),
        )
    ):
        if others:
            problems.append(
                f"{name} has {width} cells in most rows, but {len(others)} "
                f"row{'s' * (len(others) > 1)} with {word}, the first on line "
                f"{numbers[others[0]]}: those cells are {fate}"
            )
    if width > MAX_COLUMNS:
        problems.append(
            f"{name} has {width} columns, of which at most {MAX_COLUMNS} are shown: the others "
            "are left out; put those that you want to see first"
        )
    return min(width, MAX_COLUMNS)


def _names(header: list[str] | None, columns: Sequence[Column]) -> list[str]:
    """Returns a name of its own for each column."""
    given: list[str] = []
    if header is not None:
        given = list(header)
        if given[0] == "" and len(given) > 1 and "index" not in given and _counted(columns[0]):
            given[0] = "index"  # as pandas and R leave it without a name
    elif columns:
        # As the tutorials write it: a number and a label, and nothing above them.
        given = ["index"] if len(columns) > 1 and _counted(columns[0]) else []
        given += ["label"] if len(columns) == len(given) + 1 else []
    names: list[str] = []
    for i in range(len(columns)):
        wanted = (given[i] if i < len(given) else "") or f"column {i + 1}"
        name, n = wanted, 1
        while name in names:
            n += 1
            name = f"{wanted} ({n})"
        names.append(name)
    return names


def _counted(column: Column) -> bool:
    """Whether a column holds the numbers of the rows."""
    if column.cells[:1] != ["0"]:
        return False
    return list(column.cells) == [str(i) for i in range(len(column.cells))]
