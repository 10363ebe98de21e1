"""Dates and times as cells of a table: ISO 8601, with or without a time and a zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_DATE = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?",
    re.ASCII | re.IGNORECASE,
)
"""Not what `fromisoformat` takes: 20240201 is a number, and 2024-W05 a word."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def are_dates(words: Iterable[str]) -> bool:
    """Whether every one of some words, of which there is at least one, is a date or a time."""
    some = False
    for word in words:
        if seconds_since_1970(word) is None:
            return False
        some = True
    return some


def seconds_since_1970(word: str) -> float | None:
    """Returns the seconds from 1970-01-01 in UTC to a date or time, None where it is neither.

    One without a zone is taken to be in UTC, a date is its midnight. Digits beyond the
    microsecond do not count.
    """
    text = word.strip()
    if not _DATE.fullmatch(text):
        return None
    day, time = text[:10], text[10:].lstrip("Tt ").replace(" ", "").upper()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}" if time else day)
    except ValueError:  # the 30th of February
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH).total_seconds()
