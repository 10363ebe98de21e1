"""When two runs parted: the first step at which they differ more than two seeds do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.comparison import Comparison, Ranked
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics import neighborhoods
from tb_embed_plugin.metrics.parting import Motion, Parted, log_ratio, part

LEAST_SAMPLES = 50
"""Of fewer, chance moves the means."""

TITLE = "Runs part"
MEANING = (
    "Runs that were the same have other neighbors; or one moves at least twice as fast as the "
    "other, and clearly more so than at the steps before, or than two seeds do."
)


@dataclass(frozen=True)
class Parting:
    """Where two runs part.

    Attributes:
        step: The first step at which they differ.
        before: The step before that both have.
        parted: By what they do.
        ranked: Samples, those first that have the fewest neighbors in common (`same`), or the
            ways of which differ most (`speed`), in radii.
        sentence: The same in words.
    """

    step: int
    before: int
    parted: Parted
    ranked: Ranked
    sentence: str


class PartedRuns:
    """Two runs of the same samples, step by step.

    Args:
        compared: The runs.
        seed: A third run, which differs from the first by its seed alone; None for none.

    Raises:
        UnsuitableDataError: They are one run, share fewer than two steps or too few samples, or
            `seed` holds other samples or steps.
    """

    def __init__(self, compared: Comparison, seed: LayerMetrics | None = None) -> None:
        here, there = compared.here, compared.there
        self.steps = [step for step, _ in compared.pairs]
        if here.run.name == there.run.name:
            raise UnsuitableDataError(
                "two layers of one run were never the same; name two runs to see where they "
                "part"
            )
        if len(self.steps) < 2 or len(here.samples) < LEAST_SAMPLES:
            raise UnsuitableDataError(
                f"{here.run.name!r} and {there.run.name!r} share {len(self.steps)} steps and "
                f"{len(here.samples)} samples, but where they part is told from 2 steps and "
                f"{LEAST_SAMPLES} samples on; record more"
            )
        self._compared = compared
        self._seed = None if seed is None else Comparison(here, seed).there
        if self._seed is not None and not set(self.steps) <= set(self._seed.steps):
            raise UnsuitableDataError(
                f"{self._seed.run.name!r} lacks steps that the other two runs have; train it "
                "as long, recorded at the same steps"
            )

    @cached_property
    def neighbors_changed(self) -> NDArray[np.float64]:
        """The share of a sample's neighbors that differ between the runs, float64 (n_steps,).

        Raises:
            EmbedError: A snapshot cannot be read or is not finite.
        """
        here, there = self._compared.here, self._compared.there
        return np.array(
            [
                neighborhoods.churn(
                    here.step_metrics(step).neighbors, there.step_metrics(step).neighbors
                ).mean()
                for step in self.steps
            ],
            np.float64,
        )

    @cached_property
    def speed_ratio(self) -> NDArray[np.float64]:
        """How many times as fast the first run moves to each step, float64 (n_steps,).

        NaN at the first one.

        Raises:
            EmbedError: As `neighbors_changed`.
        """
        here, there = self._motions
        return np.concatenate([[np.nan], np.exp(log_ratio(here, there))])

    @cached_property
    def parting(self) -> Parting | None:
        """Where they part, None where they differ no more than two seeds do.

        Raises:
            EmbedError: As `neighbors_changed`.
        """
        here, there = self._motions
        seed = None if self._seed is None else motion_of(self._seed, self.steps)
        found = part(self.neighbors_changed, here, there, seed)
        if found is None:
            return None
        before, step = self.steps[found.index - 1], self.steps[found.index]
        ranked = self._ranked(found, before, step)
        return Parting(step, before, found, ranked, self._sentence(found, before, step))

    @cached_property
    def _motions(self) -> tuple[Motion, Motion]:
        here, there = self._compared.here, self._compared.there
        return motion_of(here, self.steps), motion_of(there, self.steps)

    def _ranked(self, found: Parted, before: int, step: int) -> Ranked:
        here, there = self._compared.here, self._compared.there
        if found.kind == "same":
            return Comparison(here, there, step).rearranged()
        ways = [_way(one, before, step) for one in (here, there)]
        scores = np.abs(ways[0] - ways[1])
        order = np.argsort(-scores, kind="stable")
        return Ranked(here.samples[order], scores[order])

    def _sentence(self, found: Parted, before: int, step: int) -> str:
        here, there = self._compared.here, self._compared.there
        names, run = (here.run.name, there.run.name), here.run
        if found.kind == "same":
            return (
                f"{names[0]} and {names[1]} are the same until {run.step_words(before)} and "
                f"part at {run.step_words(step)}: {found.value:.0%} of the neighbors differ."
            )
        faster, slower = names if self.speed_ratio[found.index] > 1 else names[::-1]
        return (
            f"{names[0]} and {names[1]} part at {run.step_words(step)}: {faster} moves "
            f"{found.value:.1f} times as fast as {slower}, and two seeds stay within "
            f"{found.threshold:.1f} times."
        )


def motion_of(measures: LayerMetrics, steps: Sequence[int]) -> Motion:
    """Returns how a layer moves from each of some steps to the next.

    Raises:
        EmbedError: A snapshot cannot be read or is not finite.
    """
    pairs = list(pairwise(steps))
    churns = [measures.change(*pair).churn.mean(dtype=np.float64) for pair in pairs]
    ways = [_way(measures, *pair).mean() for pair in pairs]
    return Motion(np.array(ways), np.array(churns))


def _way(measures: LayerMetrics, before: int, step: int) -> NDArray[np.float64]:
    """Returns how far each measured sample moves, in radii; 0 where all are one point."""
    radius = measures.step_metrics(step).numbers["radius"]
    return measures.change(before, step).displacement / (radius or 1)
