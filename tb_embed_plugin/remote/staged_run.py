"""What a recorder needs of a run at an address, brought into its staging directory.

That is the manifest alone: a snapshot that was recorded is never read again. What a killed
process of this machine has left in the staging directory, and the run at the address lacks, is
kept and uploaded; unless the run there is another one by now.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePath

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import (
    CHECKPOINT_STATE_FILE,
    EVENT_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    RECORDER_FILE,
    SPRITE_FILE,
)
from tb_embed_plugin.remote.lock_object import LockObject
from tb_embed_plugin.remote.named_files import needed_of
from tb_embed_plugin.remote.run_upload import (
    RunUpload,
    digest,
    read_state,
    write_state,
)
from tb_embed_plugin.remote.storage import Storage, StoredFile
from tb_embed_plugin.remote.upload import Stamp, plain_files
from tb_embed_plugin.runs.atomic import remove
from tb_embed_plugin.runs.checkpoints.state import is_free_or_ours
from tb_embed_plugin.runs.folder import made, opened
from tb_embed_plugin.runs.manifest import MAX_MANIFEST_BYTES, Manifest
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.recording_lock import HeldElsewhereError, hold, release

_OF_OTHERS = (CHECKPOINT_STATE_FILE, METADATA_FILE, SPRITE_FILE)


class StagedRun:
    """A run at an address, and its staging directory.

    Args:
        run_dir: The staging directory; it need not be there.
        storage: The address.
    """

    def __init__(self, run_dir: Path, storage: Storage) -> None:
        self._run_dir, self._storage = run_dir, storage
        self._manifest: bytes | None = None
        self._fetched: StoredFile | None = None
        self._is_of_others = False

    def fetch(self) -> bool:
        """Brings here what a recorder has to know before it chooses a directory.

        Returns:
            Whether there is anything, at the address or here.

        Raises:
            StorageError: The address cannot be read.
            OSError: The staging directory cannot be written.
        """
        there = self._storage.list()
        if not there and not self._run_dir.exists():
            return False
        with suppress(HeldElsewhereError):
            # Where another process of this machine holds it, that one says what is there.
            if hold(self._run_dir):
                try:
                    self._bring(there)
                finally:
                    release(self._run_dir)
                    if self._is_of_others:
                        # By this file the directory would count as one of ours.
                        remove(self._run_dir, RECORDER_FILE)
        return True

    def clear(self) -> None:
        """Deletes the staging directory, unless it holds what is not at the address.

        Raises:
            OSError: It cannot be read.
        """
        with suppress(HeldElsewhereError):
            if not self._run_dir.exists() or not hold(self._run_dir):
                return
            here = _read(self._run_dir / MANIFEST_FILE)
            is_there = here is None or digest(here) == read_state(self._run_dir)[0]
            release(self._run_dir)
            if self._is_of_others or (is_there and not self._waiting()):
                with opened(self._run_dir.parent.resolve()) as folder:
                    folder.remove_folder(self._run_dir.name)

    def lock(self) -> tuple[LockObject, RunUpload]:
        """Locks the run at its address, and brings what has changed there since `fetch`.

        This process must hold the staging directory.

        Raises:
            HeldElsewhereError: Another process records to the address.
            MisuseError: Another program writes checkpoints beside the run.
            StorageError: The address cannot be read or written.
            OSError: The staging directory cannot be written.
        """
        lock = LockObject(self._storage)
        lock.take()
        try:
            self._bring(self._storage.list())
            self._refuse_others()
        except BaseException:
            lock.release()
            raise
        upload = RunUpload(self._run_dir, self._storage, lock, self._manifest, self._known())
        return lock, upload

    def _bring(self, there: Mapping[str, StoredFile]) -> None:
        self._is_of_others = False
        listed = there.get(MANIFEST_FILE)
        if listed is None:
            self._manifest = self._fetched = None
            self._settle(None)
            if not {RECORDER_FILE, EVENT_FILE} & there.keys():
                self._bring_sign_of_others(there)
        elif listed != self._fetched:
            self._manifest = self._storage.read_manifest(listed)
            self._settle(self._manifest)
            self._fetched = listed

    def _settle(self, manifest: bytes | None) -> None:
        """Decides between the manifest of the address and the one that lies here."""
        here = _read(self._run_dir / MANIFEST_FILE)
        placed, next_one = read_state(self._run_dir)
        if manifest is None:
            # One that was there, and was deleted, is not brought back.
            if here is not None and placed is not None:
                self._set_aside("was deleted")
            elif here is not None and self._lacks_files(here, None):
                self._set_aside("was never uploaded, and files of it were deleted")
            return
        if here is not None and here != manifest:
            if digest(manifest) not in {placed, next_one}:
                self._set_aside("is another one by now")
            elif self._lacks_files(here, manifest):
                self._set_aside("cannot be resumed from here, where files were deleted")
            else:
                return  # what is here continues it
        folder, name = PurePath(MANIFEST_FILE).parent, PurePath(MANIFEST_FILE).name
        with opened(made(self._run_dir)) as run, run.below(folder, make=True) as inner:
            inner.write(name, manifest)
        write_state(self._run_dir, digest(manifest), None)

    def _lacks_files(self, here: bytes, there: bytes | None) -> bool:
        """Whether files that the manifest here names are neither here nor at the address."""
        needed = needed_of(here) - (frozenset() if there is None else needed_of(there))
        return any(not (self._run_dir / name).exists() for name in needed)

    def _set_aside(self, what: str) -> None:
        """Moves what was not uploaded out of the way, and says where it lies."""
        waiting = self._waiting()
        aside = f"{self._run_dir.name}.left-{time.time_ns()}"
        # Its lock goes with it; this process holds the directory.
        release(self._run_dir)
        with opened(self._run_dir.parent.resolve()) as folder:
            if waiting:
                folder.move(self._run_dir.name, aside)
            else:
                folder.remove_folder(self._run_dir.name)
        hold(self._run_dir)
        if waiting:
            warnings.warn(
                f"the run at {self._storage.address} {what}: {waiting} files that were "
                f"recorded on this machine and never uploaded lie in "
                f"{self._run_dir.with_name(aside)}; delete them when you do not need them",
                RuntimeWarning,
                stacklevel=2,
            )

    def _waiting(self) -> int:
        """Returns how many files of checkpoints lie here, which are those not uploaded yet."""
        return sum("model.ckpt-" in name for name, _ in plain_files(self._run_dir))

    def _bring_sign_of_others(self, there: Mapping[str, StoredFile]) -> None:
        """Brings one file by which other programs' runs are told, where there is one."""
        names = [*_OF_OTHERS, *(n for n in there if n.endswith(".index") and "/" not in n)]
        for name in names:
            if name in there:
                self._is_of_others = True
                with (
                    opened(made(self._run_dir)) as folder,
                    folder.replaced(name, flush=False) as file,
                ):
                    self._storage.read_into(there[name], file)
                return

    def _refuse_others(self) -> None:
        """Raises where the state file at the address is that of another program.

        Raises:
            MisuseError: It is, and our checkpoints lie beside theirs.
        """
        if self._manifest is None:
            return
        manifest = Manifest.from_json(self._manifest)
        state = None if manifest.apart else self._storage.read(CHECKPOINT_STATE_FILE)
        if state is None:
            return
        with opened(self._run_dir.resolve()) as folder:
            folder.write(CHECKPOINT_STATE_FILE, state)
        if not is_free_or_ours(self._run_dir, (step.step for step in manifest.steps)):
            raise MisuseError(
                f"another program writes checkpoints to {self._storage.address}; record to an "
                "address of its own"
            )

    def _known(self) -> dict[str, Stamp]:
        """Returns the files that lie here as they do at the address."""
        has_fetched = self._manifest is not None
        return {
            name: stamp
            for name, stamp in plain_files(self._run_dir)
            if has_fetched and name == CHECKPOINT_STATE_FILE
        }


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path, MAX_MANIFEST_BYTES, "delete it")
    except FileNotFoundError:
        return None
