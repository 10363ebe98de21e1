"""What was observed of a layer's samples over the run, as the rankings look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.label_errors import (
    Evidence,
    LabelErrors,
    label_errors,
    labels_are_known,
)


@dataclass(frozen=True)
class History:
    """What was observed of each sample, step by step; the untrained step left out.

    Attributes:
        labels: Codes int (n_samples,), negative where a sample has no label.
        prediction: int (n_steps, n_samples); None where outputs were not recorded.
        margin: (n_steps, n_samples), None where the outputs' classes are not the labels.
        true_probability: (n_steps, n_samples), likewise.
        neighborhood_label: int (n_steps, n_samples).
        share: Share of the neighbors that have it, (n_steps, n_samples).
        neighbors: Of each step, int (n_samples, k), the nearest first.
        nearest: Distance to the nearest neighbor, (n_steps, n_samples), as a share of the
            radius; NaN without neighbors.
        isolation: Distance to the last of the k neighbors, likewise.
        displacement: Since the step before, in activations, (n_steps, n_samples), 0 at the
            first step.
        net: From the first step to the last, in activations, (n_samples,).
        churn: Since the step before, (n_steps, n_samples), 0 at the first step.
    """

    labels: NDArray[np.integer]
    prediction: NDArray[np.integer] | None
    margin: NDArray[np.floating] | None
    true_probability: NDArray[np.floating] | None
    neighborhood_label: NDArray[np.integer]
    share: NDArray[np.floating]
    neighbors: Sequence[NDArray[np.integer]]
    nearest: NDArray[np.floating]
    isolation: NDArray[np.floating]
    displacement: NDArray[np.floating]
    net: NDArray[np.floating]
    churn: NDArray[np.floating]

    @property
    def has_labels(self) -> bool:
        """Whether any sample has a label."""
        return bool((self.labels >= 0).any())

    @cached_property
    def label_errors(self) -> LabelErrors | None:
        """How likely each label is wrong, and what it should be; None where nobody can say."""
        knows_labels = self.true_probability is not None
        seen = Evidence(
            labels=self.labels,
            neighbors=self.neighbors,
            neighborhood_label=self.neighborhood_label,
            share=self.share,
            prediction=self.prediction if knows_labels else None,
            true_probability=self.true_probability,
            margin=self.margin,
        )
        return label_errors(seen) if labels_are_known(seen) else None

    @property
    def correct(self) -> NDArray[np.bool_] | None:
        """Whether the model is right, (n_steps, n_samples); None where nobody can say."""
        if self.prediction is None or self.margin is None:
            return None
        right: NDArray[np.bool_] = (self.prediction == self.labels) & (self.labels >= 0)
        return right
