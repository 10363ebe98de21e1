"""One `fit` that is recorded: from its first epoch to the model that is left.

Nothing here raises: what fails is told once, as a warning, and the training goes on.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tb_embed_plugin.recording.announcement import announce, say_end, warn
from tb_embed_plugin.recording.continuation import Continuation
from tb_embed_plugin.recording.count import Count
from tb_embed_plugin.recording.fit_call import FitCall
from tb_embed_plugin.recording.forward import ForwardPass
from tb_embed_plugin.recording.options import OnExisting, Options
from tb_embed_plugin.recording.places import Beginning, Place, take_place
from tb_embed_plugin.recording.recorder import Recorder
from tb_embed_plugin.recording.samples import Samples
from tb_embed_plugin.recording.trained_model import TrainedModel
from tb_embed_plugin.runs.manifest import Phase, Step
from tb_embed_plugin.runs.recording_lock import release
from tb_embed_plugin.runs.steps import PhaseKind
from tb_embed_plugin.runs.writer import RunWriter

RESUMED: PhaseKind = "resumed"

_unended: weakref.WeakSet[Training] = weakref.WeakSet()


class Training:
    """Records one call of `fit`.

    Args:
        callback: The callback, in its `on_train_begin`.
        options: Where, when and how.
        samples: What is recorded once.
        forward: The model's pass over them.
    """

    def __init__(
        self, callback: Any, options: Options, samples: Samples, forward: ForwardPass
    ) -> None:
        self._model = TrainedModel(callback.model)
        self._params: Mapping[str, Any] = callback.params or {}
        self._options = options
        self._samples = samples
        self._forward = forward
        self._started = time.perf_counter()
        self._recorder: Recorder | None = None
        self._place: Place | None = None
        self._is_over = False
        self._at_begin = self._model.digest()
        self._at_epoch_end: str | None = None
        self._call = FitCall(callback, self.interrupt)
        _unended.add(self)

    @property
    def has_begun(self) -> bool:
        """Whether its first epoch has."""
        return self._place is not None or self._is_over

    @property
    def is_running(self) -> bool:
        """Whether its `fit` is still being executed."""
        return self._call.is_running

    def begin(self, epoch: int, on_existing: OnExisting) -> None:
        """Opens the run, and records the network from which a new training starts.

        Not before the first epoch: callbacks that resume a training, such as BackupAndRestore,
        change the weights and the first epoch in `on_train_begin`.
        """
        self._guarded(lambda: self._begin(epoch, on_existing))

    def end_batch(self, batch: int) -> None:
        """Records where a batch was due, also one inside of several executed at once."""
        if self._recorder is None:
            return
        before = self._count.batches
        self._count.end_batch(batch, self._params.get("steps"))
        if self._options.schedule.due_between(before, self._count.batches):
            self._guarded(lambda: self._take(self._model.digest()))

    def end_epoch(self, epoch: int) -> None:
        """Records the epoch that has ended, if it is due."""
        if self._recorder is None:
            return
        before = self._count.epochs
        self._count.end_epoch(epoch)
        self._at_epoch_end = digest = self._model.digest()
        schedule = self._options.schedule
        if schedule.unit == "epoch" and schedule.due_between(before, self._count.epochs):
            self._guarded(lambda: self._take(digest))

    def end_behind_others(self) -> bool:
        """Ends it behind the callbacks that may yet change the model; says whether it will."""
        return not self._is_over and self._call.when_ended(self.end)

    def end(self) -> None:
        """Records the model that is left, if that is not done, and marks the run finished."""
        recorder = self._recorder
        if not self._is_over and recorder is not None:
            self._guarded(self._record_end)
            recorder.wait()
            self._note("ended")
            recorder.close()
            if self._is_verbose and self._place is not None:
                seconds = time.perf_counter() - self._started
                say_end(self._place.run_dir, recorder, self._snapshot_size, seconds)
        self._close()

    def interrupt(self) -> None:
        """Notes where a training was left by an exception, if it was."""
        if not self._is_over and self._recorder is not None:
            self._recorder.wait()
            self._note("interrupted")
        self._close()

    def _close(self) -> None:
        self._is_over = True
        self._call.close()
        _unended.discard(self)
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()
        if self._place is not None:
            release(self._place.run_dir)

    def _begin(self, epoch: int, on_existing: OnExisting) -> None:
        forward, samples, options = self._forward, self._samples, self._options
        now = self._model.digest()
        digests = [d for d in dict.fromkeys((now, self._at_begin)) if d is not None]
        place = take_place(
            options.log_dir,
            Beginning(forward.layers, samples.fingerprint, digests),
            on_existing,
        )
        self._place = place
        writer = self._open(place)
        self._writer = writer
        going_on = place.continuation
        self._count = Count.from_start(
            epoch,
            None if going_on is None else going_on.epoch,
            None if going_on is None else going_on.batches,
        )
        self._recorded_digest, self._recorded_at = now, self._units
        if place.reason is not None:
            warn(
                f"records a new training into {place.run_dir}, because {place.reason} to "
                "choose otherwise."
            )
        self._note_beginning(going_on, now)
        self._recorder = Recorder(
            place.run_dir,
            writer,
            forward.run,
            dtype=options.dtype,
            max_to_keep=options.max_to_keep,
            on_snapshot=options.on_snapshot,
        )
        announce(
            place.run_dir,
            forward,
            samples.images,
            options,
            self._params,
            verbose=self._is_verbose,
        )
        if samples.images is not None and writer.manifest.sprite is None:
            self._recorder.draw(samples.images)
        if going_on is None and epoch == 0:
            self._take(now)

    def _open(self, place: Place) -> RunWriter:
        if place.recorded is not None:
            return RunWriter(place.run_dir, place.recorded)
        return RunWriter.begin(
            place.run_dir,
            layers=self._forward.layers,
            columns=self._samples.columns,
            fingerprint=self._samples.fingerprint,
            outputs=self._samples.named(self._forward.outputs),
        )

    def _note_beginning(self, going_on: Continuation | None, digest: str | None) -> None:
        kinds: list[PhaseKind] = []
        if going_on is None:
            kinds.append("began")
        elif going_on.rank == "earlier":
            kinds.append("restored")
        if going_on is not None and self._model.is_recompiled(going_on.last):
            kinds.append("recompiled")
        for kind in kinds or [RESUMED]:
            if kind == "restored" and going_on is not None:
                self._writer.supersede_after(going_on.last.step)
            self._writer.add_phase(self._phase(kind, digest))
        self._model.note_optimizer()

    def _record_end(self) -> None:
        digest = self._model.digest()
        is_other = digest is not None and digest != self._recorded_digest
        if is_other or self._units != self._recorded_at:
            # Changed behind the last epoch: by best weights that were restored, say.
            is_changed = self._at_epoch_end is not None and digest != self._at_epoch_end
            self._take(digest, end=is_changed)

    def _take(self, digest: str | None, *, end: bool = False) -> None:
        recorder, count = self._recorder, self._count
        if recorder is None:
            return
        unit = self._options.schedule.unit
        recorder.wait()
        steps = self._writer.manifest.steps
        # A number of its own: the same may have been recorded before the training went back.
        number = max(self._units, steps[-1].step + 1) if steps else self._units
        recorder.take(
            Step(
                step=number,
                unit=unit,
                epoch=count.epochs,
                batch=count.batch,
                wall_time=time.time(),
                iterations=self._model.iterations,
                batches=count.batches if unit == "batch" else None,
                digest=digest,
                phase=len(self._writer.manifest.phases) - 1,
                end=end,
            )
        )
        self._recorded_digest, self._recorded_at = digest, self._units

    def _note(self, kind: PhaseKind) -> None:
        if self._recorder is not None and not self._recorder.failed:
            self._guarded(
                lambda: self._writer.add_phase(self._phase(kind, self._model.digest()))
            )

    def _phase(self, kind: PhaseKind, digest: str | None) -> Phase:
        live = self._writer.manifest.live_steps
        is_batch = self._options.schedule.unit == "batch"
        return Phase(
            kind=kind,
            step=live[-1].step if live else None,
            epoch=self._count.epochs,
            batches=self._count.batches if is_batch else None,
            wall_time=time.time(),
            digest=digest,
        )

    @property
    def _units(self) -> int:
        """What the schedule counts, so far."""
        by_epoch = self._options.schedule.unit == "epoch"
        return self._count.epochs if by_epoch else self._count.batches

    @property
    def _is_verbose(self) -> bool:
        if self._options.verbose == "auto":
            return bool(self._params.get("verbose", 1))
        return self._options.verbose

    @property
    def _snapshot_size(self) -> int:
        return self._forward.size * self._options.dtype.itemsize

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            warn(
                f"stopped recording into {self._options.log_dir}: {error}. The training goes "
                "on; what was recorded so far can be read."
            )
            self._close()


def interrupt_left_trainings() -> None:
    """Notes the end of trainings that an exception has ended and that Python still holds."""
    for training in list(_unended):
        if not training.is_running:
            training.interrupt()
