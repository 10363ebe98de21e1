"""The coordinate system that all frames of a linear projection share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import Parameter
from tb_embed_plugin.projections.leading_axes import largest
from tb_embed_plugin.projections.moments import Spread
from tb_embed_plugin.projections.scaling import Scaling
from tb_embed_plugin.snapshot import Snapshot

BASIS_STEPS = Parameter(
    name="basis_steps",
    type="steps",
    default="all",
    meaning="The snapshots that the axes are fitted to.",
)

CENTER_STEPS = Parameter(
    name="center_steps",
    type="flag",
    default=True,
    meaning="Draw every snapshot about its own mean: a drift that all samples share is taken "
    "out of the picture.",
)

_ORDINARY = 40
"""Powers of two, up and down, between which a picture's coordinates are in activations."""

N_AXES = 10
"""Axes of a basis where the layer has as many units: what the page turns and tours."""


@dataclass(frozen=True)
class Basis:
    """An origin and orthonormal axes, in the space of the scaled activations.

    Attributes:
        mean: float64 (n_units,), the mean of the rows that the axes were made from.
        axes: float64 (n_units, n_axes), orthonormal, at most `N_AXES`.
        variance: float64 (n_axes,), variance of those rows along each axis.
        total_variance: Their variance along all axes there are.
        leading: How many of the axes are those that were asked for; the others are the PCA of
            what is orthogonal to them.
        scaling: What is done to activations first.
        center_steps: Whether each snapshot is drawn about its own mean, not about `mean`.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variance: NDArray[np.float64]
    total_variance: float
    leading: int
    scaling: Scaling
    center_steps: bool = False

    @cached_property
    def unit(self) -> float:
        """What 1 of a frame's coordinates is, in (scaled) activations: 1 as a rule.

        A power of two where activations are so large or small that float32, and a graphics
        card, could not hold what is computed of them; it costs no digit.
        """
        power = round(np.log2(self.total_variance) / 2) if self.total_variance > 0 else 0
        return float(2.0**power) if abs(power) > _ORDINARY else 1.0

    def shares(self, components: int) -> NDArray[np.float64]:
        """Returns the share of the pooled variance along each axis, (components,)."""
        shares = np.zeros(components)
        if self.total_variance > 0:
            known = self.variance[:components] / self.total_variance
            shares[: len(known)] = known
        return shares

    def project(self, snapshot: Snapshot, components: int) -> NDArray[np.float32]:
        """Returns the frame of a snapshot.

        Args:
            snapshot: float32 (n_samples, n_units).
            components: Axes wanted; those that a narrow layer lacks are 0.

        Returns:
            float32 (n_samples, components), in `unit`.
        """
        axes = self.axes[:, :components]
        frame = np.zeros((len(snapshot), components), np.float32)
        first, total = np.zeros(axes.shape[1]), np.zeros(axes.shape[1])
        for rows, block in self.scaling.blocks(snapshot):
            places = (block - self.mean) @ axes / self.unit
            if self.center_steps:
                # About the first row, as a drift may be far larger than what float32 tells.
                first = places[0].copy() if rows.start == 0 else first
                places -= first
                total += places.sum(axis=0)
            frame[rows, : axes.shape[1]] = places
        if self.center_steps:
            frame[:, : axes.shape[1]] -= total / len(snapshot)
        return frame

    def place(self, new: Snapshot, snapshot: Snapshot, components: int) -> NDArray[np.float32]:
        """Returns where other rows lie in the frame of a snapshot.

        Args:
            new: float32 (n_new, n_units).
            snapshot: float32 (n_samples, n_units).
            components: Axes wanted, as in `project`.

        Returns:
            float32 (n_new, components), in `unit`.
        """
        axes = self.axes[:, :components]
        found = np.zeros((len(new), components), np.float32)
        origin = self.origin(snapshot)
        for rows, block in self.scaling.blocks_among(new, snapshot):
            found[rows, : axes.shape[1]] = (block - origin) @ axes / self.unit
        return found

    def origin(self, snapshot: Snapshot) -> NDArray[np.float64]:
        """Returns the scaled activations that a snapshot's frame has at zero, (n_units,)."""
        if not self.center_steps:
            return self.mean
        spread = Spread()
        for _, block in self.scaling.blocks(snapshot):
            spread.add(block)
        return spread.mean()

    def variance_shown(self, snapshot: Snapshot, components: int) -> float | None:
        """Returns the share of one snapshot's own variance that its frame shows.

        Both are taken about the snapshot's mean, so that a shift of the whole layer counts
        neither way. None where the snapshot has no variance.
        """
        axes = self.axes[:, :components]
        total, shown = Spread(), Spread()
        for _, block in self.scaling.blocks(snapshot):
            centred = block - self.mean
            total.add(centred)
            shown.add(centred @ axes)
        variance = float(total.variance().sum())
        return float(shown.variance().sum()) / variance if variance > 0 else None


def fix_signs(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns axes whose entry of largest magnitude is positive (the first of equals).

    Args:
        axes: float64 (n_units, n_axes).
    """
    if not axes.size:
        return axes
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return axes * np.where(signs == 0, 1, signs)


def principal_axes(covariance: NDArray[np.float64], n_axes: int) -> NDArray[np.float64]:
    """Returns the axes of largest variance, (n_units, at most n_axes), by falling variance."""
    return fix_signs(largest(covariance, n_axes)[1])


def complete(
    leading: NDArray[np.float64],
    mean: NDArray[np.float64],
    covariance: NDArray[np.float64],
    scaling: Scaling,
    *,
    center_steps: bool,
) -> Basis:
    """Returns a basis of the leading axes, then the PCA of what is orthogonal to them.

    Args:
        leading: float64 (n_units, n_leading), orthonormal; kept as they are.
        mean: float64 (n_units,), of the rows that the axes were made from.
        covariance: float64 (n_units, n_units), of those rows.
        scaling: What was done to them.
        center_steps: As in `Basis`.

    Returns:
        `N_AXES` axes, or as many as there are units.
    """
    n_leading = leading.shape[1]
    remainder = largest(covariance, max(0, N_AXES - n_leading), leading)[1]
    axes = np.hstack([leading[:, :N_AXES], fix_signs(remainder)])
    return Basis(
        mean=mean,
        axes=axes,
        variance=np.maximum(np.einsum("ij,ij->j", axes, covariance @ axes), 0),
        total_variance=float(np.trace(covariance)),
        leading=min(n_leading, N_AXES),
        scaling=scaling,
        center_steps=center_steps,
    )
