"""Sums over the rows of snapshots, a partition at a time: here, or by other processes.

What is summed up of a partition is a value that can be called and sent (`SumRows`); whoever has
the rows calls it. The sums come in the order of steps and partitions, so that merged they are
the same bits whoever made them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol, TypeAlias

from tb_embed_plugin.projections.blocks import SnapshotOf, check_width
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.projections.moments import Moments, Spread
from tb_embed_plugin.projections.partitions import merged, moments_of, partitions
from tb_embed_plugin.projections.scaling import About, Scaling, is_scaled, spread_of_blocks
from tb_embed_plugin.snapshot import RowRange, Snapshot

SumRows: TypeAlias = Callable[[int, Snapshot], Any]
"""Sums up the rows of a partition of a step: a frozen dataclass, which can be pickled."""


class RowSums(Protocol):
    """Where sums come from."""

    def __call__(
        self, of: Callable[[int, slice], SumRows], steps: Sequence[int]
    ) -> Iterator[tuple[int, Any]]:
        """Yields the sums of each step's partitions, with the step.

        Args:
            of: What is summed up of a partition of a step.
            steps: The steps.

        Raises:
            TooMuchAskedError: The layer is wider than `MAX_UNITS`.
            UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
        """


def sums_here(snapshot_of: SnapshotOf) -> RowSums:
    """Returns sums that are made by this process."""

    def sums(
        of: Callable[[int, slice], SumRows], steps: Sequence[int]
    ) -> Iterator[tuple[int, Any]]:
        for step in steps:
            snapshot = snapshot_of(step)
            check_width(snapshot.shape[1])
            for part in partitions(*snapshot.shape):
                yield step, of(step, part)(step, RowRange(snapshot, part))

    return sums


def by_step(sums: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Iterator[Any]]]:
    """Yields each step with the sums of its partitions."""
    for step, parts in groupby(sums, lambda pair: pair[0]):
        yield step, (part for _, part in parts)


@dataclass(frozen=True)
class Scaled:
    """How the activations of the basis steps are scaled.

    Attributes:
        scaling: The scaling.
        about: What it needs to know of each of the steps; empty where nothing.
    """

    scaling: Scaling
    about: Mapping[int, About] = field(default_factory=dict)

    @classmethod
    def fit(cls, sums: RowSums, steps: Sequence[int], settings: Settings) -> Scaled:
        """Returns the scaling of some steps; one pass over them where an option is on.

        Args:
            sums: Of the layer.
            steps: The basis steps, one or more.
            settings: Of an engine; holds a value for each of `PARAMETERS`.

        Raises:
            TooMuchAskedError: The layer is wider than `MAX_UNITS`.
            UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
        """
        if not is_scaled(settings):
            return cls(Scaling())
        found = by_step(sums(lambda step, part: SumSpread(), steps))
        spreads = {step: merged(parts) for step, parts in found}
        scaling = Scaling.of(list(spreads.values()), settings)
        if scaling.radius is None:
            return cls(scaling)
        return cls(scaling, {step: scaling.about(spread) for step, spread in spreads.items()})

    def moments(self, step: int, part: slice) -> SumMoments:
        """Returns what sums up the moments of a partition."""
        return SumMoments(self.scaling, self.about.get(step))


@dataclass(frozen=True)
class SumSpread:
    """Mean and variance of each unit."""

    def __call__(self, step: int, rows: Snapshot) -> Spread:
        """Returns those of some rows of a step."""
        return spread_of_blocks(Scaling().finite_blocks(step, rows))


@dataclass(frozen=True)
class SumMoments:
    """Moments of scaled rows.

    Attributes:
        scaling: How activations are scaled.
        about: The step's, see `Scaling.blocks`.
    """

    scaling: Scaling
    about: About | None = None

    def __call__(self, step: int, rows: Snapshot) -> Moments:
        """Returns those of some rows of a step."""
        finite = self.scaling.finite_blocks(step, rows, self.about)
        return moments_of(finite, rows.shape[1])
