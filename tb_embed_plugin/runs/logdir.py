"""The runs below TensorBoard's log directories, each remembered until its files change.

Which directories hold event files TensorBoard tells (`list_names`); `discovery` finds the
others. A run stays the same object as long as the stamps of its files do, so that a listing
costs a few `stat` a run; whoever asks for a run makes us look at all of its files.

A server's listing waits for the runs that have changed last, and for those that are asked for;
the others are read behind it (`reading_on`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tb_embed_plugin.errors import BusyError, NotRecordedError, UnreadableError
from tb_embed_plugin.runs.discovery import Discovery
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.foreign.open_foreign import looks_foreign
from tb_embed_plugin.runs.found_run import BrokenRun, FoundRun, RunFinder, found_run
from tb_embed_plugin.runs.newest_first import newest_first, with_those_above
from tb_embed_plugin.runs.openings import Openings, TooSlowError
from tb_embed_plugin.runs.reading_on import ReadingOn
from tb_embed_plugin.runs.recorded_run import ALL_STEPS
from tb_embed_plugin.runs.roots import Root
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import no_such

RUN_SECONDS = 3.0
"""That a server gives a run to be read, before the others are listed without it."""

NEWEST = 50
"""Runs that a server's listing waits for; the others are read behind it."""

T = TypeVar("T")

_RUNS_A_LISTING = 2
"""Runs that a listing waits for as long as each may take; later ones come with the next."""

_MAX_NAMED = 20
"""Runs that take too long to be read and stand in a listing each by its name."""

_LOOK = ""
"""The key of the look through the directories; no run's holds a null character alone."""

_SLOW_RUN = (
    "takes longer than {:g} s to read, and is shown once it is read; reload the page, or move "
    "large tables and configurations out of it"
)
_SLOW_LOOK = (
    "the log directory does not answer, so that new runs are not listed; check its disk, and "
    "reload the page"
)
_NO_ROOT = (
    "TensorBoard was started without --logdir or --logdir_spec; start it with the "
    "directory of the runs"
)
_TWICE = (
    "several directories of --logdir_spec are called {}, and only the last is shown; name "
    "each, as name1:/path1,name2:/path2"
)


