"""A system whose calls fail, one in turn: the seam is `os` in the one module that writes.

A call is a point. `walk` lets what writes meet a fault at the first point, then at the second,
and so on until it gets through.
"""

from __future__ import annotations

import errno
import io
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from unittest import mock

from filelock import lock_descriptor

from tb_embed_plugin.runs import folder, lock_file

WRITES = ("makedirs", "mkdir", "open", "write", "fsync", "replace", "unlink", "link", "utime")
LOOKS = ("close", "fstat", "listdir", "stat", "flock", "open a folder")


@dataclass(frozen=True)
class Fault:
    """What happens at a point.

    Attributes:
        number: The system's number of the error, None for none.
        calls: The calls that are points.
        lasts: Whether those after it fail, too.
    """

    number: int | None = None
    calls: tuple[str, ...] = WRITES
    lasts: bool = False


# A full disk lets files be deleted.
_FILLING = ("makedirs", "mkdir", "open", "write", "fsync", "link", "replace")

FAULTS = {
    "ENOSPC": Fault(errno.ENOSPC, _FILLING, lasts=True),
    "EROFS": Fault(errno.EROFS, lasts=True),
    "EIO": Fault(errno.EIO),
    "ESTALE": Fault(errno.ESTALE, (*WRITES, *LOOKS)),
    "short": Fault(calls=("write",)),
    "kill": Fault(),
    "none": Fault(calls=()),
}


@dataclass
class FaultySystem:
    """The system's calls, of which the one at `point` meets a fault.

    Attributes:
        kind: One of `FAULTS`.
        point: The number of the call, from 0.
        calls: Names of the points so far.
    """

    kind: str
    point: int
    calls: list[str] = field(default_factory=list)

    @property
    def has_struck(self) -> bool:
        """Whether the point was reached."""
        return len(self.calls) > self.point

    def __getattr__(self, name: str) -> Any:
        """Returns what `os` has of that name, a call as one that may fail."""
        real = getattr(os, name)
        if name not in (*WRITES, *LOOKS):
            return real

        def call(*arguments: Any, **options: Any) -> Any:
            is_folder = name == "open" and arguments[1] & os.O_DIRECTORY
            meets = self._meet("open a folder" if is_folder else name)
            if name == "close" and meets:
                real(*arguments)
            self._strike(meets)
            # Whoever is killed leaves to the system what it has written.
            return None if name == "fsync" else real(*arguments, **options)

        return call

    def fdopen(self, descriptor: int, mode: str) -> BinaryIO:
        """Returns a file whose raw writes are points."""
        raw = io.FileIO(descriptor, mode.replace("b", ""))
        if "r" in mode:
            return io.BufferedReader(raw)
        return io.BufferedWriter(_FaultyFile(raw, self))

    def write(self, raw: io.FileIO, data: memoryview) -> int:
        """Writes to a raw file: half of it at a fault."""
        if self._meet("write"):
            written = raw.write(data[: (len(data) + 1) // 2])
            self._strike(meets=True)
            return written
        return raw.write(data)

    def lock(self, descriptor: int, *, blocking: bool) -> bool:
        """Locks a file."""
        self._strike(self._meet("flock"))
        return self.real_lock(descriptor, blocking=blocking)

    def _meet(self, name: str) -> bool:
        fault = FAULTS[self.kind]
        if name not in fault.calls:
            return False
        self.calls.append(name)
        now = len(self.calls) - 1
        return now == self.point or (fault.lasts and now > self.point)

    def _strike(self, meets: bool) -> None:  # noqa: FBT001 # what `_meet` says
        if not meets:
            return
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = FAULTS[self.kind].number
        if number is not None:
            raise OSError(number, os.strerror(number))

    real_lock = staticmethod(lock_descriptor)


class _FaultyFile(io.RawIOBase):
    def __init__(self, raw: io.FileIO, system: FaultySystem) -> None:
        self._raw = raw
        self._system = system

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def fileno(self) -> int:
        return self._raw.fileno()

    def write(self, data: Any) -> int:
        return self._system.write(self._raw, memoryview(data))

    def close(self) -> None:
        self._raw.close()
        super().close()


@contextmanager
def failing(kind: str, point: int) -> Iterator[FaultySystem]:
    """Lets the call number `point` of all that writes meet a fault."""
    system = FaultySystem(kind, point)
    with (
        mock.patch.object(folder, "os", system),
        mock.patch.object(lock_file, "lock_descriptor", system.lock),
    ):
        yield system
