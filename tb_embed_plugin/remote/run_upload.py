"""A run in its staging directory, brought to its address; each update uploads what is new.

The manifest is read before what it names is uploaded, and put in its place last. Checkpoints
and kept models that are there are deleted here, so the staging directory holds what waits and
little more. That something is missing here never says that it is to be deleted there: somebody
may have emptied the user's cache.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from tb_embed_plugin.errors import EmbedError, StorageError
from tb_embed_plugin.metadata import LOCK_FILE, MANIFEST_FILE, MODELS_FOLDER
from tb_embed_plugin.remote.copied_files import UPLOAD_STATE_FILE, in_order, is_manifest
from tb_embed_plugin.remote.lock_object import LockObject
from tb_embed_plugin.remote.named_files import names_of, needed_of
from tb_embed_plugin.remote.side_by_side import side_by_side
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.remote.upload import Stamp, plain_files
from tb_embed_plugin.runs.atomic import remove
from tb_embed_plugin.runs.folder import opened
from tb_embed_plugin.runs.manifest import LARGE_MANIFEST, MAX_MANIFEST_BYTES
from tb_embed_plugin.runs.reading import read_file

AT_A_TIME = 4
"""Files uploaded at a time: each may be in memory as a whole, beside the training."""

MAX_STATE_BYTES = 1 << 12


class LostStagingError(EmbedError):
    """The staging directory was deleted, or files in it that were not uploaded.

    Args:
        address: The run's address.
    """

    def __init__(self, address: str) -> None:
        super().__init__(
            f"files in the user's cache that waited to be uploaded to {address} were deleted, "
            "and are lost; what was uploaded stays, and a new recording resumes there"
        )


class ClosedUploadError(EmbedError):
    """Nobody waits for the upload any more."""


class RunUpload:
    """The upload of a run that this process holds.

    Args:
        run_dir: Its staging directory.
        storage: Its address.
        lock: The lock that this process holds there.
        manifest: The manifest's content at the address, None where there is none.
        known: When those files were changed that are at the address as they are here.
    """

    def __init__(
        self,
        run_dir: Path,
        storage: Storage,
        lock: LockObject,
        manifest: bytes | None,
        known: Mapping[str, Stamp],
    ) -> None:
        self._run_dir, self._storage, self._lock = run_dir, storage, lock
        self._content = manifest
        self._known = dict(known)
        self._named = frozenset() if manifest is None else names_of(manifest)
        self._dropped: set[str] = set()
        self._is_deleted = False
        self._closed = threading.Event()

    def update(self) -> None:
        """Uploads what is new, and deletes there what the run no longer has.

        Raises:
            ClosedUploadError: It was closed, before this call or meanwhile.
            LostLockError: Another process records to the address by now.
            LostStagingError: Files here were deleted; the run at the address stays.
            StorageError: The storage cannot be read or written; the next update resumes there.
            OSError: The staging directory cannot be read.
        """
        content = self._manifest_here()
        if content is None:
            self._require_staging()
            if self._content is not None and not self._is_deleted:
                return  # another run is begun here, whose manifest is yet to come
        changed = self._changed()
        if not changed and not self._dropped and content == self._content:
            return
        self._lock.check()
        self._require_open()
        if self._content is not None and (content is None or self._named & changed.keys()):
            # The run was deleted, or begun anew: what is there must not show what follows.
            write_state(self._run_dir, None, None)
            self._storage.delete(MANIFEST_FILE)
            self._content = None
        self._is_deleted = False
        for group in in_order(changed):
            side_by_side(self._copy, [(name, changed[name]) for name in group], AT_A_TIME)
        if content is not None and self._lacks_files(content):
            if self._manifest_here() == content:
                raise LostStagingError(self._storage.address)
            return  # a longer training has thinned them out meanwhile
        if content is not None and content != self._content:
            self._place_manifest(content)
        named = frozenset() if content is None else names_of(content)
        self._dropped = (self._dropped | self._named) - named - dict(self._files()).keys()
        self._named = named
        for name in sorted(self._dropped):
            self._require_open()
            self._storage.delete(name)
            self._dropped.discard(name)
        self._require_open()
        self._trim()

    def note_deletion(self) -> None:
        """Notes that the run here was deleted on purpose, and is to be at the address."""
        self._is_deleted = True

    def close(self) -> None:
        """Uploads nothing more, but for the files that are on their way."""
        self._closed.set()

    def left(self) -> tuple[int, int]:
        """Returns how many files are not at the address yet, and their bytes."""
        sizes = [size for _, size in self._changed().values()]
        content = self._manifest_here()
        if content is not None and content != self._content:
            sizes.append(len(content))
        return len(sizes), sum(sizes)

    def _manifest_here(self) -> bytes | None:
        try:
            path = self._run_dir / MANIFEST_FILE
            return read_file(path, MAX_MANIFEST_BYTES, LARGE_MANIFEST)
        except FileNotFoundError:
            return None

    def _files(self) -> list[tuple[str, Stamp]]:
        return [one for one in plain_files(self._run_dir) if not is_manifest(one[0])]

    def _changed(self) -> dict[str, Stamp]:
        return {name: stamp for name, stamp in self._files() if self._known.get(name) != stamp}

    def _require_staging(self) -> None:
        """Tells a deleted directory from a run that we delete, which leaves its lock."""
        if not (self._run_dir / LOCK_FILE).exists():
            raise LostStagingError(self._storage.address)

    def _lacks_files(self, content: bytes) -> bool:
        """Whether a manifest names files that are neither at the address nor were uploaded."""
        return not needed_of(content) <= self._known.keys() | self._named

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise ClosedUploadError(f"the upload to {self._storage.address} was closed")

    def _copy(self, file: tuple[str, Stamp]) -> None:
        self._require_open()
        name, stamp = file
        path = self._run_dir / name
        try:
            self._storage.put(name, path)
        except (StorageError, FileNotFoundError):
            # Deleted since, like a snapshot that a longer training thins out.
            if path.exists():
                raise
            return
        self._known[name] = stamp

    def _place_manifest(self, content: bytes) -> None:
        before = None if self._content is None else digest(self._content)
        write_state(self._run_dir, before, digest(content))
        # Uploading took time, in which another process may have taken the lock.
        self._lock.check()
        self._require_open()
        self._storage.put_bytes(MANIFEST_FILE, content)
        self._content = content
        write_state(self._run_dir, digest(content), None)

    def _trim(self) -> None:
        names = (name for name, stamp in self._files() if self._known.get(name) == stamp)
        remove(self._run_dir, *(n for n in names if n in self._named and _is_of_a_step(n)))


def _is_of_a_step(name: str) -> bool:
    return "model.ckpt-" in name or name.startswith(f"{MODELS_FOLDER}/")


def digest(content: bytes) -> str:
    """Returns what tells two manifests apart."""
    return blake2b(content, digest_size=16).hexdigest()


def write_state(run_dir: Path, placed: str | None, next_one: str | None) -> None:
    """Notes the digests of the manifest at the address, and of one about to be there."""
    with opened(run_dir.resolve()) as folder:
        state = {"placed": placed, "next": next_one}
        folder.write(UPLOAD_STATE_FILE, json.dumps(state).encode())


def read_state(run_dir: Path) -> tuple[str | None, str | None]:
    """Returns what `write_state` wrote; nothing where it did not, or it is damaged."""
    with (
        suppress(OSError, ValueError, KeyError, TypeError),
        opened(run_dir.resolve()) as folder,
    ):
        state = json.loads(folder.read(UPLOAD_STATE_FILE, MAX_STATE_BYTES))
        return state["placed"], state["next"]
    return None, None
