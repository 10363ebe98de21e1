"""The recorder of a PyTorch module in any training loop."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from tb_embed_plugin.torch.recording_plan import PlanOptions, RecordingPlan


class EmbeddingRecorder:
    """Records how a PyTorch module sees the same samples, epoch by epoch.

    The module's present state is recorded at once, and again with each `step`. Activations go
    into `log_dir` as `EmbeddingCheckpoint` writes them, with outputs and head where they are
    known. The pass runs in evaluation mode without gradients; modes, buffers and random numbers
    are put back, so that the trained weights are those of a training without the recorder.

    A failure during the training becomes one warning and never stops it; only the constructor
    raises.

    Example:
        ```py
        recorder = EmbeddingRecorder("logs/mnist", model, x_test, y_test, outputs="logits")
        with recorder:
            for epoch in range(10):
                train_one_epoch(model)
                recorder.step()
        ```

    Args:
        log_dir: The run's directory, or its address; as in `EmbeddingCheckpoint`, like all that
            is not named here.
        module: The module, with the weights with which the training begins.
        x: The samples as the module takes them: an array or tensor (n_samples, ...), a tuple or
            list for several arguments, a dict for arguments by name, or a `DataLoader` that
            gives the same samples each time, in any order. Floating-point inputs get the dtype
            of the module's parameters.
        labels: One label a sample.
        options: `layers`: names of `named_modules`, patterns where `*` stops at a dot and `**`
            does not, modules, or "auto" for the last hidden layer; `"fc2:input"` is what fc2 is
            given, `"fc1:1"` the second call of fc1. `outputs`: "logits" or "probabilities"
            where the module itself does not tell. `forward`: a function of the module and a
            batch of tensors, in place of calling the module. `save_freq`: as in
            `EmbeddingCheckpoint`; call `step_batch` where it counts batches. The others,
            `images`, `metadata`, `image_shape`, `invert_images`, `class_names`, `max_samples`,
            `seed`, `pooling`, `batch_size`, `max_to_keep`, `dtype`, `on_snapshot`,
            `on_existing`, `verbose`, `shard`, are those of `EmbeddingCheckpoint`.

    Raises:
        MisuseError: The arguments do not fit each other or the module.
    """

    def __init__(
        self,
        log_dir: str | Path,
        module: Any,
        x: Any,
        labels: Any = None,
        **options: Unpack[PlanOptions],
    ) -> None:
        self._plan = RecordingPlan("EmbeddingRecorder", log_dir, x, labels, **options)
        self._epoch = self._batch = 0
        self._training = self._plan.begin(module, self)

    def step(self) -> None:
        """Says that an epoch has ended; records a snapshot if one is due."""
        if self._training is not None:
            self._training.end_epoch(self._epoch)
        self._epoch += 1
        self._batch = 0

    def step_batch(self) -> None:
        """Says that a batch has ended; needed only where `save_freq` counts batches."""
        if self._training is not None and self._plan.counts_batches:
            self._training.end_batch(self._batch)
        self._batch += 1

    def close(self) -> None:
        """Records the final weights, if not recorded yet, and marks the run as finished."""
        if self._training is not None:
            self._training.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        elif self._training is not None:
            self._training.interrupt()
