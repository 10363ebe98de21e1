"""Files that are complete or absent: a temporary name, a flush to disk, a rename."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_bytes(path: Path, data: bytes) -> None:
    """Writes `data` to `path`, replacing what was there in one step.

    Args:
        path: The file; missing folders above it are made.
        data: The whole content.

    Raises:
        OSError: The disk is full, the folder read-only and the like; `path` is then as it
            was before.
    """
    with replaced(path) as file:
        file.write(data)


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Yields a file whose content takes the place of `path` when the `with` block ends.

    Args:
        path: The file; missing folders above it are made.

    Raises:
        OSError: As `write_bytes`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed process left is replaced by the next write.
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
