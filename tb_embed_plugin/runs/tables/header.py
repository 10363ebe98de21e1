"""The header of a foreign table: how much its first line looks like one.

By likeness, not by counting: what stands above numbers, is empty above the numbers of the
rows, is a word that headers use, or is unlike all that stands below it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from tb_embed_plugin.runs.tables.column_types import are_numbers, is_number

Rows = list[list[str]]

HEADER_WORDS = frozenset(
    [
        *("label", "labels", "class", "classes", "category", "categories", "target", "targets"),
        *("y", "y_true", "ground_truth", "name", "names", "word", "words", "token", "tokens"),
        *(
            "text",
            "texts",
            "sentence",
            "title",
            "description",
            "comment",
            "document",
            "caption",
        ),
        *("id", "ids", "index", "idx", "key", "sample", "file", "filename", "path", "image"),
        *("url", "cluster", "group", "tag", "tags", "type", "species", "prediction", "split"),
        *("predicted", "score", "value", "count", "frequency", "date", "time", "timestamp"),
    ]
)
"""Words that stand above columns, as they are or as a part: `class_name`, `image_path`."""

MISSING = frozenset(
    [
        "",
        "none",
        "null",
        "nil",
        "na",
        "n/a",
        "<na>",
        "nat",
        "?",
        "-",
        "--",
        "unknown",
        "missing",
    ]
)
_PARTS = re.compile(r"[\s_.-]+")
_FIGURES = re.compile(r"[\d\s.,:;+/%()-]*\d[\d\s.,:;+/%()TZeE-]*", re.ASCII)
COMMENT_MARKS = ("#", "//", "%")
"""What a remark begins with."""

_COMMENT = re.compile(r"(?:#+|//|%+)\s+\S|#+\S+\s+\S")

_ENOUGH = 50
_RARE = 0.02


class Likeness(IntEnum):
    """How much a first line looks like a header."""

    NONE = 0
    POSSIBLE = 1
    """Several cells above as many, which the stock Projector takes for a header."""
    WORDS = 2
    """By its words."""
    TYPES = 3
    """By what stands below it: that is of another kind."""


def likeness(rows: Rows, *, surplus: bool) -> Likeness:
    """Says how much the first of `rows` looks like a header of the others.

    Args:
        rows: Cells, of which those of the first row are looked at.
        surplus: Whether there is one line more than samples, so that a header is expected.
    """
    first, rest = header_cells(rows[0]), rows[1:]
    if not rest or not any(first):
        return Likeness.NONE
    if is_comment(rows[0]):
        return Likeness.NONE if surplus else Likeness.WORDS
    widths = set(map(len, rest))
    below = [_Below(rest, i, padded=i >= min(widths)) for i in range(len(first))]
    if not first[0] and len(first) > 1 and below[0].counts_rows:
        return Likeness.TYPES  # as pandas and R write an index
    if any(_is_figure(cell) for cell in first):
        return _likeness_of_places(first, below, surplus=surplus)
    several = len(first) > 1 and widths == {len(first)}
    pairs = list(zip(first, below, strict=True))
    return _likeness_of_words(pairs, several=several, surplus=surplus)


def repeated_names(rows: Rows) -> list[str]:
    """Returns those cells of the first row that their own columns hold as values."""
    names = enumerate(header_cells(rows[0]))
    return [
        name for i, name in names if name and name in _Below(rows[1:], i, padded=True).cells
    ]


def may_be_names(row: Sequence[str]) -> bool:
    """Whether the cells of a row may be names, none of them being a number or a date."""
    return not any(map(_is_figure, header_cells(row)))


@dataclass(frozen=True)
class _Below:
    """The cells below one of the first row."""

    rows: Rows
    place: int
    padded: bool

    @cached_property
    def cells(self) -> list[str]:
        i = self.place
        if self.padded:
            return [row[i] if i < len(row) else "" for row in self.rows]
        return [row[i] for row in self.rows]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.cells)

    @property
    def counts_rows(self) -> bool:
        start = self.cells[0]
        if start not in {"0", "1"}:
            return False
        return self.cells == [str(i) for i in range(int(start), int(start) + len(self.cells))]

    @property
    def fractions(self) -> bool:
        """Whether no cell that is there is a whole number as Python writes it."""
        return not any(cell.isdigit() for cell in self.cells)

    @cached_property
    def figures(self) -> bool:
        """Whether there are any cells, and all of these are figures."""
        if not _is_figure(next(filter(None, self.cells), "")):
            return False
        words = self.counts.keys() - {""}
        return are_numbers(words) or all(map(_is_figure, words))


def _likeness_of_places(
    first: Sequence[str], below: Sequence[_Below], *, surplus: bool
) -> Likeness:
    """Says whether 0, 1, 2 and so on, as pandas calls columns without a name, are names."""
    counted = list(first) == [str(i) for i in range(len(first))]
    if not counted or any(column.figures and not column.fractions for column in below):
        return Likeness.NONE
    if len(first) > 1:
        return Likeness.TYPES
    return Likeness.WORDS if surplus and "0" not in below[0].cells else Likeness.NONE


def _likeness_of_words(
    pairs: Sequence[tuple[str, _Below]], *, several: bool, surplus: bool
) -> Likeness:
    """Says how much words look like the names of the columns below them."""
    if any(cell.lower() not in MISSING and column.figures for cell, column in pairs):
        return Likeness.TYPES
    if any(
        _is_header_word(cell, column, surplus=surplus) or _is_unlike(cell, column)
        for cell, column in pairs
    ):
        return Likeness.WORDS
    # A row that begins with the values of another one is a row.
    apart = any(cell not in column.cells for cell, column in pairs if cell)
    return Likeness.POSSIBLE if several and apart else Likeness.NONE


def is_comment(cells: Sequence[str]) -> bool:
    """Whether a line is a remark, as `# made by hand` is, and no word or `# label`."""
    if not cells[0].startswith(COMMENT_MARKS) or not _COMMENT.match(cells[0]):
        return False
    return not all(in_header_words(cell) for cell in header_cells(cells))


def header_cells(cells: Sequence[str]) -> list[str]:
    """Returns the names in a header, without the mark that makes it a comment for NumPy."""
    names = [cell.strip() for cell in cells]
    return [names[0].lstrip("#%").strip() or names[0], *names[1:]]


def in_header_words(cell: str) -> bool:
    """Whether a cell is a word that headers use."""
    word = cell.strip().lower()
    parts = _PARTS.split(word) if "_" in word else [word]
    return word in HEADER_WORDS or (len(parts) <= 3 and not HEADER_WORDS.isdisjoint(parts))


def _is_header_word(cell: str, below: _Below, *, surplus: bool) -> bool:
    if not in_header_words(cell):
        return False
    if (
        cell in below.counts
    ):  # of a vocabulary, in which no word comes twice, it is not the first
        return surplus and max(below.counts.values()) == 1
    # A vocabulary of as many words as samples may begin with any of its words.
    return surplus or not any(in_header_words(word) for word in below.counts)


def _is_unlike(cell: str, below: _Below) -> bool:
    """Whether a word is one that a further row would hardly hold.

    How probable a word is that has not been seen yet, is the share of those seen once (Good
    1953); the same of a single word above texts of several.
    """
    total = len(below.rows)
    if total < _ENOUGH or cell.lower() in MISSING:
        return False
    counts = below.counts
    once = sum(count == 1 for count in counts.values())
    if cell not in counts and once + 1 <= _RARE * total:
        return True
    kind = _shape(cell)
    if any(_shape(word) == kind for word in counts):
        return False
    kinds: Counter[str] = Counter()
    for word, count in counts.items():
        kinds[_shape(word)] += count
    return sum(count == 1 for count in kinds.values()) + 1 <= _RARE * total


def _shape(cell: str) -> str:
    return "text" if len(cell.split()) > 1 else "word" if cell.strip() else ""


def _is_figure(cell: str) -> bool:
    """Whether a cell is a number, a date or a time, in any way of writing them."""
    return is_number(cell) or _FIGURES.fullmatch(cell) is not None
