"""The parts of a run that several workers record, and the files by which they find one another.

Each worker has a folder of its own below `plugins/tb_embed/parts/` of the log directory,
`<rank>-<token>`: a run that nobody lists. The chief, which is the worker of rank 0, writes a
number that nobody can foresee into `attempt.json`; each worker that is alive repeats it in its
`part.json`. So parts that a killed training has left are never taken for those of the next
one. The shared file system is the only channel, and each file is written by one worker.
"""

from __future__ import annotations

import contextlib
import json
import re
import stat
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import PARTS_FOLDER
from tb_embed_plugin.runs.folder import LEFT_BEHIND_SECONDS, Folder, made, opened
from tb_embed_plugin.runs.json_fields import natural, text
from tb_embed_plugin.runs.reading import read_file

ATTEMPT_FILE = "attempt.json"
PART_FILE = "part.json"
MAX_WORKERS = 100_000
"""Assumed of an earlier training, to bound what is read of its file."""

_MAX_PART_BYTES = 1 << 12
_MAX_NAME_BYTES = 64
"""Of each worker in the chief's file."""

_KEPT = "kept-"

_NAME = re.compile(r"(\d{1,9})-[0-9a-f]{16}")


@dataclass(frozen=True)
class Attempt:
    """One training by all workers, as the chief sees it.

    Attributes:
        nonce: A number in hexadecimal digits that no other attempt has.
        parts: The folder of each worker's part by rank, None where it has not come yet.
        run: Name of the run's directory, None before it is known.
        epochs: Epochs of the run before this training's first, beside those that it counts.
        batches: Batches of the run before this training's first.
        is_resumed: Whether the run held snapshots of the same training before.
        has_failed: Whether the chief has stopped joining.
        has_ended: Whether the chief has finished the run; it then deletes the parts.
    """

    nonce: str
    parts: tuple[str | None, ...]
    run: str | None = None
    epochs: int = 0
    batches: int = 0
    is_resumed: bool = False
    has_failed: bool = False
    has_ended: bool = False


@dataclass(frozen=True)
class PartFacts:
    """What a worker says of its part beside the run.

    Attributes:
        world: How many workers it records with.
        rows: Samples that it was given; of these it may have chosen some.
        dtype: Name of the dtype in which its activations are stored.
        nonce: The attempt that it belongs to, None before it has seen one.
        has_failed: Whether its recorder has stopped.
    """

    world: int
    rows: int
    dtype: str
    nonce: str | None = None
    has_failed: bool = False


def parts_folder(log_dir: Path) -> Path:
    """Returns the folder of all parts of runs that are recorded into a log directory.

    The links that a user named are resolved. In the place of what lies below there are none:
    whatever is written or deleted by this path fails where somebody put one there.
    """
    return log_dir.resolve() / PARTS_FOLDER


def make_part(log_dir: Path, name: str) -> None:
    """Makes the folder of a part, and what is missing above it.

    Raises:
        OSError: It cannot be made, or there is a link in the place of a folder.
    """
    with opened(made(log_dir)) as run, run.below(PurePath(PARTS_FOLDER, name), make=True):
        pass


def rank_of(name: str) -> int | None:
    """Returns the rank of a part by its folder's name, None where it is none of a part."""
    match = _NAME.fullmatch(name)
    return None if match is None else int(match[1])


def write_attempt(parts: Path, attempt: Attempt) -> None:
    """Writes what the chief says.

    Raises:
        OSError: It cannot be written.
    """
    _write(parts, ATTEMPT_FILE, asdict(attempt))


def read_attempt(parts: Path, world: int = MAX_WORKERS) -> Attempt | None:
    """Returns what the chief says, None where there was none, or nobody understands it.

    Args:
        parts: The folder of all parts.
        world: How many workers there are at most.
    """
    entry = _read(parts / ATTEMPT_FILE, _MAX_PART_BYTES + world * _MAX_NAME_BYTES)
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return Attempt(
            nonce=text(entry["nonce"]),
            parts=tuple(
                None if name is None or rank_of(text(name)) is None else name
                for name in entry["parts"]
            ),
            run=None if entry["run"] is None else text(entry["run"]),
            epochs=natural(entry["epochs"]),
            batches=natural(entry["batches"]),
            is_resumed=bool(entry["is_resumed"]),
            has_failed=bool(entry["has_failed"]),
            has_ended=bool(entry["has_ended"]),
        )
    return None


