"""What the recorder needs to know of a network in training, and of the call that trains it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tb_embed_plugin.recording.training.console import warn
from tb_embed_plugin.runs.manifest import Step


class TrainedNetwork(Protocol):
    """A network in a training, of whatever library."""

    @property
    def digest(self) -> Callable[[], str | None]:
        """Returns the digest of its weights, None where they cannot be read."""

    @property
    def iterations(self) -> int | None:
        """Updates that the optimizer has counted, None where unknown; for information only."""

    def is_recompiled(self, last: Step) -> bool:
        """Whether its optimizer is another one than that of a snapshot."""

    def note_optimizer(self) -> None:
        """Remembers its optimizer, for `is_recompiled` of the next training."""


class TrainingCall(Protocol):
    """The call that trains a network: `fit`, or a loop."""

    @property
    def is_running(self) -> bool:
        """Whether it is still running."""

    def call_at_end(self, then: Callable[[], None]) -> bool:
        """Calls `then` after other callbacks; returns False where nothing can do so."""

    def close(self) -> None:
        """Forgets the call, which has ended."""


def careful_digest(digest: Callable[[], str], recorder: str) -> Callable[[], str | None]:
    """Returns a function that computes a digest; the first failure becomes a warning."""
    has_warned = False

    def careful() -> str | None:
        nonlocal has_warned
        try:
            return digest()
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            if not has_warned:
                warn(
                    f"{recorder} cannot read the weights ({error}), so a later "
                    "training that continues this run will not be recognized."
                )
            has_warned = True
            return None

    return careful
