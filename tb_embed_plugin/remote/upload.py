"""A log directory of this machine, copied to object storage while a training writes it.

The other direction of `mirror`, by the same rule: a manifest is read before what it names is
copied, and put in its place last. Nothing is ever deleted there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tb_embed_plugin.errors import StorageError
from tb_embed_plugin.remote.copied_files import (
    Update,
    in_order,
    is_copied,
    is_manifest,
)
from tb_embed_plugin.remote.named_files import is_one_version, names_below
from tb_embed_plugin.remote.side_by_side import side_by_side
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.runs.manifest import LARGE_MANIFEST, MAX_MANIFEST_BYTES
from tb_embed_plugin.runs.reading import read_file

AT_A_TIME = 32
"""Files uploaded at a time; each may be in memory as a whole."""

Stamp = tuple[int, int]
"""When a file was last changed, nanoseconds since 1970, and its size."""


class Upload:
    """A copy, on a storage, of a directory of this machine.

    Args:
        folder: The directory.
        storage: Where its copy lies.
    """

    def __init__(self, folder: Path, storage: Storage) -> None:
        self._folder, self._storage = folder, storage
        self._known: dict[str, Stamp] | None = None
        self._there: set[str] = set()

    def update(self) -> Update:
        """Copies what is new, whatever else lies there.

        Raises:
            StorageError: The storage cannot be read or written; the next update goes on.
            OSError: A file of this machine cannot be read.
        """
        if self._known is None:
            self._known = self._already_there()
        known = self._known
        first = dict(plain_files(self._folder))
        manifests = {
            name: self._read_manifest(name)
            for name, stamp in first.items()
            if is_manifest(name) and known.get(name) != stamp
        }
        # What these manifests name is there by now.
        second = dict(plain_files(self._folder))
        changed = {
            name: stamp
            for name, stamp in second.items()
            if known.get(name) != stamp and not is_manifest(name)
        }
        for name, content in manifests.items():
            if (
                name in self._there
                and names_below(name, content) & changed.keys() & self._there
            ):
                # The run was begun anew: until all of it is there, nothing must be shown of it.
                self._storage.delete(name)

        def copy(name: str) -> None:
            self._copy(name)
            known[name] = changed[name]

        for group in in_order(changed):
            side_by_side(copy, group, AT_A_TIME)
        third = dict(plain_files(self._folder)) if changed else second
        size, placed = sum(size for _, size in changed.values()), 0
        for name, content in manifests.items():
            # A run that was begun anew meanwhile waits for the next update.
            if is_one_version(name, content, first, second, third):
                self._storage.put_bytes(name, content)
                known[name] = first[name]
                size, placed = size + len(content), placed + 1
        self._there.update(changed, manifests)
        return Update(len(changed) + placed, size, 0)

    def _copy(self, name: str) -> None:
        path = self._folder / name
        try:
            self._storage.put(name, path)
        except StorageError:
            # Deleted since, like a snapshot that a longer training thins out.
            if path.exists():
                raise

    def _read_manifest(self, name: str) -> bytes:
        return read_file(self._folder / name, MAX_MANIFEST_BYTES, LARGE_MANIFEST)

    def _already_there(self) -> dict[str, Stamp]:
        """Returns the files that are there as they are here: as long, and put there later."""
        there = self._storage.list()
        self._there = set(there)
        return {
            name: (changed, size)
            for name, (changed, size) in plain_files(self._folder)
            if name in there
            and there[name].size == size
            and (written := there[name].written) is not None
            and written * 1e9 > changed
        }


def plain_files(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Yields the plain files of a directory that are copied, by their paths in it."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            try:
                found = path.lstat()
            except FileNotFoundError:
                continue  # renamed or deleted since it was listed
            below = path.relative_to(folder).as_posix()
            if stat.S_ISREG(found.st_mode) and is_copied(below):
                yield below, (found.st_mtime_ns, found.st_size)
