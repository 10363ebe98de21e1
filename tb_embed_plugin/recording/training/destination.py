"""What a training is recorded into: a run of its own, or a part of one that others share."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tb_embed_plugin.recording.forward_pass.batched_pass import ForwardPass
from tb_embed_plugin.recording.options.options import OnExisting, RecordingOptions
from tb_embed_plugin.recording.samples.samples import Samples
from tb_embed_plugin.recording.training.console import warn
from tb_embed_plugin.recording.training.continuation import other_names_notice
from tb_embed_plugin.recording.training.run_location import (
    NewTraining,
    RunLocation,
    claim_run_location,
)
from tb_embed_plugin.remote.staging import flush
from tb_embed_plugin.runs.writer import RunWriter


class Destination(Protocol):
    """What a training is recorded into."""

    @property
    def max_to_keep(self) -> int | None:
        """Snapshots that the writer keeps, None for all."""

    @property
    def shown(self) -> Path:
        """The directory that messages name."""

    @property
    def workers(self) -> int:
        """How many processes record as many samples as this one."""

    def claim(self, new_training: NewTraining, on_existing: OnExisting) -> RunLocation:
        """Chooses where the files are written, and locks it against other processes.

        Raises:
            EmbedError: Somebody else records there, or it cannot be read.
            OSError: It cannot be written.
        """

    def open(self, forward: ForwardPass, samples: Samples) -> RunWriter:
        """Returns the writer of what was claimed.

        Raises:
            EmbedError: Something else is there.
            OSError: It cannot be written.
        """

    def check(self) -> None:
        """Warns of what has gone wrong behind the training.

        Raises:
            UnwritableError: There is no use in recording more.
        """

    def finish(self) -> Path | None:
        """Does what is left once all snapshots are written.

        Returns:
            The run to announce, None where another process does so.
        """

    def close(self) -> None:
        """Lets go of it, finished or not."""


class OwnRun:
    """A run that this process records by itself.

    Args:
        options: Where, when and how to record.
    """

    workers = 1

    def __init__(self, options: RecordingOptions) -> None:
        self._log_dir = options.log_dir
        self.max_to_keep = options.max_to_keep
        self._location: RunLocation | None = None

    @property
    def shown(self) -> Path:
        """The run's directory."""
        return self._claimed.run_dir

    def claim(self, new_training: NewTraining, on_existing: OnExisting) -> RunLocation:
        """Chooses the run's directory, or that of the run that is resumed."""
        self._location = claim_run_location(self._log_dir, new_training, on_existing)
        return self._location

    def open(self, forward: ForwardPass, samples: Samples) -> RunWriter:
        """Returns the writer of the run, which it begins if there is none."""
        location = self._claimed
        if location.recorded is not None:
            outputs = samples.with_class_names(forward.outputs)
            notice = other_names_notice(location.recorded.outputs, outputs)
            if notice is not None:
                warn(notice)
            return RunWriter(location.run_dir, location.recorded)
        return RunWriter.begin(
            location.run_dir,
            layers=forward.layers,
            columns=samples.columns,
            fingerprint=samples.fingerprint,
            outputs=samples.with_class_names(forward.outputs),
        )

    def check(self) -> None:
        """Does nothing: who writes the files says what goes wrong."""

    def finish(self) -> Path:
        """Waits for what is not uploaded yet."""
        flush(self.shown)
        return self.shown

    def close(self) -> None:
        """Does nothing: the lock is released by who holds it."""

    @property
    def _claimed(self) -> RunLocation:
        if self._location is None:
            raise AssertionError("it is claimed first")
        return self._location
