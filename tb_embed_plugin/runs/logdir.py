"""The runs below TensorBoard's log directories, each remembered until its files change.

Which directories hold event files TensorBoard tells (`list_names`); `discovery` finds the
others. A directory that holds a run of ours is that, whatever else lies there. A run stays the
same object as long as the stamps of its files do, so that a listing costs a few `stat` a run.
Of the checkpoints of others, which are replaced by renaming and so change the stamp of their
directory, each listing looks at a few in turn, for those that were copied over others; whoever
asks for a run makes us look at all of its files.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.discovery import SETTLED_SECONDS, Discovery
from tb_embed_plugin.runs.file_stamps import Stamp, stamps_of
from tb_embed_plugin.runs.finite import Rows
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.foreign.open_foreign import ForeignFolders, looks_foreign
from tb_embed_plugin.runs.manifest import Manifest
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tb_embed_plugin.runs.roots import Root
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.wording import no_such

TURNS = 8
"""Listings by which each checkpoint of a run that others wrote has been looked at."""

_NO_ROOT = (
    "TensorBoard was started without --logdir or --logdir_spec; start it with the "
    "directory of the runs"
)
_TWICE = (
    "several directories of --logdir_spec are called {}, and only the last is shown; name "
    "each, as name1:/path1,name2:/path2"
)


@dataclass(frozen=True, eq=False)
class BrokenRun:
    """A run that cannot be read, and why."""

    name: str
    problem: str


@dataclass(frozen=True)
class _Opened:
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


class Logdir:
    """The runs of one log directory, or of several.

    Args:
        roots: The directory, or those that TensorBoard was started with; none where it was
            started without one.
        list_names: Returns the names of TensorBoard's runs.

    Attributes:
        roots: The directories.
        problems: Why the last listing may lack runs, one sentence each.
    """

    def __init__(
        self, roots: Path | Sequence[Root], list_names: Callable[[], Iterable[str]]
    ) -> None:
        self.roots = [Root(roots)] if isinstance(roots, Path) else list(roots)
        self.problems: list[str] = []
        self._list_names = list_names
        self._discoveries = [Discovery(root.path, looks_foreign) for root in self.roots]
        self._foreign = ForeignFolders()
        self._runs: dict[str, Run | BrokenRun] = {}
        self._folders: dict[str, Path] = {}
        self._wholes: dict[str, str] = {}
        self._known: dict[str, _Opened] = {}
        self._finite: dict[Hashable, Rows] = {}
        self._turn = 0
        # Two who list at once would read everything twice.
        self._lock = threading.Lock()

    @property
    def has_runs(self) -> bool:
        """Whether the last listing found any run; touches no disk."""
        return bool(self._runs)

    def list_runs(self) -> list[Run | BrokenRun]:
        """Returns the runs as they are on disk now, in the order of their names."""
        with self._lock:
            self._folders = self._candidates()
            self._turn += 1
            self._wholes = {}
            opened = {
                name: self._open(name, folder, self._turn)
                for name, folder in self._folders.items()
            }
            self._known = opened
            owned = {path for one in opened.values() for path in one.owned}
            runs = {
                name: opened[name].run
                for name in sorted(opened)
                if not _is_owned(opened[name].run, owned)
            }
            self._runs = {name: run for name, run in runs.items() if run is not None}
            for run in list(self._runs.values()):
                whole = run.with_superseded if isinstance(run, Run) else None
                if whole is not None and whole.name not in self._folders:
                    self._runs[whole.name] = whole
                    self._wholes[whole.name] = run.name
            return list(self._runs.values())

    def run(self, name: str) -> Run:
        """Returns the run `name`, as it is on disk now.

        Raises:
            NotRecordedError: There is no such run.
            UnreadableError: It is damaged.
        """
        # Only names that a listing gave become paths: what a request says never does.
        if name not in self._runs:
            self.list_runs()
        run: Run | BrokenRun | None = None
        if name in self._wholes:
            run = self.run(self._wholes[name]).with_superseded
        elif name in self._runs:
            with self._lock:
                opened = self._known[name] = self._open(name, self._folders[name], None)
            run = opened.run
        if run is None:
            raise NotRecordedError(
                no_such("run", name, sorted(self._runs))
                + "".join(f"; {problem}" for problem in self.problems)
            )
        if isinstance(run, BrokenRun):
            raise UnreadableError(run.problem)
        return run

    def _candidates(self) -> dict[str, Path]:
        """Returns the directories that may be runs, by TensorBoard's names of them."""
        names = set(self._list_names())
        candidates: dict[str, Path] = {}
        problems = [] if self.roots else [_NO_ROOT]
        for root, discovery in zip(self.roots, self._discoveries, strict=True):
            if (problem := root.problem()) is not None:
                problems.append(problem)
                continue
            seen = discovery.look()
            problems += discovery.problems
            # What was not seen is too deep, or the look was cut short.
            deeper = {below for name in names if (below := root.below(name)) is not None}
            there = {below for below in deeper - seen.keys() if (root.path / below).is_dir()}
            for below in (*there, *(name for name, may_be in seen.items() if may_be)):
                name, folder = root.run_name(below), root.path / below
                if name in candidates:
                    problems.append(_TWICE.format(name))
                candidates[name] = folder
        self.problems = problems
        return candidates

    def _open(self, name: str, folder: Path, turn: int | None) -> _Opened:
        known = self._known.get(name)
        if known is not None and known.is_current(turn) and known.folder == folder:
            return known
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
        return _opened(folder, run, FolderContents(watched=[folder / MANIFEST_FILE, folder]))

    def _look(self, name: str, folder: Path) -> _Opened:
        """Returns a directory as the run that it is.

        Raises:
            UnreadableError: Its manifest is damaged.
            OSError: It cannot be read.
        """
        path = folder.resolve(strict=True)
        recorded = _recorded(name, path)
        if recorded is not None:
            return _opened(folder, recorded, FolderContents(watched=[folder / MANIFEST_FILE]))
        found = self._foreign.find(path)
        run = None
        if found is None:
            found = FolderContents()
        else:
            run = ForeignRun(name, path, found, self._finite)
        # The manifest may come yet, and the directory may be a link that is turned elsewhere.
        found.watched += [folder / MANIFEST_FILE, folder]
        return _opened(folder, run, found)


def _recorded(name: str, run_dir: Path) -> RecordedRun | None:
    """Returns the run of ours in a directory, None where there is none.

    Raises:
        UnreadableError: It is damaged.
        OSError: It cannot be read.
    """
    try:
        data = confined(run_dir, MANIFEST_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return RecordedRun(name, run_dir, Manifest.from_json(data))


def _opened(folder: Path, run: Run | BrokenRun | None, found: FolderContents) -> _Opened:
    watched, polled = (
        tuple(dict.fromkeys(map(os.fspath, paths))) for paths in (found.watched, found.polled)
    )
    stamps, polled_stamps = stamps_of(watched), stamps_of(polled)
    newest = max((s[0] for s in (*stamps, *polled_stamps) if s is not None), default=0)
    return _Opened(
        folder=folder,
        run=run,
        watched=watched,
        stamps=stamps,
        polled=polled,
        polled_stamps=polled_stamps,
        owned=tuple(found.owned),
        is_settled=not found.unfinished and newest < (time.time() - SETTLED_SECONDS) * 1e9,
    )


def _is_owned(run: Run | BrokenRun | None, owned: Collection[Path]) -> bool:
    return isinstance(run, ForeignRun) and run.path in owned
