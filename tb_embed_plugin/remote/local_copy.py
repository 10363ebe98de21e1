"""Copies of addresses that were read last, kept in the user's cache within a limit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs
from filelock import FileLock

from tb_embed_plugin.local_paths import local_path
from tb_embed_plugin.metadata import PLUGIN_NAME
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage, is_address
from tb_embed_plugin.runs.run import short_hash

MAX_BYTES = 50 << 30
"""Of all copies: beyond that, the ones that were not read for longest are deleted."""


def directory_of(logdir: str | os.PathLike[str]) -> Path:
    """Returns a log directory, where it is an address a copy of it.

    Raises:
        EmbedError: As `local_copy`, or it is no path.
    """
    return local_copy(str(logdir)) if is_address(logdir) else local_path(logdir, "logdir")


def local_copy(address: str) -> Path:
    """Returns a directory with what lies below an address, brought up to date.

    What is in it already is not read again.

    Args:
        address: With a scheme that fsspec knows, such as `s3://bucket/logs`.

    Raises:
        MisuseError: The scheme is unknown, or its library is not installed.
        StorageError: The storage cannot be read.
        OSError: The copy cannot be written.
    """
    storage = Storage(address)
    copies = platformdirs.user_cache_path(PLUGIN_NAME, appauthor=False) / "remote"
    folder = copies / short_hash(storage.address)
    copies.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        Mirror(storage, folder).update()
        os.utime(folder)
    _delete_oldest(copies, folder)
    return folder


def _delete_oldest(copies: Path, used: Path) -> None:
    folders = [path for path in copies.iterdir() if path.is_dir() and path != used]
    left = MAX_BYTES - _size(used)
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
        left -= _size(folder)
        if left < 0:
            with FileLock(f"{folder}.lock"):
                shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
