"""Where a training records: into the run that it continues, or beside it.

`log_dir`, `<log_dir>-2`, `<log_dir>-3` and so on are the places of one `log_dir`, each with a
training of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import LOCK_FILE, MANIFEST_FILE
from tb_embed_plugin.recording.continuation import (
    RANKS,
    Continuation,
    Rank,
    at,
    find_continuation,
    why_not,
)
from tb_embed_plugin.recording.options import OnExisting
from tb_embed_plugin.runs.beside import places_of, why_beside
from tb_embed_plugin.runs.manifest import Layer, Manifest
from tb_embed_plugin.runs.recording_lock import HeldElsewhereError, hold, release
from tb_embed_plugin.runs.writer import read_manifest

EMPTY = Manifest(
    samples=1,
    fingerprint="",
    layers=(),
    steps=(),
    columns=(),
    sprite=None,
    outputs=None,
    recording=True,
)
"""Of a place that holds no run yet."""


@dataclass(frozen=True)
class Beginning:
    """What is known of a training when it begins.

    Attributes:
        layers: What is recorded.
        fingerprint: Of the samples.
        digests: Of the weights, the more telling one first; none where they are not known.
    """

    layers: tuple[Layer, ...]
    fingerprint: str
    digests: Sequence[str]


@dataclass(frozen=True)
class Place:
    """Where a training records; this process holds it.

    Attributes:
        run_dir: The directory.
        recorded: What it holds already, None where a run begins.
        continuation: Where the training goes on with that.
        reason: Why it is not `log_dir`, and what to pass for another place, in words; None
            where that needs none.
    """

    run_dir: Path
    recorded: Manifest | None = None
    continuation: Continuation | None = None
    reason: str | None = None


def take_place(log_dir: Path, beginning: Beginning, on_existing: OnExisting) -> Place:
    """Chooses a place, and keeps other processes from recording there.

    Raises:
        OSError: It cannot be written.
    """
    while True:
        held: list[Path] = []
        chosen: Place | None = None
        try:
            chosen = _choose(log_dir, beginning, on_existing, held)
            if chosen.run_dir in held or hold(chosen.run_dir):
                return chosen
        except HeldElsewhereError:
            continue  # somebody was faster at a new place
        finally:
            for run_dir in held:
                if chosen is None or run_dir != chosen.run_dir:
                    release(run_dir)


def _choose(
    log_dir: Path, beginning: Beginning, on_existing: OnExisting, held: list[Path]
) -> Place:
    """Looks through the places up to the first free one."""
    theirs = why_beside(log_dir)
    reason = None if theirs is None else f"{theirs}. Pass a log_dir of its own"
    found: list[tuple[Rank, Place]] = []
    for run_dir in itertools.islice(places_of(log_dir), theirs is not None, None):
        if _is_free(run_dir, log_dir):
            break
        recorded, taken = _look(run_dir, held)
        if recorded is not None:
            if not recorded.steps or (on_existing == "overwrite" and run_dir == log_dir):
                break
            continuation = _continued(recorded, beginning, on_existing)
            if continuation is not None:
                place = Place(run_dir, recorded, continuation)
                found.append((continuation.rank, place))
                if on_existing == "continue":
                    break
            taken = why_not(recorded, beginning.layers, beginning.fingerprint)
        reason = reason or f'{run_dir} {taken}. Pass on_existing="continue" or "overwrite"'
    if found:
        return min(found, key=lambda one: RANKS.index(one[0]))[1]
    is_told = on_existing != "new" or theirs is not None
    return Place(run_dir, reason=reason if is_told else None)


def _continued(
    recorded: Manifest, beginning: Beginning, on_existing: OnExisting
) -> Continuation | None:
    if (recorded.layers, recorded.fingerprint) != (beginning.layers, beginning.fingerprint):
        return None
    if on_existing == "continue" and recorded.live_steps:
        return at(recorded.live_steps[-1], "newest")
    if on_existing == "auto":
        return find_continuation(recorded, beginning.digests)
    return None


def _is_free(run_dir: Path, log_dir: Path) -> bool:
    """Whether a run may begin there without a look into it."""
    if run_dir == log_dir:
        return not (run_dir / MANIFEST_FILE).exists() and not (run_dir / LOCK_FILE).exists()
    return not run_dir.exists()


def _look(run_dir: Path, held: list[Path]) -> tuple[Manifest | None, str]:
    """Takes hold of a place. Returns what it holds, and why nothing can be recorded there."""
    if not (run_dir / LOCK_FILE).parent.exists():
        return None, "holds something else"
    try:
        if not hold(run_dir):
            return None, "is being recorded by this process"
        held.append(run_dir)
        recorded = read_manifest(run_dir)
    except HeldElsewhereError as error:
        return None, f"is taken: {error.holder} records into it"
    except UnreadableError as error:
        return None, f"holds a run that cannot be read ({error})"
    return recorded or EMPTY, ""
