"""The recorded training of a framework's callback, which is made before its module is known."""

from __future__ import annotations

from typing import Any

from tb_embed_plugin.recording.training.recorded_training import RecordedTraining
from tb_embed_plugin.torch.recording_plan import RecordingPlan


class CallbackTraining:
    """The present training of a callback, if there is one.

    Args:
        plan: What is recorded of it.
    """

    def __init__(self, plan: RecordingPlan) -> None:
        self._plan = plan
        self._training: RecordedTraining | None = None

    @property
    def is_of_a_worker(self) -> bool:
        """Whether each of several processes records a part."""
        return self._plan.is_of_a_worker

    def begin(self, module: Any, owner: object, **facts: Any) -> None:
        """Begins the recording of a training; the last one, if nobody ended it, is over.

        Args:
            module: The trained module.
            owner: The callback.
            facts: As `RecordingPlan.begin` takes them.

        Raises:
            MisuseError: Layers or samples do not fit the module.
        """
        self.interrupt()
        self._training = self._plan.begin(module, owner, **facts)

    def end_batch(self, batch: int) -> None:
        """Records a snapshot if one is due; batches count from 0 in each epoch."""
        if self._training is not None and self._plan.counts_batches:
            self._training.end_batch(batch)

    def end_epoch(self, epoch: int) -> None:
        """Records a snapshot if one is due."""
        if self._training is not None:
            self._training.end_epoch(epoch)

    def end(self) -> None:
        """Records the final weights and marks the run as finished."""
        training, self._training = self._training, None
        if training is not None:
            training.end()

    def interrupt(self) -> None:
        """Marks where the training has been ended by an exception."""
        training, self._training = self._training, None
        if training is not None:
            training.interrupt()

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state that a copy in another process needs: all but the training."""
        return {**vars(self), "_training": None}
