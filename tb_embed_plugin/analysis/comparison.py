"""Two runs of the same samples, held against each other.

A unit of one network is none of another's, so nothing is compared unit by unit: numbers,
predictions, neighbors and CKA are the same however a layer's units are ordered or turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.findings import outputs_of
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.same_samples import same_samples
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics import neighborhoods
from tb_embed_plugin.metrics.predictions import judge, predict
from tb_embed_plugin.metrics.similarity import Cka
from tb_embed_plugin.metrics.step_metrics import neighbors_of


@dataclass(frozen=True)
class Ranked:
    """Samples in the order in which to look at them.

    Attributes:
        samples: int64 (n_ranked,), the first the most striking.
        scores: float64 (n_ranked,), what ranks them.
    """

    samples: NDArray[np.int64]
    scores: NDArray[np.float64]


class Comparison:
    """A layer of one run (here) and a layer of another (there), over the same samples.

    Args:
        here: The measures of the one.
        there: Those of the other.
        step: The step to compare them at. Where only one of them has it, or none is asked
            for, it is the last that both have; where they share none, the last of each.

    Raises:
        UnsuitableDataError: They hold different samples, none of them is shown by both, or
            one has no step to measure.

    Attributes:
        here: The measures of the one over the samples that both show.
        there: Those of the other, likewise.
        left_out: Samples that one of them hides, as they are not finite there, or both.
        step: The step of `here` that is compared.
        there_step: That of `there`.
        pairs: The steps that both have, `(step, there_step)` ascending; of runs that share
            none, the last of each alone.
    """

    def __init__(
        self, here: LayerMetrics, there: LayerMetrics, step: int | None = None
    ) -> None:
        both = same_samples(here, there)
        here, there, self.left_out = both.here, both.there, both.left_out
        if not here.steps or not there.steps:
            raise UnsuitableDataError(
                f"{here.run.name!r} or {there.run.name!r} has no step with finite values; "
                "wait for one, or check the training for NaN"
            )
        self.here, self.there = here, there
        common = sorted(set(here.steps) & set(there.steps))
        self.pairs = [(one, one) for one in common] or [(here.steps[-1], there.steps[-1])]
        asked = [pair for pair in self.pairs if pair == (step, step)]
        self.step, self.there_step = (asked or self.pairs)[-1]

    @property
    def titles(self) -> tuple[str, str]:
        """What here and there are called: the runs, or in one run the layers."""
        here, there = self.here, self.there
        if here.run.name == there.run.name:
            return here.facts.name, there.facts.name
        return here.run.name, there.run.name

    @property
    def k(self) -> int:
        """Neighbors that a neighborhood has."""
        return neighbors_of(len(self.here.samples))

    def metrics(self) -> dict[str, tuple[float, float]]:
        """Returns the metrics of the step here and there, by name; NaN where undefined.

        Raises:
            EmbedError: A snapshot cannot be read or is not finite.
        """
        here, there = self.here.numbers(self.step), self.there.numbers(self.there_step)
        names = {**here, **there}
        return {name: (here.get(name, np.nan), there.get(name, np.nan)) for name in names}

    def cka(self, pair: tuple[int, int]) -> Cka:
        """Returns the linear CKA of a step here and a step there."""
        return self.here.similarity(pair[0], self.there, pair[1])

    def right_here_alone(self) -> Ranked:
        """Returns the samples whose prediction is their label here and is not there.

        Of all samples that both show. By the margin here less that there, in logits: the
        surer one network is and the further the other is off, the earlier.

        Raises:
            NotRecordedError: One of the runs lacks the outputs, or the labels for them.
        """
        here, there = self._verdicts
        return here.alone(there)

    def right_there_alone(self) -> Ranked:
        """Returns the samples whose prediction is their label there and is not here.

        As `right_here_alone`, with the runs in each other's place.
        """
        here, there = self._verdicts
        return there.alone(here)

    @cached_property
    def neighbors_kept(self) -> NDArray[np.float32]:
        """The share of each sample's k nearest neighbors here that are so there too.

        Exact, Euclidean, each in its layer's own space. float32 (n_samples,) in [0, 1], NaN
        where not measured.

        Raises:
            EmbedError: As `metrics`.
        """
        here, there = self.here, self.there
        kept = np.full(here.facts.samples, np.nan, np.float32)
        before = here.step_metrics(self.step).neighbors
        after = there.step_metrics(self.there_step).neighbors
        kept[here.samples] = 1 - neighborhoods.churn(before, after)
        return kept

    def rearranged(self) -> Ranked:
        """Returns the samples that keep not all of their neighbors, those with fewest first.

        The score is the share of the neighbors that are others there.

        Raises:
            EmbedError: As `neighbors_kept`.
        """
        lost = 1 - self.neighbors_kept.astype(np.float64)
        return _ranked(lost > 0, lost)

    @cached_property
    def _verdicts(self) -> tuple[_Verdicts, _Verdicts]:
        sides = (self.here, self.step), (self.there, self.there_step)
        hidden = {*self.here.facts.hidden, *self.there.facts.hidden}
        here, there = (_judge(side, step, sorted(hidden)) for side, step in sides)
        return here, there


@dataclass(frozen=True)
class _Verdicts:
    """Which samples are right, bool (n_samples,); their margins, float64, 0 if undefined."""

    right: NDArray[np.bool_]
    margin: NDArray[np.float64]

    def alone(self, other: _Verdicts) -> Ranked:
        return _ranked(self.right & ~other.right, self.margin - other.margin)


def _judge(measures: LayerMetrics, step: int, hidden: list[int]) -> _Verdicts:
    outputs, codes = outputs_of(measures, step), measures.labels.codes
    values = np.asarray(outputs.values)
    predicted = predict(values, outputs.kind).classes
    margin = judge(values, outputs.kind, codes).margin
    right = (codes >= 0) & (predicted == codes)
    right[hidden] = False
    return _Verdicts(right, np.nan_to_num(margin, nan=0.0))


def _ranked(chosen: NDArray[np.bool_], scores: NDArray[np.float64]) -> Ranked:
    """Returns the chosen samples, the highest score first, of equals the lowest number."""
    samples = np.flatnonzero(chosen)
    order = np.argsort(-scores[samples], kind="stable")
    return Ranked(samples[order], scores[samples][order])
