"""Column types of a foreign table, inferred from its cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import islice

from tb_embed_plugin.runs.manifest import ColumnType
from tb_embed_plugin.runs.tables.dates import are_dates

MAX_CATEGORIES = 1000
"""A column with more distinct words than this is text."""

FEW = 50
"""So many distinct values are categories, provided that each comes twice on average."""

_EXACT = 2**53
_FLAGS = re.ASCII | re.IGNORECASE
_NUMBER = re.compile(
    r" *[+-]?(?:(?!0\d)\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|nan|inf(?:inity)?) *",
    _FLAGS,
)
"""Not what `float` takes: 1_000 is a word, and 007 a key that would lose its zeros."""

_NUMBERS = re.compile(rf"(?:{_NUMBER.pattern}\n)*", _FLAGS)
_AT_ONCE = 5000
_SHORT = 15
"""So many digits float64 always holds."""


def infer_type(cells: Sequence[str]) -> ColumnType:
    """Returns what a column of cells holds; empty ones, which are missing, do not count."""
    counts = Counter(cells)
    del counts[""]
    total = counts.total()
    repeated = len(counts) <= FEW and 2 * len(counts) <= total
    if counts and are_numbers(counts) and any(map(_is_finite, counts)):
        few = repeated and all(float(word).is_integer() for word in counts)
        return "category" if few else "number"
    if are_dates(counts):
        return "date"
    mostly_different = len(counts) > FEW and 2 * len(counts) > total
    return "text" if len(counts) > MAX_CATEGORIES or mostly_different else "category"


def is_number(word: str) -> bool:
    """Whether a word is written as a number, one that float64 holds with all its digits."""
    if not _NUMBER.fullmatch(word):
        return False
    digits = word.strip().lstrip("+-")
    return not digits.isdigit() or (len(digits) <= 16 and int(digits) <= _EXACT)


def are_numbers(words: Collection[str]) -> bool:
    """Whether each of some words is a number, as `is_number` says but many at a time."""
    rest = iter(words)
    while some := list(islice(rest, _AT_ONCE)):
        text = "\n".join(some) + "\n"
        if text.count("\n") != len(some) or not _NUMBERS.fullmatch(text):
            return False
        if not all(is_number(word) for word in some if len(word) > _SHORT and "." not in word):
            return False
    return True


def _is_finite(word: str) -> bool:
    return not word.strip().lower().lstrip("+-").startswith(("n", "i"))
