"""Files that are complete or absent: a temporary name, a flush to disk, a rename."""

from __future__ import annotations

import os
import secrets
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
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
