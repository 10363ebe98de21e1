"""Whether a training continues a run: by its weights alone.

Two trainings mixed in one run would show motion that no training made. Each snapshot notes a
digest of the weights, and so does the end of a training; where that of a training that begins
is none of these, nobody knows that it is the same training, and it is recorded beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tb_embed_plugin.runs.manifest import Layer, Manifest, Step

Rank = Literal["newest", "ended", "earlier"]
RANKS = get_args(Rank)
"""The better evidence first."""


@dataclass(frozen=True)
class Continuation:
    """Where a training goes on with a run.

    Attributes:
        rank: Whether its weights are those of the newest snapshot, of an end behind it, or of
            an earlier snapshot.
        last: The snapshot from which it goes on.
        epoch: Finished epochs there, None where nobody counted.
        batches: Batches run there, None where nobody counted.
    """

    rank: Rank
    last: Step
    epoch: int | None
    batches: int | None


def find_continuation(run: Manifest, digests: Sequence[str]) -> Continuation | None:
    """Returns where a training goes on with a run, None where it does not.

    Args:
        run: The run.
        digests: Of the weights with which it begins, the more telling one first.
    """
    live = run.live_steps
    for digest in digests:
        equal = [step for step in live if step.digest == digest]
        # A training that starts from the same untrained network is another one.
        if equal and (not _is_untrained(equal[-1], live) or len(live) == 1):
            return at(equal[-1], "newest" if equal[-1] is live[-1] else "earlier")
        if not equal and live:
            for phase in reversed(run.phases):
                if phase.digest == digest and phase.step == live[-1].step:
                    return Continuation("ended", live[-1], phase.epoch, phase.batches)
    return None


def at(step: Step, rank: Rank) -> Continuation:
    """Returns that a training goes on from a snapshot."""
    return Continuation(rank, step, step.epoch, step.batches)


def why_not(run: Manifest, layers: Sequence[Layer], fingerprint: str) -> str:
    """Says in words why a training that begins does not go on with a run."""
    if run.fingerprint != fingerprint:
        return "holds other samples"
    if run.layers != tuple(layers):
        return f"holds other layers ({', '.join(layer.name for layer in run.layers)})"
    if all(step.digest is None for step in run.live_steps):
        return "has no digests of the weights, by which a training that goes on is known"
    return "holds another training (it did not begin where this one does)"


def _is_untrained(step: Step, live: Sequence[Step]) -> bool:
    return step is live[0] and step.epoch == 0 and step.batch is None
