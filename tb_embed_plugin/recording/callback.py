"""The Keras callback that records a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, SupportsIndex

import keras
from numpy.typing import ArrayLike, DTypeLike

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OutputsChoice
from tb_embed_plugin.recording.forward_pass.batched_pass import ForwardPass
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tb_embed_plugin.recording.forward_pass.layer_table import layer_table
from tb_embed_plugin.recording.kept_model.model_keeper import ModelKeeper
from tb_embed_plugin.recording.model.pooling_choice import Pooling
from tb_embed_plugin.recording.options.options import (
    OnExisting,
    RecordingOptions,
    check_order,
    checked_batch_size,
    checked_layers,
    checked_log_dir,
    checked_max_to_keep,
    checked_on_existing,
    checked_outputs,
)
from tb_embed_plugin.recording.options.schedule import parse_schedule
from tb_embed_plugin.recording.options.shard import checked_shard
from tb_embed_plugin.recording.options.stored_dtype import checked_dtype
from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.recording.samples.batched_inputs import read_all
from tb_embed_plugin.recording.samples.class_names import ClassNames
from tb_embed_plugin.recording.samples.samples import prepare_samples
from tb_embed_plugin.recording.sharded.sharded_training import destination_of, of_worker
from tb_embed_plugin.recording.training.console import log_line, warn
from tb_embed_plugin.recording.training.fit_call import FitCall
from tb_embed_plugin.recording.training.kept_models import warn_not_kept
from tb_embed_plugin.recording.training.open_trainings import interrupt_abandoned_trainings
from tb_embed_plugin.recording.training.recorded_training import RecordedTraining
from tb_embed_plugin.recording.training.trained_model import TrainedModel, is_chief, not_keras
from tb_embed_plugin.runs.directory_check import refuse_file


class EmbeddingCheckpoint(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Records how a model sees the same samples, epoch by epoch.

    Before the first epoch and after every one, the activations of the chosen layers go into
    `log_dir` as a TensorFlow checkpoint, beside the samples' metadata and thumbnails.
    TensorBoard's Embeddings tab plays them; its stock Projector opens the newest.

    A failure during the training, such as a full disk, becomes one warning and never stops the
    training; misuse raises before it starts. The trained weights are those of a training
    without the callback.

    Example:
        ```python
        model.fit(x_train, y_train, epochs=10, callbacks=[
            EmbeddingCheckpoint("logs/mnist", x_test, y_test)])
        ```

    Args:
        log_dir: The run's directory, created if missing, or an address (`s3://bucket/run`). A
            run that it holds is resumed where the model's weights show that this training
            continues it; else the training is recorded into `<log_dir>-2` (see `on_existing`),
            as it is where `log_dir` holds checkpoints of others.
        x: The samples, as `fit` takes them: an array (n_samples, ...), a list, tuple or dict
            of arrays for several inputs, a data frame, or a `tf.data.Dataset`, `PyDataset` or
            PyTorch `DataLoader` of the same samples in any order (docs/recording.md).
        labels: One label a sample, numbers or strings (n_samples,), or rows (n_samples,
            n_classes) that are one-hot, probabilities, or 0 and 1 where a sample may have
            several. Defaults to the y that `x` brings in its batches.
        layers: A layer by name, by path (`"encoder/fc1"`), by pattern (`"encoder/*"`), or as an
            object; `"auto"` for the last hidden one; or several. `describe` lists them.
        images: Thumbnails as `write_sprite_image` takes them. Defaults to `x` where that
            looks like images, scaled as the log reports; False records none.
        metadata: More columns: name to n_samples numbers or strings, or a data frame.
        image_shape: (height, width[, channels]) of each row of a flat `x`.
        invert_images: Shows dark strokes on white where the images have white on black.
        class_names: The name of each class, also where the labels are these words: a sequence
            in the order of the model's outputs, number to name, or name to number.
        max_samples: Number of samples to record at most, chosen at random, stratified by
            label. `labels`, `images` and `metadata` still have a row for all of `x`.
        seed: Seed of that choice; the same seed chooses the same samples.
        pooling: How activations of higher rank become (n_samples, n_units): `"auto"` or
            `"mean"` over all axes but the channels, `"first"` or `"last"` token, `"flatten"`,
            a function of the layer's tensor, or a dict of these by layer.
        mask: The tokens that count when a sequence is pooled, where Keras has no mask of its
            own: a key of `x`, an array (n_samples, n_tokens), or a function of a batch.
            Found automatically where an input is called `padding_mask`, `attention_mask` or
            `mask`.
        model: The model to record in place of the trained one: a part of it, or a function
            from a batch to `{name: tensor}`; for models without `call`, such as GANs.
        outputs: The kind of the model's outputs, `"logits"` or `"probabilities"`, where its
            loss does not tell; None records none.
        batch_size: Samples of a batch; by default as many as 256 MiB beside the model allow.
        save_freq: When to record: `"epoch"`, `"5 epochs"`, `"100 batches"` or 100, a list of
            batch numbers, or `"log"` for batch numbers that grow by about a fifth each. The
            untrained network and the end of the training are always recorded.
        max_to_keep: Snapshots kept, 2 or more; beyond that they are thinned out evenly, the
            first and the last staying.
        dtype: `"float32"`, or `"float16"` for half the disk.
        on_snapshot: Called with the step and the activations by tensor name, float32
            (n_samples, n_units), whenever a snapshot is recorded. The next snapshot
            overwrites them: copy what you keep.
        on_existing: What happens to a run in `log_dir`: `"continue"` resumes it whatever
            the weights, `"new"` records into `<log_dir>-2`, `"overwrite"` deletes it.
            `"auto"` decides by the weights, see "Resuming a run" in docs/recording.md.
        audit: Logs at the end of `fit` how many labels of the samples are probably wrong, and
            the first ten with the class to change each to (docs/label_errors.md).
        keep_model: Keeps the model with each snapshot, so that new samples can be placed by
            their inputs ("Keeping the model" in docs/recording.md).
        verbose: Whether lines are logged; `"auto"` follows `fit`'s own `verbose`.
        shard: `(rank, world)` where several workers record one run, each its own samples into
            the same `log_dir`; worker 0 joins them ("Several workers" in docs/recording.md).

    Raises:
        MisuseError: The arguments do not fit each other or, before the first batch, the model
            or a file in the place of the directory.
    """

    def __init__(
        self,
        log_dir: str | Path,
        x: Any,
        labels: ArrayLike | None = None,
        *,
        layers: Any = "auto",
        images: ArrayLike | Literal[False] | None = None,
        metadata: Mapping[str, Sequence[object]] | Any | None = None,
        image_shape: tuple[int, ...] | None = None,
        invert_images: bool = False,
        class_names: ClassNames | None = None,
        max_samples: int | None = None,
        seed: int = 0,
        pooling: Pooling | Mapping[str, Pooling] = "auto",
        mask: Any = None,
        model: Any = None,
        outputs: OutputsChoice = "auto",
        batch_size: int | None = None,
        save_freq: str | SupportsIndex | Sequence[int] = "epoch",
        max_to_keep: SupportsIndex | None = None,
        dtype: DTypeLike = "float32",
        on_snapshot: Callable[[int, Tensors], None] | None = None,
        on_existing: OnExisting = "auto",
        audit: bool = False,
        keep_model: bool = False,
        verbose: bool | Literal["auto"] = "auto",
        shard: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        check_order(log_dir, x, labels)
        self._shard = checked_shard(shard, log_dir, keep_model=keep_model)
        options = RecordingOptions(
            log_dir=checked_log_dir(log_dir),
            schedule=parse_schedule(save_freq),
            max_to_keep=checked_max_to_keep(max_to_keep),
            dtype=checked_dtype(dtype),
            on_snapshot=on_snapshot,
            on_existing=checked_on_existing(on_existing),
            audit=bool(audit),
            verbose=verbose,
        )
        self._options = of_worker(options, self._shard)
        self._trace = partial(
            trace_forward_pass,
            layers=checked_layers(layers),
            pooling=pooling,
            mask=mask,
            of=model,
            outputs=checked_outputs(outputs),
            batch_size=checked_batch_size(batch_size),
        )
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
        self._samples.check_mask(mask)
        self._keeps_model = bool(keep_model)
        self._of, self._mask = model, mask
        self._training: RecordedTraining | None = None
        self._has_overwritten = False
        self._listen()

    @staticmethod
    def describe(model: Any, x: Any) -> None:
        """Logs the layers of a model, each with its path and shape, and which one is "auto".

        Args:
            model: A Keras model.
            x: Its inputs, as in the constructor; one sample is enough.

        Raises:
            MisuseError: The model does not accept x.
        """
        log_line(layer_table(model, read_all(x, keras.config.floatx())))

    def set_model(self, model: Any) -> None:
        """Sets the model that will be trained.

        Raises:
            MisuseError: It is not a model of Keras 3.
        """
        if not isinstance(model, keras.Model):
            raise MisuseError(not_keras(type(model)))
        super().set_model(model)

    def on_train_begin(self, logs: Any = None) -> None:
        """Checks layers and directory, so that misuse fails before the first batch."""
        interrupt_abandoned_trainings()
        self._training = None
        if self._shard is None and not is_chief(self.model):
            return
        refuse_file(self._options.log_dir)
        try:
            forward = self._trace(self.model, x=self._samples.x)
        except MemoryError as error:
            warn(f"EmbeddingCheckpoint records nothing: {error}. The training goes on.")
            return
        self._training = RecordedTraining(
            TrainedModel(self.model),
            self.params or {},
            self._options,
            self._samples,
            forward,
            partial(FitCall, self),
            self._keeper(forward),
            destination_of(self._options, self._shard, self._samples),
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Opens the run when the first epoch begins."""
        training = self._training
        if training is not None and not training.has_begun:
            training.begin(
                epoch, "auto" if self._has_overwritten else self._options.on_existing
            )
            self._has_overwritten = self._options.on_existing == "overwrite"

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Records a snapshot if one is due."""
        if self._training is not None:
            self._training.end_epoch(epoch)

    def on_train_end(self, logs: Any = None) -> None:
        """Records the final model, after all other callbacks."""
        if self._training is not None and not self._training.end_after_other_callbacks():
            self._training.end()

    def _keeper(self, forward: ForwardPass) -> ModelKeeper | None:
        """Returns what keeps the models; None where none are wanted, or can be."""
        if not self._keeps_model:
            return None
        try:
            return ModelKeeper(
                self.model, self._of, forward.pooling, self._samples.x, self._mask
            )
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            warn_not_kept(error, self._options.log_dir)
            return None

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state that a copy needs: all but the present training."""
        lives = {"_training": None, "_model": None, "params": None}
        state = {**vars(self), **lives}
        state.pop("on_train_batch_end", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._listen()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # The samples never change and are shared: tuners copy callbacks for each trial.
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied.__setstate__(self.__getstate__())
        return copied

    def _listen(self) -> None:
        if self._options.schedule.unit == "batch":
            # Only here, since Keras waits at every batch for callbacks that have this method.
            self.on_train_batch_end = self._after_batch

    def _after_batch(self, batch: int, logs: Any = None) -> None:
        if self._training is not None:
            self._training.end_batch(batch)
