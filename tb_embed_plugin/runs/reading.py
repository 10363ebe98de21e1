"""The one place where files of a log directory are opened for reading.

Whoever may write there may put anything in a file's place. A named pipe would keep whoever
opens it until somebody writes into it, a device whatever its driver does; so only regular files
are opened, and without waiting. Each is read up to a limit of its kind.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError

_FLAGS = os.O_RDONLY | sum(
    # Each of them where the system has it; O_BINARY where lines would be changed else.
    getattr(os, name, 0)
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)

_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_file(path: Path) -> BufferedReader:
    """Opens a regular file; never waits for anybody.

    Raises:
        UnreadableError: There is something else in its place.
        OSError: It cannot be opened.
    """
    descriptor = open_descriptor(path)
    try:
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def open_descriptor(path: Path) -> int:
    """Opens a regular file as `open_file` does, and returns its descriptor.

    Raises:
        UnreadableError: There is something else in its place.
        OSError: It cannot be opened.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        # A socket cannot be opened at all, which says less than what it is.
        refuse_other_kinds(path, path.stat().st_mode)
        raise
    try:
        refuse_other_kinds(path, os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_file(path: Path, most: int, remedy: str) -> bytes:
    """Returns the content of a file.

    Args:
        path: The file.
        most: Bytes that it may have.
        remedy: What to do about a larger one.

    Raises:
        UnreadableError: It is larger, or no regular file.
        OSError: It cannot be opened or read.
    """
    with open_file(path) as file:
        # By its size first, so that a file that is refused is not read; it may grow meanwhile.
        size = os.fstat(file.fileno()).st_size
        check_size(path.name, size, most, remedy)
        data = file.read(size + 1)
        if len(data) > size:
            data += file.read(most + 1 - len(data))
    check_size(path.name, len(data), most, remedy)
    return data


def check_size(name: str, size: int, most: int, remedy: str) -> None:
    """Raises where something is too large to be read.

    Args:
        name: What it is called.
        size: Its bytes.
        most: Those that it may have.
        remedy: What to do.

    Raises:
        UnreadableError: It is larger.
    """
    if size > most:
        raise UnreadableError(f"{name} has {size} bytes, at most {most} are read; {remedy}")


def refuse_other_kinds(path: Path, mode: int) -> None:
    """Raises where something is no regular file.

    Args:
        path: What it is called.
        mode: Its mode, as `stat` tells it.

    Raises:
        UnreadableError: It is a pipe, a directory or the like.
    """
    if not stat.S_ISREG(mode):
        raise UnreadableError(
            f"{path.name} is {kind_of(mode)}, not a plain file; put the file in its place"
        )


def kind_of(mode: int) -> str:
    """Returns in words what is no regular file, by its mode."""
    return next((words for fits, words in _KINDS if fits(mode)), "something else")


class BlockFile:
    """A file of which blocks are read where they lie; open as long as this is in use.

    Args:
        path: The file.
        least: Bytes that it must have.

    Raises:
        UnreadableError: There is no such file, or it is shorter.
    """

    def __init__(self, path: Path, least: int) -> None:
        self._name = path.name
        self._descriptor = -1
        try:
            self._descriptor = open_descriptor(path)
            self._seen = self._stamp()
        except OSError as error:
            raise self._unreadable(error) from error
        if self._seen[1] < least:
            raise UnreadableError(
                f"{path.name} is cut short: it has {self._seen[1]} bytes, not at least "
                f"{least}; write it again"
            )

    def __del__(self) -> None:
        """Closes the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def read_into(self, values: NDArray[Any], offset: int) -> None:
        """Reads as many bytes as an array has into it.

        Args:
            values: A contiguous array.
            offset: Bytes before the first.

        Raises:
            UnreadableError: The file was cut or written to since it was opened.
        """
        rest = values.reshape(-1).view(np.uint8).data
        try:
            while rest:
                done = _read_at(self._descriptor, rest, offset)
                if not done:
                    raise UnreadableError(
                        f"{self._name} was cut while it was read; write it again, or reload "
                        "the page once it is whole"
                    )
                rest, offset = rest[done:], offset + done
            if self._stamp() != self._seen:
                raise UnreadableError(
                    f"{self._name} was written to while it was read; reload the page once it "
                    "is whole"
                )
        except OSError as error:
            raise self._unreadable(error) from error

    def _stamp(self) -> tuple[int, int]:
        status = os.fstat(self._descriptor)
        return status.st_mtime_ns, status.st_size

    def _unreadable(self, error: OSError) -> UnreadableError:
        if isinstance(error, FileNotFoundError):
            return UnreadableError(
                f"{self._name} is missing; put it back, or write it again, and reload the page"
            )
        return UnreadableError(
            f"{self._name} cannot be read ({error.strerror or type(error).__name__}); check "
            "its disk and its permissions, and reload the page"
        )


def _read_at(descriptor: int, buffer: memoryview, offset: int) -> int:
    """Reads some bytes into a buffer, and returns how many."""
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [buffer], offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    data = os.read(descriptor, len(buffer))
    buffer[: len(data)] = data
    return len(data)
