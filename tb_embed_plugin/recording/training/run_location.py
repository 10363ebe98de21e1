"""The location of a recorded run: that of the resumed run, or a directory of its own.

The numbered directories of one `log_dir` are `log_dir`, `<log_dir>-2`, `<log_dir>-3` and so on,
each with a training of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import LOCK_FILE, MANIFEST_FILE
from tb_embed_plugin.recording.options.options import OnExisting
from tb_embed_plugin.recording.training.resume import (
    EVIDENCE_ORDER,
    ResumeEvidence,
    ResumePoint,
    find_resume_point,
    resume_from,
    why_not_resumed,
)
from tb_embed_plugin.remote.staging import hold, recording_place, release
from tb_embed_plugin.runs.manifest import Layer, Manifest
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.recording_lock import HeldElsewhereError
from tb_embed_plugin.runs.run_directory import numbered_directories, why_not_usable

EMPTY_RUN = Manifest(
    samples=1,
    fingerprint="",
    layers=(),
    steps=(),
    columns=(),
    sprite=None,
    outputs=None,
    recording=True,
)
"""The manifest of a directory without a run."""

_ANOTHER_DIRECTORY = "Pass a log_dir of its own to choose the directory."
_RESUME = 'Pass on_existing="continue" to resume that run, or "overwrite" to replace it.'
_SAME_SAMPLES = (
    "Pass the same x, labels, metadata and layers to resume that run, or "
    'on_existing="overwrite" to replace it.'
)


@dataclass(frozen=True)
class NewTraining:
    """A training at its beginning.

    Attributes:
        layers: The recorded layers.
        fingerprint: Fingerprint of the samples.
        digests: Digests of the weights, the better evidence first; empty where unknown.
    """

    layers: tuple[Layer, ...]
    fingerprint: str
    digests: Sequence[str]


@dataclass(frozen=True)
class RunLocation:
    """The location of a recorded run, locked by this process.

    Attributes:
        run_dir: The directory.
        recorded: The run that it holds already, None where a run begins.
        resume_point: The point of that run from which the training goes on.
        reason: The reason why it is not `log_dir`, in words; None where it is, or the user
            asked for it.
        remedy: The way to choose another one, a sentence.
    """

    run_dir: Path
    recorded: Manifest | None = None
    resume_point: ResumePoint | None = None
    reason: str | None = None
    remedy: str = ""


def claim_run_location(
    log_dir: str | Path, new_training: NewTraining, on_existing: OnExisting
) -> RunLocation:
    """Chooses the location of a run, and locks it against other processes.

    Args:
        log_dir: A directory, or an address.
        new_training: The training.
        on_existing: What happens to a run that is there.

    Raises:
        StorageError: The address cannot be read or written.
        OSError: The directory cannot be written.
    """
    while True:
        place = recording_place(log_dir, "log_dir")
        held: list[Path] = []
        chosen: RunLocation | None = None
        try:
            chosen = _choose(place, new_training, on_existing, held)
            if chosen.run_dir in held:
                return chosen
            if hold(chosen.run_dir):
                if not (chosen.run_dir / MANIFEST_FILE).exists():
                    return chosen
                # Another process has recorded there meanwhile.
                held.append(chosen.run_dir)
            chosen = None
        except HeldElsewhereError:
            continue  # another process was faster
        finally:
            for run_dir in held:
                if chosen is None or run_dir != chosen.run_dir:
                    release(run_dir)


def _choose(
    log_dir: Path, new_training: NewTraining, on_existing: OnExisting, held: list[Path]
) -> RunLocation:
    """Inspects the numbered directories up to the first free one."""
    not_usable = why_not_usable(log_dir)
    reason, remedy = not_usable, _ANOTHER_DIRECTORY
    found: list[tuple[ResumeEvidence, RunLocation]] = []
    for run_dir in itertools.islice(
        numbered_directories(log_dir), not_usable is not None, None
    ):
        if _is_free(run_dir, log_dir):
            break
        recorded, taken = _inspect(run_dir, held)
        if recorded is not None:
            if not recorded.steps or (on_existing == "overwrite" and run_dir == log_dir):
                break
            resume_point = _resume_point(recorded, new_training, on_existing)
            if resume_point is not None:
                location = RunLocation(run_dir, recorded, resume_point)
                found.append((resume_point.evidence, location))
                if on_existing == "continue":
                    break
            taken = why_not_resumed(recorded, new_training.layers, new_training.fingerprint)
        if reason is None:
            reason, remedy = f"{run_dir} {taken}", _remedy(recorded, new_training)
    if found:
        return min(found, key=lambda one: EVIDENCE_ORDER.index(one[0]))[1]
    is_reported = on_existing != "new" or not_usable is not None
    return RunLocation(run_dir, reason=reason if is_reported else None, remedy=remedy)


def _remedy(recorded: Manifest | None, new_training: NewTraining) -> str:
    """Returns the way to record elsewhere than beside a run, or beside what is no run."""
    if recorded is None:
        return _ANOTHER_DIRECTORY
    return _RESUME if _is_of_the_same(recorded, new_training) else _SAME_SAMPLES


def _resume_point(
    recorded: Manifest, new_training: NewTraining, on_existing: OnExisting
) -> ResumePoint | None:
    if not _is_of_the_same(recorded, new_training):
        return None
    newest = recorded.newest_live
    if on_existing == "continue" and newest is not None:
        return resume_from(newest, "newest")
    if on_existing == "auto":
        return find_resume_point(recorded, new_training.digests)
    return None


def _is_of_the_same(recorded: Manifest, new_training: NewTraining) -> bool:
    """Whether a run has the same layers and samples."""
    return (recorded.layers, recorded.fingerprint) == (
        new_training.layers,
        new_training.fingerprint,
    )


def _is_free(run_dir: Path, log_dir: Path) -> bool:
    """Whether a directory is free without a look into its run."""
    if run_dir == log_dir:
        return not (run_dir / MANIFEST_FILE).exists() and not (run_dir / LOCK_FILE).exists()
    return not run_dir.exists()


def _inspect(run_dir: Path, held: list[Path]) -> tuple[Manifest | None, str]:
    """Locks a directory; returns its run, or None and why nothing can be recorded there."""
    if not (run_dir / LOCK_FILE).parent.exists():
        return None, "already holds other files"
    try:
        if not hold(run_dir):
            return None, "is already being recorded by this process"
        held.append(run_dir)
        recorded = read_manifest(run_dir)
    except HeldElsewhereError as error:
        return None, f"is already being recorded by {error.holder}"
    except UnreadableError as error:
        return None, f"already holds a run that cannot be read ({error})"
    return recorded or EMPTY_RUN, ""
