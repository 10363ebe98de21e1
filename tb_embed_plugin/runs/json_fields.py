"""Fields of an untrusted JSON document: each has the expected type, or is an error."""

from __future__ import annotations

import math
from typing import Any

LARGEST = 2**31 - 1
"""No count or step is larger: on the wire they are int32."""


def natural(value: object, at_least: int = 0) -> int:
    """Returns a whole number of at least `at_least`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} where a whole number goes")
    if not at_least <= value <= LARGEST:
        raise ValueError(f"{value!r} where a number from {at_least} to {LARGEST} goes")
    return value


def finite(value: object) -> float:
    """Returns a finite number."""
    number = float(value) if isinstance(value, int | float) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"{value!r} where a time in seconds goes")
    return number


def natural_or_none(value: object) -> int | None:
    """Returns a whole number, or None."""
    return None if value is None else natural(value)


def text(value: object) -> str:
    """Returns a string."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a string goes")
    return value


def one_of(value: Any, choices: tuple[Any, ...]) -> Any:
    """Returns one of `choices`."""
    if value not in choices:
        raise ValueError(f"{value!r} where one of {choices} goes")
    return value
