"""What a column of somebody else's table holds, by its words alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tb_embed_plugin.runs.dates import are_dates
from tb_embed_plugin.runs.manifest import ColumnType

MAX_CATEGORIES = 1000
"""A column with more distinct words than this is text."""

FEW = 50
"""So many distinct values are categories, provided that each comes twice on average."""

_EXACT = 2**53
_NUMBER = re.compile(
    r" *[+-]?(?:(?!0\d)\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|nan|inf(?:inity)?) *",
    re.ASCII | re.IGNORECASE,
)
"""Not what `float` takes: 1_000 is a word, and 007 a key that would lose its zeros."""


def infer_type(cells: Sequence[str]) -> ColumnType:
    """Returns what a column of cells holds; empty ones, which are missing, do not count."""
    counts = Counter(cells)
    del counts[""]
    total = counts.total()
    repeated = len(counts) <= FEW and 2 * len(counts) <= total
    if counts and all(map(is_number, counts)) and any(map(_is_finite, counts)):
        whole = all(float(word).is_integer() for word in counts)
        return "category" if whole and repeated else "number"
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


def _is_finite(word: str) -> bool:
    return not word.strip().lower().lstrip("+-").startswith(("n", "i"))
