"""The progress of a run's trainings in epochs and batches, by Keras' events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TrainingProgress:
    """The progress of a training.

    Attributes:
        epochs: Finished epochs.
        batch: Finished batches of the current epoch, None between epochs.
        batches: Finished batches in all.
    """

    epochs: int
    batches: int
    batch: int | None = None
    _epochs_before: int = 0
    _batches_before: int = 0

    @classmethod
    def from_start(
        cls, first_epoch: int, epochs: int | None, batches: int | None
    ) -> TrainingProgress:
        """Returns the progress of a training that begins.

        Args:
            first_epoch: Keras' number of its first epoch. Where the run has more epochs, the
                count goes on from those.
            epochs: Finished epochs of the resumed run, None or 0 for a new one.
            batches: Finished batches of that run.
        """
        before = max(0, (epochs or 0) - first_epoch)
        progress = cls(epochs=before + first_epoch, batches=batches or 0)
        progress._epochs_before = before
        progress._batches_before = progress.batches
        return progress

    def end_batch(self, batch: int, planned: int | None) -> None:
        """Counts up to a batch.

        Args:
            batch: Its number in the epoch, from 0; the last of several executed at once.
            planned: Batches of an epoch, None where unknown. Keras' number may exceed it.
        """
        done = batch + 1 if planned is None else min(batch + 1, planned)
        self.batch = done
        self.batches = self._batches_before + done

    def end_epoch(self, epoch: int) -> None:
        """Counts up to the end of the epoch that Keras numbers `epoch`."""
        self.epochs = self._epochs_before + epoch + 1
        self.batch = None
        self._batches_before = self.batches
