"""A copy, on this machine, of what lies below an address; each update brings what is new.

Whoever reads the copy sees only whole snapshots: what manifests name was written before them,
so they are read first and put in their place last, unless what they name was replaced
meanwhile. Nothing is written that the listing of the
storage names in a way that leads out of the copy, and nothing deleted that was not copied.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.remote.copied_files import (
    MAX_STATE_BYTES,
    STATE_FILE,
    Update,
    in_order,
    is_copied,
    is_events,
    names_others,
    run_of,
)
from tb_embed_plugin.remote.extent import WHOLE, Extent
from tb_embed_plugin.remote.left_copy import without_manifest
from tb_embed_plugin.remote.named_files import is_one_version, manifests_above, names_below
from tb_embed_plugin.remote.options import MOST_CONNECTIONS
from tb_embed_plugin.remote.reading import BLOCK_BYTES
from tb_embed_plugin.remote.side_by_side import side_by_side
from tb_embed_plugin.remote.storage import ChangedMeanwhileError, Storage, StoredFile
from tb_embed_plugin.runs.folder import Folder, made, opened
from tb_embed_plugin.runs.manifest import MAX_MANIFEST_BYTES

AT_A_TIME = MOST_CONNECTIONS
"""Files read at a time: of a storage far away each costs its latency."""

MAX_BYTES = 1 << 30
"""In memory at a time, of storages that are read in blocks."""

TRIES_AT_ONE_VERSION = 3
"""In an update, at the run that is begun anew meanwhile; then it waits for the next update."""


class Mirror:
    """A copy of a storage.

    Args:
        storage: The storage.
        folder: The copy, made if it is missing.
        extent: What of the storage is copied.
        tell_incoming: Told the runs of which something may be here, but no manifest: before
            anything of them is copied, and when some are complete.

    Raises:
        MisuseError: The folder holds a copy of something else, or other files.
        OSError: It cannot be made or read.
    """

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        extent: Extent = WHOLE,
        tell_incoming: Callable[[frozenset[str]], None] | None = None,
    ) -> None:
        self._storage, self._extent = storage, extent
        self._folder = made(folder)
        self._known, self._incoming = self._read_state(), frozenset[str]()
        self._waiting: set[str] = set()
        self._sizes: list[int] = []
        self._tell_incoming = tell_incoming
        if not self._known:
            # Whose copy it is must be known if the first update is killed.
            self._write_state()

    def update(self) -> Update:
        """Copies what is new, and deletes what is gone.

        Raises:
            CopyTooLargeError: More lies there than the copy may hold.
            ChangedMeanwhileError: Files are deleted or replaced before they are read, each
                time the storage is listed.
            StorageError: The storage cannot be read; what was copied stays, and the next update
                goes on from there.
            OSError: The copy cannot be written.
        """
        self._sizes, removed = [], 0
        for attempt in range(TRIES_AT_ONE_VERSION):
            try:
                removed += self._updated()
            except ChangedMeanwhileError:
                if attempt + 1 == TRIES_AT_ONE_VERSION:
                    raise
                continue
            if not self._waiting:
                break
        return Update(len(self._sizes), sum(self._sizes), removed)

    def _updated(self) -> int:
        """Copies what is new, and notes the manifests that wait for what they name.

        Returns:
            How many files were deleted.
        """
        self._waiting = set()
        first = second = self._listed()
        naming = [f for f in self._changed(first).values() if _names_others(f)]
        read = side_by_side(self._storage.read_manifest, naming, _at_a_time(naming))
        contents = dict(zip(naming, read, strict=True))
        self._sizes += map(len, read)
        if contents:
            # What these name may be younger than the first listing.
            second = self._listed()
        # One that came meanwhile waits for the next update, like what it names.
        changed = {n: f for n, f in self._changed(second).items() if not _names_others(f)}
        try:
            self._remove_outdated_manifests(changed)
            self._note_incoming(second)
            for group in filter(None, in_order(changed)):
                self._copy([changed[name] for name in group])
            third = self._listed() if contents and changed else second
            for file, content in contents.items():
                if is_one_version(file.name, content, first, second, third):
                    self._place(file, content)
                else:
                    self._waiting.add(file.name)
                # One that was replaced meanwhile is another one, which the next update brings.
                if second.get(file.name) != file:
                    self._known[file.name] = replace(file, size=-1)
            # What is gone waits for nothing.
            self._waiting &= second.keys()
            removed = self._remove(self._known.keys() - second.keys())
            self._note_incoming(second)
        finally:
            self._write_state()
        return removed

    def _listed(self) -> dict[str, StoredFile]:
        return self._extent.listed(self._storage)

    def _changed(self, listed: Mapping[str, StoredFile]) -> dict[str, StoredFile]:
        return self._extent.changed(listed, self._known)

    def _copy(self, files: list[StoredFile]) -> None:
        """Copies files, several at a time."""
        with opened(self._folder) as top:
            side_by_side(partial(self._copy_one, top), files, _at_a_time(files))

    def _copy_one(self, top: Folder, file: StoredFile) -> None:
        known = self._known.get(file.name)
        grows = known is not None and is_events(file.name) and known.size < file.size
        begin = known.size if known is not None and grows else 0
        path = PurePosixPath(file.name)
        with (
            top.below(path.parent, make=True) as folder,
            # TensorBoard holds an event file open, and reads what is added to it.
            folder.appended(path.name, begin)
            if grows
            else folder.replaced(path.name, flush=False) as target,
        ):
            self._storage.read_into(file, target, begin)
        self._known[file.name] = file
        self._sizes.append(file.size - begin)

    def _note_incoming(self, listed: Iterable[str]) -> None:
        """Tells which of our runs have no manifest here, and keeps it for who asks later."""
        runs = {run for run in map(run_of, listed) if run is not None}
        before, self._incoming = self._incoming, without_manifest(self._folder, runs)
        if self._incoming - before:
            # Before anything of them is here: this process may be killed meanwhile.
            self._write_state()
        if self._tell_incoming is not None:
            self._tell_incoming(self._incoming)

    def _remove_outdated_manifests(self, changed: Iterable[str]) -> None:
        """Deletes the manifests here of which a named file is about to be replaced.

        Such a run was begun anew; until all of it is here, it must not be shown.
        """
        replaced = self._known.keys() & changed
        above = {manifest for name in replaced for manifest in manifests_above(name)}
        for name in above & self._known.keys():
            path = PurePosixPath(name)
            with (
                suppress(FileNotFoundError),
                opened(self._folder) as top,
                top.below(path.parent) as folder,
            ):
                content = folder.read(path.name, MAX_MANIFEST_BYTES)
                if names_below(name, content) & replaced:
                    folder.remove(path.name)
                    self._known[name] = replace(self._known[name], size=-1)
                    self._waiting.add(name)

    def _place(self, file: StoredFile, content: bytes) -> None:
        path = PurePosixPath(file.name)
        with opened(self._folder) as top, top.below(path.parent, make=True) as folder:
            folder.write(path.name, content)
        self._known[file.name] = file
        self._waiting.discard(file.name)

    def _remove(self, names: Iterable[str]) -> int:
        gone = sorted(names)
        with opened(self._folder) as top:
            for name in gone:
                path = PurePosixPath(name)
                with suppress(FileNotFoundError), top.below(path.parent) as folder:
                    folder.remove(path.name)
                del self._known[name]
        return len(gone)

    def _read_state(self) -> dict[str, StoredFile]:
        with opened(self._folder) as top:
            try:
                content = json.loads(top.read(STATE_FILE, MAX_STATE_BYTES))
                address, files = content["address"], content["files"]
                known = {name: StoredFile(name, int(s), str(tag)) for name, (s, tag) in files}
            except FileNotFoundError:
                if top.names():
                    raise MisuseError(
                        f"{self._folder} holds files that were not copied from "
                        f"{self._storage.address}; name an empty directory, or a new one"
                    ) from None
                return {}
            except (ValueError, TypeError, KeyError):
                # It is written in one step; damaged, it costs copying everything anew.
                return {}
        if address != self._storage.address:
            raise MisuseError(
                f"{self._folder} is a copy of {address}, not of {self._storage.address}; name "
                "another directory"
            )
        return {name: file for name, file in known.items() if is_copied(name)}

    def _write_state(self) -> None:
        files = [[f.name, [f.size, f.tag]] for f in self._known.values()]
        content = {
            "address": self._storage.address,
            "files": files,
            "incoming": sorted(self._incoming),
        }
        with opened(self._folder) as top:
            top.write(STATE_FILE, json.dumps(content).encode())


def _at_a_time(files: list[StoredFile]) -> int:
    largest = min(BLOCK_BYTES, max((file.size for file in files), default=0))
    return min(AT_A_TIME, MAX_BYTES // max(1, largest), _can_be_open())


def _can_be_open() -> int:
    """Returns for how many files there are descriptors: each takes three with its connection.

    Half of all are left to the rest of the process.
    """
    if sys.platform == "win32":
        return AT_A_TIME
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_A_TIME if most == resource.RLIM_INFINITY else max(1, most // 6)


def _names_others(file: StoredFile) -> bool:
    return names_others(file.name) and file.size <= MAX_MANIFEST_BYTES
