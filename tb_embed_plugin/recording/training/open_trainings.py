"""The trainings that are recorded now, so that the end of abandoned ones can be marked."""

from __future__ import annotations

import weakref
from typing import Protocol

from tb_embed_plugin.remote.staging import call_before_exit


class OpenTraining(Protocol):
    """A training that is recorded."""

    @property
    def is_running(self) -> bool:
        """Whether the call that trains has not ended yet."""

    def interrupt(self) -> None:
        """Marks where an exception has ended the training, unless it has ended already."""


open_trainings: weakref.WeakSet[OpenTraining] = weakref.WeakSet()
"""Those whose end is not recorded yet."""


def interrupt_abandoned_trainings(*, at_end: bool = False) -> None:
    """Marks the end of trainings that an exception has ended and Python still keeps alive.

    Args:
        at_end: Whether the process ends, so that none of them can go on.
    """
    for training in list(open_trainings):
        if at_end or not training.is_running:
            training.interrupt()


call_before_exit(lambda: interrupt_abandoned_trainings(at_end=True))
