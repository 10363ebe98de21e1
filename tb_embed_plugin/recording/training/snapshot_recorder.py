"""The recorder of snapshots, which never harms the training.

The forward pass runs at once, since the weights change. The files are written in the
background: the snapshots by one thread; the thumbnails, which may take longer than an epoch, by
another. A failure becomes one warning, and nothing more is recorded after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from tb_embed_plugin.recording.options.schedule import thin
from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.recording.training.background_thread import BackgroundThread
from tb_embed_plugin.recording.training.console import failure_words, warn
from tb_embed_plugin.recording.training.kept_models import KeptModels, ModelKeeper
from tb_embed_plugin.remote.staging import check_upload
from tb_embed_plugin.runs.images import Images
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.writer import RunWriter


class SnapshotRecorder:
    """The recorder of one run's snapshots.

    Args:
        run_dir: The run's directory, for messages.
        writer: The writer of the run.
        forward: Returns the present tensors by name.
        dtype: The dtype in which they are stored.
        max_to_keep: Snapshots kept; beyond that they are thinned out evenly.
        on_snapshot: Called with the step and the tensors of each snapshot.
        keeper: Keeps the model of each snapshot.
        name: The recorder's name, for messages.

    Attributes:
        failed: Whether a failure has stopped the recording.
        recorded: Number of recorded snapshots.
        seconds: The training's seconds spent on recording.
    """

    def __init__(
        self,
        run_dir: Path,
        writer: RunWriter,
        forward: Callable[[], Tensors],
        *,
        dtype: np.dtype[np.generic],
        max_to_keep: int | None,
        on_snapshot: Callable[[int, Tensors], None] | None,
        keeper: ModelKeeper | None = None,
        name: str = "EmbeddingCheckpoint",
    ) -> None:
        self._run_dir = run_dir
        self._writer = writer
        self._forward = forward
        self._dtype = dtype
        self._max_to_keep = max_to_keep
        self._on_snapshot = on_snapshot
        self._models = KeptModels(keeper, writer, run_dir)
        self._name = name
        self._snapshots = BackgroundThread()
        self._thumbnails = BackgroundThread()
        self._has_warned_not_finite = False
        self.failed = False
        self.recorded = 0
        self.seconds = 0.0

    def write_thumbnails(self, images: Images) -> None:
        """Starts to write the thumbnails; a failure becomes a warning at the end."""
        self._thumbnails.start(partial(self._writer.add_sprite, images))

    def record(self, step: Step) -> None:
        """Records a snapshot; a failure becomes a warning, not an exception."""
        if self.failed:
            return
        start = time.perf_counter()
        try:
            self._snapshots.wait()
            tensors = self._forward()
            step = replace(step, not_finite=not_finite(tensors, self._dtype))
            self._warn_not_finite(step)
            if self._on_snapshot is not None:
                self._on_snapshot(step.step, tensors)
            self._models.take(tensors)
            self._snapshots.start(partial(self._write, step, tensors))
            self.recorded += 1
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            self._stop_after(error)
        finally:
            self.seconds += time.perf_counter() - start

    def wait(self) -> None:
        """Waits for the snapshot that is being written; a failure becomes a warning."""
        try:
            self._snapshots.wait()
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            self._stop_after(error)

    def close(self) -> None:
        """Waits for the files that are being written and marks the run as finished."""
        self.stop()
        try:
            if not self.failed:
                self._writer.finish()
        except Exception as error:  # noqa: BLE001 # whatever it is, the training has succeeded
            self._stop_after(error)

    def stop(self) -> None:
        """Waits for the files that are being written, and ends the threads."""
        start = time.perf_counter()
        self.wait()
        self._snapshots.close()
        try:
            self._thumbnails.close()
        except Exception as error:  # noqa: BLE001 # the snapshots are worth more
            if not self.failed:
                warn(
                    f"{self._name} could not save the thumbnails: "
                    f"{failure_words(error, self._run_dir)}"
                )
        self.seconds += time.perf_counter() - start

    def _write(self, step: Step, tensors: Tensors) -> None:
        check_upload(self._run_dir)
        self._models.write(step)
        self._writer.write_snapshot(step, tensors, self._dtype)
        steps = [s.step for s in self._writer.manifest.steps]
        if self._max_to_keep is not None and len(steps) > self._max_to_keep:
            self._writer.keep(thin(steps, self._max_to_keep))

    def _warn_not_finite(self, step: Step) -> None:
        if self._has_warned_not_finite or not step.not_finite:
            return
        self._has_warned_not_finite = True
        warn(
            f"{self._name} recorded NaN or infinity in {', '.join(step.not_finite)} at "
            f"{step.unit} {step.step}, as the model returned it. The training goes on."
        )

    def _stop_after(self, error: Exception) -> None:
        self.failed = True
        warn(
            f"{self._name} stopped recording: "
            f"{failure_words(error, self._run_dir)}. The training goes on, and the "
            "recorded snapshots can be read."
        )


def not_finite(tensors: Tensors, dtype: np.dtype[np.generic]) -> tuple[str, ...]:
    """Returns the names of tensors that hold NaN or infinity once stored as `dtype`."""
    largest = float(np.finfo(dtype.name).max)
    # isfinite would need memory for as many truth values.
    return tuple(
        name
        for name, tensor in tensors.items()
        if not (-largest <= tensor.min() and tensor.max() <= largest)
    )
