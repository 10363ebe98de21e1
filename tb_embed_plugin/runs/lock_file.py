"""Locks on files: held by one process at a time, released by the system when that one dies."""

from __future__ import annotations

import contextlib
import errno
import os

from filelock import lock_descriptor, unlock_descriptor

from tb_embed_plugin.runs.folder import Folder

_held: set[LockFile] = set()

_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}

_ATTEMPTS = 10


class NoLocksError(OSError):
    """The file system has no locks."""


class LockFile:
    """A lock that this process holds.

    Args:
        descriptor: A descriptor of the locked file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        _held.add(self)

    def is_at(self, folder: Folder, name: str) -> bool:
        """Whether it is this file that has the name; else others may lock one of that name."""
        try:
            return os.path.samestat(folder.look(name), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Lets others have it."""
        if self in _held:
            _held.remove(self)
            with contextlib.suppress(OSError):
                unlock_descriptor(self._descriptor)
            os.close(self._descriptor)


def try_to_lock(folder: Folder, name: str) -> LockFile | None:
    """Locks a file, made if it is missing, without waiting.

    Returns:
        The lock, None where it is held already.

    Raises:
        NoLocksError: The file system has no locks.
        OSError: The file cannot be opened, or is a link.
    """
    for attempt in range(_ATTEMPTS):
        descriptor = folder.open_to_lock(name)
        lock = LockFile(descriptor)
        try:
            if not lock_descriptor(descriptor, blocking=False):
                lock.release()
                return None
            # Where the system never tells the two by the same number, it is taken at its word.
            if lock.is_at(folder, name) or attempt == _ATTEMPTS - 1:
                return lock
        except OSError as error:
            lock.release()
            if error.errno in _NO_LOCKS:
                raise NoLocksError(*error.args) from error
            raise
        # Its last holder has deleted it in between.
        lock.release()
    raise AssertionError("the last attempt returns")


def _forget_in_child() -> None:
    """Closes the copies of a forked process: they would outlive the holder."""
    for lock in _held:
        with contextlib.suppress(OSError):
            os.close(lock._descriptor)  # noqa: SLF001 # not released: they are the parent's
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
