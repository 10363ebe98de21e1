"""Copies of addresses that were read last, kept in the user's cache within a limit."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from filelock import FileLock

from tb_embed_plugin.local_paths import is_address, local_path
from tb_embed_plugin.metadata import PLUGIN_NAME
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.runs.folder import Folder, made, opened
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
    copies = made(platformdirs.user_cache_path(PLUGIN_NAME, appauthor=False) / "remote")
    name = short_hash(storage.address)
    with FileLock(copies / f"{name}.lock"):
        Mirror(storage, copies / name).update()
    with opened(copies) as folder:
        folder.renew(name)
        _delete_oldest(folder, name)
    return copies / name


def _delete_oldest(copies: Folder, used: str) -> None:
    others = [name for name in copies.names() if (copies.path / name).is_dir() and name != used]
    left = MAX_BYTES - _size(copies.path / used)
    for name in sorted(others, key=lambda name: copies.look(name).st_mtime, reverse=True):
        left -= _size(copies.path / name)
        if left < 0:
            with FileLock(copies.path / f"{name}.lock"):
                copies.remove_folder(name)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
