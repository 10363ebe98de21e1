"""Which labels of a layer's samples are probably wrong, in words: `open_run(…).label_errors`.

The table that it gives is the one that decisions are written into: `relabeling` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.missing import why_unjudged
from tb_embed_plugin.analysis.trained_history import history_of
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics.label_errors import NO_CLASS
from tb_embed_plugin.runs.tables.csv_cells import csv_bytes, guarded

FIRST = 10
"""Rows of the table that is logged."""


@dataclass(frozen=True)
class LabelAudit:
    """The labels that are probably wrong.

    Attributes:
        label: The column that is the label.
        classes: The words of the label, in the order of their codes.
        samples: int64 (n_listed,), at most as many as are expected to be wrong, the most
            probable first.
        codes: The labels' codes, int32 (n_samples,), -1 where a sample has none.
        probability: That the label is wrong, float64 (n_samples,); NaN where a sample has no
            label or was not measured.
        suggestion: Code of the class to change it to, int64 (n_samples,), -1 for none.
        expected: How many of the measured labels are wrong.
        interval: Where that number probably lies (docs/label_errors.md).
    """

    label: str
    classes: tuple[str, ...]
    samples: NDArray[np.int64]
    codes: NDArray[np.int32]
    probability: NDArray[np.float64]
    suggestion: NDArray[np.int64]
    expected: float
    interval: tuple[float, float]

    @property
    def old(self) -> list[str]:
        """The label of each listed sample."""
        return [self.classes[code] for code in self.codes[self.samples]]

    @property
    def new(self) -> list[str]:
        """The class to change each to."""
        return [self.classes[code] for code in self.suggestion[self.samples]]

    def sentence(self) -> str:
        """Returns how many labels are expected to be wrong, in words."""
        return in_words(self.expected, self.interval)

    def columns(self) -> dict[str, list[str] | list[int] | list[float]]:
        """Returns the listed samples as columns, `decided` empty: fix, keep or unsure."""
        return {
            "id": self.samples.tolist(),
            "old": self.old,
            "new": self.new,
            "decided": [""] * len(self.samples),
            "probability": [round(p, 4) for p in self.probability[self.samples].tolist()],
        }

    def csv(self) -> str:
        """Returns `columns` as CSV for a spreadsheet."""
        columns = self.columns()
        columns |= {
            name: [guarded(word) for word in getattr(self, name)] for name in ("old", "new")
        }
        return csv_bytes([list(columns), *zip(*columns.values(), strict=True)]).decode()

    def table(self) -> str:
        """Returns the sentence, and the first ten listed below it."""
        rows = zip(self.samples.tolist(), self.old, self.new, strict=True)
        lines = [
            f"  {sample:>8}  {old:>12} → {new:<12} {self.probability[sample]:.0%}"
            for sample, old, new in list(rows)[:FIRST]
        ]
        head = f"  {'sample':>8}  {self.label:>12}   {'change to':<12} probability"
        return "\n".join([self.sentence(), *([head] if lines else []), *lines])


def in_words(expected: float, interval: tuple[float, float]) -> str:
    """Returns an expected number of wrong labels with its interval, as a sentence."""
    low, high = (round(bound) for bound in interval)
    number = round(expected)
    return (
        f"About {number:,} label{'s' * (number != 1)} {'is' if number == 1 else 'are'} "
        f"probably wrong ({low:,} to {high:,})."
    )


def audit_labels(measures: LayerMetrics) -> LabelAudit:
    """Returns which labels are probably wrong.

    Raises:
        UnsuitableDataError: The layer has no label, or neither it nor the model knows the
            labels, or no step follows a training.
        EmbedError: A snapshot cannot be read or is not finite.
    """
    history = history_of(measures)
    if measures.label is None or not history.has_labels:
        raise UnsuitableDataError(
            f"run {measures.run.name!r} has no labels that could be wrong; record it with "
            "labels=…, or choose a label column"
        )
    found = history.label_errors
    if found is None:
        raise UnsuitableDataError(why_unjudged(measures))
    probability = np.full(measures.facts.samples, np.nan)
    probability[measures.samples] = found.probability
    suggestion = np.full(measures.facts.samples, NO_CLASS, np.int64)
    suggestion[measures.samples] = found.suggestion
    return LabelAudit(
        label=measures.label,
        classes=measures.labels.names,
        samples=measures.samples[found.samples],
        codes=measures.labels.codes,
        probability=probability,
        suggestion=suggestion,
        expected=found.expected,
        interval=found.interval,
    )
