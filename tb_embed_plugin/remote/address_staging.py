"""What this process records below one address: staging directories and their uploads."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import platformdirs

from tb_embed_plugin.errors import StorageError, UnwritableError
from tb_embed_plugin.metadata import PLUGIN_NAME
from tb_embed_plugin.remote.background_upload import BackgroundUpload
from tb_embed_plugin.remote.lock_object import LockObject
from tb_embed_plugin.remote.run_upload import LostStagingError
from tb_embed_plugin.remote.staged_run import StagedRun
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.runs import recording_lock
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.run import short_hash
from tb_embed_plugin.runs.run_deletion import delete_run
from tb_embed_plugin.runs.run_directory import numbered_directories

WAIT_SECONDS = 120.0
"""At the end of a recording, for what is not uploaded yet."""


class Staging:
    """What this process records below one address.

    Args:
        storage: The address of a run, or of another one beside it.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._prefix = f"{short_hash(above(storage.address))}-"
        cache = platformdirs.user_cache_path(PLUGIN_NAME, appauthor=False)
        self._folder = made(cache / "recording")
        self._runs: dict[Path, StagedRun] = {}
        self.uploads: dict[Path, tuple[BackgroundUpload, LockObject]] = {}

    def directory(self, name: str) -> Path:
        """Returns the staging directory of a run of this name."""
        return self._folder / f"{self._prefix}{name}"

    def holds(self, run_dir: Path) -> bool:
        """Whether a directory is one of its staging directories."""
        return run_dir.parent == self._folder and run_dir.name.startswith(self._prefix)

    def address_of(self, run_dir: Path) -> str:
        """Returns the address of a staging directory."""
        return self._storage.beside(run_dir.name.removeprefix(self._prefix)).address

    def with_addresses(self, sentence: str) -> str:
        """Returns a sentence that names addresses in the place of its directories."""
        return sentence.replace(str(self.directory("")), f"{above(self._storage.address)}/")

    def fetch(self, log_dir: Path) -> None:
        """Brings here what there is of a run and of the numbered ones beside it.

        Raises:
            StorageError: The address cannot be read.
            OSError: The staging directory cannot be written.
        """
        for run_dir in numbered_directories(log_dir):
            if run_dir not in self.uploads and not self._staged(run_dir).fetch():
                return

    def is_recorded(self, log_dir: Path) -> bool:
        """Whether this process records into a run, or a numbered one beside it."""
        pattern = re.compile(rf"{re.escape(log_dir.name)}(-\d+)?")
        return any(pattern.fullmatch(run_dir.name) for run_dir in self.uploads)

    def hold(self, run_dir: Path) -> bool:
        """As `staging.hold`, for one of its directories."""
        try:
            is_new = recording_lock.hold(run_dir)
        except recording_lock.HeldElsewhereError as error:
            address = self.address_of(run_dir)
            raise recording_lock.HeldElsewhereError(address, error.holder) from error
        if run_dir in self.uploads:
            if is_new:
                self._lose(run_dir)
            return False
        try:
            lock, upload = self._staged(run_dir).lock()
        except BaseException:
            recording_lock.release(run_dir)
            raise
        uploading = BackgroundUpload(upload, run_dir, self.address_of(run_dir))
        self.uploads[run_dir] = uploading, lock
        return True

    def check(self, run_dir: Path) -> None:
        """As `staging.check_upload`, for one of its directories."""
        if run_dir not in self.uploads:
            return
        upload, _ = self.uploads[run_dir]
        if upload.has_lost_files:
            self._lose(run_dir)
        upload.check()

    def delete(self, run_dir: Path) -> None:
        """As `staging.delete_run`, for one of its directories."""
        try:
            delete_run(run_dir)
        finally:
            if run_dir in self.uploads:
                self.uploads[run_dir][0].note_deletion()

    def _lose(self, run_dir: Path) -> None:
        """Ends a recording of which files were deleted here; the next resumes what is there.

        Raises:
            UnwritableError: Always.
        """
        upload, _ = self.uploads[run_dir]
        upload.lose()
        self.release(run_dir)
        self._runs.pop(run_dir, None)
        raise UnwritableError(str(LostStagingError(self.address_of(run_dir))))

    def release(self, run_dir: Path) -> None:
        """As `staging.release`, for one of its directories."""
        if run_dir in self.uploads:
            self.flush(run_dir)
            _, lock = self.uploads.pop(run_dir)
            # Where the storage cannot be reached, the lock is void soon.
            with suppress(StorageError):
                lock.release()
        recording_lock.release(run_dir)
        if not self.uploads:
            self.clear()

    def flush(self, run_dir: Path) -> bool:
        """As `staging.flush`, for one of its directories."""
        return run_dir not in self.uploads or self.uploads[run_dir][0].close(WAIT_SECONDS)

    def clear(self) -> None:
        """Deletes the staging directories of which all is uploaded."""
        for run in self._runs.values():
            with suppress(OSError):
                run.clear()
        self._runs.clear()

    def _staged(self, run_dir: Path) -> StagedRun:
        name = run_dir.name.removeprefix(self._prefix)
        if run_dir not in self._runs:
            self._runs[run_dir] = StagedRun(run_dir, self._storage.beside(name))
        return self._runs[run_dir]


def above(address: str) -> str:
    """Returns the address above that of a run."""
    return address.rpartition("/")[0]
