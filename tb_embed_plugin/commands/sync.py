"""`tb-embed sync`: copies logs from object storage, and keeps the copy up to date."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tb_embed_plugin.errors import StorageError
from tb_embed_plugin.remote.mirror import Mirror, Update
from tb_embed_plugin.remote.storage import Storage

MOST_SECONDS = 60.0
"""Between two tries to reach a storage that cannot be reached."""


def sync(address: str, folder: Path, every: float | None = None) -> Iterator[str]:
    """Copies what lies below an address, and yields what happened, in words.

    Args:
        address: Such as `s3://bucket/logs`.
        folder: The copy, made if it is missing.
        every: Seconds between two updates; None for one update alone.

    Raises:
        MisuseError: The scheme is unknown, its library is missing, or the folder holds
            something else.
        StorageError: The storage cannot be read by the one update.
        OSError: The copy cannot be written.
    """
    mirror = Mirror(Storage(address), folder)
    yield from _words(mirror.update(), first=True)
    pause = every
    while every is not None and pause is not None:
        time.sleep(pause)
        try:
            yield from _words(mirror.update())
            pause = every
        except StorageError as error:
            pause = min(2 * pause, max(every, MOST_SECONDS))
            yield f"{error}; trying again in {pause:g} s"


def _words(update: Update, *, first: bool = False) -> Iterator[str]:
    if update.copied or update.removed or first:
        files = "1 file" if update.copied == 1 else f"{update.copied:,} files"
        removed = f", {update.removed:,} deleted" if update.removed else ""
        yield f"{files} copied ({update.size / 1e6:,.1f} MB){removed}"
