"""Composes runs and metrics: all that is measured of a layer, step by step.

A step is measured once, whoever asks; what is remembered is found by the run, the layer, the
labels and the snapshot's own stamp, so a run that grows costs its new steps alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.extent import samples_to_measure, thinned, trained_steps
from tb_embed_plugin.analysis.labelling import labels_of
from tb_embed_plugin.analysis.measured import LayerShelf, Measured
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics import similarity
from tb_embed_plugin.metrics.moment import Moment
from tb_embed_plugin.metrics.observation import (
    Change,
    Labels,
    Observation,
    Outputs,
    compare,
    neighbors_of,
    observe,
)
from tb_embed_plugin.metrics.predictions import cross_entropy
from tb_embed_plugin.metrics.similarity import Cka
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.projections.neighbors import nearest
from tb_embed_plugin.projections.threads import one_blas_thread
from tb_embed_plugin.runs.labels import label_of
from tb_embed_plugin.runs.run import Run, short_hash


class LayerMeasures:
    """The measures of one layer of a run.

    Args:
        run: The run.
        layer: Name of the layer.
        measured: What was measured before.
        label: The column that is the label; empty for none, None for the layer's own.
        only: The samples to measure, ascending int64, of those that are shown; None for all,
            or a subset (`metrics.subset`).

    Attributes:
        steps: The steps that are measured, ascending.
        label: The column that is the label, None where there is none.

    Raises:
        ArgumentError: There is no such column.
    """

    def __init__(
        self,
        run: Run,
        layer: str,
        measured: Measured,
        label: str | None = None,
        only: NDArray[np.int64] | None = None,
    ) -> None:
        self.run = run
        run.learn(layer, thinned(run.layer(layer).drawable))
        self.facts = run.layer(layer)
        self.steps = thinned(self.facts.drawable)
        self._measured = measured
        self.label = label_of(self.facts, label)
        self._only = only

    @property
    def labels(self) -> Labels:
        """What the samples are, all of them."""
        return self._labels[1]

    @cached_property
    def samples(self) -> NDArray[np.int64]:
        """The samples that are measured, ascending: all, or a subset (`metrics.subset`)."""
        return self.measurable(self.facts.shown) if self._only is None else self._only

    def measurable(
        self, samples: NDArray[np.int64], units: int | None = None
    ) -> NDArray[np.int64]:
        """Returns those of some samples that would be measured of a layer so wide as this."""
        # Of the words' own codes, which no step changes.
        codes = self._labels[0].codes[samples]
        return samples[samples_to_measure(codes, units or self.facts.units)]

    def among(self, samples: NDArray[np.int64]) -> LayerMeasures:
        """Returns the measures of the layer over some of the samples that are shown."""
        if np.array_equal(samples, self.samples):
            return self
        label = "" if self.label is None else self.label
        return LayerMeasures(self.run, self.facts.name, self._measured, label, samples)

    @cached_property
    def trained(self) -> list[int]:
        """The steps that are measured and follow a training."""
        return trained_steps(self.run, self.steps)

    def observation(self, step: int) -> Observation:
        """Returns what a step's snapshot says of itself.

        Raises:
            EmbedError: The snapshot cannot be read or is not finite.
        """
        key = self._key([step]), self.labels.names, self.labels.are_outputs
        return self._measured.observations.get(
            key, lambda: self.shelf.observation(self._name(step), lambda: self._observe(step))
        )

    def change(self, before: int, after: int) -> Change:
        """Returns what has changed from one step to another.

        Raises:
            EmbedError: As `observation`.
        """
        first, second = self.observation(before), self.observation(after)
        name = f"{self._name(before)}-{self._name(after)}"
        return self._measured.changes.get(
            self._key([before, after]),
            lambda: self.shelf.change(
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
            EmbedError: As `observation`.
        """
        found = dict(self.observation(step).numbers)
        at = self.steps.index(step)
        if at > 0:
            before = self.steps[at - 1]
            moment = Moment(self.observation(step), self.change(before, step))
            found["displacement"], found["churn"] = moment.displacement, moment.churn
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

    def similarity(self, step: int, other: LayerMeasures, other_step: int) -> Cka:
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
                "expected layers of which the same samples are measured; received "
                f"{len(self.samples)} and {len(other.samples)}; measure both over the samples "
                "that both show"
            )
        # One number for both orders.
        ends = sorted(
            [(self._name(step), self), (other._name(other_step), other)],
            key=lambda end: end[0],
        )
        (row, shelved), (column, _) = ends
        return self._measured.similarities.get(
            frozenset([self._key([step]), other._key([other_step])]),
            lambda: shelved.shelf.cka(row, column, lambda: self._cka(step, other, other_step)),
        )

    def sample_metric(self, name: str, step: int) -> NDArray[np.float32]:
        """Returns a number a sample by a name of `sample_catalog.SAMPLE_METRICS`.

        Returns:
            float32 (n_samples,), all of the layer's; NaN where undefined or not measured.

        Raises:
            EmbedError: As `observation`.
        """
        all_samples = np.full(self.facts.samples, np.nan, np.float32)
        at = self.steps.index(step)
        if name in {"displacement_of", "churn_of"}:
            if at > 0:
                change = self.change(self.steps[at - 1], step)
                radius = self.observation(step).numbers["radius"]
                moved = change.displacement / (radius or 1)
                all_samples[self.samples] = moved if name == "displacement_of" else change.churn
        elif name == "loss":
            return cross_entropy(self.sample_metric("true_probability", step))
        elif name in self.observation(step).samples:
            all_samples[self.samples] = self.observation(step).samples[name]
        return all_samples

    def measure(self) -> Iterator[int]:
        """Measures all that is not measured yet, a step at a time; yields the steps done.

        Raises:
            EmbedError: As `observation`.
        """
        for before, step in zip([None, *self.steps], self.steps, strict=False):
            self.observation(step)
            if before is not None:
                self.change(before, step)
            yield step

    @cached_property
    def _labels(self) -> tuple[Labels, Labels]:
        """The labels with the words' own codes, and with the model's classes as codes."""
        last = self.steps[-1] if self.steps else None
        return self._measured.labels.get(
            self._key(self.steps[-1:]),
            lambda: labels_of(self.run, self.facts.name, last, self.label),
        )

    def _observe(self, step: int) -> Observation:
        check_width(self.facts.units)
        snapshot = self.snapshot(step)
        if not np.isfinite(snapshot).all():
            raise UnsuitableDataError(
                f"expected finite activations; step {self.run.step_name(step)} holds NaN or "
                "infinity; leave it out"
            )
        recorded = self.run.outputs(self.facts.name, step)
        outputs = None
        if recorded is not None:
            values = recorded.values[self.samples]
            outputs = Outputs(values, recorded.kind, recorded.kernel)
        with one_blas_thread():
            # Samples that are all alike are all as near.
            alike = bool((snapshot == snapshot[0]).all())
            k = 0 if alike else neighbors_of(len(snapshot))
            neighbors = nearest(snapshot, k).indices
            return observe(snapshot, neighbors, self.labels.of(self.samples), outputs)

    def snapshot(self, step: int) -> NDArray[np.float32]:
        """Returns the activations of the measured samples, (n_measured, n_units).

        Raises:
            EmbedError: It cannot be read.
        """
        snapshot = self.run.snapshot(self.facts.name, step)
        if len(self.samples) == len(snapshot):
            return np.asarray(snapshot)
        return snapshot[self.samples]

    def _cka(self, step: int, other: LayerMeasures, other_step: int) -> Cka:
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
        return self._measured.products.get(
            self._key([step]), lambda: similarity.own_product(self._centred(step))
        )

    @cached_property
    def shelf(self) -> LayerShelf:
        """What is kept of the layer."""
        words, labels = self._labels
        facts = {
            "layer": self.facts.name,
            "samples": self.facts.fingerprint,
            "measured": len(self.samples),
            "label": self.label,
            **({"hidden": self.facts.hidden} if self.facts.hidden else {}),
            **({} if self._only is None else {"only": short_hash(self._only.tobytes())}),
            "labels": [
                [known.names, known.are_outputs, short_hash(known.codes.tobytes())]
                for known in (words, labels)
            ],
        }
        of = self._measured.shelf_of
        return LayerShelf(
            None if of is None else of(self.run.path),
            facts,
            len(self.samples),
            self.facts.units,
            len(labels.names),
        )

    def _name(self, step: int) -> str:
        """Names a snapshot, in whatever folder its run lies."""
        return short_hash(self.facts.name, repr(self.run.stamp(self.facts.name, step)))

    def _key(self, steps: Sequence[int]) -> Hashable:
        stamps = tuple(repr(self.run.stamp(self.facts.name, step)) for step in steps)
        labels = self.label, self.facts.samples_version, self.facts.hidden
        only = "" if self._only is None else short_hash(self._only.tobytes())
        return self.run.path, self.facts.name, *labels, only, *steps, *stamps
