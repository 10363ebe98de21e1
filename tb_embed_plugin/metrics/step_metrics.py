"""The metrics of one step, and of the change between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics import motion, neighborhoods, predictions, units
from tb_embed_plugin.metrics.catalog import MEASUREMENTS
from tb_embed_plugin.metrics.step_data import Labels, Outputs, StepData

K = 15
"""Neighbors that are looked at, where there are samples enough; see `neighbors_of`."""

MAX_MIXED_CLASSES = 256
"""With more classes than this, which of them mix is not counted."""


@dataclass(frozen=True)
class StepMetrics:
    """What one step's snapshot says of itself.

    Attributes:
        numbers: By the names of `catalog.STEP_METRICS`; NaN or missing where undefined.
        samples: By the names of `sample_catalog.SAMPLE_METRICS`, float32 (n_samples,), NaN
            where undefined; classes are whole numbers.
        agreement: Share of the neighbors that have their most frequent label, float32
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
        churn: float32 (n_samples,) in [0, 1], NaN without neighbors.
    """

    displacement: NDArray[np.float64]
    churn: NDArray[np.float32]


def neighbors_of(samples: int) -> int:
    """Returns how many neighbors of a sample are looked at: `K`, or half of the others.

    Were they all the others, every neighborhood would be the same and never change.
    """
    return min(K, max(samples - 1, 0) // 2)


def observe(
    snapshot: NDArray[np.floating],
    neighbors: NDArray[np.int32],
    silhouettes: NDArray[np.float32],
    labels: Labels,
    outputs: Outputs | None,
) -> StepMetrics:
    """Returns all that is measured of one step. O(n n_units² + n_units³).

    Args:
        snapshot: Finite (n_samples, n_units).
        neighbors: The exact nearest neighbors, int32 (n_samples, k), the nearest first.
        silhouettes: Of each sample, float32 (n_samples,); see `separability.Silhouettes`.
        labels: What the samples are.
        outputs: What the model says of them, None where that was not recorded.
    """
    step = StepData(snapshot, neighbors, silhouettes, labels, outputs)
    codes, n_classes = labels.codes, len(labels.names)
    numbers = {name: value for one in MEASUREMENTS for name, value in one.measure(step).items()}
    mean = snapshot.mean(axis=0, dtype=np.float64)
    away = motion.displacement(np.broadcast_to(mean, snapshot.shape), snapshot)
    samples = {
        "neighborhood_label": step.votes.label.astype(np.float32),
        "agreement": step.votes.own,
        "silhouette_of": step.silhouettes,
        # Where all samples are one point, that is where they lie.
        "distance": (away / (numbers["radius"] or 1)).astype(np.float32),
        "nearest": _neighbor_distance(snapshot, neighbors, 0, numbers["radius"]),
        "isolation": _neighbor_distance(snapshot, neighbors, -1, numbers["radius"]),
    }
    mixed = n_classes <= MAX_MIXED_CLASSES
    return StepMetrics(
        numbers=numbers,
        samples=samples | outputs_of_samples(outputs, labels),
        agreement=step.votes.share,
        neighbors=neighbors,
        dead=step.dead,
        saturated=step.saturated,
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


def outputs_of_samples(
    outputs: Outputs | None, labels: Labels
) -> dict[str, NDArray[np.float32]]:
    """Returns what the model says of each sample, by the names of the samples' metrics.

    Args:
        outputs: Those of the samples, None where they were not recorded.
        labels: What the samples are.
    """
    if outputs is None:
        return {}
    predicted = predictions.predict(outputs.values, outputs.kind)
    samples = {
        "prediction": predicted.classes.astype(np.float32),
        "confidence": predicted.confidence.astype(np.float32),
    }
    if not labels.are_outputs:
        return samples
    verdicts = predictions.judge(outputs.values, outputs.kind, labels.codes)
    correct = (predicted.classes == labels.codes).astype(np.float32)
    return samples | {
        "correct": np.where(labels.codes >= 0, correct, np.nan).astype(np.float32),
        "true_probability": verdicts.true_probability,
        "margin": verdicts.margin,
    }


def _neighbor_distance(
    snapshot: NDArray[np.floating], neighbors: NDArray[np.int32], place: int, radius: float
) -> NDArray[np.float32]:
    """Returns how far one of the neighbors is, as a share of the radius; NaN without any."""
    if not neighbors.shape[1]:
        return np.full(len(snapshot), np.nan, np.float32)
    away = motion.displacement(snapshot, snapshot[neighbors[:, place]])
    return (away / (radius or 1)).astype(np.float32)
