"""The metrics of one layer of a run, step by step.

A step is measured once, whoever asks; what is remembered is found by the run, the layer, the
labels and the snapshot's own stamp, so a run that grows costs its new steps alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.measured_layer import MeasuredLayer
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics import similarity
from tb_embed_plugin.metrics.predictions import cross_entropy
from tb_embed_plugin.metrics.separability import Silhouettes
from tb_embed_plugin.metrics.similarity import Cka
from tb_embed_plugin.metrics.step_data import Outputs
from tb_embed_plugin.metrics.step_metrics import (
    Change,
    StepMetrics,
    compare,
    neighbors_of,
    observe,
)
from tb_embed_plugin.metrics.step_record import StepRecord
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.projections.neighbor_search import query_shares
from tb_embed_plugin.projections.neighbors import nearest
from tb_embed_plugin.projections.threads import one_blas_thread
from tb_embed_plugin.runs.run import Run


@dataclass(frozen=True)
class PairNumbers:
    """What the distances of all pairs say of some of the measured samples.

    Attributes:
        neighbors: The nearest others, int32 (n_some, k), the nearest first.
        silhouettes: float32 (n_some,), NaN where undefined.
    """

    neighbors: NDArray[np.int32]
    silhouettes: NDArray[np.float32]

    @classmethod
    def joined(cls, shares: list[Self]) -> Self:
        """Returns those of all samples; their shares are given in order."""
        return cls(
            np.concatenate([share.neighbors for share in shares]),
            np.concatenate([share.silhouettes for share in shares]),
        )


class LayerMetrics(MeasuredLayer):
    """The measures of one layer of a run, a number or more a step, sample or pair of steps."""

    def step_metrics(self, step: int, pairs: PairNumbers | None = None) -> StepMetrics:
        """Returns what a step's snapshot says of itself.

        Args:
            step: The step.
            pairs: What `compare_pairs` has returned, if the caller has it.

        Raises:
            EmbedError: The snapshot cannot be read or is not finite.
        """
        key = self._key([step]), self.labels.names, self.labels.are_outputs
        return self._cache.measured(
            self._cache.step_metrics,
            key,
            lambda: self.kept.step_metrics(
                self._name(step), lambda: self._observe(step, pairs)
            ),
        )

    def is_kept(self, step: int) -> bool:
        """Whether what a step's snapshot says of itself is known on the disk."""
        return self.kept.has_step(self._name(step))

    def change(self, before: int, after: int) -> Change:
        """Returns what has changed from one step to another.

        Raises:
            EmbedError: As `step_metrics`.
        """
        first, second = self.step_metrics(before), self.step_metrics(after)
        name = f"{self._name(before)}-{self._name(after)}"
        return self._cache.measured(
            self._cache.changes,
            self._key([before, after]),
            lambda: self.kept.change(
                name,
                lambda: compare(
                    self.snapshot(before),
                    self.snapshot(after),
                    first.neighbors,
                    second.neighbors,
                ),
            ),
        )

    def numbers(self, step: int) -> dict[str, float]:
        """Returns a step's numbers by the names of `catalog.STEP_METRICS`; no NaN.

        Raises:
            EmbedError: As `step_metrics`.
        """
        found = dict(self.step_metrics(step).numbers)
        at = self.steps.index(step)
        if at > 0:
            before = self.steps[at - 1]
            record = StepRecord(self.step_metrics(step), self.change(before, step))
            found["displacement"], found["churn"] = record.displacement, record.churn
        found |= {name: cka.debiased for name, cka in self.similarities(step).items()}
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def similarities(self, step: int) -> dict[str, Cka]:
        """Returns the linear CKA of a step with others of the layer, by the metrics' names.

        Raises:
            EmbedError: A snapshot cannot be read.
        """
        at = self.steps.index(step)
        others = {"cka_before": self.steps[at - 1]} if at > 0 else {}
        others |= {"cka_first": self.steps[0], "cka_last": self.steps[-1]}
        return {name: self.similarity(step, self, other) for name, other in others.items()}

    def similarity(self, step: int, other: LayerMetrics, other_step: int) -> Cka:
        """Returns the linear CKA with another snapshot of the same samples.

        Args:
            step: One of the steps of this layer.
            other: A layer, this or another one, of this run or another.
            other_step: One of its steps.

        Raises:
            UnsuitableDataError: They hold or measure different samples (`same_samples`).
            EmbedError: A snapshot cannot be read.
        """
        if not np.array_equal(self.samples, other.samples):
            raise UnsuitableDataError(
                f"the layers are measured over {len(self.samples)} and "
                f"{len(other.samples)} samples; measure both over the samples that they "
                "share"
            )
        # One number for both orders, to the last bit, and the same for the same data elsewhere.
        row, column = self._name(step), other._name(other_step)
        if (step, self.facts.name, row) > (other_step, other.facts.name, column):
            return other.similarity(other_step, self, step)
        return self._cache.measured(
            self._cache.similarities,
            frozenset([self._key([step]), other._key([other_step])]),
            lambda: self.kept.cka(row, column, lambda: self._cka(step, other, other_step)),
        )

    def sample_metric(self, name: str, step: int) -> NDArray[np.float32]:
        """Returns a number a sample by a name of `sample_catalog.SAMPLE_METRICS`.

        Returns:
            float32 (n_samples,), all of the layer's; NaN where undefined or not measured.

        Raises:
            EmbedError: As `step_metrics`.
        """
        all_samples = np.full(self.facts.samples, np.nan, np.float32)
        at = self.steps.index(step)
        if name in {"displacement_of", "churn_of"}:
            if at > 0:
                change = self.change(self.steps[at - 1], step)
                radius = self.step_metrics(step).numbers["radius"]
                moved = change.displacement / (radius or 1)
                all_samples[self.samples] = moved if name == "displacement_of" else change.churn
        elif name == "loss":
            return cross_entropy(self.sample_metric("true_probability", step))
        elif name in self.step_metrics(step).samples:
            all_samples[self.samples] = self.step_metrics(step).samples[name]
        return all_samples

    def measure(self) -> Iterator[int]:
        """Measures all that is not measured yet, a step at a time; yields the steps done.

        Raises:
            EmbedError: As `step_metrics`.
        """
        for before, step in zip([None, *self.steps], self.steps, strict=False):
            self.step_metrics(step)
            if before is not None:
                self.change(before, step)
            yield step

    def shares(self) -> list[slice]:
        """Returns the measured samples in shares whose pairs can be compared apart."""
        return query_shares(self.measured_count, self.measured_count)

    def compare_pairs(self, step: int, share: slice | None = None) -> PairNumbers:
        """Returns what the distances of all pairs say of a step's samples.

        It takes nine tenths of the time that a step does. One of `shares` is the same bits as
        in the whole.

        Args:
            step: The step.
            share: Of which of the measured samples; all if left out.

        Raises:
            EmbedError: The snapshot cannot be read or is not finite.
        """
        snapshot = self._finite(step)
        # Samples that are all alike are all as near.
        alike = bool((snapshot == snapshot[0]).all())
        k = 0 if alike else neighbors_of(len(snapshot))
        silhouettes = Silhouettes(self.labels.of(self.samples).codes)
        some = np.arange(len(snapshot))[slice(None) if share is None else share]
        with one_blas_thread():
            # Both need the distances of all pairs, and no other number of a step does.
            neighbors = nearest(snapshot, k, queries=some, sums=silhouettes).indices
        return PairNumbers(neighbors, silhouettes.values[some])

    def _observe(self, step: int, pairs: PairNumbers | None) -> StepMetrics:
        snapshot = self._finite(step)
        recorded = self.run.outputs(self.facts.name, step)
        outputs = None
        if recorded is not None:
            values = recorded.values[self.samples]
            outputs = Outputs(values, recorded.kind, recorded.kernel)
        found = self.compare_pairs(step) if pairs is None else pairs
        labels = self.labels.of(self.samples)
        with one_blas_thread():
            return observe(snapshot, found.neighbors, found.silhouettes, labels, outputs)

    def _finite(self, step: int) -> NDArray[np.float32]:
        check_width(self.facts.units)
        snapshot = self.snapshot(step)
        if not np.isfinite(snapshot).all():
            raise UnsuitableDataError(
                f"{self.run.step_words(step)} holds NaN or infinity; leave it out"
            )
        return snapshot

    def _cka(self, step: int, other: LayerMetrics, other_step: int) -> Cka:
        with one_blas_thread():
            return similarity.cka(
                self._centred(step),
                other._centred(other_step),
                self._own_product(step),
                other._own_product(other_step),
            )

    def _centred(self, step: int) -> NDArray[np.float32]:
        return similarity.centred(self.snapshot(step))

    def _own_product(self, step: int) -> float:
        return self._cache.measured(
            self._cache.products,
            self._key([step]),
            lambda: similarity.own_product(self._centred(step)),
        )


def layer_measures(
    run: Run, layer: str, cache: MetricsCache, label: str | None = None
) -> LayerMetrics:
    """Returns the measures of a layer that can be measured; arguments as `MeasuredLayer`'s.

    Raises:
        TooMuchAskedError: It is too wide.
        UnsuitableDataError: None of its steps can be measured.
        ArgumentError: There is no such column.
    """
    check_width(run.layer(layer).units)
    measures = LayerMetrics(run, layer, cache, label)
    if not measures.steps:
        raise UnsuitableDataError(
            f"{layer!r} of run {run.name!r} has no snapshot with finite values; wait for "
            "one, or check the training for NaN"
        )
    return measures
