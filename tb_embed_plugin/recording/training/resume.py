"""Resumed trainings, recognized by their weights alone.

Two trainings mixed in one run would show motion that no training made. Each snapshot has a
digest of the weights, and so has the end of a training. A training whose first weights match
none of these is recorded into a directory of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tb_embed_plugin.runs.manifest import Layer, Manifest, Step

ResumeEvidence = Literal["newest", "ended", "earlier"]
EVIDENCE_ORDER = get_args(ResumeEvidence)
"""The kinds of evidence, the better one first."""


@dataclass(frozen=True)
class ResumePoint:
    """The point of a run from which a training goes on.

    Attributes:
        evidence: Whether its weights are those of the newest snapshot, of the end of a
            training after it, or of an earlier snapshot.
        last: The snapshot from which it goes on.
        epoch: Finished epochs there, None where unknown.
        batches: Finished batches there, None where unknown.
    """

    evidence: ResumeEvidence
    last: Step
    epoch: int | None
    batches: int | None


def find_resume_point(run: Manifest, digests: Sequence[str]) -> ResumePoint | None:
    """Returns the point from which a training resumes a run, None where it does not.

    Args:
        run: The run.
        digests: Digests of the training's first weights, the better evidence first.
    """
    live = run.live_steps
    for digest in digests:
        equal = [step for step in live if step.digest == digest]
        # A training that starts from the same untrained network is another one.
        if equal and (not _is_untrained(equal[-1], live) or len(live) == 1):
            return resume_from(equal[-1], "newest" if equal[-1] is live[-1] else "earlier")
        if not equal and live:
            for phase in reversed(run.phases):
                if phase.digest == digest and phase.step == live[-1].step:
                    return ResumePoint("ended", live[-1], phase.epoch, phase.batches)
    return None


def resume_from(step: Step, evidence: ResumeEvidence) -> ResumePoint:
    """Returns a snapshot as the point from which a training goes on."""
    return ResumePoint(evidence, step, step.epoch, step.batches)


def why_not_resumed(run: Manifest, layers: Sequence[Layer], fingerprint: str) -> str:
    """Returns the reason, in words, why a new training does not resume a run."""
    if run.fingerprint != fingerprint:
        return "already holds a run of other samples"
    if run.layers != tuple(layers):
        names = ", ".join(layer.name for layer in run.layers)
        return f"already holds a run of other layers ({names})"
    if all(step.digest is None for step in run.live_steps):
        return (
            "already holds a run without digests of the weights, so nothing shows whether this "
            "training continues it"
        )
    if not run.recording:
        return "already holds a finished run"
    return "already holds the run of another training"


def _is_untrained(step: Step, live: Sequence[Step]) -> bool:
    return step is live[0] and step.epoch == 0 and step.batch is None
