"""What each step adds to axes that are made within steps: a new step costs itself alone.

While a training records, every new snapshot asks for new axes. Those before it are not read
again where their sums are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.blocks import SnapshotOf
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.partitions import merged, moments_of
from tb_embed_plugin.projections.row_sums import by_step
from tb_embed_plugin.projections.scaling import Scaling


@dataclass(frozen=True)
class StepMoments:
    """Sums over steps, added in the order of the steps: equal steps give equal bits.

    Attributes:
        count: How many steps; 0 for none yet.
        means: Sum of their means, float64 (n_units,).
        covariances: Sum of their covariances, each about its own mean, float64 (n_units,
            n_units).
    """

    count: int = 0
    means: NDArray[np.float64] | float = 0.0
    covariances: NDArray[np.float64] | float = 0.0

    def mean(self) -> NDArray[np.float64]:
        """Returns the mean of the steps' means, (n_units,)."""
        return np.asarray(self.means / self.count)

    def covariance(self) -> NDArray[np.float64]:
        """Returns the mean of their covariances, (n_units, n_units)."""
        return np.asarray(self.covariances / self.count)

    def with_step(self, moments: Moments) -> StepMoments:
        """Returns the sums with one further step; these stay as they are."""
        return StepMoments(
            self.count + 1,
            self.means + moments.mean(),
            self.covariances + moments.covariance(),
        )


def add_steps(
    known: StepMoments, scaling: Scaling, snapshot_of: SnapshotOf, steps: Sequence[int]
) -> StepMoments:
    """Returns the sums with further steps; `known` stays as it is.

    Args:
        known: The sums so far, of equally scaled snapshots.
        scaling: How activations are scaled.
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        steps: The further steps.

    Raises:
        TooMuchAskedError: The layer is wider than `MAX_UNITS`.
        UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
    """
    for step in steps:
        units = snapshot_of(step).shape[1]
        known = known.with_step(moments_of(scaling.stream(snapshot_of, [step]), units))
    return known


def sum_steps(parts: Iterator[tuple[int, Moments]]) -> StepMoments:
    """Returns the sums of steps, of whose partitions the moments are given in order."""
    found = StepMoments()
    for _, of_step in by_step(parts):
        found = found.with_step(merged(of_step))
    return found
