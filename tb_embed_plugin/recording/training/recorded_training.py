"""A recorded training: one call of `fit`, or one loop, from first epoch to final model.

Nothing here raises: a failure becomes one warning, and the training continues. In a process
forked from the one that records, such as a loader of data, nothing here does anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from tb_embed_plugin.recording.forward_pass.batched_pass import ForwardPass
from tb_embed_plugin.recording.options.options import OnExisting, RecordingOptions
from tb_embed_plugin.recording.samples.samples import Samples
from tb_embed_plugin.recording.training.announcement import announce_end, announce_start
from tb_embed_plugin.recording.training.console import failure_words, warn
from tb_embed_plugin.recording.training.destination import Destination, OwnRun
from tb_embed_plugin.recording.training.kept_models import ModelKeeper
from tb_embed_plugin.recording.training.label_audit import log_label_errors
from tb_embed_plugin.recording.training.open_trainings import open_trainings
from tb_embed_plugin.recording.training.progress import TrainingProgress
from tb_embed_plugin.recording.training.resume import ResumePoint
from tb_embed_plugin.recording.training.run_location import NewTraining, RunLocation
from tb_embed_plugin.recording.training.snapshot_recorder import SnapshotRecorder
from tb_embed_plugin.recording.training.trained_network import TrainedNetwork, TrainingCall
from tb_embed_plugin.remote.staging import release
from tb_embed_plugin.runs.manifest import Phase, Step
from tb_embed_plugin.runs.steps import PhaseKind

RESUMED: PhaseKind = "resumed"


class RecordedTraining:
    """The recording of one training.

    Args:
        model: The trained network.
        params: What is known of the training: `epochs`, `steps` an epoch, `verbose`.
        options: Where, when and how to record.
        samples: The recorded samples.
        forward: The network's forward pass over them.
        begin_call: Returns the call that trains, given what to call where it is abandoned.
        keeper: Keeps the model of each snapshot; None where none are kept.
        destination: What it is recorded into; None for a run of its own.
    """

    def __init__(
        self,
        model: TrainedNetwork,
        params: Mapping[str, Any],
        options: RecordingOptions,
        samples: Samples,
        forward: ForwardPass,
        begin_call: Callable[[Callable[[], None]], TrainingCall],
        keeper: ModelKeeper | None = None,
        destination: Destination | None = None,
    ) -> None:
        self._model = model
        self._params = params
        self._options = options
        self._samples = samples
        self._destination = destination or OwnRun(options)
        self._forward = forward
        self._keeper = keeper
        kept = 0 if keeper is None else keeper.size
        size = forward.size * options.dtype.itemsize + kept
        self._snapshot_bytes = size * self._destination.workers
        self._pid = os.getpid()
        self._started = time.perf_counter()
        self._recorder: SnapshotRecorder | None = None
        self._location: RunLocation | None = None
        self._has_ended = False
        self._digest_at_begin = self._model.digest()
        self._digest_at_epoch_end: str | None = None
        self._call = begin_call(self.interrupt)
        open_trainings.add(self)

    @property
    def has_begun(self) -> bool:
        """Whether its first epoch has begun."""
        return self._location is not None or self._has_ended

    @property
    def is_running(self) -> bool:
        """Whether its `fit`, or its loop, is still running."""
        return self._call.is_running

    @property
    def _is_forked(self) -> bool:
        """Whether another process records: the threads that write and upload are there."""
        return os.getpid() != self._pid

    def begin(self, epoch: int, on_existing: OnExisting) -> None:
        """Opens the run, and records the initial network of a new training.

        Called at the first epoch, not before: callbacks that resume a training, such as
        BackupAndRestore, change weights and first epoch in `on_train_begin`.
        """
        self._guarded(lambda: self._begin(epoch, on_existing))

    def end_batch(self, batch: int) -> None:
        """Records a snapshot if one was due, also within several batches executed at once."""
        if self._recorder is None or self._is_forked:
            return
        before = self._progress.batches
        self._progress.end_batch(batch, self._params.get("steps"))
        if self._options.schedule.due_between(before, self._progress.batches):
            self._guarded(lambda: self._record_snapshot(self._model.digest()))

    def end_epoch(self, epoch: int) -> None:
        """Records a snapshot if one is due."""
        if self._recorder is None or self._is_forked:
            return
        before = self._progress.epochs
        self._progress.end_epoch(epoch)
        self._digest_at_epoch_end = digest = self._model.digest()
        schedule = self._options.schedule
        if schedule.unit == "epoch" and schedule.due_between(before, self._progress.epochs):
            self._guarded(lambda: self._record_snapshot(digest))

    def end_after_other_callbacks(self) -> bool:
        """Schedules the end after other callbacks, which may change the model."""
        return not self._has_ended and self._call.call_at_end(self.end)

    def end(self) -> None:
        """Records the final model, if not recorded yet, and marks the run as finished."""
        if self._is_forked:
            return
        recorder = self._recorder
        if not self._has_ended and recorder is not None:
            self._guarded(self._record_final_model)
            recorder.wait()
            self._add_phase("ended")
            recorder.close()
            # Not after a failure, which has ended it with a warning.
            if self._location is not None and not (self._has_ended or recorder.failed):
                run_dir = self._destination.finish()
                if run_dir is not None and self._options.is_verbose(self._params):
                    seconds = time.perf_counter() - self._started
                    announce_end(run_dir, recorder, self._snapshot_bytes, seconds)
                if run_dir is not None and self._options.audit:
                    log_label_errors(run_dir)
        self._close()

    def interrupt(self) -> None:
        """Marks where an exception has ended the training, unless it has ended already."""
        if self._is_forked:
            return
        if not self._has_ended and self._recorder is not None:
            self._recorder.wait()
            self._add_phase("interrupted")
        self._close()

    def _close(self) -> None:
        self._has_ended = True
        self._call.close()
        open_trainings.discard(self)
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()
        if self._location is not None:
            self._destination.close()
            release(self._location.run_dir)

    def _begin(self, epoch: int, on_existing: OnExisting) -> None:
        forward, samples, options = self._forward, self._samples, self._options
        now = self._model.digest()
        digests = [d for d in dict.fromkeys((now, self._digest_at_begin)) if d is not None]
        new_training = NewTraining(forward.layers, samples.fingerprint, digests)
        self._location = location = self._destination.claim(new_training, on_existing)
        writer = self._destination.open(forward, samples)
        self._writer = writer
        resume_point = location.resume_point
        self._progress = TrainingProgress.from_start(
            epoch,
            None if resume_point is None else resume_point.epoch,
            None if resume_point is None else resume_point.batches,
        )
        self._recorded_digest, self._recorded_units = now, self._units
        if location.reason is not None:
            warn(
                f"{location.reason}; {options.recorder} records into {location.run_dir} "
                f"instead. {location.remedy}"
            )
        self._add_first_phases(resume_point, now)
        self._recorder = SnapshotRecorder(
            location.run_dir,
            writer,
            forward.run,
            dtype=options.dtype,
            max_to_keep=self._destination.max_to_keep,
            on_snapshot=options.on_snapshot,
            keeper=self._keeper,
            name=options.recorder,
        )
        size = self._snapshot_bytes
        announce_start(self._destination.shown, forward, samples, options, self._params, size)
        if samples.images is not None and writer.manifest.sprite is None:
            self._recorder.write_thumbnails(samples.images)
        if resume_point is None and epoch == 0:
            self._record_snapshot(now)

    def _add_first_phases(self, resume_point: ResumePoint | None, digest: str | None) -> None:
        kinds: list[PhaseKind] = []
        if resume_point is None:
            kinds.append("began")
        elif resume_point.evidence == "earlier":
            kinds.append("restored")
        if resume_point is not None and self._model.is_recompiled(resume_point.last):
            kinds.append("recompiled")
        for kind in kinds or [RESUMED]:
            if kind == "restored" and resume_point is not None:
                self._writer.supersede_after(resume_point.last.step)
            self._writer.add_phase(self._phase(kind, digest))
        self._model.note_optimizer()

    def _record_final_model(self) -> None:
        digest = self._model.digest()
        is_other = digest is not None and digest != self._recorded_digest
        if is_other or self._units != self._recorded_units:
            # Changed after the last epoch, for instance by restored best weights.
            is_changed = self._digest_at_epoch_end not in {None, digest}
            self._record_snapshot(digest, end=is_changed)

    def _record_snapshot(self, digest: str | None, *, end: bool = False) -> None:
        recorder, progress = self._recorder, self._progress
        if recorder is None:
            return
        unit = self._options.schedule.unit
        self._destination.check()
        recorder.wait()
        steps = self._writer.manifest.steps
        # A new number: the same may have been recorded before the training was restored.
        number = max(self._units, steps[-1].step + 1) if steps else self._units
        recorder.record(
            Step(
                step=number,
                unit=unit,
                epoch=progress.epochs,
                batch=progress.batch,
                wall_time=time.time(),
                iterations=self._model.iterations,
                batches=progress.batches if unit == "batch" else None,
                digest=digest,
                phase=len(self._writer.manifest.phases) - 1,
                end=end,
            )
        )
        self._recorded_digest, self._recorded_units = digest, self._units

    def _add_phase(self, kind: PhaseKind) -> None:
        if self._recorder is not None and not self._recorder.failed:
            self._guarded(
                lambda: self._writer.add_phase(self._phase(kind, self._model.digest()))
            )

    def _phase(self, kind: PhaseKind, digest: str | None) -> Phase:
        newest = self._writer.manifest.newest_live
        is_batch = self._options.schedule.unit == "batch"
        return Phase(
            kind=kind,
            step=None if newest is None else newest.step,
            epoch=self._progress.epochs,
            batches=self._progress.batches if is_batch else None,
            wall_time=time.time(),
            digest=digest,
        )

    @property
    def _units(self) -> int:
        """Finished epochs or batches, whichever the schedule counts."""
        by_epoch = self._options.schedule.unit == "epoch"
        return self._progress.epochs if by_epoch else self._progress.batches

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            reason = failure_words(error, self._options.log_dir)
            warn(
                f"{self._options.recorder} stopped recording: {reason}. The training goes on, "
                "and the recorded snapshots can be read."
            )
            self._close()
