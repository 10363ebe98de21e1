"""The common part of t-SNE and UMAP: frames made from neighbors and a start.

A first frame starts from the snapshot's PCA, any other from its neighbor in time. Where there
are landmarks, they alone are laid out so, by exact neighbors, and all others start among them;
then a few iterations move these by their own neighbors, as cells find them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.neighborhoods import churn
from tb_embed_plugin.projections.cell_question import CellNeighbors, CellQuestion
from tb_embed_plugin.projections.cell_search import CellWork, search_in_cells
from tb_embed_plugin.projections.engine import (
    Codes,
    Engine,
    Report,
    Settings,
    SnapshotBefore,
)
from tb_embed_plugin.projections.initial_positions import (
    pca_positions,
    rescale_to_unit,
    unit_shift,
)
from tb_embed_plugin.projections.landmarks import (
    ANCHORS,
    landmark_count,
    landmark_rows,
    starts,
)
from tb_embed_plugin.projections.neighbors import DistanceMetric, Neighbors, nearest
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.projections.sequence import align_frame
from tb_embed_plugin.snapshot import SharedRows, Snapshot

CHANGE_SAMPLES = 1_000
"""Samples whose neighbors tell how much a layer has changed, to a few thousandths."""


@dataclass(frozen=True)
class LayoutInput:
    """What a frame is made of.

    Attributes:
        near: Neighbors of all samples in the snapshot.
        start: float64 (n_samples, components), where the samples start.
        warm: Whether that is the frame of a neighbor in time.
        changed: Measures which share of the neighbors are others than in the snapshot that
            this frame shows, in [0, 1]; 1 where that is not known.
        settings: The engine's, complete and checked.
        codes: Categories of the column that supervises, where the settings name one.
        report: Receives the finished share of the optimization, in [0, 1].
        landmarks: Samples that are laid out already and start in their places, among which the
            others are to be placed; None where all are to be laid out.
    """

    near: Neighbors | CellNeighbors
    start: NDArray[np.float64]
    warm: bool
    changed: Callable[[], float]
    settings: Settings
    codes: Codes | None
    report: Report
    landmarks: NDArray[np.intp] | None = None


Optimize = Callable[[LayoutInput], NDArray[np.float32]]


class NeighborLayout(ABC):
    """An engine that moves samples from a start until neighbors lie together; no state.

    Attributes:
        facts: Its name, its settings and its costs.
        start_spread: Standard deviation of a first frame's start along its first axis.
        neighbors_share: Of a frame's work, the part that finding neighbors is taken for in
            reports.
        placed_neighbors: Neighbors that a sample is placed among landmarks by, at most.
        growth: The power of the number of samples that the size of a layout grows with.
    """

    facts: ClassVar[Engine]
    start_spread: ClassVar[float]
    neighbors_share: ClassVar[float]
    placed_neighbors: ClassVar[int]
    growth: ClassVar[float]

    def frame(
        self,
        snapshot: Snapshot,
        before: NDArray[np.float32] | None,
        settings: Settings,
        components: int,
        report: Report,
        codes: Codes | None = None,
        snapshot_before: SnapshotBefore | None = None,
        placing: Placing | None = None,
    ) -> NDArray[np.float32]:
        """Returns a frame; see `LayoutEngine.frame`."""
        self.facts.check_samples(len(snapshot))
        wanted = _Wanted(snapshot, before, settings, components, codes, snapshot_before)
        count = landmark_count(len(snapshot), settings)
        if count is None:
            frame = self._lay_out(wanted, report)
        else:
            placing = placing or Placing()
            landmarks = landmark_rows(len(snapshot), count, wanted.seed, placing.labels)
            frame = self._place(wanted, landmarks, placing.work, report)
        report(1.0)
        return frame

    def _lay_out(
        self, wanted: _Wanted, report: Report, changed: Callable[[], float] | None = None
    ) -> NDArray[np.float32]:
        """Returns the frame of samples that are all laid out."""
        optimize = self.optimizer(wanted.settings, wanted.codes)
        search = part_of(report, 0, self.neighbors_share)
        rows = rescale_to_unit(np.asarray(wanted.snapshot))
        k = self.n_neighbors(wanted.settings)
        near = nearest(rows, k, wanted.metric, search)
        if wanted.before is None:
            start = pca_positions(rows, wanted.components, self.start_spread, wanted.seed)
        else:
            start = wanted.before.astype(np.float64)
        rest = part_of(report, self.neighbors_share, 1)
        rest(0.0)
        changed = changed or (lambda: wanted.changed(k, near))
        return optimize(wanted.input(near, start, changed, rest))

    def _place(
        self, wanted: _Wanted, landmarks: NDArray[np.intp], work: CellWork, report: Report
    ) -> NDArray[np.float32]:
        """Returns the frame of samples that are placed among landmarks."""
        optimize = self.optimizer(wanted.settings, wanted.codes)
        known = wanted.of(landmarks)
        k = min(self.n_neighbors(wanted.settings), self.placed_neighbors)
        changed = cache(lambda: known.changed(k))  # reads the snapshot of another step
        # As large as a layout of all: else the others push outward, frame after frame.
        size = (len(wanted.snapshot) / len(landmarks)) ** self.growth
        tell = part_of(report, 0, 1 / 3)
        if known.before is None:
            laid_out = size * self._lay_out(known, tell, changed)
        else:
            smaller = replace(known, before=known.before / size)
            laid_out = self._lay_out(smaller, tell, changed)
            laid_out = align_frame(laid_out, known.before)
        start = np.zeros((len(wanted.snapshot), wanted.components))
        start[landmarks] = laid_out
        near = wanted.search(landmarks, k, work, part_of(report, 1 / 3, 2 / 3))
        start = starts(start, landmarks, near.anchors, wanted.seed, wanted.before)
        rest = part_of(report, 2 / 3, 1)
        given = wanted.input(near, start, changed, rest)
        return optimize(replace(given, landmarks=landmarks))

    @abstractmethod
    def n_neighbors(self, settings: Settings) -> int:
        """Returns how many neighbors of each sample are wanted, where there are so many."""

    @abstractmethod
    def optimizer(self, settings: Settings, codes: Codes | None) -> Optimize:
        """Returns what moves samples from their start, as float32 (n_samples, components).

        Raises:
            ArgumentError: What the settings want cannot be had here.
        """


@dataclass(frozen=True)
class _Wanted:
    """A frame that is wanted; see `LayoutEngine.frame`."""

    snapshot: Snapshot
    before: NDArray[np.float32] | None
    settings: Settings
    components: int
    codes: Codes | None
    snapshot_before: SnapshotBefore | None

    @property
    def metric(self) -> DistanceMetric:
        """The distance by which neighbors are found."""
        return cast("DistanceMetric", self.settings["metric"])

    @property
    def seed(self) -> int:
        """The seed of all random numbers."""
        return int(self.settings["seed"])

    def of(self, some: NDArray[np.intp]) -> _Wanted:
        """Returns the frame of some of the samples."""
        then = self.snapshot_before
        return replace(
            self,
            snapshot=self.snapshot[some],
            before=None if self.before is None else self.before[some],
            codes=None if self.codes is None else self.codes[some],
            snapshot_before=None if then is None else lambda: then()[some],
        )

    def search(
        self, landmarks: NDArray[np.intp], k: int, work: CellWork, report: Report
    ) -> CellNeighbors:
        """Returns the neighbors of all samples, and the nearest landmarks of each."""
        rows = self.snapshot
        question = CellQuestion.of(
            rows if isinstance(rows, np.ndarray) else SharedRows(rows),
            landmarks,
            self.settings,
            unit_shift(rows),
            k,
            ANCHORS,
        )
        return search_in_cells(question, work, report)

    def changed(self, k: int, near: Neighbors | None = None) -> float:
        """Returns the share of k neighbors that were others before, of some samples.

        Args:
            k: Neighbors looked at.
            near: Those of all samples, where they are known.
        """
        if self.snapshot_before is None:
            return 1.0
        some = np.random.default_rng(0).permutation(len(self.snapshot))[:CHANGE_SAMPLES]
        now = self._near(self.snapshot, k, some) if near is None else near.indices[some]
        return float(churn(self._near(self.snapshot_before(), k, some), now).mean())

    def _near(self, snapshot: Snapshot, k: int, some: NDArray[np.intp]) -> NDArray[np.int32]:
        rows = rescale_to_unit(np.asarray(snapshot))
        return nearest(rows, k, self.metric, queries=some).indices

    def input(
        self,
        near: Neighbors | CellNeighbors,
        start: NDArray[np.float64],
        changed: Callable[[], float],
        report: Report,
    ) -> LayoutInput:
        """Returns what the frame is made of."""
        warm = self.before is not None
        return LayoutInput(near, start, warm, changed, self.settings, self.codes, report)


def part_of(report: Report, start: float, stop: float) -> Report:
    """Returns what a part of the work reports to, from one share of all to another."""
    return lambda done: report(start + (stop - start) * done)
