"""The samples' metadata: typed columns in memory, a tab-separated table on disk.

The table is the one that the stock Projector reads: a header row where there are two or
more columns, none where there is one. That format has no way to write a tab or a line break
inside a cell, so these are written as their visible symbols and read back as what they were;
so is the null character, at which some readers stop.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError, UnreadableError
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.manifest import ColumnInfo, ColumnType
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.tables.dates import seconds_since_1970

MAX_TABLE_BYTES = 64 << 20
"""Larger tables are neither written nor read."""

_SYMBOLS = {"\t": "\N{SYMBOL FOR HORIZONTAL TABULATION}", "\n": "\N{SYMBOL FOR LINE FEED}"}
_SYMBOLS |= {"\r": "\N{SYMBOL FOR CARRIAGE RETURN}", "\0": "\N{SYMBOL FOR NULL}"}
_ESCAPE = "\N{SYMBOL FOR ESCAPE}"
_SYMBOLS_BEGIN = _ESCAPE.encode()[:2]
"""As all of these do in UTF-8, and few other characters."""

_CHARACTERS = {symbol: character for character, symbol in _SYMBOLS.items()}
_TO_ESCAPE = re.compile(f"[{_ESCAPE}{''.join(_CHARACTERS)}\t\n\r\0]")
_ESCAPED = re.compile(f"{_ESCAPE}(.)|([{''.join(_CHARACTERS)}])")


@dataclass(frozen=True)
class OverSteps:
    """What is known of a column at all steps, where it has a value a step.

    Attributes:
        counts: How often each word of a category comes.
        values: How often each value of a number comes; empty where some are no whole
            numbers, or there are too many.
        limits: The range of a number, or of a date in seconds since 1970 in UTC; None where
            it is neither, or has none.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[int, int] = field(default_factory=dict)
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Column:
    """One field of the metadata.

    Attributes:
        name: What the header says.
        type: `category` (few distinct words), `number`, `date` or `text`.
        cells: One string a sample, empty where the value is missing.
        over_steps: Where it has a value a step: what is known of all of them; `cells` are
            those of one step.
    """

    name: str
    type: ColumnType
    cells: Sequence[str]
    over_steps: OverSteps | None = None

    @property
    def info(self) -> ColumnInfo:
        """Name and type alone, as the manifest lists them."""
        return ColumnInfo(self.name, self.type, by_step=self.over_steps is not None)

    def numbers(self) -> NDArray[np.float64]:
        """Returns the cells of a number column as float64 (n_samples,), NaN if missing."""
        return np.array([float(cell) if cell else np.nan for cell in self.cells])

    def dates(self) -> NDArray[np.float64]:
        """Returns the cells of a date column as seconds since 1970 in UTC, NaN if missing."""
        seconds = map(seconds_since_1970, self.cells)
        return np.array([np.nan if one is None else one for one in seconds], np.float64)

    def values(self) -> NDArray[Any]:
        """Returns the cells as programs want them.

        Returns:
            (n_samples,): float64 of a number column, datetime64 in microseconds and UTC of a
            date column, NaN and NaT if missing; else the strings as objects.
        """
        if self.type == "number":
            return self.numbers()
        if self.type == "date":
            seconds = self.dates()
            known = ~np.isnan(seconds)
            moments = np.full(len(seconds), np.datetime64("NaT"), "datetime64[us]")
            moments[known] = np.rint(seconds[known] * 1e6).astype("datetime64[us]")
            return moments
        return np.array(list(self.cells), object)

    def categories(self) -> tuple[NDArray[np.int32], list[str]]:
        """Returns the cells of a category column as codes and words.

        Returns:
            Codes int32 (n_samples,), -1 if missing, and the words that they point to,
            sorted by number where each is one, else by code point. Where the column has a
            value a step, they are the words of all steps.
        """
        elsewhere = () if self.over_steps is None else self.over_steps.counts
        words = sorted({*self.cells, *elsewhere} - {""})
        if all(_is_number(word) and math.isfinite(float(word)) for word in words):
            words.sort(key=float)
        codes = {word: code for code, word in enumerate(words)}
        codes[""] = -1
        coded = map(codes.__getitem__, self.cells)
        return np.fromiter(coded, np.int32, len(self.cells)), words


def index_column(n_samples: int) -> Column:
    """Returns the column `index`: 0, 1, 2 and so on."""
    return Column("index", "number", [str(i) for i in range(n_samples)])


