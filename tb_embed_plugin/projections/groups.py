"""Axes from one group of samples to another: those of a selection, or found by a search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError, UnsuitableDataError
from tb_embed_plugin.projections.basis import Basis, complete
from tb_embed_plugin.projections.blocks import SnapshotOf
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.row_sums import Scaled, sums_here

_NOTHING = 1e-6
"""Below this share of the layer's size, a difference of two means is rounding."""


def fit(
    snapshot_of: SnapshotOf,
    steps: Sequence[int],
    contrasts: NDArray[np.float64],
    settings: Settings,
) -> Basis:
    """Returns the basis whose first axes run from one group of samples to another.

    An axis is the difference of the two groups' means, averaged over the basis steps; the
    second one is what of its difference is orthogonal to the first.

    Args:
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        steps: The basis steps, one or more.
        contrasts: float64 (n_samples, 1 or 2), one `contrast` an axis.
        settings: Of the engine `axes`, complete and checked.

    Raises:
        TooMuchAskedError: The layer is wider than `MAX_UNITS`.
        UnsuitableDataError: A snapshot holds NaN or infinity, or two groups have the same
            mean, or both axes the same direction.
    """
    scaled = Scaled.fit(sums_here(snapshot_of), steps, settings)
    moments = Moments()
    directions: NDArray[np.float64] | float = 0.0
    for rows, block in scaled.scaling.stream(snapshot_of, steps):
        moments.add(block)
        centred = block - moments.origin
        directions = directions + centred.T @ contrasts[rows] / len(steps)
    covariance = moments.covariance()
    size = float(np.sqrt(np.trace(covariance)))
    leading = _orthonormal(np.asarray(directions), size)
    return complete(
        leading,
        moments.mean(),
        covariance,
        scaled.scaling,
        center_steps=bool(settings["center_steps"]),
    )


def contrast(
    n_samples: int, minus: NDArray[np.integer], plus: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Returns the weights whose sum over the rows is the mean of `plus` less that of `minus`.

    Args:
        n_samples: Rows of a snapshot.
        minus: Samples on the left or below, each once.
        plus: Samples on the right or above, each once; may share some with `minus`.

    Returns:
        float64 (n_samples,).

    Raises:
        ArgumentError: A group is empty.
    """
    if not len(minus) or not len(plus):
        raise ArgumentError(
            f"an axis has {len(minus)} samples on one side and {len(plus)} on the other; "
            "name some on both sides: left and right, or down and up"
        )
    weights = np.zeros(n_samples)
    weights[minus] -= 1 / len(minus)
    weights[plus] += 1 / len(plus)
    return weights


def _orthonormal(directions: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    """Returns directions one after the other, each without what lies along those before."""
    axes = np.zeros((len(directions), 0))
    for direction in directions.T:
        length = np.linalg.norm(direction)
        if length <= _NOTHING * size or length == 0:
            raise UnsuitableDataError(
                "the two groups have the same mean at the basis steps; choose other samples"
            )
        rest = direction / length
        # Twice, or rounding leaves a part of the first axis in a second one close to it.
        for _ in range(2):
            rest = rest - axes @ (axes.T @ rest)
        if np.linalg.norm(rest) <= _NOTHING:
            raise UnsuitableDataError(
                "the axes have the same direction: down and up differ as left and right "
                "do; choose other samples, or leave down and up out"
            )
        axes = np.column_stack([axes, rest / np.linalg.norm(rest)])
    return axes
