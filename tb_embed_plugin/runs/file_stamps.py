"""File stamps, which show at the cost of one `stat` that a file has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable

Stamp = tuple[int, int, int] | None
"""Time of the last change in ns, size in bytes, inode; None where there is no file."""


def stamp_of(path: str | os.PathLike[str]) -> Stamp:
    """Returns the stamp of a file or a directory; None where it cannot be looked at."""
    try:
        stat = os.stat(path)  # noqa: PTH116 # a Path costs more than the call
    except (OSError, ValueError):
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def stamps_of(paths: Iterable[str | os.PathLike[str]]) -> tuple[Stamp, ...]:
    """Returns the stamps of several, in order."""
    return tuple(map(stamp_of, paths))
