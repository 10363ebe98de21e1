"""A directory, opened once: all that this package writes, renames and deletes goes through one.

Whoever may write beside us, on a machine that is shared, can put a link in the place of any
name at any moment. So no link is followed: a path is walked part by part, each opened in the
one before, and what is done in the directory is done by its descriptor, wherever its path
leads by then. A new file has a name that nobody can foresee until it takes the place of the
old one, complete.

Where the system knows no descriptors of directories (Windows, where links need a privilege),
names are paths.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

_HAS_DESCRIPTORS = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
_OF_FOLDERS = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
# A folder on the way need not be readable.
_ON_THE_WAY = _OF_FOLDERS | getattr(os, "O_PATH", 0)
# A named pipe would be waited for.
_OF_FILES = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))

_CANNOT = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF}

_UNFINISHED = re.compile(r"\.tb_embed-[0-9a-f]{16}\.new")
LEFT_BEHIND_SECONDS = 3600.0
"""No file takes so long to be written: an unfinished one of that age is a killed process's."""


def made(path: Path) -> Path:
    """Makes a directory that a user named, if it is missing; returns it with links resolved.

    Raises:
        OSError: It cannot be made.
    """
    os.makedirs(path, exist_ok=True)  # noqa: PTH103 # like all that is asked of the system here
    return path.resolve()


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """Opens a directory for the length of a `with` block.

    Args:
        path: The directory, absolute, with links resolved.

    Raises:
        OSError: It does not exist, or there is a link or a file in the place of a part of it.
    """
    if not _HAS_DESCRIPTORS:
        yield Folder(path, None)
        return
    start = os.open(path.anchor, _ON_THE_WAY)
    try:
        descriptor = _walk(start, path, len(path.parts) - 1, make=False)
    finally:
        _close(start)
    try:
        yield Folder(path, descriptor)
    finally:
        _close(descriptor)


