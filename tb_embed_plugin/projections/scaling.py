"""Scaling of activations before axes are made from them, the same at every step.

Three options, in this order; each leaves all steps in one coordinate system:

- `equal_steps`: each snapshot is scaled about its own mean to one RMS distance from it, that
  of the basis steps together. Activations grow while a network trains; without this the last
  steps decide the axes.
- `standardize`: each unit is divided by its standard deviation over the basis steps. A unit
  that is constant there has none and stays as it is.
- `spherize`: each row, seen from the mean of the basis steps, is given length 1, so that
  Euclidean distances become those of the cosine. A row at the mean stays there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.projections.blocks import SnapshotOf, blocks, check_finite, check_width
from tb_embed_plugin.projections.engine import Parameter, Settings
from tb_embed_plugin.projections.moments import Spread
from tb_embed_plugin.projections.partitions import merged, partitions
from tb_embed_plugin.snapshot import RowRange, Snapshot

PARAMETERS = (
    Parameter(
        name="equal_steps",
        type="flag",
        default=False,
        meaning="Scale every snapshot to the same RMS distance from its mean, so that the last "
        "ones, whose activations are largest, do not decide the axes alone.",
    ),
    Parameter(
        name="standardize",
        type="flag",
        default=False,
        meaning="Divide every unit by its standard deviation over the snapshots that the axes "
        "are fitted to.",
    ),
    Parameter(
        name="spherize",
        type="flag",
        default=False,
        meaning="Give every sample length 1 about the mean of those snapshots: angles alone "
        "count.",
    ),
)

About: TypeAlias = tuple[NDArray[np.float64], float]
"""The mean that a snapshot is scaled about, float64 (n_units,), and by what factor."""

UNSCALED: Settings = MappingProxyType({parameter.name: False for parameter in PARAMETERS})
"""The settings with which activations stay as they were recorded."""

_CONSTANT = 1e-7
"""Deviations below this share of a unit's size are the rounding of float32."""


@dataclass(frozen=True)
class Scaling:
    """The options, and the numbers that they take from the basis steps.

    Attributes:
        center: float64 (n_units,), the mean of the basis steps; None where no option is on.
        radius: RMS distance from their own means that all snapshots get, None for their own.
        deviation: float64 (n_units,), what units are divided by, None for nothing.
        spherize: Whether rows get length 1 about `center`.
    """

    center: NDArray[np.float64] | None = None
    radius: float | None = None
    deviation: NDArray[np.float64] | None = None
    spherize: bool = False

    @classmethod
    def of(cls, spreads: Sequence[Spread], settings: Settings) -> Self:
        """Returns the scaling of some steps.

        Args:
            spreads: The mean and variance of each basis step's units, one or more.
            settings: Of an engine; holds a value for each of `PARAMETERS`, one of them on.
        """
        means = np.stack([spread.mean() for spread in spreads])
        variances = np.stack([spread.variance() for spread in spreads])
        radius = None
        if settings["equal_steps"]:
            # Whichever steps were not a single point are made equally large.
            squares = variances.sum(axis=1, keepdims=True)
            radius = float(np.sqrt(squares.mean()))
            variances = variances * (radius**2 / np.where(squares > 0, squares, 1))
        deviation = None
        if settings["standardize"]:
            deviation = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
            size = np.sqrt((means**2).mean(axis=0)) + deviation
            deviation[deviation <= _CONSTANT * size] = 1
        return cls(means.mean(axis=0), radius, deviation, bool(settings["spherize"]))

    def about(self, spread: Spread) -> About:
        """Returns the mean of a snapshot's units, and what makes it as large as all are."""
        own = float(np.sqrt(spread.variance().sum()))
        return spread.mean(), self.radius / own if self.radius is not None and own > 0 else 1.0

    def blocks(
        self, snapshot: Snapshot, about: About | None = None
    ) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yields the rows of a snapshot, scaled, float64 (n_rows, n_units), and their places.

        Args:
            snapshot: Of any step, float32 (n_samples, n_units); or some rows of it.
            about: What `about` returns of the whole of it, if the caller has that.
        """
        yield from self.blocks_among(snapshot, snapshot, about)

    def finite_blocks(
        self, step: int, snapshot: Snapshot, about: About | None = None
    ) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yields the same of a step's snapshot, or of some rows of it.

        Raises:
            UnsuitableDataError: It holds NaN or infinity; the message names its step.
        """
        for rows, block in self.blocks(snapshot, about):
            check_finite(step, block)
            yield rows, block

    def blocks_among(
        self, new: Snapshot, snapshot: Snapshot, about: About | None = None
    ) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yields other rows as `blocks` does, scaled as those of a snapshot are.

        Args:
            new: float32 (n_new, n_units).
            snapshot: What the rows are scaled with, float32 (n_samples, n_units).
            about: As in `blocks`.
        """
        if self.center is None:
            yield from blocks(new)
            return
        mean, factor = self._about(snapshot) if about is None else about
        for rows, block in blocks(new):
            scaled = (block - mean) * factor + (mean - self.center)
            if self.deviation is not None:
                scaled /= self.deviation
            if self.spherize:
                lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
                scaled /= np.where(lengths > 0, lengths, 1)
            yield rows, scaled

    def undo(self, snapshot: Snapshot) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns `gain` and `origin`, so that scaled activations times gain plus origin are x.

        Args:
            snapshot: The one that is scaled, float32 (n_samples, n_units).

        Returns:
            Both float64 (n_units,).

        Raises:
            UnsuitableDataError: Rows were given length 1, and their own is not known any more.
        """
        if self.spherize:
            raise UnsuitableDataError(
                "spherize cannot be undone, since it drops each sample's distance from "
                "the mean; switch spherize off"
            )
        units = snapshot.shape[1]
        if self.center is None:
            return np.ones(units), np.zeros(units)
        mean, factor = self._about(snapshot)
        deviation = np.ones(units) if self.deviation is None else self.deviation
        return deviation / factor, mean - (mean - self.center) / factor

    def stream(
        self, snapshot_of: SnapshotOf, steps: Sequence[int]
    ) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yields the scaled rows of some steps, one step after the other, as `blocks` does.

        Raises:
            TooMuchAskedError: The layer is wider than `MAX_UNITS`.
            UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
        """
        for step in steps:
            snapshot = snapshot_of(step)
            check_width(snapshot.shape[1])
            yield from self.finite_blocks(step, snapshot)

    def _about(self, snapshot: Snapshot) -> About:
        if self.radius is None:
            return np.zeros(snapshot.shape[1]), 1.0
        return self.about(spread_of(snapshot))


def is_scaled(settings: Settings) -> bool:
    """Whether an engine's settings scale activations."""
    return any(settings[parameter.name] for parameter in PARAMETERS)


def spread_of(snapshot: Snapshot) -> Spread:
    """Returns the mean and variance of a snapshot's units, merged from its partitions."""
    return merged(
        spread_of_blocks(blocks(RowRange(snapshot, part)))
        for part in partitions(*snapshot.shape)
    )


def spread_of_blocks(given: Iterable[tuple[slice, NDArray[np.float64]]]) -> Spread:
    """Returns the same of rows that are given block by block, as `blocks` yields them."""
    spread = Spread()
    for _, block in given:
        spread.add(block)
    return spread
