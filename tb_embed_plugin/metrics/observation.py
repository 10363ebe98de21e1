"""All that is measured of one step, and between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OutputsKind
from tb_embed_plugin.metrics import (
    collapse,
    motion,
    neighborhoods,
    predictions,
    separability,
    spectrum,
    units,
)

K = 15
"""Neighbours that are looked at, where there are samples enough; see `neighbors_of`."""

MAX_MIXED_CLASSES = 256
"""With more classes than this, which of them mix is not counted."""


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
class Observation:
    """What one step's snapshot says of itself.

    Attributes:
        numbers: By the names of `catalog.STEP_METRICS`; NaN or missing where undefined.
        samples: By the names of `sample_catalog.SAMPLE_METRICS`, float32 (n_samples,), NaN
            where undefined; classes are whole numbers.
        agreement: Share of the neighbours that have their most frequent label, float32
            (n_samples,).
        neighbors: int32 (n_samples, k).
        dead: bool (n_units,).
        saturated: bool (n_units,).
        dead_by_class: Share of units that answer all of a class alike, float64 (n_classes,).
        mixing: `neighborhoods.mixing`, empty with more than `MAX_MIXED_CLASSES` classes.
    """

    numbers: Mapping[str, float]
    samples: Mapping[str, NDArray[np.float32]]
    agreement: NDArray[np.float32]
    neighbors: NDArray[np.int32]
    dead: NDArray[np.bool_]
    saturated: NDArray[np.bool_]
    dead_by_class: NDArray[np.float64]
    mixing: NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """What has changed from one step to the next.

    Attributes:
        displacement: float64 (n_samples,), in activations.
        churn: float32 (n_samples,) in [0, 1], NaN without neighbours.
    """

    displacement: NDArray[np.float64]
    churn: NDArray[np.float32]


def neighbors_of(samples: int) -> int:
    """Returns how many neighbours of a sample are looked at: `K`, or half of the others.

    Were they all the others, every neighbourhood would be the same and never change.
    """
    return min(K, max(samples - 1, 0) // 2)


def observe(
    snapshot: NDArray[np.floating],
    neighbors: NDArray[np.int32],
    labels: Labels,
    outputs: Outputs | None,
) -> Observation:
    """Returns all that is measured of one step.

    O(n² n_units) for the silhouette, which needs all distances; the rest is
    O(n n_units² + n_units³).

    Args:
        snapshot: Finite (n_samples, n_units).
        neighbors: The exact nearest neighbours, int32 (n_samples, k).
        labels: What the samples are.
        outputs: What the model says of them, None where that was not recorded.
    """
    codes, n_classes = labels.codes, len(labels.names)
    votes = neighborhoods.vote(codes, neighbors)
    found = spectrum.spectrum(snapshot)
    variances = found.variances
    radius = motion.radius(variances)
    mean = snapshot.mean(axis=0, dtype=np.float64)
    away = motion.displacement(np.broadcast_to(mean, snapshot.shape), snapshot)
    coefficients = separability.silhouette(snapshot, codes)
    dead = units.dead(snapshot)
    saturated = units.saturated(snapshot, units.bounds(snapshot))
    numbers = {
        # Where all labels are alike, neighbours could not be wrong.
        "knn_accuracy": neighborhoods.accuracy(codes, votes.label)
        if len(np.unique(codes[codes >= 0])) > 1
        else np.nan,
        "probe_accuracy": separability.probe_accuracy(snapshot, codes),
        "silhouette": _mean(coefficients),
        "effective_rank": spectrum.effective_rank(variances),
        "participation_ratio": spectrum.participation_ratio(variances),
        "rankme": spectrum.rankme(found.singular),
        "dead_units": float(dead.mean()),
        "saturated_units": float(saturated.mean()),
        "radius": radius,
    }
    samples = {
        "neighborhood_label": votes.label.astype(np.float32),
        "agreement": votes.own,
        "silhouette_of": coefficients,
        # Where all samples are one point, that is where they lie.
        "distance": (away / (radius or 1)).astype(np.float32),
    }
    more_numbers, more_samples = of_outputs(outputs, labels)
    mixed = n_classes <= MAX_MIXED_CLASSES
    return Observation(
        numbers=numbers | _collapse(snapshot, labels, outputs) | more_numbers,
        samples=samples | more_samples,
        agreement=votes.share,
        neighbors=neighbors,
        dead=dead,
        saturated=saturated,
        dead_by_class=units.dead_by_class(snapshot, codes, n_classes),
        mixing=neighborhoods.mixing(codes, neighbors, n_classes if mixed else 0)
        if mixed
        else np.empty((0, 0)),
    )


def compare(
    before: NDArray[np.floating],
    after: NDArray[np.floating],
    neighbors_before: NDArray[np.int32],
    neighbors_after: NDArray[np.int32],
) -> Change:
    """Returns what has changed from one step to another. O(n (n_units + k²)).

    Args:
        before: (n_samples, n_units).
        after: (n_samples, n_units).
        neighbors_before: int32 (n_samples, k).
        neighbors_after: int32 (n_samples, k).
    """
    return Change(
        displacement=motion.displacement(before, after),
        churn=neighborhoods.churn(neighbors_before, neighbors_after),
    )


def of_outputs(
    outputs: Outputs | None, labels: Labels
) -> tuple[dict[str, float], dict[str, NDArray[np.float32]]]:
    """Returns what a step's outputs say, by the names of the step's and samples' metrics.

    Args:
        outputs: Those of the samples, None where they were not recorded.
        labels: What the samples are.
    """
    if outputs is None:
        return {}, {}
    predicted = predictions.predict(outputs.values, outputs.kind)
    samples = {
        "prediction": predicted.classes.astype(np.float32),
        "confidence": predicted.confidence.astype(np.float32),
    }
    if not labels.are_outputs:
        return {}, samples
    verdicts = predictions.judge(outputs.values, outputs.kind, labels.codes)
    correct = (predicted.classes == labels.codes).astype(np.float32)
    samples |= {
        "correct": np.where(labels.codes >= 0, correct, np.nan).astype(np.float32),
        "true_probability": verdicts.true_probability,
        "margin": verdicts.margin,
    }
    return {"accuracy": neighborhoods.accuracy(labels.codes, predicted.classes)}, samples


def _collapse(
    snapshot: NDArray[np.floating], labels: Labels, outputs: Outputs | None
) -> dict[str, float]:
    means = collapse.class_means(snapshot, labels.codes)
    if len(means.classes) < 2:
        return {}
    simplex = collapse.nc2(means)
    numbers = {
        "nc1": collapse.nc1(snapshot, labels.codes, means),
        "nc2_norms": simplex.norms,
        "nc2_angles": simplex.angles,
        "nc2_maximal": simplex.maximal,
    }
    # Both need the model's classes to be the labels', and the layer to feed the output.
    if outputs is not None and outputs.kernel is not None and labels.are_outputs:
        predicted = predictions.predict(outputs.values, outputs.kind).classes
        numbers["nc3"] = collapse.nc3(means, outputs.kernel)
        numbers["nc4"] = collapse.nc4(snapshot, predicted, means)
    return numbers


def _mean(values: NDArray[np.float32]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=np.float64)) if known.size else np.nan
