"""The lock of a run on object storage: a file that one process creates, and keeps renewing.

No storage releases a lock when its holder dies. So a lock that nobody has renewed for a while
is void, and so is one of a process of this machine that is gone.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tb_embed_plugin.errors import EmbedError, StorageError
from tb_embed_plugin.metadata import LOCK_FILE
from tb_embed_plugin.remote.storage import NoExclusiveCreateError, Storage
from tb_embed_plugin.runs.recording_lock import HeldElsewhereError

RENEW_SECONDS = 20.0
VOID_SECONDS = 120.0
"""A lock that was not renewed for so long is that of a dead process."""

_TRIES = 5


class LostLockError(EmbedError):
    """Another process records to the address by now."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock.

    Attributes:
        token: What it alone knows.
        pid: Its number.
        host: Its machine's name.
        space: What its number counts in, as `_process_space` says it.
        since: When it began to hold the lock, seconds since 1970.
        renewed: When it was heard of last.
    """

    token: str
    pid: int
    host: str
    space: str
    since: float
    renewed: float

    @property
    def is_dead(self) -> bool:
        """Whether it has certainly ended, or was not heard of for too long."""
        if time.time() - self.renewed > VOID_SECONDS:
            return True
        here = socket.gethostname(), _process_space()
        return (self.host, self.space) == here and not _is_running(self.pid)


class LockObject:
    """The lock of a run at an address.

    Args:
        storage: The run.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._token = secrets.token_hex(16)
        self._since = time.time()
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._is_lost = False

    def take(self) -> None:
        """Takes the lock, and renews it from now on.

        Raises:
            HeldElsewhereError: Another process holds it; the message says how to get it back
                from one that is dead.
            StorageError: The storage cannot be read or written.
        """
        for _ in range(_TRIES):
            if self._create() or self._is_ours(holder := self._holder()):
                thread = threading.Thread(target=self._keep, name="tb_embed_lock", daemon=True)
                thread.start()
                return
            if holder is not None:
                if not holder.is_dead:
                    raise HeldElsewhereError(self._storage.address, self._in_words(holder))
                self._storage.delete(LOCK_FILE)
        raise StorageError(
            f"{self._storage.address}/{LOCK_FILE} cannot be created; check what the "
            "credentials allow"
        )

    def check(self) -> None:
        """Makes sure that this process still holds it, and renews it.

        Raises:
            LostLockError: Another process holds it by now, or this one has released it.
            StorageError: The storage cannot be read or written.
        """
        with self._guard:
            if self._ended.is_set():
                raise LostLockError(
                    f"{self._storage.address} is no longer locked for this process"
                )
            holder = self._holder()
            if holder is None and not self._create():
                holder = self._holder()
            if holder is not None and not self._is_ours(holder):
                self._is_lost = True
                raise LostLockError(
                    f"{self._storage.address} is being recorded by {self._in_words(holder)} "
                    "by now; record to another address"
                )
            if holder is not None:
                self._storage.put_bytes(LOCK_FILE, self._content())

    def release(self) -> None:
        """Lets others have it.

        Raises:
            StorageError: The storage cannot be written; the lock is void after a while.
        """
        self._ended.set()
        with self._guard:
            if not self._is_lost and self._is_ours(self._holder()):
                self._storage.delete(LOCK_FILE)

    def _keep(self) -> None:
        while not self._ended.wait(RENEW_SECONDS) and not self._is_lost:
            try:
                self.check()
            except (StorageError, LostLockError):
                # Tried again soon; whoever uploads is told that it is lost.
                continue

    def _create(self) -> bool:
        try:
            return self._storage.create(LOCK_FILE, self._content())
        except NoExclusiveCreateError:
            # Nobody can be kept out, and nobody is stopped.
            warnings.warn(
                f"{self._storage.address} cannot be locked: make sure that only one process "
                "records to it",
                RuntimeWarning,
                stacklevel=5,
            )
            self._storage.put_bytes(LOCK_FILE, self._content())
            return True

    def _content(self) -> bytes:
        content = {
            "token": self._token,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "space": _process_space(),
            "since": self._since,
            "renewed": time.time(),
        }
        return json.dumps(content).encode()

    def _holder(self) -> Holder | None:
        data = self._storage.read(LOCK_FILE)
        if data is None:
            return None
        try:
            read: dict[str, Any] = json.loads(data)
            return Holder(
                str(read["token"]),
                int(read["pid"]),
                str(read["host"]),
                str(read["space"]),
                float(read["since"]),
                float(read["renewed"]),
            )
        except (ValueError, KeyError, TypeError, OverflowError):
            # Nothing that we wrote.
            return Holder("", -1, "", "", 0.0, 0.0)

    def _is_ours(self, holder: Holder | None) -> bool:
        return holder is not None and holder.token == self._token

    def _in_words(self, holder: Holder) -> str:
        since = time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(holder.since))
        left = max(1, round(holder.renewed + VOID_SECONDS - time.time()))
        return (
            f"process {holder.pid} on {holder.host} (since {since}; if it has died, its lock "
            f"is void in {left} s, or at once where you delete "
            f"{self._storage.address}/{LOCK_FILE})"
        )


def _process_space() -> str:
    """Returns what tells apart machines, and containers of one, that bear the same name.

    Of Linux the boot and the namespace of the numbers; elsewhere the name alone has to do.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_running(pid: int) -> bool:
    """Whether a process of this machine runs, other than this one."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
