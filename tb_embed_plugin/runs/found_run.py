"""The run that a directory is taken for, and the files by which it is seen to have changed.

A directory that holds a run of ours is that, whatever else lies there. Of the checkpoints of
others, which are replaced by renaming and so change the stamp of their directory, each look
sees a few in turn, for those that were copied over others.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary, WeakValueDictionary

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.discovery import SETTLED_SECONDS
from tb_embed_plugin.runs.file_stamps import Stamp, stamps_of
from tb_embed_plugin.runs.finite import Rows
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.foreign.open_foreign import ForeignFolders
from tb_embed_plugin.runs.manifest import LARGE_MANIFEST, MAX_MANIFEST_BYTES, Manifest
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.safe_path import confined

TURNS = 8
"""Looks by which each checkpoint of a run that others wrote has been looked at."""


@dataclass(frozen=True, eq=False)
class BrokenRun:
    """A run that cannot be read, and why."""

    name: str
    problem: str


@dataclass(frozen=True)
class FoundRun:
    """The run that a directory was taken for, and the files that decided it."""

    folder: Path
    run: Run | BrokenRun | None
    watched: tuple[str, ...]
    stamps: tuple[Stamp, ...]
    polled: tuple[str, ...]
    polled_stamps: tuple[Stamp, ...]
    owned: tuple[Path, ...]
    is_settled: bool

    def is_current(self, turn: int | None) -> bool:
        """Whether the files are still the same.

        Args:
            turn: Which share of the polled ones is looked at, None for all.
        """
        share = slice(None) if turn is None else slice(turn % TURNS, None, TURNS)
        return (
            self.is_settled
            and stamps_of(self.watched) == self.stamps
            and stamps_of(self.polled[share]) == self.polled_stamps[share]
        )


class RunFinder:
    """Opens directories as the runs that they are."""

    def __init__(self) -> None:
        self._foreign = ForeignFolders()
        # With the digest of its manifest: while a training writes, stamps say little.
        self._recorded_runs: WeakValueDictionary[Hashable, RecordedRun] = WeakValueDictionary()
        self._digests: WeakKeyDictionary[RecordedRun, bytes] = WeakKeyDictionary()
        self._finite: dict[Hashable, Rows] = {}

    def open(self, name: str, folder: Path) -> FoundRun:
        """Returns what a directory is taken for; what cannot be read is a broken run."""
        run: BrokenRun | None = None
        try:
            return self._look(name, folder)
        except FileNotFoundError:
            pass  # gone since it was listed
        except UnreadableError as error:
            run = BrokenRun(name, str(error))
        except (OSError, RuntimeError) as error:
            # The error's own words hold an absolute path.
            run = BrokenRun(
                name,
                f"the run cannot be read ({type(error).__name__}); check its permissions",
            )
        return found_run(folder, run, FolderContents(watched=[folder / MANIFEST_FILE, folder]))

    def _look(self, name: str, folder: Path) -> FoundRun:
        """Returns a directory as the run that it is.

        Raises:
            UnreadableError: Its manifest is damaged.
            OSError: It cannot be read.
        """
        path = folder.resolve(strict=True)
        recorded = self._recorded(name, path)
        if recorded is not None:
            return found_run(folder, recorded, FolderContents(watched=[folder / MANIFEST_FILE]))
        found = self._foreign.find(path)
        run = None
        if found is None:
            found = FolderContents()
        else:
            run = ForeignRun(name, path, found, self._finite)
        # The manifest may come yet, and the directory may be a link that is turned elsewhere.
        found.watched += [folder / MANIFEST_FILE, folder]
        return found_run(folder, run, found)

    def _recorded(self, name: str, run_dir: Path) -> RecordedRun | None:
        """Returns the run of ours in a directory, None where there is none.

        The same run as long as its manifest is the same.

        Raises:
            UnreadableError: It is damaged.
            OSError: It cannot be read.
        """
        try:
            path = confined(run_dir, MANIFEST_FILE)
            data = read_file(path, MAX_MANIFEST_BYTES, LARGE_MANIFEST)
        except (FileNotFoundError, NotADirectoryError):
            return None
        digest = hashlib.sha256(data).digest()
        known = self._recorded_runs.get((name, run_dir))
        if known is not None and self._digests[known] == digest:
            return known
        steps = () if known is None else known.manifest.steps
        run = RecordedRun(name, run_dir, Manifest.from_json(data, steps))
        self._digests[run] = digest
        self._recorded_runs[name, run_dir] = run
        return run


def found_run(folder: Path, run: Run | BrokenRun | None, found: FolderContents) -> FoundRun:
    """Returns a run with the stamps of the files that decided it, as they are now."""
    watched, polled = (
        tuple(dict.fromkeys(map(os.fspath, paths))) for paths in (found.watched, found.polled)
    )
    stamps, polled_stamps = stamps_of(watched), stamps_of(polled)
    newest = max((s[0] for s in (*stamps, *polled_stamps) if s is not None), default=0)
    return FoundRun(
        folder=folder,
        run=run,
        watched=watched,
        stamps=stamps,
        polled=polled,
        polled_stamps=polled_stamps,
        owned=tuple(found.owned),
        is_settled=not found.unfinished and newest < (time.time() - SETTLED_SECONDS) * 1e9,
    )
