"""The common part of t-SNE and UMAP: frames made from exact neighbors and a start.

A first frame starts from the snapshot's PCA, any other from its neighbor in time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.neighborhoods import churn
from tb_embed_plugin.projections.engine import (
    Codes,
    Engine,
    Report,
    Settings,
    SnapshotBefore,
)
from tb_embed_plugin.projections.initial_positions import pca_positions, rescale_to_unit
from tb_embed_plugin.projections.neighbors import DistanceMetric, Neighbors, nearest

CHANGE_SAMPLES = 1_000
"""Samples whose neighbors tell how much a layer has changed, to a few thousandths."""


@dataclass(frozen=True)
class LayoutInput:
    """A frame that is to be made.

    Attributes:
        near: Neighbors of all samples in the snapshot.
        start: float64 (n_samples, components), where the samples start.
        warm: Whether that is the frame of a neighbor in time.
        changed: Measures which share of the neighbors are others than in the snapshot that
            this frame shows, in [0, 1]; 1 where that is not known.
        settings: The engine's, complete and checked.
        codes: Categories of the column that supervises, where the settings name one.
        report: Receives the finished share of the optimization, in [0, 1].
    """

    near: Neighbors
    start: NDArray[np.float64]
    warm: bool
    changed: Callable[[], float]
    settings: Settings
    codes: Codes | None
    report: Report


Optimize = Callable[[LayoutInput], NDArray[np.float32]]


class NeighborLayout(ABC):
    """An engine that moves samples from a start until neighbors lie together; no state.

    Attributes:
        facts: Its name, its settings and its costs.
        start_spread: Standard deviation of a first frame's start along its first axis.
        neighbors_share: Of a frame's work, the part that finding neighbors is taken for in
            reports.
    """

    facts: ClassVar[Engine]
    start_spread: ClassVar[float]
    neighbors_share: ClassVar[float]

    def frame(
        self,
        snapshot: NDArray[np.float32],
        before: NDArray[np.float32] | None,
        settings: Settings,
        components: int,
        report: Report,
        codes: Codes | None = None,
        snapshot_before: SnapshotBefore | None = None,
    ) -> NDArray[np.float32]:
        """Returns a frame; see `LayoutEngine.frame`."""
        self.facts.check_samples(len(snapshot))
        optimize = self.optimizer(settings, codes)
        share = self.neighbors_share
        snapshot = rescale_to_unit(snapshot)
        metric = cast("DistanceMetric", settings["metric"])
        near = nearest(
            snapshot, self.n_neighbors(settings), metric, lambda done: report(share * done)
        )
        if before is None:
            seed = int(settings["seed"])
            start = pca_positions(snapshot, components, self.start_spread, seed)
        else:
            start = before.astype(np.float64)

        def rest(done: float) -> None:
            report(share + (1 - share) * done)

        def changed() -> float:
            return 1.0 if snapshot_before is None else _changed(near, snapshot_before(), metric)

        rest(0.0)
        frame = optimize(
            LayoutInput(near, start, before is not None, changed, settings, codes, rest)
        )
        report(1.0)
        return frame

    @abstractmethod
    def n_neighbors(self, settings: Settings) -> int:
        """Returns how many neighbors of each sample are wanted, where there are so many."""

    @abstractmethod
    def optimizer(self, settings: Settings, codes: Codes | None) -> Optimize:
        """Returns what moves samples from their start, as float32 (n_samples, components).

        Raises:
            ArgumentError: What the settings want cannot be had here.
        """


def _changed(near: Neighbors, before: NDArray[np.float32], metric: DistanceMetric) -> float:
    """Returns the share of neighbors that were others in another snapshot, of some samples."""
    samples, k = near.indices.shape
    some = np.random.default_rng(0).permutation(samples)[:CHANGE_SAMPLES]
    then = nearest(rescale_to_unit(before), k, metric, queries=some).indices
    return float(churn(then, near.indices[some]).mean())
