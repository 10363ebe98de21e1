"""Cells: a value of any kind as the text of the table on disk (docs/run_format.md)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

MAX_EXACT = 2**53
"""Whole numbers up to this are exact in float64; larger ones, such as keys, are text."""

_NO_FRACTION = re.compile(r"\.0+(?=$|[+-])")


def cell_text(value: object) -> str:
    """Returns a value as the text of a cell: missing values empty, dates in ISO 8601."""
    written = _AT_ONCE.get(type(value))
    if written is not None:
        return written(value)
    if is_missing(value):
        return ""
    if isinstance(value, bytes):  # TensorFlow's strings
        return value.decode(errors="backslashreplace")
    if isinstance(value, np.datetime64) or hasattr(value, "isoformat"):
        date = str(value) if isinstance(value, np.datetime64) else str(value.isoformat())
        return _NO_FRACTION.sub("", date)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_EXACT:
        return _digits(value)
    return readable(str(value))


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or the NaT and NA of NumPy and pandas."""
    kind = type(value)
    if kind in _NEVER_MISSING:
        return False
    if isinstance(value, _FLOATS):
        return math.isnan(value)
    if value is None or kind.__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, Decimal) and value.is_nan()


def readable(text: str) -> str:
    r"""Returns text that UTF-8 can hold: half a surrogate pair is written as `\ud800`."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _decimal(number: Any) -> str:
    return "" if math.isnan(number) else str(number)


def _digits(number: int) -> str:
    """Returns all digits of a number; `str` refuses more than 4,300."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


# What nearly all of a million cells are is told by its type alone.
_NEVER_MISSING = frozenset({str, int, bool, bytes, np.str_, np.int64, np.int32, np.bool_})
_FLOATS = (float, np.floating)
_AT_ONCE: Mapping[type, Callable[[Any], str]] = {
    str: readable,
    int: _digits,
    float: _decimal,
    np.float64: _decimal,
    np.int64: str,
    np.int32: str,
}
