"""The beginning of a joined run: a new one, or the one that the workers' training resumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tb_embed_plugin.recording.options.options import OnExisting
from tb_embed_plugin.recording.sharded.joined_samples import JoinedSamples
from tb_embed_plugin.recording.training.continuation import other_names_notice
from tb_embed_plugin.recording.training.progress import TrainingProgress
from tb_embed_plugin.recording.training.run_location import (
    NewTraining,
    RunLocation,
    claim_run_location,
)
from tb_embed_plugin.remote.staging import release
from tb_embed_plugin.runs.manifest import Manifest
from tb_embed_plugin.runs.parts import Attempt
from tb_embed_plugin.runs.steps import Phase, PhaseKind
from tb_embed_plugin.runs.writer import RunWriter


@dataclass(frozen=True)
class OpenedRun:
    """A joined run that begins or is resumed, held by this process.

    Attributes:
        run_dir: Its directory.
        writer: Its writer.
        epochs: Epochs of the run before this training's first, beside those that it counts.
        batches: Batches of the run before this training's first.
        is_resumed: Whether the run held snapshots of the same training before.
        notice: Why its directory or the names of its classes are not those that were requested,
            in words; None where they are.
    """

    run_dir: Path
    writer: RunWriter
    epochs: int = 0
    batches: int = 0
    is_resumed: bool = False
    notice: str | None = None

    def noted_in(self, attempt: Attempt) -> Attempt:
        """Returns what the chief says once this run is open."""
        return replace(
            attempt,
            run=self.run_dir.name,
            epochs=self.epochs,
            batches=self.batches,
            is_resumed=self.is_resumed,
        )


class OpenRun(Protocol):
    """What opens the run, given its samples and what the chief's part holds."""

    def __call__(
        self, samples: JoinedSamples, chief: Manifest, *, is_left: bool = False
    ) -> OpenedRun | None:
        """Opens the run; returns None if it is too early.

        Args:
            samples: All samples.
            chief: What the chief's part holds.
            is_left: Whether an earlier training has left them.
        """


@dataclass(frozen=True)
class TrainingOpener:
    """Opens the run of a training, decided by the chief's weights as of a training alone.

    Attributes:
        log_dir: The run's directory.
        digests: Digests of the chief's first weights.
        on_existing: What happens to a run that is there.
        recorder: The recorder's name, for messages.
    """

    log_dir: Path
    digests: tuple[str, ...]
    on_existing: OnExisting
    recorder: str

    def __call__(
        self, samples: JoinedSamples, chief: Manifest, *, is_left: bool = False
    ) -> OpenedRun | None:
        """Opens the run, and notes the phase that begins.

        Raises:
            EmbedError: The run cannot be read.
            OSError: It cannot be written.
        """
        if not chief.phases:
            return None  # the chief has not said yet where its training begins
        digests: Sequence[str] = self.digests
        if is_left:
            digests = [*filter(None, [chief.phases[0].digest])]
        location = claim_run_location(
            self.log_dir,
            NewTraining(samples.layers, samples.fingerprint, digests),
            self.on_existing,
        )
        try:
            return self._open(location, samples, chief.phases[0])
        except BaseException:
            release(location.run_dir)
            raise

    def _open(self, location: RunLocation, samples: JoinedSamples, began: Phase) -> OpenedRun:
        notice = None
        if location.reason is not None:
            notice = (
                f"{location.reason}; {self.recorder} records into {location.run_dir} "
                f"instead. {location.remedy}"
            )
        if location.recorded is None:
            writer = begin_run(location.run_dir, samples)
        else:
            writer = RunWriter(location.run_dir, location.recorded)
            notice = notice or other_names_notice(writer.manifest.outputs, samples.outputs)
        point = location.resume_point
        first = began.epoch or 0
        progress = TrainingProgress.from_start(
            first,
            None if point is None else point.epoch,
            None if point is None else point.batches,
        )
        kind: PhaseKind = "began" if point is None else "resumed"
        if point is not None and point.evidence == "earlier":
            kind = "restored"
            writer.supersede_after(point.last.step)
        newest = writer.manifest.newest_live
        writer.add_phase(
            replace(
                began,
                kind=kind,
                step=None if newest is None else newest.step,
                epoch=progress.epochs,
                batches=None if began.batches is None else progress.batches,
            )
        )
        return OpenedRun(
            location.run_dir,
            writer,
            epochs=progress.epochs - first,
            batches=progress.batches,
            is_resumed=point is not None,
            notice=notice,
        )


def begin_run(run_dir: Path, samples: JoinedSamples) -> RunWriter:
    """Begins a joined run, in place of one that is there.

    Raises:
        MisuseError: The directory holds checkpoints that are not ours.
        OSError: It cannot be written.
    """
    return RunWriter.begin(
        run_dir,
        layers=samples.layers,
        columns=samples.columns,
        fingerprint=samples.fingerprint,
        outputs=samples.outputs,
    )
