"""The Lightning callback that records a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Unpack

from lightning.pytorch import Callback

from tb_embed_plugin.torch.callback_training import CallbackTraining
from tb_embed_plugin.torch.recording_plan import PlanOptions, RecordingPlan


class EmbeddingCallback(Callback):  # type: ignore[misc] # untyped without Lightning
    """Records how a Lightning module sees the same samples, epoch by epoch.

    A failure during the training becomes one warning and never stops it; misuse raises before
    the first batch. The trained weights are those of a training without the callback.

    Example:
        ```py
        recorder = EmbeddingCallback("logs/mnist", x_test, y_test, outputs="logits")
        trainer = lightning.Trainer(max_epochs=10, callbacks=[recorder])
        ```

    Args:
        log_dir: As in `EmbeddingRecorder`, like all others.
        x: The samples as the module's `forward` takes them.
        labels: One label a sample.
        options: As in `EmbeddingRecorder`.

    Raises:
        MisuseError: The arguments do not fit each other or, before the first batch, the module.
    """

    def __init__(
        self,
        log_dir: str | Path,
        x: Any,
        labels: Any = None,
        **options: Unpack[PlanOptions],
    ) -> None:
        super().__init__()
        self._recorded = CallbackTraining(
            RecordingPlan("EmbeddingCallback", log_dir, x, labels, **options)
        )

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Opens the run and records the network as the training begins with it."""
        if trainer.is_global_zero or self._recorded.is_of_a_worker:
            self._recorded.begin(
                pl_module,
                self,
                epoch=trainer.current_epoch,
                params=_params_of(trainer),
                iterations=lambda: int(trainer.global_step),
            )

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Records a snapshot if one is due after this batch."""
        self._recorded.end_batch(batch_idx)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Records a snapshot if one is due."""
        self._recorded.end_epoch(trainer.current_epoch)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Records the final weights, after other callbacks' `on_train_end`."""
        self._recorded.end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Marks where an exception has ended the training."""
        self._recorded.interrupt()


def _params_of(trainer: Any) -> dict[str, Any]:
    """Returns the planned epochs, and batches an epoch, where Lightning knows them."""
    epochs, batches = trainer.max_epochs, trainer.num_training_batches
    return {
        "epochs": epochs if epochs and epochs > 0 else None,
        "steps": int(batches) if math.isfinite(batches) else None,
    }