class Logdir:
    """The runs of one log directory, or of several.

    No lock is held while anything is read: whoever asks meanwhile is answered.

    Args:
        roots: The directory, or those that TensorBoard was started with; none where it was
            started without one.
        list_names: Returns the names of TensorBoard's runs.
        seconds: That reading a run may take before the others are listed without it; None for
            as long as it takes, by the thread that asks.

    Attributes:
        roots: The directories.
        problems: Why the last listing may lack runs, one sentence each.
        unread: How many directories that may be runs it lacks, since they are still being read.
    """

    def __init__(
        self,
        roots: Path | Sequence[Root],
        list_names: Callable[[], Iterable[str]],
        seconds: float | None = None,
    ) -> None:
        self.roots = [Root(roots)] if isinstance(roots, Path) else list(roots)
        self.problems: list[str] = []
        self.unread = 0
        self._list_names = list_names
        self._openings = None if seconds is None else Openings(seconds)
        self._discoveries = [Discovery(root.path, looks_foreign) for root in self.roots]
        self._finder = RunFinder()
        self._runs: dict[str, Run | BrokenRun] = {}
        self._folders: dict[str, Path] = {}
        self._wholes: dict[str, str] = {}
        self._known: dict[str, FoundRun] = {}
        self._slow: set[str] = set()
        self._reading_on = ReadingOn(self._opened)
        self._turn = 0

    @property
    def has_runs(self) -> bool:
        """Whether the last listing found any run; touches no disk."""
        return bool(self._runs)

    def list_runs(self, wanted: Collection[str] = ()) -> list[Run | BrokenRun]:
        """Returns the runs as they are on disk now, in the order of their names.

        One that is not read in time is what it was before, or else a problem. A server reads
        the newest at once and the others by and by (`unread`).

        Args:
            wanted: Names of runs that are read before all others, where they exist.
        """
        return self._list(wanted, math.inf if self._openings is None else NEWEST)

    def _list(self, wanted: Collection[str], at_once: float) -> list[Run | BrokenRun]:
        """Lists the runs, of which it reads the wanted ones and so many others at once."""
        end = time.monotonic() + _RUNS_A_LISTING * self._seconds
        try:
            folders, problems = self._in_time(_LOOK, self._candidates)
            problems = [*problems]
        except TooSlowError:
            folders, problems = self._folders, [_SLOW_LOOK]
        self._turn += 1
        bases = [name.removesuffix(ALL_STEPS) for name in wanted]
        first = with_those_above([*wanted, *bases], folders)
        opened = self._opened_by(end, folders, first, at_once)
        self._folders, self.problems = folders, problems
        for name in self._known.keys() - folders.keys():
            self._known.pop(name, None)
        self._slow &= folders.keys()
        owned = {path for one in opened.values() for path in one.owned}
        runs = {
            name: opened[name].run
            for name in sorted(opened)
            if not _is_owned(opened[name].run, owned)
        }
        shown = {name: run for name, run in runs.items() if run is not None}
        wholes = {}
        for run in list(shown.values()):
            whole = run.with_superseded if isinstance(run, Run) else None
            if whole is not None and whole.name not in folders:
                shown[whole.name] = whole
                wholes[whole.name] = run.name
        self._runs, self._wholes = shown, wholes
        return list(shown.values())

    def run(self, name: str) -> Run:
        """Returns the run `name`, as it is on disk now.

        Raises:
            NotRecordedError: There is no such run.
            UnreadableError: It is damaged.
            BusyError: It is not read in time.
        """
        # Only names that a listing gave become paths: what a request says never does.
        if name not in self._runs:
            self._list((name,), 0 if self._openings is None else NEWEST)
            if self._openings is None and name not in self._runs:
                self.list_runs()
        run: Run | BrokenRun | None = None
        if name in self._wholes:
            run = self.run(self._wholes[name]).with_superseded
        elif name in self._runs and (folder := self._folders.get(name)) is not None:
            run = self._opened_or_known(name, folder).run
        if run is None:
            raise NotRecordedError(
                no_such("run", name, sorted(self._runs))
                + "".join(f"; {problem}" for problem in self.problems)
            )
        if isinstance(run, BrokenRun):
            raise UnreadableError(run.problem)
        return run

    def place(self, name: str) -> tuple[str, Path]:
        """Returns the directory of a run that `run` has returned, and the directory's name.

        That of a run with the steps that a training has left behind is the run without them.
        """
        base = self._wholes.get(name, name)
        return base, self._folders[base]

    def _opened_or_known(self, name: str, folder: Path) -> FoundRun:
        """Returns what a directory is taken for, as it was where reading it takes too long.

        Raises:
            BusyError: It was never read.
        """
        try:
            return self._opened(name, folder)
        except TooSlowError:
            known = self._known.get(name)
            if known is not None and known.folder == folder:
                return known
        raise BusyError(f"run {name!r} {_SLOW_RUN.format(self._seconds)}")

    @property
    def _seconds(self) -> float:
        return math.inf if self._openings is None else self._openings.seconds

    def _in_time(self, key: str, work: Callable[[], T]) -> T:
        """Returns what some work does.

        Raises:
            TooSlowError: It is not done in time.
        """
        return work() if self._openings is None else self._openings.get(key, work)

    def _opened_by(
        self, end: float, folders: Mapping[str, Path], first: Sequence[str], at_once: float
    ) -> dict[str, FoundRun]:
        """Returns what directories were taken for, and has the others read behind."""
        opened: dict[str, FoundRun] = {}
        later: list[tuple[str, Path]] = []
        missing: list[str] = []
        for place, name in enumerate(dict.fromkeys((*first, *folders))):
            folder, found = folders[name], self._known.get(name)
            if found is None or not self._is_known(name, folder, self._turn):
                if place < len(first) + at_once and time.monotonic() <= end:
                    try:
                        found = self._read_in_time(name, folder)
                    except TooSlowError:
                        self._slow.add(name)
                elif self._openings is not None:
                    later.append((name, folder))
            if found is None or found.folder != folder:
                missing.append(name)
            else:
                opened[name] = found
        slow = [name for name in missing if name in self._slow][:_MAX_NAMED]
        for name in slow:
            run = BrokenRun(name, f"the run {_SLOW_RUN.format(self._seconds)}")
            opened[name] = found_run(folders[name], run, FolderContents())
        self.unread = len(missing) - len(slow)
        self._reading_on.take(later)
        return opened

    def _is_known(self, name: str, folder: Path, turn: int | None) -> bool:
        known = self._known.get(name)
        return known is not None and known.folder == folder and known.is_current(turn)

    def _opened(self, name: str, folder: Path) -> FoundRun:
        """Returns what a directory is taken for, read where it has changed.

        Raises:
            TooSlowError: It is not read in time.
        """
        if self._is_known(name, folder, None):
            return self._known[name]
        return self._read_in_time(name, folder)

    def _read_in_time(self, name: str, folder: Path) -> FoundRun:
        """As `_opened`, whether it has changed or not."""
        return self._in_time(f"{name}\0{folder}", lambda: self._read(name, folder))

    def _read(self, name: str, folder: Path) -> FoundRun:
        opened = self._finder.open(name, folder)
        if self._openings is not None and isinstance(opened.run, Run):
            # What a listing asks of it may have to be read, too.
            for run in filter(None, (opened.run, opened.run.with_superseded)):
                _ = run.problems
        # Whoever began it may wait no more: the next listing finds it.
        self._known[name] = opened
        self._slow.discard(name)
        return opened

    def _candidates(self) -> tuple[dict[str, Path], list[str]]:
        """Returns the directories that may be runs, the newest first, and problems."""
        names = set(self._list_names())
        candidates: dict[str, Path] = {}
        problems = [] if self.roots else [_NO_ROOT]
        for root, discovery in zip(self.roots, self._discoveries, strict=True):
            if (problem := root.problem()) is not None:
                problems.append(problem)
                continue
            problems += filter(None, [root.notice()])
            seen = discovery.look()
            problems += discovery.problems
            # What was not seen is too deep, or the look was cut short.
            deeper = {below for name in names if (below := root.below(name)) is not None}
            there = {below for below in deeper - seen.keys() if (root.path / below).is_dir()}
            for below in (*there, *(name for name, may_be in seen.items() if may_be)):
                if root.hides(below):
                    continue
                name, folder = root.run_name(below), root.path / below
                if name in candidates:
                    problems.append(_TWICE.format(name))
                candidates[name] = folder
        return newest_first(candidates), problems


def _is_owned(run: Run | BrokenRun | None, owned: Collection[Path]) -> bool:
    return isinstance(run, ForeignRun) and run.path in owned
