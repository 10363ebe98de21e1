"""Wording that messages share: names, the one that was meant, values, system errors."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

MAX_LISTED = 20
"""Number of names that a message lists."""

MAX_SHOWN = 80
"""Characters of a value that a message shows."""

MAX_ERROR = 300
"""Characters of another library's error that a message repeats."""

_REASONS = {
    errno.EACCES: ("permission denied", "change its permissions, or choose another path"),
    errno.EPERM: ("permission denied", "change its permissions, or choose another path"),
    errno.EROFS: ("the disk is read-only", "choose a path on another disk"),
    errno.ENOSPC: ("no space is left on the disk", "free some space, or choose another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another disk"),
    errno.ENOENT: ("it does not exist", "check the path"),
    errno.ENOTDIR: ("a part of its path is a file", "check the path"),
    errno.EISDIR: ("it is a directory", "name a file"),
    errno.EEXIST: ("it exists already", "choose another path"),
    errno.ELOOP: ("there is a link in its place", "remove the link"),
    errno.ESTALE: ("the file server has lost it", "mount the disk again, or choose another"),
    errno.EMFILE: ("too many files are open", "close some, or raise the limit (ulimit -n)"),
}


def did_you_mean(received: object, names: Iterable[object]) -> str:
    """Returns `; did you mean 'fc1'?` for the name closest to `received`, empty if none is."""
    by_folded = {str(name).casefold(): name for name in names}
    near = get_close_matches(str(received).casefold(), by_folded, n=1)
    return f"; did you mean {as_typed(by_folded[near[0]])}?" if near else ""


def listed(names: Iterable[object], conjunction: str = "and") -> str:
    """Returns names in quotes, as a sentence lists them: `'a', 'b' and 'c'`."""
    texts = [as_typed(name) for name in names]
    if len(texts) > MAX_LISTED:
        return f"{', '.join(texts[:MAX_LISTED])} and {len(texts) - MAX_LISTED} more"
    if len(texts) < 2:
        return "".join(texts) or "none"
    return f"{', '.join(texts[:-1])} {conjunction} {texts[-1]}"


def no_such(kind: str, received: object, names: Iterable[object], owner: str = "") -> str:
    """Returns the message for a name that does not exist.

    Args:
        kind: What it should name, such as `layer`.
        received: The unknown name.
        names: The names that exist.
        owner: What should have it, such as `run 'digits'`.
    """
    known = list(names)
    start = f"{owner} has no {kind}" if owner else f"there is no {kind}"
    hint = did_you_mean(received, known) or f"; choose another {kind}"
    end = "." if not hint.endswith("?") else ""
    return f"{start} {as_typed(received)}{hint}{end} Available: {listed(known)}"


def must_be_one_of(argument: str, received: object, choices: Iterable[object]) -> str:
    """Returns the message for an argument with a value that is not among its choices."""
    known = list(choices)
    hint = did_you_mean(received, known)
    return f"{argument} must be {listed(known, 'or')}, not {as_typed(received)}{hint}"


def as_typed(value: Any) -> str:
    """Returns a value as one would type it: NumPy's and tensors' scalars as plain numbers."""
    if isinstance(value, list):
        text = f"[{', '.join(map(as_typed, value))}]"
    elif isinstance(value, tuple):
        text = f"({', '.join(map(as_typed, value))}{',' * (len(value) == 1)})"
    elif isinstance(value, str):
        text = repr(str(value))
    elif hasattr(value, "shape") and hasattr(value, "dtype"):
        text = _array(value)
    else:
        text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _array(value: Any) -> str:
    shape = tuple(value.shape)
    if shape:
        return f"an array of shape {shape}"
    try:
        scalar = value if hasattr(value, "item") else value.numpy()
        return repr(scalar.item())
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return f"a value of type {type(value).__name__}"  # a symbolic tensor has no value


def system_error(error: OSError, tried: str, path: object = None) -> str:
    """Returns a system error as a sentence: what was tried, why it failed, the remedy.

    Args:
        error: The error.
        tried: What was tried, such as `write`.
        path: The path as the user knows it; None for the error's own.
    """
    reason, remedy = _REASONS.get(
        error.errno or 0,
        (str(error.strerror or error).lower(), "check the disk, or choose another path"),
    )
    target = path if path is not None else error.filename or "the file"
    return f"cannot {tried} {target}: {reason}; {remedy}"


def error_words(error: Exception) -> str:
    """Returns the beginning of another library's error on one line, without colors."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    return f"{type(error).__name__}: {' '.join(text.split())[:MAX_ERROR]}"
