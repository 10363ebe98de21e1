"""Files that are complete or absent: a temporary name, a flush to disk, a rename."""

from __future__ import annotations

import os
from pathlib import Path


def write_bytes(path: Path, data: bytes) -> None:
    """Writes `data` to `path`, replacing what was there in one step.

    Args:
        path: The file; missing folders above it are made.
        data: The whole content.

    Raises:
        OSError: The disk is full, the folder read-only and the like; `path` is then as it
            was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed process left is replaced by the next write.
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
