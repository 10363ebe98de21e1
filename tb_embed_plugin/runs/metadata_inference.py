"""Reads tables of metadata that others wrote, which say neither their columns nor types.

Rows come first: as many lines as samples are rows alone, one line more makes the first a
header. Where neither fits, what the first line looks like decides, whatever can be shown is
shown, and what does not fit is said. Nothing here raises on account of what a file holds.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.column_types import infer_type, is_number
from tb_embed_plugin.runs.metadata_table import Column

MAX_TABLE_BYTES = 64 << 20
"""Larger tables are not read."""

MAX_SAMPLES = 1 << 22
"""Tables of tensors with more rows are not read."""

MAX_COLUMNS = 100
"""Columns shown; a page lists them all."""

MAX_SURPLUS_ROWS = 1000
"""Lines looked at beyond two a sample."""

Rows = list[list[str]]


@dataclass(frozen=True)
class InferredTable:
    """What a table was taken for.

    Attributes:
        columns: Its columns, each with one cell a sample.
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
    """Takes a file's content for a table of tab-separated cells.

    Args:
        data: The content: UTF-8, or UTF-16 with its mark; quoted as CSV or not at all.
        n_samples: Rows expected, not counting a header.
        name: What problems call the file.
    """
    problems: list[str] = []
    rows = _rows(_text(data, name, problems), n_samples)
    header = rows.pop(0) if rows and _has_header(rows, n_samples) else None
    n_rows = len(rows)
    if n_rows != n_samples:
        rest = (
            f"the last {n_samples - len(rows)} samples have none"
            if len(rows) < n_samples
            else f"the last {len(rows) - n_samples} rows are left out"
        )
        below = " below its header" if header else ""
        problems.append(
            f"expected {n_samples} rows of metadata in {name}{below}, one a sample; received "
            f"{len(rows)}: {rest}"
        )
        del rows[n_samples:]
    width = _width(header, rows, name, problems)
    missing = [""] * (n_samples - len(rows))
    columns: list[Column] = []
    for i in range(width):
        cells = [*(row[i] if i < len(row) else "" for row in rows), *missing]
        columns.append(Column("", infer_type(cells), cells))
    names = _names(header, columns)
    return InferredTable(
        [replace(column, name=name) for column, name in zip(columns, names, strict=True)],
        problems,
        n_rows,
        hashlib.sha256(data).hexdigest(),
    )


def _text(data: bytes, name: str, problems: list[str]) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        problems.append(
            f"expected UTF-8 in {name}; received the byte {data[error.start]:#04x} at position "
            f"{error.start}: what is not UTF-8 is shown as \N{REPLACEMENT CHARACTER}"
        )
        text = data.decode(encoding, errors="replace")
    text = text.replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _rows(text: str, n_samples: int) -> Rows:
    """Splits into cells, with quotes as CSV has them only where all of the file is CSV.

    In a list of words a quotation mark is a word, and would else swallow those after it.
    """
    # A bound, since rows without a cell cost a file one byte and us a hundred.
    most = 2 * n_samples + MAX_SURPLUS_ROWS
    lines = text.split("\n", most)[:most]
    ended = not lines[-1]  # by a line feed, which begins no line
    while lines and not lines[-1] and (ended or len(lines) > n_samples):
        lines.pop()
        ended = False
    plain = [line.split("\t", MAX_COLUMNS) for line in lines]
    if '"' not in text:
        return plain
    try:
        reader = csv.reader((f"{line}\n" for line in lines), delimiter="\t", strict=True)
        quoted = [row or [""] for row in reader]
    except csv.Error:
        return plain
    if _fits(quoted, n_samples):
        return quoted
    in_lines = not any("\n" in cell for row in quoted for cell in row)
    return quoted if in_lines and not _fits(plain, n_samples) else plain


def _fits(rows: Rows, n_samples: int) -> bool:
    return len(rows) in (n_samples, n_samples + 1) and len(set(map(len, rows))) == 1


def _has_header(rows: Rows, n_samples: int) -> bool:
    if len(rows) in (n_samples, n_samples + 1):
        return len(rows) == n_samples + 1
    first, rest = rows[0], rows[1:]
    if any(map(is_number, first)):
        return False
    # The stock Projector's rule: several columns have a header, one has none.
    return len(first) > 1 or bool(rest and all(is_number(row[0]) for row in rest))


def _width(header: list[str] | None, rows: Rows, name: str, problems: list[str]) -> int:
    """Returns the number of columns, and says which rows have others."""
    widths = Counter(map(len, rows))
    width = len(header) if header else max(widths, key=lambda w: (widths[w], w), default=0)
    shorter = sum(n for w, n in widths.items() if w < width)
    longer = sum(n for w, n in widths.items() if w > width)
    for count, word, fate in (
        (shorter, "fewer", "empty"),
        (longer, "more", "left out"),
    ):
        if count:
            problems.append(
                f"expected {width} cells in each row of {name}; received {count} "
                f"row{'s' * (count > 1)} with {word}: those cells are {fate}"
            )
    if width > MAX_COLUMNS:
        problems.append(
            f"expected at most {MAX_COLUMNS} columns in {name}; received {width}: the last "
            f"{width - MAX_COLUMNS} are left out"
        )
    return min(width, MAX_COLUMNS)


def _names(header: list[str] | None, columns: Sequence[Column]) -> list[str]:
    """Returns a name of its own for each column."""
    given: list[str] = []
    if header is not None:
        given = [name.strip() for name in header]
    elif columns:
        # As the tutorials write it: a number and a label, and nothing above them.
        first = columns[0].cells
        counted = len(columns) > 1 and first == [str(i) for i in range(len(first))]
        given = ["index"] if counted else []
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
