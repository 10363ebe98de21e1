"""PCA of all steps at once: one basis, so that frames can be compared.

The units of a network keep their identity while it trains, so the snapshots of all steps may
be pooled. A basis per step would flip and turn from frame to frame; on MNIST that moves the
points ten times as far as the training does (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.projections.engine import Engine, Parameter

ENGINE = Engine(
    name="pca",
    title="PCA",
    components=(2, 3, 10),
    parameters=(
        Parameter(
            name="basis_steps",
            type="steps",
            default="all",
            meaning="The steps whose pooled snapshots the axes are made from.",
        ),
    ),
)

_BLOCK_VALUES = 1 << 18
"""Values worked on at a time: 2 MiB in float64 stay in the processor's cache."""


@dataclass(frozen=True)
class Basis:
    """The coordinate system of all frames.

    Attributes:
        mean: float64 (n_units,), the mean of the pooled snapshots.
        axes: float64 (n_units, n_axes), orthonormal, by falling variance. The entry of
            largest magnitude of each axis is positive (the first of equals).
        variance: float64 (n_axes,), variance along each axis.
        total_variance: The sum over all axes there are.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variance: NDArray[np.float64]
    total_variance: float

    def shares(self, components: int) -> NDArray[np.float64]:
        """Returns the share of the pooled variance along each axis, (components,)."""
        shares = np.zeros(components)
        if self.total_variance > 0:
            known = self.variance[:components] / self.total_variance
            shares[: len(known)] = known
        return shares

    def project(self, snapshot: NDArray[np.float32], components: int) -> NDArray[np.float32]:
        """Returns the frame of a snapshot.

        Args:
            snapshot: float32 (n_samples, n_units).
            components: Axes wanted; those that a narrow layer lacks are 0.

        Returns:
            float32 (n_samples, components).
        """
        axes = self.axes[:, :components]
        frame = np.zeros((len(snapshot), components), np.float32)
        start = 0
        for block in _blocks(snapshot):
            stop = start + len(block)
            frame[start:stop, : axes.shape[1]] = (block - self.mean) @ axes
            start = stop
        return frame

    def variance_shown(self, snapshot: NDArray[np.float32], components: int) -> float | None:
        """Returns the share of one snapshot's own variance that its frame shows.

        Both are taken about the snapshot's mean, so that a shift of the whole layer counts
        neither way. None where the snapshot has no variance.
        """
        axes = self.axes[:, :components]
        total = _Spread()
        shown = _Spread()
        for block in _blocks(snapshot):
            centred = block - self.mean
            total.add(centred)
            shown.add(centred @ axes)
        return shown.variance() / total.variance() if total.variance() > 0 else None


def fit(snapshots: Iterable[tuple[int, NDArray[np.float32]]], n_axes: int = 10) -> Basis:
    """Returns the basis of pooled snapshots: eigenvectors of their covariance.

    The covariance is accumulated in float64 about the first row, so that a large common
    offset costs no digits. One pass; n_units² memory.

    Args:
        snapshots: Steps with their snapshots, float32 (n_samples, n_units); one or more.
        n_axes: Axes kept, fewer where the layer is narrower.

    Raises:
        TooMuchAskedError: The layer is wider than `MAX_UNITS`.
        UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
    """
    moments: _Moments | None = None
    for step, snapshot in snapshots:
        if moments is None:
            moments = _Moments(_origin(snapshot))
        for block in _blocks(snapshot):
            check_finite(step, block)
            moments.add(block)
    if moments is None:
        raise ValueError("expected one snapshot or more; received none")
    covariance = moments.covariance()
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    axes = eigenvectors[:, ::-1][:, :n_axes]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return Basis(
        mean=moments.mean(),
        axes=axes * signs,
        variance=np.maximum(eigenvalues[::-1][:n_axes], 0),
        total_variance=float(np.trace(covariance)),
    )


def check_finite(step: int, values: NDArray[np.floating]) -> None:
    """Raises where a snapshot, or what was made from it, cannot be drawn.

    Raises:
        UnsuitableDataError: `values` holds NaN or infinity; the message names the step.
    """
    if not np.isfinite(values).all():
        raise UnsuitableDataError(
            f"expected finite activations; step {step} holds NaN or infinity; leave it out "
            "of basis_steps and steps"
        )


class _Moments:
    """Count, sum and sum of outer products of rows, about an origin (n_units,)."""

    def __init__(self, origin: NDArray[np.float64]) -> None:
        self._origin = origin
        self._count = 0
        self.sum = np.zeros(len(origin))
        self._products = np.zeros((len(origin), len(origin)))

    def add(self, block: NDArray[np.float64]) -> None:
        centred = block - self._origin
        self._count += len(centred)
        self.sum += centred.sum(axis=0)
        self._products += centred.T @ centred

    def mean(self) -> NDArray[np.float64]:
        return self._origin + self.sum / self._count

    def covariance(self) -> NDArray[np.float64]:
        shift = self.sum / self._count
        covariance: NDArray[np.float64] = self._products / self._count
        return covariance - np.outer(shift, shift)


class _Spread:
    """Total variance of rows, added block by block."""

    def __init__(self) -> None:
        self._count = 0
        self._sum: NDArray[np.float64] | float = 0.0
        self._squares = 0.0

    def add(self, block: NDArray[np.float64]) -> None:
        self._count += len(block)
        self._sum = self._sum + block.sum(axis=0)
        self._squares += float(np.vdot(block, block))

    def variance(self) -> float:
        mean = self._sum / self._count
        return self._squares / self._count - float(np.vdot(mean, mean))


def _origin(snapshot: NDArray[np.float32]) -> NDArray[np.float64]:
    units = snapshot.shape[1]
    if units > MAX_UNITS:
        raise TooMuchAskedError(
            f"expected a layer of at most {MAX_UNITS} units; received {units}; record a "
            "narrower layer, or a pooled one"
        )
    # Any row is as good an origin as another; one alone may hold what is not finite.
    origin: NDArray[np.float64] = np.nan_to_num(
        snapshot[0].astype(np.float64), posinf=0, neginf=0
    )
    return origin


def _blocks(snapshot: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    rows = max(1, _BLOCK_VALUES // snapshot.shape[1])
    for start in range(0, len(snapshot), rows):
        yield snapshot[start : start + rows].astype(np.float64)
