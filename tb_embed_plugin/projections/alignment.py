"""Carries the activations of one layer into the space of another, over the same samples.

Two trainings give their units no common order, so a run's activations mean nothing in another
run's axes until they are turned there. One map is fitted to all matched steps together: a map
of each step's own would lie nearer, but its change from step to step would look like training.

Layers of equal width are turned and mirrored (orthogonal Procrustes, Schönemann 1966), which
changes no distance. Of layers of different width only the subspace that both share is carried
(canonical correlations after PCA, as in SVCCA, Raghu et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics.similarity import Cka, cka_of_products
from tb_embed_plugin.projections.blocks import (
    SnapshotOf,
    blocks,
    check_finite,
    check_width,
)
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.snapshot import Snapshot, rows_of_a_block

MAX_ALIGNED_UNITS = 2048
"""Wider layers are not aligned: the singular vectors would take a minute."""

KEPT_VARIANCE = 0.99
"""Share of each layer's variance whose principal components go into the CCA: without the
others, whose variance is near zero, it is well-posed. The regularisation of SVCCA."""

LEAST_CORRELATION = 0.5
"""Canonical correlation of the directions that count as shared."""

Method = Literal["procrustes", "cca"]


@dataclass(frozen=True)
class StepMatch:
    """How near two snapshots lie once the first is carried onto the second.

    Attributes:
        step: Step of the snapshot that is carried.
        onto_step: Step of the one that it is compared with.
        residual: Frobenius norm of the difference over that of `onto_step`'s snapshot, both
            about the mean of all matched steps; None where that is one point.
        cka: Linear centered kernel alignment of the two as they were recorded, debiased
            (`metrics.similarity`); None where it is undefined.
        cka_biased: The same, plain; None where one of them is one point.
    """

    step: int
    onto_step: int
    residual: float | None
    cka: float | None
    cka_biased: float | None


@dataclass(frozen=True)
class LayerMap:
    """An affine map from the space of one layer into that of another.

    Attributes:
        method: How it was found.
        mean: float64 (n_units,), the origin there.
        onto_mean: float64 (n_onto_units,), where the origin goes.
        matrix: float64 (n_units, n_onto_units).
        dimensions: Its rank: directions that are carried.
        correlations: float64 (dimensions,), falling, the canonical correlations; None for
            Procrustes.
        steps: How near each matched pair of steps lies.
    """

    method: Method
    mean: NDArray[np.float64]
    onto_mean: NDArray[np.float64]
    matrix: NDArray[np.float64]
    dimensions: int
    correlations: NDArray[np.float64] | None = None
    steps: Sequence[StepMatch] = field(default=())

    def carry(self, snapshot: Snapshot) -> NDArray[np.float32]:
        """Returns a snapshot in the other layer's space, float32 (n_samples, n_onto_units).

        Args:
            snapshot: float32 (n_samples, n_units), of any step.
        """
        carried = np.empty((len(snapshot), len(self.onto_mean)), np.float32)
        height = rows_of_a_block(sum(self.matrix.shape))
        for start in range(0, len(snapshot), height):
            rows = slice(start, start + height)
            centred = snapshot[rows].astype(np.float64) - self.mean
            carried[rows] = centred @ self.matrix + self.onto_mean
        return carried


def map_layer(
    pairs: Sequence[tuple[int, int]], snapshot_of: SnapshotOf, onto_snapshot_of: SnapshotOf
) -> LayerMap:
    """Returns the map that carries one layer onto another best at matched steps.

    Two passes over the matched steps, in float64.

    Args:
        pairs: Steps that belong together, `(step, onto_step)`, one pair or more.
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        onto_snapshot_of: Gives the other layer's snapshot of an `onto_step`, float32
            (n_samples, n_onto_units); row i of both is the same sample.

    Raises:
        TooMuchAskedError: A layer is wider than `MAX_ALIGNED_UNITS`.
        UnsuitableDataError: A snapshot holds NaN or infinity, the layers differ in width and
            share no subspace, or there are too few samples to tell.
    """
    n_samples, units = snapshot_of(pairs[0][0]).shape
    width = units + onto_snapshot_of(pairs[0][1]).shape[1]
    check_width(
        max(units, width - units),
        MAX_ALIGNED_UNITS,
        "show each of the two layers in its own axes, or record narrower ones",
    )
    means, ckas = [], []
    inside = np.zeros((width, width))
    for step, onto_step in pairs:
        moments = _joint_moments(
            (step, snapshot_of(step)), (onto_step, onto_snapshot_of(onto_step))
        )
        covariance = moments.covariance()
        means.append(moments.mean())
        ckas.append(
            _cka(means[-1], covariance, (snapshot_of(step), onto_snapshot_of(onto_step)))
        )
        inside += covariance / len(pairs)
    mean = np.mean(means, axis=0)
    apart = np.stack(means) - mean
    joint = inside + apart.T @ apart / len(pairs)
    origin, onto_origin = mean[:units], mean[units:]
    if units == len(onto_origin):
        turned = _procrustes(joint[:units, units:])
        alignment = LayerMap("procrustes", origin, onto_origin, turned, units)
    else:
        matrix, correlations = _shared_subspace(joint, units, n_samples)
        alignment = LayerMap(
            "cca", origin, onto_origin, matrix, len(correlations), correlations
        )
    steps = [
        StepMatch(
            step,
            onto_step,
            _residual(alignment, snapshot_of(step), onto_snapshot_of(onto_step)),
            _known(cka.debiased),
            _known(cka.biased),
        )
        for (step, onto_step), cka in zip(pairs, ckas, strict=True)
    ]
    return replace(alignment, steps=steps)


def _joint_moments(one: tuple[int, Snapshot], other: tuple[int, Snapshot]) -> Moments:
    """Returns the moments of the rows of two snapshots side by side."""
    moments = Moments()
    height = rows_of_a_block(one[1].shape[1] + other[1].shape[1])
    for start in range(0, len(one[1]), height):
        sides = [x[start : start + height].astype(np.float64) for _, x in (one, other)]
        for (step, _), side in zip((one, other), sides, strict=True):
            check_finite(step, side)
        moments.add(np.hstack(sides))
    return moments


def _cka(
    mean: NDArray[np.float64],
    covariance: NDArray[np.float64],
    snapshots: tuple[Snapshot, Snapshot],
) -> Cka:
    one, other = snapshots
    n_samples, units = one.shape
    own, onto = slice(units), slice(units, None)
    cross, one_product, other_product = (
        float(np.linalg.norm(n_samples * covariance[part])) ** 2
        for part in ((own, onto), (own, own), (onto, onto))
    )
    return cka_of_products(
        cross,
        one_product,
        other_product,
        _squared_lengths(one, mean[own]),
        _squared_lengths(other, mean[onto]),
    )


def _squared_lengths(snapshot: Snapshot, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.empty(len(snapshot))
    for rows, block in blocks(snapshot):
        lengths[rows] = np.square(block - mean).sum(axis=1)
    return lengths


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _procrustes(cross: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the orthogonal matrix Q for which X Q is nearest Y, from Xᵀ Y."""
    u, _, v = np.linalg.svd(cross)
    return np.asarray(u @ v)