@dataclass(frozen=True)
class Folder:
    """An open directory. What its methods do raises `OSError`, which names the file.

    Attributes:
        path: The directory, as it was found.
        descriptor: Its descriptor; None where the system has none.
    """

    path: Path
    descriptor: int | None

    @contextmanager
    def below(self, name: str | PurePath, *, make: bool = False) -> Iterator[Folder]:
        """Opens the folder `name`, parts and all, for the length of a `with` block.

        Args:
            name: A path relative to this one, without `..`.
            make: Makes what is missing.
        """
        inner = PurePath(name)
        if os.pardir in inner.parts or inner.is_absolute():
            raise ValueError(f"{name} leads out of {self.path}; name a folder in it")
        path = self.path / inner
        if self.descriptor is None:
            if make:
                # By `os`, like all that is asked of the system here: tests let its calls fail.
                os.makedirs(path, exist_ok=True)  # noqa: PTH103 # said above
            yield Folder(path, None)
            return
        descriptor = _walk(self.descriptor, path, len(inner.parts), make=make)
        try:
            yield Folder(path, descriptor)
        finally:
            _close(descriptor)

    @contextmanager
    def replaced(self, name: str, *, flush: bool = True) -> Iterator[BinaryIO]:
        """Yields a file whose content takes the place of `name` when the `with` block ends.

        Args:
            name: The file.
            flush: Waits until the disk has its content; the name needs `flush`.
        """
        unfinished = f".tb_embed-{secrets.token_hex(8)}.new"
        file = os.fdopen(self._open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb")
        try:
            with file:
                yield file
                file.flush()
                if flush:
                    os.fsync(file.fileno())
            self.move(unfinished, name)
        except BaseException:
            with contextlib.suppress(OSError):
                self.remove(unfinished)
            raise

    @contextmanager
    def appended(self, name: str, size: int) -> Iterator[BinaryIO]:
        """Yields a file behind its first `size` bytes, cut to these where it has more."""
        with os.fdopen(self._open(name, os.O_RDWR | os.O_CREAT), "r+b") as file:
            file.truncate(size)
            file.seek(size)
            yield file

    def write(self, name: str, data: bytes) -> None:
        """Writes a file, in one step in place of what was there, and waits for no disk."""
        with self.replaced(name, flush=False) as file:
            file.write(data)

    def read(self, name: str, most: int) -> bytes:
        """Returns a file's content, its first `most` bytes."""
        with os.fdopen(self._open(name, os.O_RDONLY), "rb") as file:
            return file.read(most)

    def open_to_lock(self, name: str) -> int:
        """Returns a descriptor of a file, made if it is missing, whose content stays."""
        return self._open(name, os.O_RDWR | os.O_CREAT)

    def move(self, name: str, to: str) -> None:
        """Gives a file another name, in place of what has it."""
        with _named(self.path / to):
            os.replace(
                self._at(name),
                self._at(to),
                src_dir_fd=self.descriptor,
                dst_dir_fd=self.descriptor,
            )

    def remove(self, name: str) -> None:
        """Deletes a file, or a link, if it is there."""
        with _named(self.path / name), contextlib.suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self.descriptor)

    def remove_folder(self, name: str) -> None:
        """Deletes a folder with what is in it, as far as it can be; never what a link names."""
        shutil.rmtree(self._at(name), ignore_errors=True, dir_fd=self.descriptor)

    def copy(self, name: str, to: Folder) -> None:
        """Copies a file into another folder, by a link where the system can."""
        to.remove(name)
        try:
            os.link(
                self._at(name),
                to._at(name),
                src_dir_fd=self.descriptor,
                dst_dir_fd=to.descriptor,
                follow_symlinks=False,
            )
        except (OSError, NotImplementedError):
            descriptor = self._open(name, os.O_RDONLY)
            with os.fdopen(descriptor, "rb") as source, to.replaced(name) as target:
                shutil.copyfileobj(source, target)

    def names(self) -> list[str]:
        """Returns the names of what is in it."""
        with _named(self.path):
            opened = self.path if self.descriptor is None else self.descriptor
            return os.listdir(opened)  # noqa: PTH208 # Path knows no descriptors

    def look(self, name: str) -> os.stat_result:
        """Returns the facts of a file, of a link itself."""
        with _named(self.path / name):
            return os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)

    def renew(self, name: str) -> None:
        """Sets the time of a file's or folder's last change to now."""
        can = os.utime in os.supports_follow_symlinks
        with _named(self.path / name):
            os.utime(self._at(name), dir_fd=self.descriptor, follow_symlinks=not can)

    def clean(self, age: float = LEFT_BEHIND_SECONDS) -> None:
        """Deletes the unfinished files that killed processes have left behind.

        Args:
            age: Seconds; younger ones may be written just now.
        """
        for name in filter(_UNFINISHED.fullmatch, self.names()):
            with contextlib.suppress(OSError):
                # Where the clock was set back, they are of the future.
                if abs(time.time() - self.look(name).st_mtime) >= age:
                    self.remove(name)

    def flush(self) -> None:
        """Waits until the disk has the names, where the file system can do that."""
        if self.descriptor is not None:
            with _named(self.path):
                try:
                    os.fsync(self.descriptor)
                except OSError as error:
                    if error.errno not in _CANNOT:
                        raise

    def _open(self, name: str, flags: int) -> int:
        """Returns a descriptor of a file; of nothing else, and without waiting."""
        with _named(self.path / name):
            descriptor = os.open(
                self._at(name), flags | _OF_FILES, 0o666, dir_fd=self.descriptor
            )
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return descriptor
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is no file")

    def _at(self, name: str) -> str:
        """Returns a name as the system wants it, which is that of a file right here."""
        if PurePath(name).name != name or name == os.pardir:
            raise ValueError(
                f"{name!r} is not the name of a file of {self.path}; open its folder"
            )
        return name if self.descriptor is not None else str(self.path / name)


def _walk(start: int, path: Path, parts: int, *, make: bool) -> int:
    """Returns a descriptor of a folder, walked to from the one of `start`.

    Args:
        start: A descriptor of a folder above it.
        path: The folder.
        parts: How many parts of the path lie below that one.
        make: Makes what is missing.
    """
    names = path.parts[len(path.parts) - parts :] or (os.curdir,)
    here = start
    for i, name in enumerate(names):
        before, flags = here, _OF_FOLDERS if i + 1 == len(names) else _ON_THE_WAY
        try:
            here = _open_folder(name, flags, before, make=make)
        except OSError as error:
            named = Path(*path.parts[: len(path.parts) - len(names) + i + 1])
            raise OSError(error.errno, error.strerror, str(named)) from error
        finally:
            if before != start:
                _close(before)
    return here


def _open_folder(name: str, flags: int, before: int, *, make: bool) -> int:
    """Returns a descriptor of the folder `name` in the one that `before` is of."""
    try:
        return os.open(name, flags, dir_fd=before)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=before)
    return os.open(name, flags, dir_fd=before)


def _close(descriptor: int) -> None:
    """Closes a folder, of which nothing is left to be written."""
    with contextlib.suppress(OSError):
        os.close(descriptor)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Gives a system error the whole path, which the system was never told."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
