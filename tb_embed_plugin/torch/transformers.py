"""The callback for Hugging Face's `Trainer` that records a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Unpack

from transformers import TrainerCallback

from tb_embed_plugin.torch.callback_training import CallbackTraining
from tb_embed_plugin.torch.recording_plan import PlanOptions, RecordingPlan


class EmbeddingCallback(TrainerCallback):  # type: ignore[misc] # untyped without Transformers
    """Records how a Hugging Face model sees the same samples, epoch by epoch.

    A failure during the training becomes one warning and never stops it; misuse raises before
    the first batch. The trained weights are those of a training without the callback.

    Example:
        ```py
        x = dict(tokenizer(texts, padding=True, return_tensors="np"))
        recorder = EmbeddingCallback("logs/reviews", x, labels)
        trainer = Trainer(model, arguments, train_dataset=dataset, callbacks=[recorder])
        ```

    Args:
        log_dir: As in `EmbeddingRecorder`, like all others.
        x: The samples as the model takes them by name, `input_ids` and `attention_mask` say.
            Tokens that the attention mask leaves out are not pooled.
        labels: One label a sample.
        options: As in `EmbeddingRecorder`; a batch of `save_freq` is an update of the weights.

    Raises:
        MisuseError: The arguments do not fit each other or, before the first batch, the model.
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
        self._epochs = 0
        self._first_update = 0

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, **more: Any
    ) -> None:
        """Opens the run and records the network as the training begins with it."""
        self._epochs = math.floor(state.epoch or 0)
        self._first_update = state.global_step
        if state.is_world_process_zero or self._recorded.is_of_a_worker:
            self._recorded.begin(
                model,
                self,
                epoch=self._epochs,
                params={"epochs": state.num_train_epochs},
                iterations=lambda: int(state.global_step),
            )

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Counts updates from here."""
        self._first_update = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Records a snapshot if one is due after this update."""
        self._recorded.end_batch(state.global_step - self._first_update - 1)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Records a snapshot if one is due; not of an epoch that `max_steps` has cut short."""
        if state.epoch is None or state.epoch >= self._epochs + 1 - 1e-6:
            self._recorded.end_epoch(self._epochs)
            self._epochs += 1

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Records the final weights, those of the best model where it was loaded."""
        self._recorded.end()