def _shared_subspace(
    joint: NDArray[np.float64], units: int, n_samples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the map through the shared directions, and their correlations.

    The canonical variates of one layer stand in for those of the other, whose covariance with
    the other layer's units then says where they lie.
    """
    own, onto = joint[:units, :units], joint[units:, units:]
    whiten, whiten_onto = _whitening(own), _whitening(onto)
    dimensions = whiten.shape[1] + whiten_onto.shape[1]
    if n_samples <= dimensions:
        raise UnsuitableDataError(
            f"{n_samples} samples are too few to align layers of {units} and {len(onto)} "
            f"units, which vary in {dimensions} dimensions: with so few, any two layers "
            "correlate; record more samples, or compare layers of equal width"
        )
    u, correlations, v = np.linalg.svd(whiten.T @ joint[:units, units:] @ whiten_onto)
    shared = int((correlations >= LEAST_CORRELATION).sum())
    if not shared:
        best = f"{correlations[0]:.2f}" if len(correlations) else "none"
        raise UnsuitableDataError(
            f"the layers of {units} and {len(onto)} units share no subspace: the best "
            f"correlation is {best}, below {LEAST_CORRELATION}; compare other layers, "
            "or layers of equal width"
        )
    variates = whiten @ u[:, :shared]
    loadings = onto @ whiten_onto @ v[:shared].T
    return variates @ loadings.T, np.minimum(correlations[:shared], 1)


def _whitening(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the principal components of `KEPT_VARIANCE`, (n_units, n_kept), to variance 1."""
    variances, axes = np.linalg.eigh(covariance)
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]
    total = variances.sum()
    if total == 0:
        return np.zeros((len(covariance), 0))
    kept = int(np.searchsorted(np.cumsum(variances), KEPT_VARIANCE * total)) + 1
    return np.asarray(axes[:, :kept] / np.sqrt(variances[:kept]))


def _residual(alignment: LayerMap, snapshot: Snapshot, onto: Snapshot) -> float | None:
    difference = size = 0.0
    height = rows_of_a_block(sum(alignment.matrix.shape))
    for start in range(0, len(onto), height):
        rows = slice(start, start + height)
        target = onto[rows].astype(np.float64) - alignment.onto_mean
        carried = (snapshot[rows].astype(np.float64) - alignment.mean) @ alignment.matrix
        difference += float(((carried - target) ** 2).sum())
        size += float((target**2).sum())
    return (difference / size) ** 0.5 if size > 0 else None
