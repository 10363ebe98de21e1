"""Whether a training continues the run that its directory holds.

Two trainings mixed in one run would show motion that no training made. So a run is gone on
with only where the optimizer's iterations say that this is the training that made it: at its
last snapshot, or at most an epoch before if it never ended (a process may be killed after a
snapshot and before its weights were backed up), or after it if nothing was due in between.
"""

from __future__ import annotations

from dataclasses import dataclass

from tb_embed_plugin.recording.schedule import Schedule
from tb_embed_plugin.runs.manifest import Manifest, Step


@dataclass(frozen=True)
class Continuation:
    """How a training goes on with a run.

    Attributes:
        last: The newest snapshot that stays, None where none does; later ones are recorded
            again.
        epochs_before: Epochs that earlier calls of `fit` had finished, by which this one's
            own count must be raised.
    """

    last: Step | None
    epochs_before: int


def find_continuation(
    run: Manifest, epoch: int, iterations: int, schedule: Schedule
) -> Continuation | None:
    """Returns how a training goes on with a run, None where it does not.

    Args:
        run: The run, with one snapshot or more.
        epoch: Keras' number of the epoch that begins.
        iterations: The optimizer's updates so far.
        schedule: When the training records.
    """
    steps = run.steps
    if iterations == 0:
        # A training that starts anew, which may replace one that hardly had.
        begun = run.recording and all(s.epoch is not None and s.epoch <= 1 for s in steps)
        return Continuation(None, 0) if begun and epoch == 0 else None
    made = [s for s in steps if s.iterations is not None and s.iterations <= iterations]
    if not made or made[-1].epoch is None:
        return None
    last, later = made[-1], steps[len(made) :]
    if later and not run.recording:
        return None
    if last.iterations == iterations:
        epochs_before = made[-1].epoch - epoch
    elif last.iterations == 0 or _missed(last, epoch, iterations, schedule):
        return None
    else:
        epochs_before = 0
    an_epoch_on = epochs_before + epoch + 1
    if epochs_before < 0 or any(s.epoch is None or s.epoch > an_epoch_on for s in later):
        return None
    return Continuation(last, epochs_before)


def _missed(last: Step, epoch: int, iterations: int, schedule: Schedule) -> bool:
    """Whether a snapshot was due after `last` and before now."""
    now = epoch if schedule.unit == "epoch" else iterations
    return now < last.step or any(schedule.due(n) for n in range(last.step + 1, now + 1))