def label_column(labels: Iterable[object]) -> Column:
    """Returns the column `label`, whose words are the labels as `str` writes them."""
    return Column("label", "category", [str(label) for label in labels])


def write_table(path: Path, columns: Sequence[Column]) -> None:
    r"""Writes `columns`, of equal length, with a header row if they are two or more.

    Half a surrogate pair, which UTF-8 cannot hold, is written as Python writes it, `\ud800`.

    Raises:
        MisuseError: They take more than `MAX_TABLE_BYTES`.
    """
    rows = zip(*(column.cells for column in columns), strict=True)
    lines = ["\t".join(map(_escape, row)) for row in rows]
    if len(columns) > 1:
        lines.insert(0, "\t".join(_escape(column.name) for column in columns))
    text = "".join(f"{line}\n" for line in lines)
    content = text.encode(errors="backslashreplace")
    if len(content) > MAX_TABLE_BYTES:
        raise MisuseError(
            f"the metadata take {len(content)} bytes, at most {MAX_TABLE_BYTES} are read; "
            "leave out columns, or record fewer samples"
        )
    write_bytes(path.parent, path.name, content)


def read_table(path: Path, columns: Sequence[ColumnInfo], n_samples: int) -> list[Column]:
    """Reads what `write_table` wrote.

    Args:
        path: The file.
        columns: What it holds, in order.
        n_samples: Rows expected below the header.

    Raises:
        UnreadableError: The file is missing, is not UTF-8, or has other rows or columns.
    """
    try:
        data = read_file(path, MAX_TABLE_BYTES, "record fewer samples or columns")
        header = int(len(columns) > 1)
        rows = data.count(b"\n") - header
        if rows != n_samples or not _are_of_length(data, len(columns)):
            # Known before it is decoded and cut into cells, which takes eight times its size.
            raise UnreadableError(
                f"{path.name} has {max(0, rows)} rows or rows of other lengths, not "
                f"{n_samples} rows of {len(columns)} cells; restore the file"
            )
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(
            f"the table {path.name} is not readable UTF-8 ({type(error).__name__}); record "
            "the run again"
        ) from error
    # One list for all cells: a list a row would make Python look for garbage in the middle,
    # which takes 0.2 s in a process that holds TensorFlow.
    cells = text[:-1].replace("\n", "\t").split("\t")[header * len(columns) :]
    # Few tables hold anything escaped; to look at each of a million cells takes half a second.
    plain = _SYMBOLS_BEGIN not in data
    read = [
        Column(
            info.name,
            info.type,
            cells[i :: len(columns)]
            if plain
            else [_unescape(cell) for cell in cells[i :: len(columns)]],
        )
        for i, info in enumerate(columns)
    ]
    for column in read:
        _check(path, column)
    return read


def _are_of_length(table: bytes, cells: int) -> bool:
    """Whether each row has so many cells, and the last one ends."""
    values = np.frombuffer(table, np.uint8)
    ends = values[(values == ord("\t")) | (values == ord("\n"))] == ord("\n")
    if not table.endswith(b"\n") or len(ends) % cells:
        return False
    in_rows = ends.reshape(-1, cells)
    return bool(in_rows[:, -1].all() and not in_rows[:, :-1].any())


def _check(path: Path, column: Column) -> None:
    if column.type == "number" and _are_numbers(column.cells):
        return
    if column.type not in ("number", "date"):
        return
    fits = _is_number if column.type == "number" else _is_date
    wrong = [cell for cell in column.cells if cell and not fits(cell)]
    if wrong:
        raise UnreadableError(
            f"column {column.name!r} of {path.name} holds {wrong[0]!r}, which is not a "
            f"{column.type}; restore the file"
        )


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether all cells but the empty ones are numbers, in one go."""
    if "".join(cells).isdecimal():
        return True
    try:
        deque(map(float, filter(None, cells)), maxlen=0)
    except ValueError:
        return False
    return True


def _is_date(word: str) -> bool:
    return seconds_since_1970(word) is not None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _escape(cell: str) -> str:
    return _TO_ESCAPE.sub(lambda match: _SYMBOLS.get(match[0], _ESCAPE + match[0]), cell)


def _unescape(cell: str) -> str:
    return _ESCAPED.sub(lambda match: match[1] or _CHARACTERS[match[2]], cell)
