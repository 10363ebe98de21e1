"""Time estimates of jobs: a model of what their stages cost, corrected by earlier jobs.

The model says how costs grow, the constants are those of one machine; jobs that have ended
say how much slower or faster this one is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from tb_embed_plugin.projections.cells import pivot_count
from tb_embed_plugin.projections.engine import Engine

Stage = Literal["frames", "quality"]
"""First all frames are laid out, then all are measured."""

START_SECONDS = 2.0
"""A worker's start and imports."""

SAMPLES, UNITS = 10_000, 200
"""The size of layer that the constants are for."""

NEIGHBORS_SECONDS = 0.4
"""Exact neighbors of all samples."""

PLACING_SECONDS = 1.0
"""Placing all samples among landmarks that are laid out."""

ASSIGNING_SECONDS = 0.015
"""Finding the cell of each sample, for each 1,000 cells."""

QUALITY_SECONDS = 3.0
"""What one frame keeps of the layer's neighborhoods."""

MAX_JUDGED = 20_000
"""More samples than this cost the quality no more time, but for their number."""

LEAST_JUDGED = 1_000
"""Of a layout by landmarks this many are judged, however many samples there are."""

TELLING_SECONDS = 5.0
"""A shorter job is mostly its start, and says little of a longer one."""


@dataclass(frozen=True)
class JobSize:
    """How much a job is.

    Attributes:
        engine: Facts of the engine.
        samples: Rows of each snapshot.
        units: Width of each snapshot.
        frames: Frames to lay out.
        from_nothing: Whether the first of them has no neighbor to start from.
        measures: Frames to measure.
        refine: Iterations added to each frame, of landmarks alone where there are any.
        landmarks: Samples that are laid out, None for all.
    """

    engine: Engine
    samples: int
    units: int
    frames: int
    from_nothing: bool
    measures: int
    refine: int = 0
    landmarks: int | None = None

    def seconds(self, stage: Stage) -> float:
        """Returns the seconds that a stage would take on the machine of the constants."""
        if stage == "quality":
            return self._cost("quality", self.measures)
        return self._cost("frames", self.frames) + (START_SECONDS if self.frames else 0)

    def share(self, stage: Stage, done: float) -> float:
        """Returns the share of a stage's time after `done` of its frames, in [0, 1]."""
        total = self._cost(stage, self.frames if stage == "frames" else self.measures)
        return min(1.0, self._cost(stage, done) / total) if total > 0 else 1.0

    def _cost(self, stage: Stage, frames: float) -> float:
        size = self.samples / SAMPLES
        width = self.units / UNITS
        if stage == "quality":
            judged = min(size, (MAX_JUDGED / SAMPLES) ** 2 / size) if size else 0
            if self.landmarks is not None:
                judged = max(judged, LEAST_JUDGED / SAMPLES)
            return frames * QUALITY_SECONDS * size * judged * (1 + width) / 2
        placing = 0.0
        if self.landmarks is not None:
            placing = PLACING_SECONDS * size * (1 + width) / 2
            cells = pivot_count(self.samples, self.landmarks)
            placing += ASSIGNING_SECONDS * size * cells / 1_000 * (1 + 2 * width)
            size = self.landmarks / SAMPLES
        neighbors = NEIGHBORS_SECONDS * size**2 * width
        each = self.engine.seconds
        first = (each.first - each.following) * min(frames, 1.0) if self.from_nothing else 0.0
        following = each.following + each.iteration * self.refine
        return frames * (following * size + neighbors + placing) + first * size


class TimeEstimate:
    """Says how long jobs will take, and learns from those that have ended."""

    def __init__(self) -> None:
        self._paces: dict[tuple[str, Stage], float] = {}
        self._lock = threading.Lock()

    def seconds(self, size: JobSize, stage: Stage) -> float:
        """Returns how long a stage will take, in seconds."""
        with self._lock:
            return size.seconds(stage) * self._paces.get((size.engine.name, stage), 1.0)

    def remaining(self, size: JobSize, stage: Stage, done: float, elapsed: float) -> float:
        """Returns how long the rest of a stage will take, in seconds.

        Args:
            size: Of the job.
            stage: Its stage.
            done: Frames of the stage that are done, with the share of the one under way.
            elapsed: Seconds since the stage began.
        """
        share = size.share(stage, done)
        # A small share says little of the pace.
        if share < 0.1:
            return max(0.0, self.seconds(size, stage) - elapsed)
        return elapsed * (1 - share) / share

    def learn(self, size: JobSize, stage: Stage, elapsed: float) -> None:
        """Takes account of how long a stage has taken, in seconds."""
        expected = size.seconds(stage)
        if expected >= TELLING_SECONDS:
            with self._lock:
                self._paces[size.engine.name, stage] = elapsed / expected
