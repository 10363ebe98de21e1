"""PCA of all steps at once: one basis, so that frames can be compared.

The units of a network keep their identity while it trains, so the snapshots of all steps may
be pooled. A basis per step would flip and turn from frame to frame; on MNIST that moves the
points ten times as far as the training does (docs/choices.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.basis import (
    BASIS_STEPS,
    CENTER_STEPS,
    N_AXES,
    Basis,
    fix_signs,
)
from tb_embed_plugin.projections.blocks import SnapshotOf
from tb_embed_plugin.projections.engine import Engine, Parameter, Settings
from tb_embed_plugin.projections.leading_axes import (
    WIDE,
    Pairs,
    largest,
    largest_of_rows,
)
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.partitions import merged
from tb_embed_plugin.projections.row_sums import RowSums, Scaled, sums_here
from tb_embed_plugin.projections.scaling import PARAMETERS, UNSCALED, Scaling, is_scaled
from tb_embed_plugin.projections.step_moments import StepMoments, sum_steps

AXES_WITHIN_STEPS = Parameter(
    name="axes_within_steps",
    type="flag",
    default=True,
    meaning="Make the axes from how samples differ within each snapshot: a drift that all "
    "samples share takes up no axis.",
)

ENGINE = Engine(
    name="pca",
    title="PCA",
    components=(2, 3, 10),
    parameters=(BASIS_STEPS, AXES_WITHIN_STEPS, CENTER_STEPS, *PARAMETERS),
)

POOLED: Settings = MappingProxyType(
    {**UNSCALED, AXES_WITHIN_STEPS.name: False, CENTER_STEPS.name: False}
)
"""The settings of the PCA of all rows together, drift and all."""


def adds_up(settings: Settings) -> bool:
    """Whether a further step leaves what the others add to the axes as it is."""
    return bool(settings[AXES_WITHIN_STEPS.name]) and not is_scaled(settings)


def fit(
    snapshot_of: SnapshotOf,
    steps: Sequence[int],
    settings: Settings = POOLED,
    known: StepMoments | Moments | None = None,
    sums: RowSums | None = None,
) -> Basis:
    """Returns the basis of several snapshots: eigenvectors of a covariance.

    That of their rows about their own step's mean, averaged over the steps, or that of all
    rows together. It is accumulated in float64 about the first row, so that a large common
    offset costs no digits. One pass, two where the activations are scaled; n_units² memory, or
    where a wide layer has fewer rows than units, that of the rows. Of wide layers only the axes
    that are wanted are made (`leading_axes`).

    Args:
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        steps: The basis steps, one or more.
        settings: Of the engine.
        known: The sums over these steps, if the caller has them: step by step where the axes
            are made within steps, else of all rows; only of activations that are not scaled.
        sums: Who makes sums over rows; this process if left out.

    Returns:
        Axes by falling variance; the entry of largest magnitude of each is positive.

    Raises:
        TooMuchAskedError: The layer is wider than `MAX_UNITS`.
        UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
    """
    sums = sums_here(snapshot_of) if sums is None else sums
    scaled = Scaled.fit(sums, steps, settings)
    within = bool(settings[AXES_WITHIN_STEPS.name])
    samples, units = snapshot_of(steps[0]).shape
    if units > WIDE and samples * len(steps) < units:
        parts = [[step] for step in steps] if within else [steps]
        mean, total_variance, (variance, axes) = _rows(scaled.scaling, snapshot_of, parts)
    else:
        if known is None:
            found = sums(scaled.moments, steps)
            known = sum_steps(found) if within else merged(part for _, part in found)
        mean, total_variance, (variance, axes) = _axes_of(known)
    axes = fix_signs(axes)
    return Basis(
        mean=mean,
        axes=axes,
        variance=np.maximum(variance, 0),
        total_variance=total_variance,
        leading=axes.shape[1],
        scaling=scaled.scaling,
        center_steps=bool(settings[CENTER_STEPS.name]),
    )


def _axes_of(moments: Moments | StepMoments) -> tuple[NDArray[np.float64], float, Pairs]:
    """Returns the mean, the variance and the axes, by way of a covariance."""
    covariance = moments.covariance()
    return moments.mean(), float(np.trace(covariance)), largest(covariance, N_AXES)


def _rows(
    scaling: Scaling, snapshot_of: SnapshotOf, parts: Sequence[Sequence[int]]
) -> tuple[NDArray[np.float64], float, Pairs]:
    """Returns the same of fewer rows than units, all of which are in memory at once.

    That is the mean over the parts of their means, and of rows about their own part's.
    """
    means, centred = [], []
    for part in parts:
        rows = np.vstack([block for _, block in scaling.stream(snapshot_of, part)])
        origin = rows[0].copy()
        rows -= origin
        shift = rows.mean(axis=0)
        rows -= shift
        means.append(origin + shift)
        centred.append(rows / np.sqrt(len(rows) * len(parts)))
    together = np.vstack(centred)
    variance = float(np.einsum("ij,ij->", together, together))
    return np.mean(means, axis=0), variance, largest_of_rows(together, N_AXES)
