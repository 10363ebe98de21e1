"""Counts the epochs and batches that the trainings of one run have run, by Keras' events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Count:
    """How far a training has come.

    Attributes:
        epochs: Finished epochs.
        batch: Finished batches of the epoch under way, None between epochs.
        batches: Batches run in all.
    """

    epochs: int
    batches: int
    batch: int | None = None
    _epochs_before: int = 0
    _batches_before: int = 0

    @classmethod
    def from_start(cls, first_epoch: int, epochs: int | None, batches: int | None) -> Count:
        """Returns the count of a training that begins.

        Args:
            first_epoch: What Keras calls its first epoch. Where that is less than what the run
                has, it counts on from there.
            epochs: Finished epochs of the run that it continues, None or 0 for a new one.
            batches: Batches of that run.
        """
        before = max(0, (epochs or 0) - first_epoch)
        count = cls(epochs=before + first_epoch, batches=batches or 0)
        count._epochs_before = before
        count._batches_before = count.batches
        return count

    def end_batch(self, batch: int, planned: int | None) -> None:
        """Counts up to a batch.

        Args:
            batch: Its number in the epoch, from 0; the last of several executed at once.
            planned: Batches of an epoch, None where nobody knows. Keras' number may go beyond.
        """
        done = batch + 1 if planned is None else min(batch + 1, planned)
        self.batch = done
        self.batches = self._batches_before + done

    def end_epoch(self, epoch: int) -> None:
        """Counts up to the end of what Keras calls `epoch`."""
        self.epochs = self._epochs_before + epoch + 1
        self.batch = None
        self._batches_before = self.batches
