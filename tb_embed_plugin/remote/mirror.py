"""A copy, on this machine, of what lies below an address; each update brings what is new.

Whoever reads the copy sees only whole snapshots: what manifests name was written before them,
so they are read first and put in their place last, unless what they name was replaced
meanwhile. Nothing is written that the listing of the
storage names in a way that leads out of the copy, and nothing deleted that was not copied.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.remote.copied_files import (
    STATE_FILE,
    Update,
    in_order,
    is_copied,
    names_others,
)
from tb_embed_plugin.remote.named_files import is_one_version, manifests_above, names_below
from tb_embed_plugin.remote.storage import BLOCK_BYTES, MOST_CONNECTIONS, Storage, StoredFile
from tb_embed_plugin.runs.folder import made, opened
from tb_embed_plugin.runs.manifest import MAX_MANIFEST_BYTES

AT_A_TIME = MOST_CONNECTIONS
"""Files read at a time: of a storage far away each costs its latency."""

LARGE_AT_A_TIME = 32
"""Of files that come in several answers, which are open meanwhile."""

MAX_BYTES = 1 << 30
"""In memory at a time."""

TRIES_AT_ONE_VERSION = 3
"""In an update, at the run that is begun anew meanwhile; then it waits for the next update."""

MAX_STATE_BYTES = 256 << 20

_EVENTS = re.compile(r"(^|/)events\.out\.tfevents\.[^/]*$")


class Mirror:
    """A copy of a storage.

    Args:
        storage: The storage.
        folder: The copy, made if it is missing.

    Raises:
        MisuseError: The folder holds a copy of something else, or other files.
        OSError: It cannot be made or read.
    """

    def __init__(self, storage: Storage, folder: Path) -> None:
        self._storage = storage
        self._folder = made(folder)
        self._known = self._read_state()
        self._waiting: set[str] = set()

    def update(self) -> Update:
        """Copies what is new, and deletes what is gone.

        Raises:
            StorageError: The storage cannot be read; what was copied stays, and the next update
                goes on from there.
            OSError: The copy cannot be written.
        """
        done = self._updated()
        for _ in range(TRIES_AT_ONE_VERSION - 1):
            if not self._waiting:
                break
            more = self._updated()
            done = Update(
                done.copied + more.copied, done.size + more.size, done.removed + more.removed
            )
        return done

    def _updated(self) -> Update:
        """As `update`; notes the manifests that wait, since what they name was replaced."""
        self._waiting = set()
        first = second = self._listed()
        naming = [f for f in self._changed(first).values() if _names_others(f)]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            contents = dict(
                zip(naming, pool.map(self._storage.read_manifest, naming), strict=True)
            )
        if contents:
            # What these name may be younger than the first listing.
            second = self._listed()
        # One that came meanwhile waits for the next update, like what it names.
        changed = {n: f for n, f in self._changed(second).items() if not _names_others(f)}
        size = sum(map(len, contents.values()))
        try:
            self._remove_outdated_manifests(changed)
            for group in filter(None, in_order(changed)):
                size += self._copy([changed[name] for name in group])
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
        finally:
            self._write_state()
        return Update(len(changed) + len(contents), size, removed)

    def _listed(self) -> dict[str, StoredFile]:
        files = self._storage.list()
        # A storage may hold a file of a folder's name, which no folder here can.
        folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
        return {
            name: file
            for name, file in files.items()
            if is_copied(name) and name not in folders
        }

    def _changed(self, listed: Mapping[str, StoredFile]) -> dict[str, StoredFile]:
        return {name: file for name, file in listed.items() if self._known.get(name) != file}

    def _copy(self, files: list[StoredFile]) -> int:
        """Copies files, several at a time; returns how many bytes were read."""
        with ThreadPoolExecutor(_at_a_time(files)) as pool:
            copying = [pool.submit(self._copy_one, file) for file in files]
            return sum(one.result() for one in copying)

    def _copy_one(self, file: StoredFile) -> int:
        known = self._known.get(file.name)
        grows = known is not None and bool(_EVENTS.search(file.name)) and known.size < file.size
        begin = known.size if known is not None and grows else 0
        path = PurePosixPath(file.name)
        small = io.BytesIO() if file.size - begin <= BLOCK_BYTES else None
        if small is not None:
            # Before anything is opened: a process can have but some hundreds of files open.
            self._storage.read_into(file, small, begin)
        with (
            opened(self._folder) as top,
            top.below(path.parent, make=True) as folder,
            # TensorBoard holds an event file open, and reads what is added to it.
            folder.appended(path.name, begin)
            if grows
            else folder.replaced(path.name, flush=False) as target,
        ):
            if small is not None:
                target.write(small.getbuffer())
            else:
                self._storage.read_into(file, target, begin)
        self._known[file.name] = file
        return file.size - begin

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
        content = {"address": self._storage.address, "files": files}
        with opened(self._folder) as top:
            top.write(STATE_FILE, json.dumps(content).encode())


def _at_a_time(files: list[StoredFile]) -> int:
    largest = max(file.size for file in files)
    if largest > BLOCK_BYTES:
        return min(AT_A_TIME, LARGE_AT_A_TIME)
    return max(1, min(AT_A_TIME, MAX_BYTES // max(1, largest)))


def _names_others(file: StoredFile) -> bool:
    return names_others(file.name) and file.size <= MAX_MANIFEST_BYTES
