"""`tb-embed sync`: copies logs from object storage or to it, and keeps the copy up to date."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from tb_embed_plugin.errors import ArgumentError, MisuseError, StorageError
from tb_embed_plugin.local_paths import is_address, local_path
from tb_embed_plugin.remote.copied_files import Update
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.remote.upload import Upload

MOST_SECONDS = 60.0
"""Between two tries to reach a storage that cannot be reached."""


def sync(source: str, target: str, every: float | None = None) -> Iterator[str]:
    """Copies what lies at one place to another, and yields what happened, in words.

    Args:
        source: An address such as `s3://bucket/logs`, or a directory.
        target: A directory, made if it is missing, or an address; one of both is an address.
        every: Seconds between two updates; None for one update alone.

    Raises:
        ArgumentError: `every` is no time to wait.
        MisuseError: Both or none are addresses, a scheme is unknown, its library is missing,
            or the directory holds something else.
        StorageError: The storage cannot be read or written by the one update.
        OSError: The directory cannot be read or written.
    """
    if every is not None and not 0 < every < math.inf:
        raise ArgumentError(f"--every must be a number of seconds above 0, not {every:g}")
    copy = _copy(source, target)
    yield from _words(copy.update(), first=True)
    pause = every
    while every is not None and pause is not None:
        time.sleep(pause)
        try:
            yield from _words(copy.update())
            pause = every
        except StorageError as error:
            pause = min(2 * pause, max(every, MOST_SECONDS))
            yield f"{error}; trying again in {pause:g} s"


def _copy(source: str, target: str) -> Mirror | Upload:
    if is_address(source) == is_address(target):
        raise MisuseError(
            f"one of {source} and {target} must be an address such as s3://bucket/logs, the "
            "other one a directory; name both"
        )
    if is_address(source):
        return Mirror(Storage(source), local_path(target, "the directory"))
    folder = local_path(source, "the directory")
    if not folder.is_dir():
        raise MisuseError(f"there is no directory {source}; name one that holds logs")
    return Upload(folder, Storage(target))


def _words(update: Update, *, first: bool = False) -> Iterator[str]:
    if update.copied or update.removed or first:
        files = "1 file" if update.copied == 1 else f"{update.copied:,} files"
        removed = f", {update.removed:,} deleted" if update.removed else ""
        yield f"{files} copied ({update.size / 1e6:,.1f} MB){removed}"
