"""The Keras callback that records a run."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
from numpy.typing import ArrayLike

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.local_paths import local_path
from tb_embed_plugin.recording.continuation import find_continuation
from tb_embed_plugin.recording.forward import ForwardPass, trace_forward_pass
from tb_embed_plugin.recording.messages import say, size
from tb_embed_plugin.recording.options import checked_dtype, checked_layers, checked_max_to_keep
from tb_embed_plugin.recording.places import take_place
from tb_embed_plugin.recording.pooling import Pooling
from tb_embed_plugin.recording.recorder import Recorder, Tensors
from tb_embed_plugin.recording.samples import prepare_samples
from tb_embed_plugin.recording.schedule import parse_schedule
from tb_embed_plugin.runs.manifest import Manifest, Step
from tb_embed_plugin.runs.recording_lock import release
from tb_embed_plugin.runs.writer import (
    RunWriter,
    delete_run,
    read_manifest,
    refuse_foreign_files,
)


class EmbeddingCheckpoint(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Records how a model sees the same samples, epoch by epoch.

    Before the first epoch and after every one, the activations of the chosen layers go into
    `log_dir` as a TensorFlow checkpoint, beside the samples' metadata and thumbnails.
    TensorBoard's Embeddings tab plays them; its stock Projector opens the newest.

    A failure while training, a full disk say, is told once as a warning and never stops the
    training; misuse raises before it starts. The weights that come out are those of a
    training without the callback.

    Example:
        ```python
        model.fit(x_train, y_train, epochs=10, callbacks=[
            EmbeddingCheckpoint("logs/mnist", x_test, layers="fc1", labels=y_test)])
        ```

    Args:
        log_dir: The run's directory, made if missing. One that holds a run already is gone
            on with if the training continues it (see `overwrite`).
        x: The samples, as `fit` takes them: an array (n_samples, ...), a list, tuple or dict
            of arrays for several inputs, a data frame, or a `tf.data.Dataset`, `PyDataset` or
            PyTorch `DataLoader` that gives the same batches each time (docs/recording.md).
        layers: A layer by name, by path (`"encoder/fc1"`) or `"auto"`, the last hidden one;
            or several.
        labels: One label a sample, numbers or strings (n_samples,), or one-hot (n_samples,
            n_classes). Defaults to the y that `x` brings in its batches.
        images: Thumbnails as `write_sprite_image` takes them. Defaults to `x` where that has
            an image's shape; False records none.
        metadata: More columns: name to n_samples numbers or strings, or a data frame.
        image_shape: (height, width[, channels]) of each row of a flat `x`.
        invert_images: Shows dark strokes on white where the images have white on black.
        class_names: The word for each whole-number label: a sequence, or number to word.
        max_samples: Records as many samples at most, chosen at random, each label by its
            share. `labels`, `images` and `metadata` still have a row for all of `x`.
        seed: Of that choice; the same seed chooses the same samples.
        pooling: How activations that are no rows become (n_samples, n_units): `"auto"` or
            `"mean"` over all axes but the channels, `"first"` or `"last"` token, `"flatten"`,
            a function of the layer's tensor, or a dict of these by layer.
        save_freq: When to record: `"epoch"`, `"5 epochs"`, `"100 batches"` or 100, a list of
            batch numbers, or `"log"` for batch numbers that grow by about a fifth each. The
            untrained network and the end of the training are always recorded.
        max_to_keep: Snapshots kept, 2 or more; beyond that they are thinned out evenly, the
            first and the last staying.
        dtype: `"float32"`, or `"float16"` for half the disk.
        on_snapshot: Called with the step and the activations by tensor name, float32
            (n_samples, n_units), whenever a snapshot is recorded. They are overwritten by the
            next one: copy what is to be kept.
        overwrite: Deletes the run that `log_dir` holds when training starts.

    Raises:
        MisuseError: The arguments do not fit each other or, when training starts, the model
            or the directory.
    """

    def __init__(
        self,
        log_dir: str | Path,
        x: Any,
        layers: str | Sequence[str] = "fc1",
        labels: ArrayLike | None = None,
        images: ArrayLike | Literal[False] | None = None,
        metadata: Mapping[str, Sequence[object]] | Any | None = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        invert_images: bool = False,
        class_names: Sequence[str] | Mapping[int, str] | None = None,
        max_samples: int | None = None,
        seed: int = 0,
        pooling: Pooling | Mapping[str, Pooling] = "auto",
        save_freq: str | int | Sequence[int] = "epoch",
        max_to_keep: int | None = None,
        dtype: Literal["float32", "float16"] = "float32",
        on_snapshot: Callable[[int, Tensors], None] | None = None,
        overwrite: bool = False,
    ) -> None:
        super().__init__()
        self._run_dir = self._log_dir = local_path(log_dir, "log_dir")
        self._layers = checked_layers(layers)
        self._pooling = pooling
        self._schedule = parse_schedule(save_freq)
        self._max_to_keep = checked_max_to_keep(max_to_keep)
        self._dtype = checked_dtype(dtype)
        self._on_snapshot = on_snapshot
        self._overwrite = overwrite
        self._samples = prepare_samples(
            x,
            floatx=keras.config.floatx(),
            labels=labels,
            images=images,
            metadata=metadata,
            image_shape=image_shape,
            invert_images=invert_images,
            class_names=class_names,
            max_samples=max_samples,
            seed=seed,
        )
        self._forward: ForwardPass | None = None
        self._recorder: Recorder | None = None
        if self._schedule.unit == "batch":
            # Only then: a callback with this method makes Keras wait for it at every batch.
            self.on_train_batch_end = self._after_batch

    def on_train_begin(self, logs: Any = None) -> None:
        """Checks layers and directory, so that misuse fails before the first batch."""
        self._started = time.perf_counter()
        self._recorder = self._forward = None
        if _is_chief(self.model):
            refuse_foreign_files(self._log_dir)
            self._forward = trace_forward_pass(
                self.model, self._layers, self._samples.x, self._pooling
            )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Opens the run, and records step 0 of a training that starts from there.

        Not before: callbacks that resume a training, such as BackupAndRestore, change the
        weights and the first epoch in `on_train_begin`.
        """
        self._epoch = epoch
        if self._forward is None or self._recorder is not None:
            return
        self._epochs_before = 0
        self._seen = self._iterations()
        self._run_dir = take_place(self._log_dir)
        writer = self._open_run(epoch, self._forward)
        self._recorder = Recorder(
            self._run_dir,
            writer,
            self._forward.run,
            dtype=self._dtype,
            max_to_keep=self._max_to_keep,
            on_snapshot=self._on_snapshot,
        )
        self._announce(self._forward)
        if self._samples.images is not None and writer.manifest.sprite is None:
            self._recorder.draw(self._samples.images)
        if epoch == 0 and self._seen == 0:
            self._record(self._recorder, step=0, epoch=0)

    def _after_batch(self, batch: int, logs: Any = None) -> None:
        """Records where a batch was due, also one inside of several executed at once."""
        if self._recorder is None:
            return
        before, self._seen = self._seen, self._iterations()
        if any(self._schedule.due(n) for n in range(before + 1, self._seen + 1)):
            epoch = self._epochs_before + self._epoch
            self._record(self._recorder, step=self._seen, epoch=epoch, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Records the epoch that has ended, if it is due."""
        self._epoch = epoch + 1
        if self._recorder is None or self._schedule.unit != "epoch":
            return
        finished = self._epochs_before + self._epoch
        if self._schedule.due(finished):
            self._record(self._recorder, step=finished, epoch=finished)

    def on_train_end(self, logs: Any = None) -> None:
        """Records the end, if that is not done, and marks the run as finished."""
        recorder = self._recorder
        if recorder is None:
            return
        iterations = self._iterations()
        if recorder.iterations != iterations:
            finished = self._epochs_before + self._epoch
            step = finished if self._schedule.unit == "epoch" else iterations
            self._record(recorder, step=step, epoch=finished)
        recorder.close()
        release(self._run_dir)
        share = recorder.seconds / max(time.perf_counter() - self._started, 1e-9)
        written = recorder.recorded * self._snapshot_size(self._forward)
        say(
            f"EmbeddingCheckpoint recorded {recorder.recorded} snapshots, {size(written)}, in "
            f"{share:.1%} of the training's time: {self._run_dir}"
        )

    def _record(
        self, recorder: Recorder, step: int, epoch: int, batch: int | None = None
    ) -> None:
        recorder.take(
            Step(
                step=step,
                unit=self._schedule.unit,
                epoch=epoch,
                batch=batch,
                wall_time=time.time(),
                iterations=self._iterations(),
            )
        )

    def _open_run(self, epoch: int, forward: ForwardPass) -> RunWriter:
        if self._overwrite:
            delete_run(self._run_dir)
            self._overwrite = False
        recorded = read_manifest(self._run_dir)
        if recorded is not None:
            return self._continue_run(recorded, epoch, forward)
        return RunWriter.begin(
            self._run_dir,
            layers=forward.layers,
            columns=self._samples.columns,
            fingerprint=self._samples.fingerprint,
            outputs=self._samples.named(forward.outputs),
        )

    def _continue_run(self, recorded: Manifest, epoch: int, forward: ForwardPass) -> RunWriter:
        remedy = (
            f"pass overwrite=True to delete the run in {self._run_dir}, or record into "
            "another directory"
        )
        here = (forward.layers, self._samples.fingerprint)
        if (recorded.layers, recorded.fingerprint) != here:
            raise MisuseError(
                f"expected the layers {[layer.name for layer in recorded.layers]} of the "
                f"{recorded.samples} samples that the run in log_dir recorded; received "
                f"other ones; {remedy}"
            )
        writer = RunWriter(self._run_dir, recorded)
        if not recorded.steps:
            return writer
        continuation = find_continuation(recorded, epoch, self._seen, self._schedule)
        if continuation is None:
            newest = recorded.steps[-1]
            raise MisuseError(
                f"expected a training that goes on after epoch {newest.epoch} and "
                f"{newest.iterations} optimizer iterations, the last ones recorded in "
                f"log_dir; received one at epoch {epoch} and {self._seen} iterations; {remedy}"
            )
        self._epochs_before = continuation.epochs_before
        last = -1 if continuation.last is None else continuation.last.step
        if last != recorded.steps[-1].step:
            writer.drop_after(last)
        return writer

    def _iterations(self) -> int:
        return int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))

    def _announce(self, forward: ForwardPass) -> None:
        """Says how much disk the run will take, and warns where that is not there."""
        params = self.params or {}
        epochs, batches = params.get("epochs") or 1, params.get("steps") or 1
        units = epochs if self._schedule.unit == "epoch" else epochs * batches
        snapshots = 1 + self._schedule.count(units)
        if self._max_to_keep is not None:
            snapshots = min(snapshots, self._max_to_keep)
        need = snapshots * self._snapshot_size(forward)
        say(
            f"EmbeddingCheckpoint records {', '.join(layer.name for layer in forward.layers)} "
            f"into {self._run_dir}: about {snapshots} snapshots, {size(need)}."
        )
        free = shutil.disk_usage(self._run_dir).free
        if need > free:
            warnings.warn(
                f"EmbeddingCheckpoint needs about {size(need)} in {self._run_dir}, where "
                f"{size(free)} are free. Record fewer samples, or pass max_to_keep=.",
                RuntimeWarning,
                stacklevel=2,
            )

    def _snapshot_size(self, forward: ForwardPass | None) -> int:
        """Returns the bytes of one snapshot."""
        return forward.size * self._dtype.itemsize if forward else 0


def _is_chief(model: Any) -> bool:
    """Whether this process writes; of several that train one model, one does."""
    strategy = getattr(model, "distribute_strategy", None)
    return strategy is None or bool(strategy.extended.should_checkpoint)
