"""Directories below the log directory that may be runs, although TensorBoard lists none there.

TensorBoard takes a directory for a run only where it holds an event file, which those who save
checkpoints need not write. A directory is read once and then only again when its own stamp has
changed, so that looking again costs one `stat` a directory. What is looked at is bounded in
depth, number and time; links are followed, but never round in a circle.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.metadata import PROJECTOR_CONFIG_FILE
from tb_embed_plugin.runs.foreign.add_embedding import is_step

MAX_DEPTH = 10
"""Levels below the log directory."""

MAX_DIRECTORIES = 20_000
MAX_SECONDS = 2.0
"""Spent on one look; the next one goes on from there."""

SETTLED_SECONDS = 1.0
"""A directory that has changed since then may change again without a newer time stamp."""

_SYSTEMS = frozenset({"lost+found", "System Volume Information"})
"""What a file system keeps at its top, where nobody may look."""

PLUGINS_FOLDER = "plugins"
"""What plugins keep below a run; there are no runs in it."""


@dataclass(frozen=True)
class _Directory:
    """What a directory held when it was read."""

    stamp: tuple[int, int, int]
    folders: tuple[str, ...]
    is_candidate: bool
    is_settled: bool


class Discovery:
    """Looks for candidates below a directory.

    Args:
        root: The directory.
        is_candidate: Told the names in a directory, says whether it may be a run.

    Attributes:
        problems: Why the last look was not complete, one sentence each.
    """

    def __init__(self, root: Path, is_candidate: Callable[[Collection[str]], bool]) -> None:
        self._root = str(root)
        self._is_candidate = is_candidate
        self._known: dict[str, _Directory] = {}
        self.problems: list[str] = []

    def look(self) -> dict[str, bool]:
        """Returns the directories by their path below the root, and whether each may be a run.

        The root is `.`. Shallow ones come first, so that what a bound cuts off lies deep.
        """
        self.problems = []
        closed: list[str] = []
        deadline = time.monotonic() + MAX_SECONDS
        seen: dict[str, bool] = {}
        known, self._known = self._known, {}
        waiting: deque[tuple[str, frozenset[tuple[int, int]]]] = deque([(".", frozenset())])
        while waiting:
            name, above = waiting.popleft()
            if len(seen) >= MAX_DIRECTORIES or time.monotonic() > deadline:
                self._known = known | self._known
                self.problems.append(
                    f"the log directory has more than {MAX_DIRECTORIES} directories, or "
                    f"they take longer than {MAX_SECONDS:g} s to read; {len(seen)} were "
                    "searched, and runs in the others are listed only if they hold an "
                    "event file: reload, or choose a smaller --logdir"
                )
                break
            path = self._root if name == "." else f"{self._root}/{name}"
            try:
                directory = _read(path, known.get(name), self._is_candidate)
            except PermissionError:
                closed.append(name)
                continue
            if directory is None or directory.stamp[:2] in above:
                continue
            self._known[name] = directory
            seen[name] = directory.is_candidate
            if name.count("/") + 1 < MAX_DEPTH:
                inside = above | {directory.stamp[:2]}
                prefix = "" if name == "." else f"{name}/"
                waiting += [(prefix + folder, inside) for folder in directory.folders]
        if closed:
            some = ", ".join(closed[:3]) + " and others" * (len(closed) > 3)
            self.problems.append(
                f"TensorBoard has no permission to list {some}, where there may be runs; "
                "change the permissions"
            )
        return seen


def _read(
    path: str, known: _Directory | None, is_candidate: Callable[[Collection[str]], bool]
) -> _Directory | None:
    """Returns what a directory holds, None where it is none.

    Raises:
        PermissionError: It may not be listed.
    """
    now = time.time()
    try:
        stat = os.stat(path)  # noqa: PTH116 # thousands of them at every poll
        stamp = (stat.st_dev, stat.st_ino, stat.st_mtime_ns)
        if known is not None and known.is_settled and known.stamp == stamp:
            return known
        names, folders = [], []
        with os.scandir(path) as entries:
            for entry in entries:
                names.append(entry.name)
                hidden = entry.name.startswith((".", "__")) or entry.name in _SYSTEMS
                if not hidden and _is_folder(entry):
                    folders.append(entry.name)
    except PermissionError:
        raise
    except OSError:
        return None  # not a directory, or gone: no run that could be shown
    return _Directory(
        stamp=stamp,
        folders=tuple(sorted(folder for folder in folders if not _is_inside(folder, names))),
        is_candidate=PLUGINS_FOLDER in folders or is_candidate(names),
        is_settled=stat.st_mtime < now - SETTLED_SECONDS,
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself


def _is_inside(folder: str, names: Collection[str]) -> bool:
    """Whether a directory belongs to the run that holds it, and no run can be in it.

    A number of five digits or more may be a date; beside a configuration it is a step.
    """
    return folder == PLUGINS_FOLDER or (is_step(folder) and PROJECTOR_CONFIG_FILE in names)