def write_part(part: Path, facts: PartFacts) -> None:
    """Writes what a worker says of its part.

    Raises:
        OSError: It cannot be written.
    """
    _write(part, PART_FILE, asdict(facts))


def read_part(part: Path) -> PartFacts | None:
    """Returns what a worker says of its part, None where it has not said so yet."""
    entry = _read(part / PART_FILE, _MAX_PART_BYTES)
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return PartFacts(
            world=natural(entry["world"], at_least=1),
            rows=natural(entry["rows"], at_least=1),
            dtype=text(entry["dtype"]),
            nonce=None if entry["nonce"] is None else text(entry["nonce"]),
            has_failed=bool(entry["has_failed"]),
        )
    return None


def is_there(part: Path) -> bool:
    """Returns whether a part is where its worker has begun it; a link is none."""
    try:
        with opened(part.parent) as parts, parts.below(part.name) as folder:
            return stat.S_ISREG(folder.look(PART_FILE).st_mode)
    except OSError:
        return False


def part_names(parts: Path) -> list[str]:
    """Returns the folders of parts, in order; a link is none.

    Raises:
        OSError: The folder of all parts cannot be read.
    """
    with opened(parts) as folder:
        found = sorted(name for name in folder.names() if rank_of(name) is not None)
        return [name for name in found if stat.S_ISDIR(folder.look(name).st_mode)]


def remove_from_part(part: Path, names: Sequence[str]) -> None:
    """Deletes those files of a part that exist; follows no link, the part's own name included.

    Raises:
        OSError: One cannot be deleted.
    """
    with opened(part.parent) as parts:
        for inner in map(PurePath, names):
            place = PurePath(part.name) / inner.parent
            with contextlib.suppress(FileNotFoundError), parts.below(place) as folder:
                folder.remove(inner.name)


def delete_parts(parts: Path, names: list[str]) -> None:
    """Deletes parts, as far as they can be.

    Raises:
        OSError: The folder of all parts cannot be read.
    """
    with opened(parts) as folder:
        for name in names:
            folder.remove_folder(name)


def keep_parts(parts: Path, names: Sequence[str]) -> list[str]:
    """Gives parts names by which nobody takes or deletes them, and returns these.

    Raises:
        OSError: The folder of all parts cannot be read, or one cannot be renamed.
    """
    kept = []
    with opened(parts) as folder:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                folder.move(name, f"{_KEPT}{name}")
                kept.append(f"{_KEPT}{name}")
    return kept


def kept_names(parts: Path) -> list[str]:
    """Returns the parts that are kept under such names, in order.

    Raises:
        OSError: The folder of all parts cannot be read.
    """
    with opened(parts) as folder:
        found = (name for name in folder.names() if name.startswith(_KEPT))
        return sorted(name for name in found if rank_of(name.removeprefix(_KEPT)) is not None)


def left_behind(parts: Path) -> list[str]:
    """Returns the parts that nobody has written to for an hour before the present attempt.

    Raises:
        OSError: The folder of all parts cannot be read.
    """
    found = []
    with opened(parts) as folder:
        # Both times are the file server's.
        began = folder.look(ATTEMPT_FILE).st_mtime
        for name in part_names(parts):
            with contextlib.suppress(OSError):
                if _last_change(folder, name) < began - LEFT_BEHIND_SECONDS:
                    found.append(name)
    return found


def _last_change(parts: Folder, name: str) -> float:
    """Returns when a worker last said something of its part, or wrote to it at all."""
    try:
        with parts.below(name) as part:
            return part.look(PART_FILE).st_mtime
    except FileNotFoundError:
        return parts.look(name).st_mtime


def _write(folder: Path, name: str, entry: dict[str, Any]) -> None:
    with opened(folder) as found:
        with found.replaced(name) as file:
            file.write(json.dumps(entry).encode())
        found.flush()


def _read(path: Path, most: int) -> dict[str, Any]:
    try:
        entry = json.loads(read_file(path, most, "delete it"))
    except (OSError, UnreadableError, ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}
