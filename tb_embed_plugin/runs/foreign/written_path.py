"""Paths that others wrote, resolved inside of the run: to tensors, tables, sheets, checkpoints.

A configuration, or TensorFlow's file `checkpoint`, says them as the machine that trained knew
them: relative to the run or to a directory above it, absolute, with a drive and backslashes, as
an address. The run may have been copied or renamed since. Whatever was written means a file
inside of the run or none: who could write a configuration could else have any file of this
machine shown.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from stat import S_ISREG
from urllib.parse import unquote

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.reading import kind_of
from tb_embed_plugin.runs.safe_path import confined

MAX_SEARCHED = 2000
"""Paths of one configuration that are looked for in the run where they lead nowhere as they are
written; of more only those are found that do."""

MAX_PARTS = 40
"""Directories of a path that are looked for in the run; those before them are left out."""

_MAX_WORDS = 80
"""Characters of a configuration that a problem repeats."""

_OUTSIDE = (
    "{} links to a file outside of the run, which is not opened; replace the link by the file"
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?=//)")
_DRIVE = re.compile(r"/{0,3}[A-Za-z]:(?=/)")


@dataclass(frozen=True)
class _Meaning:
    """What a written path leads to.

    Attributes:
        path: The file, None where there is none.
        by_name: Whether only the end of the path was found in the run.
        reason: Why there is none.
    """

    path: Path | None
    by_name: bool = False
    reason: str = ""


class WrittenPaths:
    """The files of a run by the paths that were written.

    Args:
        folder: The run's directory, links resolved; no file outside of it is found.
        written: All of the paths that one configuration says. What two of them could mean by
            their names alone belongs to neither.
    """

    def __init__(self, folder: Path, written: Iterable[str] = ()) -> None:
        self._folder = folder
        self._written = dict.fromkeys(filter(None, written))
        self._places = [""]
        self._known: dict[str, _Meaning] = {}
        self._owners: Counter[Path | None] | None = None
        self._searched = 0

    def find(self, written: str, ending: str = "") -> Path:
        r"""Returns the file that a path means.

        That is the file as it was written, relative to the run or to a directory above it; or
        else the one in the run in which most of its end lies, `train/metadata.tsv` or
        `metadata.tsv` for `C:\logs\train\metadata.tsv`.

        Args:
            written: The path.
            ending: What the file's name has behind it.

        Raises:
            UnreadableError: There is no such file in the run, or two paths could mean it.
        """
        meaning = self._meaning(written, ending)
        if meaning.path is None:
            raise UnreadableError(meaning.reason)
        if meaning.by_name and not ending and self._owners_of(meaning.path) > 1:
            raise UnreadableError(
                f"the configuration names the file {shown(written)}; {meaning.path.name} "
                "in the run could also be that of another entry; put each file where the "
                "configuration says"
            )
        return meaning.path

    def look_in(self, where: str) -> None:
        """Looks for what is not in the run itself in a directory `where` below it, too."""
        self._places = list(dict.fromkeys(("", where and f"{where}/")))
        self._known, self._owners = {}, None

    def awaited(self, written: str) -> Path | None:
        """Returns where a missing file would be looked for first, None where it cannot be."""
        try:
            return confined(self._folder, written)
        except UnreadableError:
            return None

    def found(self) -> set[Path]:
        """Returns all files that the written paths mean."""
        return {path for one in self._written if (path := self._meaning(one, "").path)}

    def _owners_of(self, path: Path) -> int:
        """Returns how many of the written paths mean a file."""
        if self._owners is None:
            self._owners = Counter(self._meaning(one, "").path for one in self._written)
        return self._owners[path]

    def _meaning(self, written: str, ending: str) -> _Meaning:
        known = self._known.get(written + ending)
        if known is None:
            known = self._known[written + ending] = self._look(written, ending)
        return known

    def _look(self, written: str, ending: str) -> _Meaning:
        as_written = self._file(f"{written}{ending}")
        if isinstance(as_written, Path):
            return _Meaning(as_written)
        self._searched += 1
        if self._searched > MAX_SEARCHED:
            return _Meaning(
                None,
                reason=f"the configuration names the file {shown(written)}; it is not there as "
                f"written, as are {MAX_SEARCHED} others: write paths relative to the run",
            )
        readings = [f"{reading}{ending}" for reading in _readings(written)]
        for reading in readings:
            # Those above are the log directory and where the training was started.
            is_whole = reading.startswith("/")
            for above in (self._folder, *(() if is_whole else self._folder.parents)):
                found = self._file(str(above / reading))
                if isinstance(found, Path):
                    return _Meaning(found)
        tails = list(dict.fromkeys(tail for reading in readings for tail in _tails(reading)))
        reason = ""
        for place, tail in product(self._places, tails):
            found = self._file(f"{place}{tail}")
            if isinstance(found, Path):
                return _Meaning(found, by_name=True)
            reason = reason or found
        if not reason:
            put = f"put {shown(min(tails, key=len))} there" if tails else "name a file of it"
            reason = f"there is none in the run; {put}"
        return _Meaning(
            None,
            reason=f"the configuration names the file {shown(written)}; {reason}",
        )

    def _file(self, name: str) -> Path | str:
        """Returns a file of the run, or why it is none, empty where nothing is there."""
        try:
            # Mostly nothing is there, which `lstat` shows at a hundredth of the cost.
            os.lstat(self._folder / name)
            path = confined(self._folder, name)
            mode = path.stat().st_mode
        except UnreadableError as error:
            # What leads out of the run by its words alone may lie in it by its name.
            is_link = error.__cause__ is None and not Path(name).is_absolute()
            return _OUTSIDE.format(shown(name)) if is_link else ""
        except PermissionError:
            return "TensorBoard has no permission to read its directory; change the permissions"
        except (OSError, ValueError):
            return ""  # nothing is there, or can be by that name
        if S_ISREG(mode):
            return path
        return f"{shown(name)} in the run is {kind_of(mode)}, not a plain file; name a file"


def shown(text: str) -> str:
    """Returns what was written as a problem repeats it."""
    return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"


def last_part(path: str) -> str:
    """Returns the file's name in a path of any system."""
    return re.split(r"[\\/]", path.strip())[-1]


def _readings(written: str) -> list[str]:
    """Returns a path as it was written, and then as any system would read it."""
    plain = written.strip().strip("\"'").strip()
    plain = _ADDRESS.sub("", plain, count=1).replace("\\", "/")
    plain = _DRIVE.sub("", plain, count=1)
    return list(dict.fromkeys((written, plain, unquote(plain))))


def _tails(reading: str) -> list[str]:
    """Returns the ends of a path, the longest first; nothing before a `..` can be one."""
    parts = [part for part in reading.split("/") if part not in {"", "."}]
    if ".." in parts:
        parts = parts[len(parts) - parts[::-1].index("..") :]
    parts = parts[-MAX_PARTS:]
    return ["/".join(parts[i:]) for i in range(len(parts))]
