"""Takes snapshots while a training runs, without ever hurting it.

The forward pass is made at once, since the weights change; the files are written behind the
training: the snapshots by one thread, the thumbnails, which may take longer than an epoch, by
another. Whatever fails is told once, as a warning, and nothing more is recorded then.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.recording.background import Background
from tb_embed_plugin.recording.schedule import thin
from tb_embed_plugin.runs.images import Images
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.writer import RunWriter

Tensors = Mapping[str, NDArray[np.generic]]


class Recorder:
    """Records snapshots into one run.

    Args:
        run_dir: The run's directory, for messages.
        writer: Writes into it.
        forward: Returns the tensors of now, by name.
        dtype: What they are stored as.
        max_to_keep: Snapshots kept; beyond that they are thinned out evenly.
        on_snapshot: Called with the step and the tensors of each snapshot.

    Attributes:
        failed: Whether recording has stopped for a failure.
        recorded: Snapshots taken.
        seconds: Time that this took from the training.
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
    ) -> None:
        self._run_dir = run_dir
        self._writer = writer
        self._forward = forward
        self._dtype = dtype
        self._max_to_keep = max_to_keep
        self._on_snapshot = on_snapshot
        self._background = Background()
        self._drawing = Background()
        self._told_not_finite = False
        self.failed = False
        self.recorded = 0
        self.seconds = 0.0

    def draw(self, images: Images) -> None:
        """Begins to write the thumbnails; a failure is told at the end."""
        self._drawing.start(partial(self._writer.add_sprite, images))

    def take(self, step: Step) -> None:
        """Takes a snapshot; a failure is told, not raised."""
        if self.failed:
            return
        start = time.perf_counter()
        try:
            self._background.wait()
            tensors = self._forward()
            step = replace(step, not_finite=not_finite(tensors, self._dtype))
            self._tell_not_finite(step)
            if self._on_snapshot is not None:
                self._on_snapshot(step.step, tensors)
            self._background.start(partial(self._write, step, tensors))
            self.recorded += 1
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            self._give_up(error)
        finally:
            self.seconds += time.perf_counter() - start

    def wait(self) -> None:
        """Waits for what is being written; a failure is told, not raised."""
        try:
            self._background.wait()
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            self._give_up(error)

    def close(self) -> None:
        """Waits for what is being written and marks the run as finished."""
        self.stop()
        try:
            if not self.failed:
                self._writer.finish()
        except Exception as error:  # noqa: BLE001 # whatever it is, the training has succeeded
            self._give_up(error)

    def stop(self) -> None:
        """Waits for what is being written, and ends the threads."""
        start = time.perf_counter()
        self.wait()
        self._background.close()
        try:
            self._drawing.close()
        except Exception as error:  # noqa: BLE001 # the snapshots are worth more
            if not self.failed:
                self._tell(f"could not write the thumbnails into {self._run_dir}: {error}")
        self.seconds += time.perf_counter() - start

    def _write(self, step: Step, tensors: Tensors) -> None:
        self._writer.write_snapshot(step, tensors, self._dtype)
        steps = [s.step for s in self._writer.manifest.steps]
        if self._max_to_keep is not None and len(steps) > self._max_to_keep:
            self._writer.keep(thin(steps, self._max_to_keep))

    def _tell_not_finite(self, step: Step) -> None:
        if self._told_not_finite or not step.not_finite:
            return
        self._told_not_finite = True
        self._tell(
            f"recorded NaN or infinity in {', '.join(step.not_finite)} at step {step.step}, as "
            "the model gave them. The training goes on."
        )

    def _give_up(self, error: Exception) -> None:
        self.failed = True
        self._tell(
            f"stopped recording into {self._run_dir}: {error}. The training goes on; what was "
            "recorded so far can be read."
        )

    def _tell(self, what: str) -> None:
        warnings.warn(f"EmbeddingCheckpoint {what}", RuntimeWarning, stacklevel=2)


def not_finite(tensors: Tensors, dtype: np.dtype[np.generic]) -> tuple[str, ...]:
    """Returns the names of tensors that hold NaN or infinity once stored as `dtype`."""
    largest = float(np.finfo(dtype.name).max)
    # Not isfinite, which needs memory for as many truth values.
    return tuple(
        name
        for name, tensor in tensors.items()
        if not (-largest <= tensor.min() and tensor.max() <= largest)
    )
