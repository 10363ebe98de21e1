"""A layer of a run in a notebook: what `open_run(…).layer(…)` returns. See docs/analysis.md."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.comparison import Comparison
from tb_embed_plugin.analysis.data_frame import frame, ranked_frame
from tb_embed_plugin.analysis.guests import ActivationsOf, Axes, Guests, NewSamples
from tb_embed_plugin.analysis.label_audit import LabelAudit, audit_labels
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.leaks import Leaks, leaks
from tb_embed_plugin.analysis.parting import PartedRuns
from tb_embed_plugin.analysis.same_samples import same_samples
from tb_embed_plugin.metrics.catalog import STEP_METRICS
from tb_embed_plugin.metrics.rankings import Ranking

if TYPE_CHECKING:
    import pandas as pd


class OpenLayer:
    """A layer of an opened run. What is measured once is remembered while it is open."""

    def __init__(
        self, measures: LayerMetrics, activations_of: ActivationsOf | None = None
    ) -> None:
        self.name = measures.facts.name
        self._activations_of = activations_of
        self._measures = measures
        self._run = measures.run

    @property
    def steps(self) -> list[int]:
        """The steps of the snapshots that are measured, ascending."""
        return self._measures.steps

    @property
    def trained_steps(self) -> list[int]:
        """Those of them that follow a training; rankings and warnings look at these."""
        return self._measures.trained

    @property
    def measured_samples(self) -> NDArray[np.int64]:
        """The samples that are measured, ascending: all up to 20,000, else a subset."""
        return self._measures.samples

    @property
    def label(self) -> str | None:
        """The column that is the label, None where there is none."""
        return self._measures.label

    @property
    def classes(self) -> tuple[str, ...]:
        """The words of the label, in the order of their codes."""
        return self._measures.labels.names

    @property
    def labels(self) -> NDArray[np.int32]:
        """The code of each sample's label, int32 (n_samples,), -1 where it has none."""
        return self._measures.labels.codes

    @cached_property
    def metadata(self) -> dict[str, NDArray[np.generic]]:
        """The columns by name: float64 of numbers, datetime64 in UTC of dates, else strings.

        Those that change with each step are those of the last one; see `metadata_at`.
        """
        return self.metadata_at(None)

    def metadata_at(self, step: int | None) -> dict[str, NDArray[np.generic]]:
        """Returns the columns by name at a step, as `metadata`.

        Raises:
            UnreadableError: They cannot be read.
        """
        columns = self._run.columns(self.name, step)
        return {column.name: column.values() for column in columns}

    def snapshot(self, step: int) -> NDArray[np.float32]:
        """Returns the activations at a step, float32 (n_samples, n_units), read-only.

        Raises:
            NotRecordedError: There is no such step.
        """
        return np.asarray(self._run.snapshot(self.name, step))

    def outputs(self, step: int) -> NDArray[np.float32] | None:
        """Returns the model's outputs at a step, float32 (n_samples, n_classes), or None."""
        found = self._run.outputs(self.name, step)
        return None if found is None else np.asarray(found.values)

    def neighbors(self, step: int) -> NDArray[np.int64]:
        """Returns the 15 nearest neighbors of each measured sample, exact, nearest first.

        Returns:
            int64 (n_measured, 15), numbers of samples; fewer columns with fewer samples.
        """
        return self._measures.samples[self._measures.step_metrics(step).neighbors]

    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """Returns all metrics by name (docs/metrics.md), float64 (n_steps,), NaN if undefined.

        Raises:
            EmbedError: A snapshot cannot be read or is not finite.
        """
        rows = [self._measures.numbers(step) for step in self.steps]
        return {
            metric.name: np.array([row.get(metric.name, np.nan) for row in rows])
            for metric in STEP_METRICS
            if any(metric.name in row for row in rows)
        }

    def sample_metric(self, name: str) -> NDArray[np.float32]:
        """Returns a number a step and sample by name (docs/metrics.md).

        Returns:
            float32 (n_steps, n_samples), NaN where undefined or not measured.
        """
        return np.stack([self._measures.sample_metric(name, step) for step in self.steps])

    def summary(self) -> dict[str, NDArray[np.float64]]:
        """Returns one number a sample over the run by name; see `findings.summary`."""
        return findings.summary(self._measures)

    def ranking(self, rule: str) -> Ranking:
        """Returns the samples that a rule names, the most striking first.

        Args:
            rule: `label_error`, `forgotten` and others, see docs/metrics.md.

        Raises:
            ArgumentError: There is no such rule.
            UnsuitableDataError: What it needs was not recorded.
        """
        return findings.ranking(self._measures, rule)

    def label_errors(self) -> LabelAudit:
        """Returns which labels are probably wrong, and what they should be.

        `samples`, `old` and `new` are as long as the number expected; `csv()` is a table for
        a spreadsheet, whose decisions `tb-embed relabel` reads.

        Raises:
            UnsuitableDataError: The layer has no label, or no step follows a training.
            EmbedError: A snapshot cannot be read or is not finite.
        """
        return audit_labels(self._measures)

    def duplicates_in(self, other: OpenLayer) -> Leaks:
        """Returns the samples that stand in the set of `other`, the same training's, too.

        Raises:
            UnsuitableDataError: It differs in width, or no trained step is common to both.
        """
        return leaks(self._measures, other._measures)  # its own kind

    def warnings(self) -> list[findings.Warning]:
        """Returns what the layer deserves to be warned of; usually nothing."""
        return findings.warnings(self._measures)

    def confusion(self, step: int) -> NDArray[np.int64]:
        """Returns how many samples of each label are predicted as each class, a row a label."""
        return findings.confusion(self._measures, step)

    def similarity(
        self, other: OpenLayer | None = None, *, biased: bool = False
    ) -> NDArray[np.float64]:
        """Returns the linear CKA of each step of this layer with each step of another.

        Args:
            other: A layer of the same samples, of this run or another; this one by default.
                Samples that one of them hides, as they are not finite there, are left out.
            biased: The plain CKA of Kornblith et al. 2019 instead, in [0, 1].

        Returns:
            float64 (n_steps, n_steps of the other), debiased: at most 1, about 0 where
            unrelated; NaN where undefined (`metrics.similarity`).

        Raises:
            UnsuitableDataError: The other one holds different samples.
        """
        to = self._measures if other is None else other._measures  # noqa: SLF001 # its own kind
        both = same_samples(self._measures, to)
        here, there = both.here, both.there
        found = [[here.similarity(a, there, b) for b in there.steps] for a in here.steps]
        return np.array([[c.biased if biased else c.debiased for c in row] for row in found])

    def compare(self, other: OpenLayer, step: int | None = None) -> Comparison:
        """Holds this layer against that of another run, or another one of this run.

        Args:
            other: A layer of the same samples. Those that one of them hides are left out.
            step: The step to compare at; by default, or where only one of them has it, the
                last that both have.

        Raises:
            UnsuitableDataError: The other one holds different samples.
        """
        return Comparison(self._measures, other._measures, step)  # its own kind

    def parted(self, other: OpenLayer, seed: OpenLayer | None = None) -> PartedRuns:
        """Says from which step on two runs differ by more than two seeds do.

        `parting` is that step with the samples and a sentence, None where there is none.

        Args:
            other: The same layer of another run of the same samples.
            seed: That of a third run, which differs from this one by its seed alone; without,
                by how unevenly both runs move by themselves.

        Raises:
            UnsuitableDataError: They hold different samples, or share fewer than two steps or
                50 samples.
        """
        compared = self.compare(other)
        third = None if seed is None else seed._measures  # noqa: SLF001 # its own kind
        return PartedRuns(compared, third)

    def project_new(
        self,
        activations: ArrayLike | None = None,
        step: int | None = None,
        components: int = 3,
        *,
        inputs: Any = None,
    ) -> Guests:
        """Places samples that were not recorded among those that were.

        In the picture that the page shows first, the PCA of all steps, in which a recorded
        sample lies on its own point. Pass either of the two; `inputs` needs a run that was
        recorded with `keep_model=True`, whose model computes in this process.

        Args:
            activations: (n_new, n_units), what the model of that step yields at this layer for
                the new samples, pooled as the recorded ones were.
            step: The step; the last one by default.
            components: Coordinates of a sample, at most 10.
            inputs: The new samples as `x` of `EmbeddingCheckpoint`, prepared alike.

        Raises:
            MisuseError: Both or neither are passed, or they do not fit the layer or the model.
            NotRecordedError: There is no such step, or no model was kept with it.
            UnreadableError: The model cannot be loaded in Keras' safe mode.
        """
        step = self._measures.facts.drawable_step(step)
        new = NewSamples(activations, inputs)
        rows = new.activations(self._run, self.name, step, self._activations_of)
        return self._axes.place(rows, step, components)

    @cached_property
    def _axes(self) -> Axes:
        return Axes(self._measures)

    def metrics_frame(self) -> pd.DataFrame:
        """Returns `metrics` as a data frame, a row a step.

        Raises:
            MisuseError: pandas is not installed.
        """
        return frame(self.metrics(), "step", self.steps)

    def samples_frame(self) -> pd.DataFrame:
        """Returns the metadata and `summary` as a data frame, a row a sample.

        A column of the metadata keeps its name where both have one.

        Raises:
            MisuseError: pandas is not installed.
        """
        columns = {**self.summary(), **self.metadata}
        return frame(columns, "sample", range(self._measures.facts.samples))

    def ranking_frame(self, rule: str) -> pd.DataFrame:
        """Returns `ranking` with the metadata as a data frame, the first row the first.

        Raises:
            MisuseError: pandas is not installed.
        """
        ranking = self.ranking(rule)
        return ranked_frame(ranking, self.metadata, self.trained_steps)
