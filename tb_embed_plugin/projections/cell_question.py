"""What is searched for in cells, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.cells import Pivots
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.projections.neighbors import DistanceMetric
from tb_embed_plugin.snapshot import Snapshot


@dataclass(frozen=True)
class CellQuestion:
    """Whose neighbors are searched, and how: what all tasks of a search have in common.

    Attributes:
        snapshot: Finite float32 (n_samples, n_units).
        landmarks: Which samples are landmarks, ascending.
        metric: The distance.
        seed: Of the draw of pivots.
        shift: The power of two that activations are multiplied by.
        k: Neighbors wanted; fewer than there are samples.
        anchors: Nearest landmarks wanted; fewer than there are.
    """

    snapshot: Snapshot
    landmarks: NDArray[np.intp]
    metric: DistanceMetric
    seed: int
    shift: int
    k: int
    anchors: int

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        landmarks: NDArray[np.intp],
        settings: Settings,
        shift: int,
        k: int,
        anchors: int,
    ) -> CellQuestion:
        """Returns it by the settings `metric` and `seed` of an engine."""
        metric = cast("DistanceMetric", settings["metric"])
        return cls(snapshot, landmarks, metric, int(settings["seed"]), shift, k, anchors)

    @property
    def pivots(self) -> Pivots:
        """The pivots, which are read."""
        return Pivots.of(self.snapshot, self.landmarks, self.metric, self.seed, self.shift)


@dataclass(frozen=True)
class CellNeighbors:
    """What is found for samples; nothing names the sample itself.

    Attributes:
        indices: Their neighbors among all samples, int32 (n, k), the nearest first.
        distances: How far these are, of activations times two to the shift, float32 (n, k).
        anchors: Their nearest landmarks, int32 (n, anchors).
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    anchors: NDArray[np.int32]

    @classmethod
    def empty(cls, samples: int, question: CellQuestion) -> CellNeighbors:
        """Returns room for the neighbors of so many samples."""
        return cls(
            np.empty((samples, question.k), np.int32),
            np.empty((samples, question.k), np.float32),
            np.empty((samples, question.anchors), np.int32),
        )

    def put(self, samples: slice | NDArray[np.int32], found: CellNeighbors) -> None:
        """Takes over what was found for some samples."""
        self.indices[samples] = found.indices
        self.distances[samples] = found.distances
        self.anchors[samples] = found.anchors


OfGroup = tuple[NDArray[np.int32], CellNeighbors]
"""The samples of a group, and what is found for them."""
