"""Copies of addresses that were read last, kept in the user's cache within a limit."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock

from tb_embed_plugin.local_paths import is_address, local_path
from tb_embed_plugin.metadata import PLUGIN_NAME
from tb_embed_plugin.remote.copied_files import Update
from tb_embed_plugin.remote.extent import Extent, no_file
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.read_files import is_kept_model, is_read
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.runs.folder import Folder, made, opened
from tb_embed_plugin.runs.run import short_hash

MAX_BYTES = 50 << 30
"""Of all copies: beyond that, the ones that were not read for longest are deleted."""

MAX_FILES = 200_000
"""Below an address: each listing takes a request for every 1,000 of them, and memory."""


def directory_of(logdir: str | os.PathLike[str], *, with_models: bool = False) -> Path:
    """Returns a log directory, where it is an address a copy of it.

    Args:
        logdir: The directory, or the address.
        with_models: As of `local_copy`.

    Raises:
        EmbedError: As `local_copy`, or it is no path.
    """
    if is_address(logdir):
        return local_copy(str(logdir), with_models=with_models)
    return local_path(logdir, "logdir")


def local_copy(address: str, *, with_models: bool = False) -> Path:
    """Returns a directory with what lies below an address, brought up to date.

    What is in it already is not read again.

    Args:
        address: With a scheme that fsspec knows, such as `s3://bucket/logs`.
        with_models: Brings the models that were kept with snapshots, which are large.

    Raises:
        MisuseError: The scheme is unknown, or its library is not installed.
        CopyTooLargeError: There are more than `MAX_FILES`.
        StorageError: The storage cannot be read.
        OSError: The copy cannot be written.
    """
    storage = Storage(address)
    update_copy(storage, with_models=with_models)
    delete_oldest(storage.address)
    return copy_of(storage.address)


def copy_of(address: str) -> Path:
    """Returns the directory of an address' copy, whether it is there or not."""
    copies = platformdirs.user_cache_path(PLUGIN_NAME, appauthor=False) / "remote"
    return copies / short_hash(address.rstrip("/"))


def update_copy(
    storage: Storage,
    most_bytes: float = math.inf,
    tell_incoming: Callable[[frozenset[str]], None] | None = None,
    *,
    with_models: bool = False,
) -> Update:
    """Brings the copy of what is read of a storage up to date; returns what was new.

    Args:
        storage: The storage.
        most_bytes: That may lie there.
        tell_incoming: As of `Mirror`.
        with_models: As of `local_copy`.

    Raises:
        CopyTooLargeError: More lies there, or more than `MAX_FILES`; nothing is copied.
        StorageError: The storage cannot be read.
        OSError: The copy cannot be written.
    """
    copy = copy_of(storage.address)
    is_spared = no_file if with_models else is_kept_model
    extent = Extent(is_read, is_spared, most_bytes, MAX_FILES)
    made(copy.parent)
    with FileLock(copy.with_name(f"{copy.name}.lock")):
        # Made anew: another process may have updated the copy since.
        done = Mirror(storage, copy, extent, tell_incoming).update()
    with opened(copy.parent) as folder:
        folder.renew(copy.name)
    return done


def delete_oldest(address: str) -> None:
    """Deletes the copies that were not read for longest, where all take more than `MAX_BYTES`.

    Args:
        address: Whose copy stays.
    """
    used = copy_of(address)
    with opened(used.parent) as copies:
        _delete_oldest(copies, used.name)


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
