"""Room in the cache's folder: the layouts unused for longest go first."""

from __future__ import annotations

import contextlib
import stat
from dataclasses import dataclass

from tb_embed_plugin.runs.folder import Folder
from tb_embed_plugin.runs.lock_file import LockFile, try_to_lock


@dataclass(frozen=True)
class _Layout:
    """A layout's name, when it was used last in ns, and how many bytes it takes."""

    name: str
    used: int
    size: int


def make_room(folder: Folder, kept: str, limit: int) -> None:
    """Deletes the layouts unused for longest until the rest holds at most `limit` bytes.

    What killed processes left unfinished is deleted too.

    Args:
        folder: The cache's folder.
        kept: A layout that stays.
        limit: Bytes.
    """
    layouts = _layouts(folder)
    total = sum(layout.size for layout in layouts)
    for layout in layouts:
        if total <= limit:
            return
        if layout.name != kept and _let_go(folder, layout.name):
            total -= layout.size


def lock_layout(folder: Folder, layout: str) -> LockFile | None:
    """Locks a layout, None where another process has it.

    Raises:
        OSError: The lock's file cannot be opened.
    """
    return try_to_lock(folder, f"{layout}.lock")


def _let_go(folder: Folder, layout: str) -> bool:
    """Deletes a layout, unless somebody lays it out; returns whether it is gone."""
    with contextlib.suppress(OSError):
        lock = lock_layout(folder, layout)
        if lock is not None:
            try:
                folder.remove_folder(layout)
                folder.remove(f"{layout}.lock")
            finally:
                lock.release()
            return True
    return False


def _layouts(folder: Folder) -> list[_Layout]:
    """Returns the layouts, the one unused for longest first."""
    found = []
    for name in folder.names():
        # Another process may have taken it away by now.
        with contextlib.suppress(OSError):
            facts = folder.look(name)
            if stat.S_ISDIR(facts.st_mode):
                found.append(_Layout(name, facts.st_mtime_ns, _size(folder, name)))
    return sorted(found, key=lambda layout: layout.used)


def _size(folder: Folder, layout: str) -> int:
    size = 0
    with folder.below(layout) as place:
        place.clean()
        for name in place.names():
            with contextlib.suppress(OSError):
                size += place.look(name).st_size
    return size
