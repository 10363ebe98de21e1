"""One process records into a run at a time.

The lock is held from the first snapshot until the training or the process ends; the system
releases it when its holder dies. Who holds it stands in a file beside the lock, for messages.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import (
    LOCK_FILE,
    MODELS_FOLDER,
    OWN_CHECKPOINT_FOLDER,
    RECORDER_FILE,
    SPRITE_PAGES_FOLDER,
)
from tb_embed_plugin.runs.folder import LEFT_BEHIND_SECONDS, Folder, made, opened
from tb_embed_plugin.runs.lock_file import LockFile, NoLocksError, try_to_lock

_held: dict[tuple[int, Path], LockFile | None] = {}
"""By process and run, since a forked process has a copy of its parent's and holds none; None
where the file system has no locks."""

_guard = threading.Lock()

_FOLDER = PurePath(LOCK_FILE).parent
_LOCK = PurePath(LOCK_FILE).name
_RECORDER = PurePath(RECORDER_FILE).name
_MOST_BYTES = 1 << 12


class HeldElsewhereError(MisuseError):
    """Another process records into the run.

    Args:
        run_dir: The run, or its address.
        holder: Who records into it, in words.
    """

    def __init__(self, run_dir: Path | str, holder: str) -> None:
        super().__init__(
            f"{run_dir} is already being recorded by {holder}; wait until it ends or end "
            "it, or record into another directory"
        )
        self.holder = holder


def hold(run_dir: Path) -> bool:
    """Keeps other processes from recording into a run until `release`, or until this one ends.

    Makes the run's directory, and deletes what killed recorders have left unfinished in it.
    Never waits.

    Returns:
        Whether this process did not hold it before, or its directory is another one since.

    Raises:
        HeldElsewhereError: Another process holds it, which the message names.
        OSError: The directory cannot be written.
    """
    path = made(run_dir)
    with _guard, _dropped_after_failure(path), opened(path) as run:
        with run.below(_FOLDER, make=True) as folder:
            if _holds(path, folder):
                return False
            _lock(run_dir, path, folder)
        # Who holds the run is the only one who writes it.
        age = LEFT_BEHIND_SECONDS if _held[os.getpid(), path] is None else 0
        for name in ("", _FOLDER, OWN_CHECKPOINT_FOLDER, SPRITE_PAGES_FOLDER, MODELS_FOLDER):
            with contextlib.suppress(OSError), run.below(name) as each:
                each.clean(age)
    return True


def keep_holding(run_dir: Path) -> None:
    """Makes sure that this process still holds a run that it holds: its lock may be deleted.

    Raises:
        HeldElsewhereError: Another process holds it by now.
        OSError: The run is no longer there, or cannot be written.
    """
    path = run_dir.resolve()
    with _guard:
        if (os.getpid(), path) in _held:
            with opened(path) as run, run.below(_FOLDER) as folder:
                if not _holds(path, folder):
                    _lock(run_dir, path, folder)


def release(run_dir: Path) -> None:
    """Lets other processes record into a run that this one may hold."""
    with _guard:
        _drop(run_dir.resolve())


@contextmanager
def _dropped_after_failure(path: Path) -> Iterator[None]:
    """Holds a run no longer than before where something fails: who asked for it never knew."""
    was_held = (os.getpid(), path) in _held
    try:
        yield
    except BaseException:
        if not was_held:
            _drop(path)
        raise


def _holds(path: Path, folder: Folder) -> bool:
    key = (os.getpid(), path)
    if key not in _held:
        return False
    lock = _held[key]
    return lock is None or lock.is_at(folder, _LOCK)


def _lock(run_dir: Path, path: Path, folder: Folder) -> None:
    # What is locked still may be a file that was deleted.
    _drop(path)
    try:
        lock = try_to_lock(folder, _LOCK)
        if lock is None:
            raise HeldElsewhereError(run_dir, _holder(folder))
    except NoLocksError as error:
        # Nobody can be kept out, and nobody is stopped.
        lock = None
        warnings.warn(
            f"{run_dir} cannot be locked ({error.strerror}): make sure that only one process "
            "records into it",
            RuntimeWarning,
            stacklevel=4,
        )
    _held[os.getpid(), path] = lock
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    folder.write(_RECORDER, json.dumps(holder).encode())


def _drop(path: Path) -> None:
    lock = _held.pop((os.getpid(), path), None)
    if lock is not None:
        lock.release()


def _holder(folder: Folder) -> str:
    """Says who records into a run, as far as is known."""
    try:
        holder = json.loads(folder.read(_RECORDER, _MOST_BYTES))
        since = time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(holder["since"]))
        where = "" if holder["host"] == socket.gethostname() else f" on {holder['host']}"
        return f"process {int(holder['pid'])}{where} (since {since})"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        # It has only just begun, or has not said so.
        return "another process"
