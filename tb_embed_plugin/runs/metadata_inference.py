"""Reads tables of metadata that others wrote, which say neither their columns nor types.

A line is shown beside a sample only where it can be told whose it is (`table_lines`); else no
column is shown and a problem says why. Nothing here raises on account of what a file holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.column_types import infer_type
from tb_embed_plugin.runs.metadata_table import Column
from tb_embed_plugin.runs.table_cells import (
    MAX_COLUMNS,
    TAB,
    plain_cells,
    quoted_cells,
    separated_cells,
    without_edges,
)
from tb_embed_plugin.runs.table_header import Likeness, Rows
from tb_embed_plugin.runs.table_lines import Fit, Lines, lines_of_samples
from tb_embed_plugin.runs.table_text import decoded

MAX_TABLE_BYTES = 64 << 20
"""Larger tables are not read."""

MAX_SAMPLES = 1 << 22
"""Tables of tensors with more rows are not read."""

MAX_SURPLUS_ROWS = 1000
"""Lines looked at beyond two a sample."""


@dataclass(frozen=True)
class InferredTable:
    """What a table was taken for.

    Attributes:
        columns: Its columns, each with one cell a sample; none where rows and samples differ.
        problems: What does not fit, one sentence each.
        rows: Rows that there are, the header not counted.
        digest: Hash of the file's content.
    """

    columns: list[Column]
    problems: list[str]
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
            f"expected metadata of at most {MAX_SAMPLES} samples; received a tensor of "
            f"{n_samples} rows, which is shown without {path.name}; save fewer rows"
        )
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TABLE_BYTES + 1)
    except OSError as error:
        raise UnreadableError(
            f"expected a table of metadata; {path.name} cannot be read "
            f"({type(error).__name__}); restore the file, or take it out of the configuration"
        ) from error
    if len(data) > MAX_TABLE_BYTES:
        raise UnreadableError(
            f"expected a table of at most {MAX_TABLE_BYTES} bytes; {path.name} is larger; "
            "leave columns out of it"
        )
    return infer_table(data, n_samples, path.name)


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
    problems += lines.notes
    columns = named_columns(lines, name, problems) if lines.fit else []
    digest = hashlib.sha256(data).hexdigest()
    return InferredTable(columns, problems, lines.count, digest)


def named_columns(lines: Lines, name: str, problems: list[str]) -> list[Column]:
    """Returns the columns of a table whose rows are known.

    Args:
        lines: Its rows.
        name: What problems call the file.
        problems: Takes what does not fit.
    """
    rows = lines.rows
    ragged = lines.header is None and len(set(map(len, rows))) > 1
    if ragged and sum(len(row) > 1 for row in rows) * 2 > len(rows):
        problems.append(
            f"expected rows of as many cells each in {name}, or a header; received rows of "
            f"{min(map(len, rows))} to {max(map(len, rows))}: each line is shown as it is"
        )
    if ragged or len(lines.header or rows[0]) == 1:
        rows = [[TAB.join(row)] for row in rows]  # nothing says that a tab separates
    columns: list[Column] = []
    for i in range(_width(lines.header, rows, lines.numbers, name, problems)):
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
            return lines
    quoted = quoted_cells(text, TAB, most) if '"' in text else None
    in_quotes = None
    if quoted is not None:
        in_quotes = lines_of_samples(without_edges(quoted), n_samples, name)
        if in_quotes.fit == Fit.EXACT and len(in_quotes.rows[0]) > 1:
            return in_quotes  # rows of as many cells each, as no lines split at random are
    in_lines = text.count("\n") + (text[-1:] not in ("", "\n"))
    plain = _too_many(in_lines, n_samples, name)
    ragged = False
    if in_lines <= most:
        cells = without_edges(plain_cells(text))
        plain = lines_of_samples(cells, n_samples, name)
        ragged = len(set(map(len, cells.rows))) > 1
    if quoted is None or in_quotes is None:
        return plain
    if quoted.in_lines or in_quotes.fit > plain.fit or (ragged and in_quotes.fit == plain.fit):
        return in_quotes
    if plain.fit > in_quotes.fit or not in_quotes.fit:
        return plain
    return _either_way(plain, n_samples, name)


def _too_many(count: int, n_samples: int, name: str) -> Lines:
    note = (
        f"expected {n_samples} rows of metadata in {name}, one a sample; received {count} "
        "lines, of which none is shown; write one line a sample"
    )
    return Lines(Fit.NONE, None, [], [], count, [note])


def _either_way(plain: Lines, n_samples: int, name: str) -> Lines:
    note = (
        f"expected {n_samples} rows of metadata in {name}, one a sample; received lines that "
        "fit with and without their quotation marks, so that none is shown; write all cells in "
        "quotes"
    )
    return Lines(Fit.NONE, None, [], [], plain.count, [note])


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
        ([i for i, w in enumerate(widths) if w < width], "fewer", "empty"),
        ([i for i, w in enumerate(widths) if w > width], "more", "left out"),
    ):
        if others:
            problems.append(
                f"expected {width} cells in each row of {name}; received {len(others)} "
                f"row{'s' * (len(others) > 1)} with {word}, the first on line "
                f"{numbers[others[0]]}: those cells are {fate}"
            )
    if width > MAX_COLUMNS:
        problems.append(
            f"expected at most {MAX_COLUMNS} columns in {name}; received more: the others are "
            "left out"
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
    return list(column.cells) == [str(i) for i in range(len(column.cells))]
