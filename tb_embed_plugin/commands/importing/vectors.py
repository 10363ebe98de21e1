"""Vectors as text: word2vec's, GloVe's, fastText's, and tables of numbers.

A line is a word and its numbers, or numbers alone, separated by spaces or tabs. word2vec and
fastText begin with a line of counts, which GloVe does not. A word may hold spaces, so a line is
split from its end; how many numbers there are the line of counts says, or else most lines do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.tables.column_types import infer_type
from tb_embed_plugin.runs.tables.metadata_table import Column

WORD = "word"
"""The column of the words."""

_LOOKED_AT = 1000
"""Lines that decide how many numbers one has."""

_BLOCK_LINES = 2000
_MAX_LINE_BYTES = 1 << 24
_COUNTS = re.compile(rb"\s*(\d{1,18})[ \t]+(\d{1,9})\s*", re.ASCII)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Vectors:
    """What a file holds, all but the numbers.

    Attributes:
        path: The file.
        shape: Rows and numbers a row.
        head: Lines before the first row.
        words: The column of the words, None where there are numbers alone.
        notes: What a person should know, one sentence each.
    """

    path: Path
    shape: tuple[int, int]
    head: int
    words: Column | None
    notes: Sequence[str]

    def read(self) -> NDArray[np.float32]:
        """Returns the numbers, float32 of `shape`, a block of lines at a time.

        Raises:
            UnreadableError: A line holds something else.
        """
        values = np.empty(self.shape, np.float32)
        row = 0
        lines = _rows(self.path, self.head)
        while block := list(islice(lines, _BLOCK_LINES)):
            cells = [line.rsplit(None, self.shape[1])[-self.shape[1] :] for _, line in block]
            try:
                numbers = np.array(cells, np.bytes_).astype(np.float64)
            except ValueError as error:
                raise _not_numbers(self.path, block, self.shape[1]) from error
            with np.errstate(over="ignore"):  # infinity is noted as that
                values[row : row + len(block)] = numbers
            row += len(block)
        return values


def open_vectors(path: Path) -> Vectors:
    """Looks through a file: how many rows and numbers, and which words.

    Raises:
        UnreadableError: It is empty, no such text, or its lines differ in length.
    """
    with path.open("rb") as file:
        if file.read(2) in _UTF16:
            raise _unreadable(path, "it is UTF-16", "save it as UTF-8")
    first = [line for _, line in islice(_rows(path, 0), _LOOKED_AT)]
    notes: list[str] = []
    counts = _COUNTS.fullmatch(first[0]) if len(first) > 1 else None
    # Two numbers above rows of two numbers are one of these.
    if counts is not None and len(first[1].split()) > int(counts[2]) - 1 >= 0:
        is_header = len(first[1].split()) != 2 or int(counts[2]) == 1
    else:
        is_header, counts = False, None
    names = bool(first) and not is_header and _is_names(first)
    head = int(is_header or names)
    if names:
        shown = first[0][:60].decode(errors="replace").strip()
        notes.append(f"{path.name}: the first line, {shown!r}, is taken for a header")
    rows = first[head:]
    if not rows:
        raise _unreadable(path, "no line holds numbers", "save the vectors again")
    units, has_words = _form(path, rows, int(counts[2]) if counts and is_header else None)
    words: list[str] = []
    broken: list[int] = []
    total = 0
    for number, line in _rows(path, head):
        total += 1
        parts = line.rsplit(None, units)
        n_words = len(parts) - units
        if n_words < 0 or (n_words and not has_words):
            raise _unreadable(
                path,
                f"line {number} has another number of cells than {units + has_words}",
                "write as many numbers in every line",
            )
        if has_words:
            # A word that is nothing but blanks is cut away with the separator.
            words.append(_decoded(parts[0] if n_words else b"", number, broken))
    if broken:
        notes.append(
            f"{path.name} is not UTF-8: line {broken[0]} and {len(broken) - 1} more hold "
            "other bytes, shown as �"
        )
    if counts and is_header and int(counts[1]) != total:
        notes.append(
            f"{path.name} has {total} vectors, not {int(counts[1])} as its first line "
            "says; all are imported"
        )
    column = Column(WORD, infer_type(words), words) if has_words else None
    return Vectors(path, (total, units), head, column, notes)


def _rows(path: Path, head: int) -> Iterator[tuple[int, bytes]]:
    """Yields the lines behind the head with their numbers, but for blank ones."""
    with path.open("rb") as file:
        number = seen = 0
        # Line feeds alone end a line: a word may hold any other break.
        while line := file.readline(_MAX_LINE_BYTES):
            number += 1
            if len(line) == _MAX_LINE_BYTES:
                raise _unreadable(path, f"line {number} has no end", "save it again")
            bare = (line.removeprefix(_MARK) if number == 1 else line).rstrip(b" \t\r\n")
            if bare:
                seen += 1
                if seen > head:
                    yield number, bare


def _form(path: Path, rows: Sequence[bytes], units: int | None) -> tuple[int, bool]:
    """Returns how many numbers a line has, and whether a word stands before them."""
    if units is None:
        counts = Counter(map(_numbers_at_end, rows))
        # A word may be a number, or end in one: few are.
        units = max(counts, key=lambda count: (counts[count], -count))
    if units == 0:
        raise _unreadable(path, "it holds only words", "save the vectors too")
    longer = sum(len(line.split()) > units for line in rows)
    return units, 2 * longer > len(rows)


def _numbers_at_end(line: bytes) -> int:
    cells = line.split()
    return next((i for i, one in enumerate(reversed(cells)) if not _is_number(one)), len(cells))


def _is_names(first: Sequence[bytes]) -> bool:
    """Whether the first line names columns: none of its cells is a number, unlike below."""
    if len(first) < 2:
        return False
    return not any(map(_is_number, first[0].split())) and _is_number(first[1].split()[-1])


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _decoded(word: bytes, number: int, broken: list[int]) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError:
        broken.append(number)
        return word.decode(errors="replace")


def _not_numbers(path: Path, block: list[tuple[int, bytes]], units: int) -> UnreadableError:
    for number, line in block:
        for cell in line.rsplit(None, units)[-units:]:
            if not _is_number(cell):
                shown = cell[:40].decode(errors="replace")
                return _unreadable(
                    path,
                    f"line {number} holds {shown!r}",
                    "correct that line",
                )
    return _unreadable(path, "its lines differ", "save it again")


def _unreadable(path: Path, received: str, remedy: str) -> UnreadableError:
    return UnreadableError(
        f"{path.name} is not a table of vectors (a line per vector, perhaps a word first): "
        f"{received}; {remedy}"
    )
