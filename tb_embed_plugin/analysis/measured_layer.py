"""A layer to be measured: its samples, its label, its steps, and where results are kept."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.label_classes import label_classes
from tb_embed_plugin.analysis.metrics_cache import KeptMetrics, MetricsCache
from tb_embed_plugin.analysis.subsampling import (
    most_measured,
    samples_to_measure,
    thinned,
    trained_steps,
)
from tb_embed_plugin.lru_cache import LruCache
from tb_embed_plugin.metrics.step_data import Labels
from tb_embed_plugin.runs.labels import label_of
from tb_embed_plugin.runs.run import Run, short_hash

SNAPSHOTS_HELD = 2
"""Snapshots of a layer in memory: a step is compared with several others, one after another."""


class MeasuredLayer:
    """What of a layer is measured, and the names under which the measures are remembered.

    Args:
        run: The run.
        layer: Name of the layer.
        cache: What was measured before.
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
        cache: MetricsCache,
        label: str | None = None,
        only: NDArray[np.int64] | None = None,
    ) -> None:
        self.run = run
        run.learn(layer, thinned(run.layer(layer).drawable))
        self.facts = run.layer(layer)
        self.steps = thinned(self.facts.drawable)
        self._cache = cache
        self.label = label_of(self.facts, label)
        self._only = only
        # To pick some rows out of a large file takes as long as to read it all.
        self._snapshots: LruCache[NDArray[np.float32]] = LruCache(SNAPSHOTS_HELD)

    @property
    def labels(self) -> Labels:
        """What the samples are, all of them."""
        return self._labels[1]

    @cached_property
    def samples(self) -> NDArray[np.int64]:
        """The samples that are measured, ascending: all, or a subset (`metrics.subset`)."""
        return self.measurable(self.facts.shown) if self._only is None else self._only

    @property
    def measured_count(self) -> int:
        """How many samples are measured, which is known without their labels."""
        if self._only is not None:
            return len(self._only)
        return min(len(self.facts.shown), most_measured(self.facts.units))

    def measurable(
        self, samples: NDArray[np.int64], units: int | None = None
    ) -> NDArray[np.int64]:
        """Returns those of some samples that would be measured of a layer so wide as this."""
        # Of the words' own codes, which no step changes.
        codes = self._labels[0].codes[samples]
        return samples[samples_to_measure(codes, units or self.facts.units)]

    def among(self, samples: NDArray[np.int64]) -> Self:
        """Returns the same of some of the samples that are shown."""
        if np.array_equal(samples, self.samples):
            return self
        label = "" if self.label is None else self.label
        return type(self)(self.run, self.facts.name, self._cache, label, samples)

    @cached_property
    def trained(self) -> list[int]:
        """The steps that are measured and follow a training."""
        return trained_steps(self.run, self.steps)

    def snapshot(self, step: int) -> NDArray[np.float32]:
        """Returns the activations of the measured samples, (n_measured, n_units).

        Raises:
            EmbedError: It cannot be read.
        """
        return self._snapshots.get(step, lambda: self._read(step))

    def _read(self, step: int) -> NDArray[np.float32]:
        snapshot = self.run.snapshot(self.facts.name, step)
        if len(self.samples) == len(snapshot):
            return np.asarray(snapshot)
        return snapshot[self.samples]

    @cached_property
    def _labels(self) -> tuple[Labels, Labels]:
        """The labels with the words' own codes, and with the model's classes as codes."""
        last = self.steps[-1] if self.steps else None
        return self._cache.labels.get(
            self._key(self.steps[-1:]),
            lambda: label_classes(self.run, self.facts.name, last, self.label),
        )

    @cached_property
    def kept(self) -> KeptMetrics:
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
        of = self._cache.backend_of
        return KeptMetrics(
            None if of is None else of(self.run.path),
            facts,
            len(self.samples),
            self.facts.units,
            len(labels.names),
        )

    def _name(self, step: int) -> str:
        """Returns a snapshot's name in the cache, whatever folder its run lies in."""
        return short_hash(self.facts.name, repr(self.run.stamp(self.facts.name, step)))

    def _key(self, steps: Sequence[int]) -> Hashable:
        stamps = tuple(repr(self.run.stamp(self.facts.name, step)) for step in steps)
        labels = self.label, self.facts.samples_version, self.facts.hidden
        only = "" if self._only is None else short_hash(self._only.tobytes())
        return self.run.path, self.facts.name, *labels, only, *steps, *stamps
