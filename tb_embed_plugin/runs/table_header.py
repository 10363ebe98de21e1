"""Whether the first line of somebody else's table looks like a header.

By likeness alone, never by counting: what stands above numbers, is empty above the numbers of
the rows, is a word that headers use, or is unlike all that stands below it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

from tb_embed_plugin.runs.column_types import is_number

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

_MISSING = frozenset(
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
_COMMENT = re.compile(r"(?:#+|//|%+)\s+\S|#+\S+\s+\S")

_ENOUGH = 50
_RARE = 0.02


class Likeness(IntEnum):
    """How much a first line looks like a header."""

    NONE = 0
    POSSIBLE = 1
    """Several words above words, which the stock Projector takes for a header."""
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
    columns = [[row[i] if i < len(row) else "" for row in rest] for i in range(len(first))]
    counted = [str(i) for i in range(len(rest) + 1)]
    if not first[0] and len(first) > 1 and columns[0] in (counted[:-1], counted[1:]):
        return Likeness.TYPES  # as pandas and R write an index
    if any(_is_figure(cell) for cell in first):
        return Likeness.NONE
    several = len(first) > 1 and all(len(row) == len(first) for row in rest)
    pairs = list(zip(first, columns, strict=True))
    return _likeness_of_words(pairs, several=several, surplus=surplus)


def _likeness_of_words(
    pairs: Sequence[tuple[str, list[str]]], *, several: bool, surplus: bool
) -> Likeness:
    """Says how much words look like the names of the columns below them."""
    if any(_stands_above_figures(cell, column) for cell, column in pairs):
        return Likeness.TYPES
    if any(
        _is_header_word(cell, column, surplus=surplus) or _is_unlike(cell, column)
        for cell, column in pairs
    ):
        return Likeness.WORDS
    apart = all(cell not in column for cell, column in pairs if cell)
    return Likeness.POSSIBLE if several and apart else Likeness.NONE


def is_comment(cells: Sequence[str]) -> bool:
    """Whether a line is a remark, as `# made by hand` is, and no word or `# label`."""
    if not _COMMENT.match(cells[0]):
        return False
    return not all(_in_header_words(cell) for cell in header_cells(cells))


def header_cells(cells: Sequence[str]) -> list[str]:
    """Returns the names in a header, without the mark that makes it a comment for NumPy."""
    names = [cell.strip() for cell in cells]
    return [names[0].lstrip("#%").strip() or names[0], *names[1:]]


def _stands_above_figures(cell: str, column: Sequence[str]) -> bool:
    words = set(column) - {""}
    named = cell.lower() not in _MISSING
    return named and bool(words) and all(_is_figure(word) for word in words)


def _is_header_word(cell: str, column: Sequence[str], *, surplus: bool) -> bool:
    if not _in_header_words(cell):
        return False
    counts = Counter(column)
    if cell in counts:  # of a vocabulary, in which no word comes twice, it is not the first
        return surplus and max(counts.values()) == 1
    # A vocabulary of as many words as samples may begin with any of its words.
    return surplus or not any(_in_header_words(word) for word in counts)


def _in_header_words(cell: str) -> bool:
    word = cell.strip().lower()
    parts = _PARTS.split(word) if "_" in word else [word]
    return word in HEADER_WORDS or (len(parts) <= 3 and not HEADER_WORDS.isdisjoint(parts))


def _is_unlike(cell: str, column: Sequence[str]) -> bool:
    """Whether a word is one that a further row would hardly hold.

    How probable a word is that has not been seen yet, is the share of those seen once (Good
    1953); the same of a single word above texts of several.
    """
    if len(column) < _ENOUGH or cell.lower() in _MISSING:
        return False
    for kind in (str, _shape):
        counts = Counter(map(kind, column))
        seen_once = sum(count == 1 for count in counts.values())
        if kind(cell) not in counts and seen_once + 1 <= _RARE * len(column):
            return True
    return False


def _shape(cell: str) -> str:
    return "text" if len(cell.split()) > 1 else "word" if cell.strip() else ""


def _is_figure(cell: str) -> bool:
    """Whether a cell is a number, a date or a time, in any way of writing them."""
    return is_number(cell) or _FIGURES.fullmatch(cell) is not None
