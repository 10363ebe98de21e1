"""Vectors as a comma-separated table: a row a sample, columns of numbers the layer.

What is called as labels are, what holds words, and the rows' own numbers in the first column
are metadata.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.label_column import RANKS
from tb_embed_plugin.runs.tables.column_types import infer_type
from tb_embed_plugin.runs.tables.csv_cells import delimiter_of, unguarded, with_decimal_point
from tb_embed_plugin.runs.tables.header import MISSING
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.wording import listed

_LOOKED_AT = 1000
"""Rows that decide which columns hold numbers."""

_BLOCK_ROWS = 2000
_MAX_LINE = 1 << 22
_LABELS = {name for rank in RANKS for name in rank}
_KEYS = {"id", "index", "unnamed: 0"}
"""What numbers of rows are called; the last by pandas, which reads its own index so."""


@dataclass(frozen=True)
class CsvVectors:
    """What a table holds, all but the numbers.

    Attributes:
        path: The file.
        delimiter: What separates its cells.
        head: Whether its first row names the columns.
        units: The numbers of the columns that are the layer.
        count: Rows.
        columns: Metadata.
        notes: What was taken for what, one sentence each.
    """

    path: Path
    delimiter: str
    head: bool
    units: Sequence[int]
    count: int
    columns: Sequence[Column]
    notes: Sequence[str]

    def read(self) -> NDArray[np.float32]:
        """Returns the numbers, float32 (n_samples, n_units), a block of rows at a time.

        Raises:
            UnreadableError: A cell holds something else.
        """
        values = np.empty((self.count, len(self.units)), np.float32)
        rows = islice(_rows(self.path, self.delimiter), int(self.head), None)
        start = 0
        while block := list(islice(rows, _BLOCK_ROWS)):
            cells = [
                [_number_text(row[unit], self.delimiter) for unit in self.units]
                for _, row in block
            ]
            try:
                numbers = np.array(cells).astype(np.float64)
            except ValueError as error:
                raise self._not_numbers(block) from error
            with np.errstate(over="ignore"):  # infinity is noted as that
                values[start : start + len(block)] = numbers
            start += len(block)
        return values

    def _not_numbers(self, block: Sequence[tuple[int, list[str]]]) -> UnreadableError:
        line, cell = next(
            (line, row[unit])
            for line, row in block
            for unit in self.units
            if not _is_number(row[unit], self.delimiter)
        )
        return _unreadable(self.path, f"line {line} holds {cell[:40]!r}", "correct that line")


def open_csv(path: Path) -> CsvVectors:
    """Looks through a table: how many rows, and which columns are the layer.

    Raises:
        UnreadableError: It is no such table, or no column holds numbers.
    """
    delimiter = _delimiter(path)
    first = [row for _, row in islice(_rows(path, delimiter), _LOOKED_AT)]
    if not first:
        raise _unreadable(path, "it is empty", "save it again")
    head = _is_header(first, delimiter)
    width = len(first[0])
    names = [name.strip() for name in first[0]] if head else [""] * width
    numeric = [
        _holds_numbers([row[i] for row in first[head:]], delimiter) for i in range(width)
    ]
    no_units = _LABELS | _KEYS
    if "x" in names:
        no_units -= {"y"}  # a coordinate beside it
    beside = [
        i
        for i, name in enumerate(names)
        if not numeric[i] or name.casefold() in no_units or (head and i == 0 and not name)
    ]
    if width > 1 and 0 not in beside and _count_rows([row[0] for row in first[head:]]):
        beside.insert(0, 0)
    units = [i for i in range(width) if i not in beside]
    if not units:
        raise _unreadable(path, "no column holds numbers", "write a number a cell")
    cells: list[list[str]] = [[] for _ in beside]
    count = -int(head)
    for _, row in _rows(path, delimiter):
        count += 1
        if count > 0:
            for column, i in zip(cells, beside, strict=True):
                column.append(unguarded(row[i]))
    columns = [
        Column(names[i] or ("" if i == 0 else f"column {i + 1}"), infer_type(c), c)
        for i, c in zip(beside, cells, strict=True)
    ]
    shown = [repr(names[i] or f"column {i + 1}") for i in units]
    note = (
        f"{path.name}: {len(units)} columns of numbers are the layer, {shown[0]} to {shown[-1]}"
    )
    if len(units) == 1:
        note = f"{path.name}: {shown[0]} alone is the layer"
    if columns:
        called = listed(c.name or "column 1" for c in columns)
        note += f"; {called} {'are' if len(columns) > 1 else 'is'} metadata"
    return CsvVectors(path, delimiter, head, units, count, columns, [note])


def _delimiter(path: Path) -> str:
    with path.open("rb") as file:
        lines = file.readline(_MAX_LINE) + file.readline(_MAX_LINE)
    return delimiter_of(lines.decode("utf-8-sig", errors="replace"))


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the rows with the lines they end in, but for blank ones.

    Raises:
        UnreadableError: It is no table in UTF-8, or its rows differ in length.
    """
    width = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for row in filter(None, reader):
                width = width or len(row)
                if len(row) != width:
                    raise _unreadable(
                        path,
                        f"line {reader.line_num} has {len(row)} cells, those before {width}",
                        "write as many in every line",
                    )
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, " ".join(str(error).split())[:120], "save it again") from error


def _is_header(first: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Whether the first row names columns: words above numbers, or `0 1 2` as pandas has it."""
    if len(first) < 2:
        return False
    numbered = [name.strip() for name in first[0] if _holds_numbers([name], delimiter)]
    if len(numbered) > 1 and numbered == [str(i) for i in range(len(numbered))]:
        # Two or three whole numbers above others are as well a row.
        return len(numbered) > 3 or any(not cell.strip().isdecimal() for cell in first[1])
    return any(
        not _is_number(name, delimiter) and _holds_numbers(below, delimiter)
        for name, *below in zip(*first, strict=True)
    )


def _count_rows(cells: Sequence[str]) -> bool:
    """Whether cells are the rows' numbers, from 0 or 1."""
    starts = [0, 1] if len(cells) > 2 else []
    return any(
        all(cell.strip() == str(start + i) for i, cell in enumerate(cells)) for start in starts
    )


def _holds_numbers(cells: Sequence[str], delimiter: str) -> bool:
    """Whether cells are numbers but for missing ones, of which not all are."""
    known = [cell for cell in cells if cell.strip().lower() not in MISSING]
    return bool(known) and all(_is_number(cell, delimiter) for cell in known)


def _is_number(cell: str, delimiter: str) -> bool:
    try:
        float(_number_text(cell, delimiter))
    except ValueError:
        return False
    return True


def _number_text(cell: str, delimiter: str) -> str:
    """Returns a cell as `float` takes it, NaN where it says that the number is missing."""
    text = cell.strip()
    return "nan" if text.lower() in MISSING else with_decimal_point(text, delimiter)


def _unreadable(path: Path, received: str, remedy: str) -> UnreadableError:
    return UnreadableError(
        f"{path.name} is not a comma-separated table of vectors (a row per sample): "
        f"{received}; {remedy}"
    )
