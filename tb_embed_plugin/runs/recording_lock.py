"""One process records into a run at a time.

The lock is held from the first snapshot until the training or the process ends; the system
releases it when its holder dies. Who holds it stands in a file beside the lock, for messages.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import warnings
from pathlib import Path

from filelock import FileLock, Timeout

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import LOCK_FILE, RECORDER_FILE

_held: dict[tuple[int, Path], FileLock] = {}
"""By process and run: a forked process has a copy of its parent's locks, and holds none. They
are kept all the same, since what drops a lock may release it."""

_guard = threading.Lock()


class HeldElsewhereError(MisuseError):
    """Another process records into the run.

    Args:
        run_dir: The run.
        holder: Who records into it, in words.
    """

    def __init__(self, run_dir: Path, holder: str) -> None:
        super().__init__(
            f"{run_dir} is already being recorded by {holder}; wait until it ends or end "
            "it, or record into another directory"
        )
        self.holder = holder


def hold(run_dir: Path) -> bool:
    """Keeps other processes from recording into a run until `release`, or until this one ends.

    Makes the run's directory. Never waits.

    Returns:
        Whether this process did not hold it before.

    Raises:
        HeldElsewhereError: Another process holds it, which the message names.
        OSError: The directory cannot be written.
    """
    path = run_dir.resolve()
    with _guard:
        if (os.getpid(), path) in _held:
            return False
        (path / LOCK_FILE).parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / LOCK_FILE, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise HeldElsewhereError(run_dir, _holder(path)) from None
        except NotImplementedError as error:
            # A file system without locks: nobody can be kept out, and nobody is stopped.
            warnings.warn(
                f"{run_dir} cannot be locked ({error}): make sure that only one process "
                "records into it",
                RuntimeWarning,
                stacklevel=3,
            )
        else:
            _held[os.getpid(), path] = lock
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    (path / RECORDER_FILE).write_text(json.dumps(holder))
    return True


def release(run_dir: Path) -> None:
    """Lets other processes record into a run that this one may hold."""
    with _guard:
        lock = _held.pop((os.getpid(), run_dir.resolve()), None)
        if lock is not None:
            lock.release()


def _holder(path: Path) -> str:
    """Says who records into a run, as far as is known."""
    try:
        holder = json.loads((path / RECORDER_FILE).read_text())
        since = time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(holder["since"]))
        where = "" if holder["host"] == socket.gethostname() else f" on {holder['host']}"
        return f"process {int(holder['pid'])}{where} (since {since})"
    except (OSError, ValueError, KeyError, TypeError):
        # It has only just begun, or has not said so.
        return "another process"
