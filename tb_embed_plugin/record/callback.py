"""The Keras callback that records a run."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
from numpy.typing import ArrayLike

from tb_embed_plugin.errors import EmbedError, MisuseError
from tb_embed_plugin.record.activations import ForwardPass, trace_forward_pass
from tb_embed_plugin.record.samples import prepare_samples
from tb_embed_plugin.runs.manifest import Manifest, Step
from tb_embed_plugin.runs.writer import (
    RunWriter,
    delete_run,
    read_manifest,
    refuse_foreign_checkpoints,
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
        x: The samples: the model's input, (n_samples, ...).
        layers: Name of a layer that yields (n_samples, n_units), or several.
        labels: One label a sample, numbers or strings (n_samples,).
        images: Thumbnails as `write_sprite_image` takes them. Defaults to `x` where that has
            an image's shape; False records none.
        metadata: More columns: name to n_samples numbers or strings.
        image_shape: (height, width[, channels]) of each row of a flat `x`.
        invert_images: Shows dark strokes on white where the images have white on black.
        overwrite: Deletes the run that `log_dir` holds when training starts.

    Raises:
        MisuseError: The arguments do not fit each other or, when training starts, the model
            or the directory.
    """

    def __init__(
        self,
        log_dir: str | Path,
        x: ArrayLike,
        layers: str | Sequence[str] = "fc1",
        labels: ArrayLike | None = None,
        images: ArrayLike | Literal[False] | None = None,
        metadata: Mapping[str, Sequence[object]] | None = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        invert_images: bool = False,
        overwrite: bool = False,
    ) -> None:
        super().__init__()
        self._run_dir = Path(log_dir)
        self._layers = (layers,) if isinstance(layers, str) else tuple(layers)
        self._overwrite = overwrite
        self._samples = prepare_samples(
            x,
            floatx=keras.config.floatx(),
            labels=labels,
            images=images,
            metadata=metadata,
            image_shape=image_shape,
            invert_images=invert_images,
        )
        self._forward: ForwardPass | None = None
        self._writer: RunWriter | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Checks layers and directory, so that misuse fails before the first batch."""
        if not self._layers or len(set(self._layers)) != len(self._layers):
            raise MisuseError(
                f"expected one layer name or several different ones; received "
                f"{self._layers}; name each layer once"
            )
        refuse_foreign_checkpoints(self._run_dir)
        self._forward = trace_forward_pass(self.model, self._layers, self._samples.x)
        self._writer = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Opens the run, and records step 0 of a training that starts from there.

        Not before: callbacks that resume a training, such as BackupAndRestore, change the
        weights and the first epoch in `on_train_begin`.
        """
        if self._forward is None or self._writer is not None:
            return
        self._writer = self._open_run(epoch, self._forward)
        if epoch == 0 and not self._writer.manifest.steps:
            self._record(finished_epochs=0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Records the epoch that has ended."""
        self._record(finished_epochs=epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Marks the run as finished."""
        if self._writer is not None:
            try:
                self._writer.finish()
            except OSError as error:
                self._give_up(error)

    def _open_run(self, epoch: int, forward: ForwardPass) -> RunWriter:
        recorded = read_manifest(self._run_dir)
        if recorded is not None and self._overwrite:
            delete_run(self._run_dir, recorded)
            recorded = None
            self._overwrite = False
        if recorded is not None:
            return self._continue_run(recorded, epoch, forward)
        return RunWriter.begin(
            self._run_dir,
            layers=forward.layers,
            columns=self._samples.columns,
            images=self._samples.images,
            fingerprint=self._samples.fingerprint,
            outputs=forward.outputs,
        )

    def _continue_run(self, recorded: Manifest, epoch: int, forward: ForwardPass) -> RunWriter:
        remedy = (
            f"pass overwrite=True to delete the run in {self._run_dir}, or record into "
            "another directory"
        )
        if (recorded.layers, recorded.fingerprint) != (
            forward.layers,
            self._samples.fingerprint,
        ):
            raise MisuseError(
                f"expected the layers {[layer.name for layer in recorded.layers]} of the "
                f"{recorded.samples} samples that the run in log_dir recorded; received "
                f"other ones; {remedy}"
            )
        here = (epoch, self._iterations())
        # A process that was killed may have recorded one epoch more than it had backed up.
        last = [s for s in recorded.steps[-2:] if (s.epoch, s.iterations) == here]
        if recorded.steps and not last:
            newest = recorded.steps[-1]
            raise MisuseError(
                f"expected a training that goes on after epoch {newest.epoch} and "
                f"{newest.iterations} optimizer iterations, the last ones recorded in "
                f"log_dir; received one at epoch {here[0]} and {here[1]} iterations; {remedy}"
            )
        writer = RunWriter(self._run_dir, recorded)
        if last and last[-1] != recorded.steps[-1]:
            writer.drop_after(last[-1].step)
        return writer

    def _record(self, finished_epochs: int) -> None:
        if self._forward is None or self._writer is None:
            return
        step = Step(
            step=finished_epochs,
            unit="epoch",
            epoch=finished_epochs,
            batch=None,
            wall_time=time.time(),
            iterations=self._iterations(),
        )
        try:
            self._writer.write_snapshot(step, self._forward.run())
        except (OSError, EmbedError, MemoryError) as error:
            self._give_up(error)

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    def _give_up(self, error: Exception) -> None:
        """Warns once and records no more; the training goes on."""
        self._forward = self._writer = None
        warnings.warn(
            f"EmbeddingCheckpoint stopped recording into {self._run_dir}: {error}. The "
            "training goes on; what was recorded so far can be read.",
            RuntimeWarning,
            stacklevel=2,
        )
