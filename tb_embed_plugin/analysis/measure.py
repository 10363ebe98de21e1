"""Composes runs and metrics: all that is measured of a layer, step by step.

A step is measured once, whoever asks; what is remembered is found by the run, the layer, the
labels and the snapshot's own stamp, so a run that grows costs its new steps alone.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tb_embed_plugin.analysis.labelling import choose_labels, match_outputs
from tb_embed_plugin.errors import NotRecordedError, UnsuitableDataError
from tb_embed_plugin.memory import Memory
from tb_embed_plugin.metrics import similarity
from tb_embed_plugin.metrics.observation import (
    Change,
    K,
    Labels,
    Observation,
    Outputs,
    compare,
    observe,
)
from tb_embed_plugin.metrics.predictions import predict
from tb_embed_plugin.metrics.rankings import History
from tb_embed_plugin.metrics.subset import MAX_EXACT, stratified
from tb_embed_plugin.metrics.warning_rules import Moment
from tb_embed_plugin.projections.neighbors import nearest
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import RecordedOutputs, Run

MAX_STEPS = 128
"""Steps of a layer that are measured; of more, every second, fourth and so on, and the last."""

MAX_WORK = MAX_EXACT**2 * 512
"""Products of activations that a step's distances may take: 20,000 samples of 512 units; of a
wider layer fewer samples are measured."""

_NUMBERS = 1 << 17


@dataclass(frozen=True)
class Measured:
    """What was measured before, by what it was measured of; forgotten with the process.

    A step of 10,000 samples takes 1.2 MB.
    """

    labels: Memory[tuple[Labels, Labels]] = field(
        default_factory=lambda: Memory[tuple[Labels, Labels]](16)
    )
    observations: Memory[Observation] = field(
        default_factory=lambda: Memory[Observation](2 * MAX_STEPS)
    )
    changes: Memory[Change] = field(default_factory=lambda: Memory[Change](2 * MAX_STEPS))
    products: Memory[float] = field(default_factory=lambda: Memory[float](_NUMBERS))
    similarities: Memory[float] = field(default_factory=lambda: Memory[float](_NUMBERS))


class LayerMeasures:
    """The measures of one layer of a run.

    Args:
        run: The run.
        layer: Name of the layer.
        measured: What was measured before.
        label: The column of categories that is the label; see `labelling.choose_labels`.

    Attributes:
        steps: The steps that are measured, ascending.
    """

    def __init__(
        self, run: Run, layer: str, measured: Measured, label: str | None = None
    ) -> None:
        self.run = run
        self.facts = run.layer(layer)
        self.steps = thinned(self.facts.drawable)
        self._measured = measured
        self._label = label

    @property
    def labels(self) -> Labels:
        """What the samples are, all of them."""
        return self._labels[1]

    @cached_property
    def samples(self) -> NDArray[np.int64]:
        """The samples that are measured, ascending: all, or a subset (`metrics.subset`)."""
        # Of the words' own codes, which no step changes.
        most = min(MAX_EXACT, math.isqrt(MAX_WORK // self.facts.units))
        return stratified(self._labels[0].codes, most)

    @cached_property
    def trained(self) -> list[int]:
        """The steps that are measured and follow a training."""
        untrained = {
            s.step
            for s in self.run.step_facts
            if s.iterations == 0 or (s.iterations is None and s.epoch == 0 and not s.batch)
        }
        return [step for step in self.steps if step not in untrained]

    def observation(self, step: int) -> Observation:
        """Returns what a step's snapshot says of itself.

        Raises:
            EmbedError: The snapshot cannot be read or is not finite.
        """
        key = self._key([step]), self.labels.names, self.labels.are_outputs
        return self._measured.observations.get(key, lambda: self._observe(step))

    def change(self, before: int, after: int) -> Change:
        """Returns what has changed from one step to another.

        Raises:
            EmbedError: As `observation`.
        """
        first, second = self.observation(before), self.observation(after)
        return self._measured.changes.get(
            self._key([before, after]),
            lambda: compare(
                self.snapshot(before), self.snapshot(after), first.neighbors, second.neighbors
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
            found["cka_before"] = self.similarity(step, self, before)
        found["cka_first"] = self.similarity(step, self, self.steps[0])
        found["cka_last"] = self.similarity(step, self, self.steps[-1])
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def similarity(self, step: int, other: LayerMeasures, other_step: int) -> float:
        """Returns the linear CKA with another snapshot of the same samples.

        Args:
            step: One of the steps of this layer.
            other: A layer, this or another one, of this run or another.
            other_step: One of its steps.

        Returns:
            In [0, 1]; NaN where one of the two has no variance.

        Raises:
            UnsuitableDataError: They hold different samples.
            EmbedError: A snapshot cannot be read.
        """
        if self.facts.fingerprint != other.facts.fingerprint:
            raise UnsuitableDataError(
                "expected two layers that hold the same samples; received "
                f"{self.facts.name!r} of run {self.run.name!r} and {other.facts.name!r} of "
                f"run {other.run.name!r}; record both with the same x and metadata"
            )
        # One number for both orders.
        keys = frozenset([self._key([step]), other._key([other_step])])
        return self._measured.similarities.get(keys, lambda: self._cka(step, other, other_step))

    def sample_metric(self, name: str, step: int) -> NDArray[np.float32]:
        """Returns a number a sample by a name of `catalog.SAMPLE_METRICS`.

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
        elif name in self.observation(step).samples:
            all_samples[self.samples] = self.observation(step).samples[name]
        return all_samples

    def outputs(self, step: int) -> RecordedOutputs:
        """Returns the model's outputs for all samples at a step, a column a label.

        Raises:
            NotRecordedError: The outputs were not recorded, or nobody knows which label is
                which of their columns.
            UnreadableError: They cannot be read.
        """
        outputs = self.run.outputs(self.facts.name, step)
        if outputs is None or not self.labels.are_outputs:
            raise NotRecordedError(
                "expected the model's outputs and the labels that belong to them; run "
                f"{self.run.name!r} lacks them; record it with labels=…"
            )
        return outputs

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

    def moments(self) -> list[Moment]:
        """Returns the trained steps, as the rules for warnings take them.

        Raises:
            EmbedError: As `observation`.
        """
        return [
            Moment(self.observation(step), None if i == 0 else self.change(before, step))
            for i, (before, step) in enumerate(
                zip([0, *self.trained], self.trained, strict=False)
            )
        ]

    def history(self) -> History:
        """Returns what was observed of each measured sample, as the rankings take it.

        Raises:
            UnsuitableDataError: No step follows a training.
            EmbedError: As `observation`.
        """
        moments = self.moments()
        if not moments:
            raise UnsuitableDataError(
                f"expected a snapshot of {self.facts.name!r} taken after training had begun; "
                f"run {self.run.name!r} has none yet; wait for one"
            )
        seen = [moment.observation for moment in moments]
        still = np.zeros(len(self.samples), np.float32)
        changes = [moment.change or Change(still, still) for moment in moments]
        first, last = self.trained[0], self.trained[-1]
        predicted = _matrix([s.samples for s in seen], "prediction")
        return History(
            labels=self.labels.codes[self.samples],
            prediction=None if predicted is None else predicted.astype(np.int32),
            margin=_matrix([s.samples for s in seen], "margin"),
            true_probability=_matrix([s.samples for s in seen], "true_probability"),
            neighborhood_label=np.stack(
                [s.samples["neighborhood_label"].astype(np.int32) for s in seen]
            ),
            share=np.stack([s.agreement for s in seen]),
            own=np.stack([s.samples["agreement"] for s in seen]),
            displacement=np.stack([change.displacement for change in changes]),
            net=self.change(first, last).displacement,
            churn=np.stack([change.churn for change in changes]),
        )

    @cached_property
    def _labels(self) -> tuple[Labels, Labels]:
        """The labels with the words' own codes, and with the model's classes as codes."""
        return self._measured.labels.get(self._key(self.steps[-1:]), self._find_labels)

    def _find_labels(self) -> tuple[Labels, Labels]:
        columns = self.run.columns(self.facts.name)
        labels = choose_labels(columns, self.facts.samples, self._label)
        outputs = self.run.outputs(self.facts.name, self.steps[-1]) if self.steps else None
        if outputs is None:
            return labels, labels
        predicted = predict(outputs.values, outputs.kind).classes
        return labels, match_outputs(labels, predicted, outputs.values.shape[1])

    def _observe(self, step: int) -> Observation:
        snapshot = self.snapshot(step)
        if not np.isfinite(snapshot).all():
            raise UnsuitableDataError(
                f"expected finite activations; step {step} holds NaN or infinity; leave it out"
            )
        recorded = self.run.outputs(self.facts.name, step)
        outputs = None
        if recorded is not None:
            values = recorded.values[self.samples]
            outputs = Outputs(values, recorded.kind, recorded.kernel)
        with _one_thread():
            neighbors = nearest(snapshot, K).indices
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

    def _cka(self, step: int, other: LayerMeasures, other_step: int) -> float:
        with _one_thread():
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

    def _key(self, steps: Sequence[int]) -> Hashable:
        stamps = tuple(repr(self.run.stamp(self.facts.name, step)) for step in steps)
        labels = self._label, self.facts.samples_version
        return self.run.path, self.facts.name, *labels, *steps, *stamps


