"""The input of a step's metrics: its snapshot, neighbors, labels and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OutputsKind
from tb_embed_plugin.metrics import collapse, neighborhoods, predictions, units
from tb_embed_plugin.metrics.spectrum import Spectrum, spectrum


@dataclass(frozen=True)
class Labels:
    """What the samples are.

    Attributes:
        codes: int32 (n_samples,), negative where a sample has no label.
        names: The word of each code.
        are_outputs: Whether code c is the class of the model's output column c.
    """

    codes: NDArray[np.int32]
    names: tuple[str, ...]
    are_outputs: bool

    def of(self, samples: NDArray[np.integer]) -> Labels:
        """Returns the labels of some samples."""
        return Labels(self.codes[samples], self.names, self.are_outputs)


@dataclass(frozen=True)
class Outputs:
    """What the model says of the samples at one step.

    Attributes:
        values: (n_samples, n_classes).
        kind: Logits or probabilities.
        kernel: The output layer's weights (n_units, n_classes) where this layer feeds it.
    """

    values: NDArray[np.floating]
    kind: OutputsKind
    kernel: NDArray[np.floating] | None = None


@dataclass(frozen=True)
class StepData:
    """One step of a layer, and what several metrics need of it, computed once.

    Attributes:
        snapshot: Finite (n_samples, n_units).
        neighbors: The exact nearest neighbors of each sample, int32 (n_samples, k).
        silhouettes: The silhouette of each sample, float32 (n_samples,), NaN where undefined.
        labels: What the samples are.
        outputs: What the model says of them, None where that was not recorded.
    """

    snapshot: NDArray[np.floating]
    neighbors: NDArray[np.int32]
    silhouettes: NDArray[np.float32]
    labels: Labels
    outputs: Outputs | None

    @cached_property
    def votes(self) -> neighborhoods.Votes:
        """What each sample's neighbors say of its label."""
        return neighborhoods.vote(self.labels.codes, self.neighbors)

    @cached_property
    def spectrum(self) -> Spectrum:
        """The variances along the principal axes, and the singular values."""
        return spectrum(self.snapshot)

    @cached_property
    def dead(self) -> NDArray[np.bool_]:
        """Which units are dead."""
        return units.dead(self.snapshot)

    @cached_property
    def saturated(self) -> NDArray[np.bool_]:
        """Which units are saturated."""
        return units.saturated(self.snapshot, units.bounds(self.snapshot))

    @cached_property
    def class_means(self) -> collapse.ClassMeans:
        """The means of the classes."""
        return collapse.class_means(self.snapshot, self.labels.codes)

    @cached_property
    def predicted(self) -> predictions.Predictions | None:
        """The model's predictions, None where its outputs were not recorded."""
        outputs = self.outputs
        return None if outputs is None else predictions.predict(outputs.values, outputs.kind)
