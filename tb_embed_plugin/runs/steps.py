"""The steps of a run, and the phases of the training that made them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, get_args

from tb_embed_plugin.runs.json_fields import finite, natural, natural_or_none, one_of, text
from tb_embed_plugin.wording import listed

StepUnit = Literal["epoch", "batch", "step"]
PhaseKind = Literal["began", "recompiled", "resumed", "restored", "interrupted", "ended"]


@dataclass(frozen=True)
class Step:
    """When a snapshot was taken.

    Attributes:
        step: Key of the snapshot; with the default schedule the number of finished epochs.
        unit: What `step` counts.
        epoch: Finished epochs, None where the training loop did not say.
        batch: Finished batches of the epoch under way, None at an epoch's end.
        wall_time: Seconds since 1970.
        iterations: Updates that the optimizer had made, None where nobody said.
        not_finite: Layers whose snapshot holds NaN or infinity, which cannot be projected.
        name: What was written where that is no such number, `warmup` or `0.5`; None where
            `step` is what was written.
        batches: Batches that the trainings of this run had run, None where nobody counted.
        digest: Of the model's weights, None where there is none.
        phase: Number of the phase in which it was recorded, None where there are none.
        superseded: Whether a training went on from an earlier step since.
        end: Whether it is the model that a training left, other than that of its last epoch.
    """

    step: int
    unit: StepUnit
    epoch: int | None
    batch: int | None
    wall_time: float
    iterations: int | None
    not_finite: tuple[str, ...] = ()
    name: str | None = None
    batches: int | None = None
    digest: str | None = None
    phase: int | None = None
    superseded: bool = False
    end: bool = False

    @property
    def shown(self) -> str:
        """What a person calls it."""
        return str(self.step) if self.name is None else self.name

    @cached_property
    def json(self) -> bytes:
        """The entry in the manifest; kept, so that a long run costs no more a step."""
        return json.dumps(vars(self), ensure_ascii=False).encode()

    @cached_property
    def entry(self) -> dict[str, Any]:
        """The same as it is read; kept, so that a version that adds a step is read as fast."""
        entry: dict[str, Any] = json.loads(self.json)
        return entry


@dataclass(frozen=True)
class Phase:
    """Something that happened to the training.

    Attributes:
        kind: What happened.
        step: The newest snapshot of then, None before the first.
        epoch: Finished epochs, None where nobody counted.
        batches: Batches run, None where nobody counted.
        wall_time: Seconds since 1970.
        digest: Of the weights of then, None where they are not known.
    """

    kind: PhaseKind
    step: int | None
    epoch: int | None
    batches: int | None
    wall_time: float
    digest: str | None = None


@dataclass(frozen=True)
class LeftOut:
    """A step that is not in the run, which some of the workers recorded no part of.

    Attributes:
        step: The number that the step would have.
        ranks: The workers whose parts are missing, ascending.
    """

    step: int
    ranks: tuple[int, ...]


def left_out_words(left_out: Sequence[LeftOut], unit: str) -> list[str]:
    """Says which steps are not in the run and whose parts are missing, a sentence each.

    Args:
        left_out: The steps.
        unit: What they count, in the singular.
    """
    by_ranks: dict[tuple[int, ...], list[int]] = {}
    for one in left_out:
        by_ranks.setdefault(one.ranks, []).append(one.step)
    return [
        f"{unit}{'s' * (len(steps) > 1)} {listed(steps)} {'are' if len(steps) > 1 else 'is'} "
        f"left out, because worker{'s' * (len(ranks) > 1)} {listed(ranks)} recorded no part of "
        f"{'them' if len(steps) > 1 else 'it'}; see the output of "
        f"{'that worker' if len(ranks) == 1 else 'those workers'}"
        for ranks, steps in by_ranks.items()
    ]


def steps_of(entries: Sequence[dict[str, Any]], known: Sequence[Step] = ()) -> tuple[Step, ...]:
    """Parses the manifest's list of steps, and sorts it; what is known already is taken."""
    by_number = {step.step: step for step in known}

    def parsed(entry: dict[str, Any]) -> Step:
        step = by_number.get(entry["step"])
        return step if step is not None and step.entry == entry else _step(entry)

    return tuple(sorted(map(parsed, entries), key=attrgetter("step")))


def _step(entry: dict[str, Any]) -> Step:
    return Step(
        step=natural(entry["step"]),
        unit=one_of(entry["unit"], get_args(StepUnit)),
        epoch=natural_or_none(entry["epoch"]),
        batch=natural_or_none(entry["batch"]),
        wall_time=finite(entry["wall_time"]),
        iterations=natural_or_none(entry["iterations"]),
        not_finite=tuple(text(name) for name in entry["not_finite"]),
        name=None if entry.get("name") is None else text(entry["name"]),
        # Version 1 has none of these.
        batches=natural_or_none(entry.get("batches")),
        digest=_digest(entry.get("digest")),
        phase=natural_or_none(entry.get("phase")),
        superseded=bool(entry.get("superseded", False)),
        end=bool(entry.get("end", False)),
    )


def phase_of(entry: dict[str, Any]) -> Phase:
    """Parses one of the manifest's phases."""
    return Phase(
        kind=one_of(entry["kind"], get_args(PhaseKind)),
        step=natural_or_none(entry["step"]),
        epoch=natural_or_none(entry["epoch"]),
        batches=natural_or_none(entry["batches"]),
        wall_time=finite(entry["wall_time"]),
        digest=_digest(entry["digest"]),
    )


def left_out_of(entry: dict[str, Any]) -> LeftOut:
    """Parses one of the manifest's steps that are left out."""
    return LeftOut(natural(entry["step"]), tuple(natural(rank) for rank in entry["ranks"]))


def _digest(value: object) -> str | None:
    return None if value is None else text(value)