def measures_below(
    logdir: Path, run: str | None = None, layer: str | None = None, label: str | None = None
) -> Iterator[list[LayerMeasures]]:
    """Yields the measures of the layers of each run below a directory.

    Args:
        logdir: TensorBoard's log directory.
        run: One run alone.
        layer: One layer alone.
        label: The column of categories that is the label.

    Raises:
        NotRecordedError: There is no such run, or none at all, or no such layer.
        UnreadableError: A run is damaged.
    """
    runs = Logdir(logdir, list)
    names = [found.name for found in runs.list_runs()] if run is None else [run]
    if not names:
        raise NotRecordedError(
            f"expected a run below {logdir}; received none; record one, or name another "
            "directory"
        )
    for name in names:
        found = runs.run(name)
        layers = [facts.name for facts in found.layers] if layer is None else [layer]
        yield [LayerMeasures(found, each, Measured(), label) for each in layers]


def thinned(steps: Sequence[int], most: int = MAX_STEPS) -> list[int]:
    """Returns all steps, or of more than `most` every second, fourth and so on, and the last.

    So a run that grows keeps most of those that were measured.
    """
    stride = 1
    while len(steps) > most and -(-len(steps) // stride) >= most:
        stride *= 2
    kept = list(steps[::stride])
    return kept if not steps or kept[-1] == steps[-1] else [*kept, steps[-1]]


def _one_thread() -> threadpool_limits:
    """Keeps BLAS to one thread.

    Its threads wait for one another by spinning: on a busy machine two of them take ten
    times as long as one.
    """
    return threadpool_limits(1, "blas")


def _matrix(
    samples: Sequence[Mapping[str, NDArray[np.float32]]], name: str
) -> NDArray[np.float32] | None:
    """Returns a sample metric of all steps, None where a step lacks it."""
    if not all(name in entry for entry in samples):
        return None
    return np.stack([entry[name] for entry in samples])
