"""Files that are complete or absent: a temporary name, a flush to disk, a rename."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_bytes(path: Path, data: bytes, *, flush: bool = True) -> None:
    """Writes `data` to `path`, replacing what was there in one step.

    Args:
        path: The file; missing folders above it are made.
        data: The whole content.
        flush: Waits until the disk has it.

    Raises:
        OSError: The disk is full, the folder read-only and the like; `path` is then as it
            was before.
    """
    with replaced(path, flush=flush) as file:
        file.write(data)


@contextmanager
def replaced(path: Path, *, flush: bool = True) -> Iterator[BinaryIO]:
    """Yields a file whose content takes the place of `path` when the `with` block ends.

    Args:
        path: The file; missing folders above it are made.
        flush: Waits until the disk has it.

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
            if flush:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
