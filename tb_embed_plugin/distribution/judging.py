"""The quality of frames by workers, of each step in as many tasks as it has shares of pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.distribution import quality_tasks
from tb_embed_plugin.distribution.quality_tasks import Center, Job, judged_of
from tb_embed_plugin.distribution.workers import Workers, call
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.measure_quality import metric_of
from tb_embed_plugin.projections import frame_quality
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.frame_quality import OnScreen
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbors import Neighbors
from tb_embed_plugin.projections.pair_shares import PairShare, merged_shares
from tb_embed_plugin.projections.quality_numbers import FrameQuality

Task = tuple[Any, ...]
"""A function of a module and its arguments."""


@dataclass(frozen=True)
class Seen:
    """What is known of a step once its frame has been looked at.

    Attributes:
        step: The step.
        center: Of its snapshot.
        screen: The neighbors on screen.
    """

    step: int
    center: Center
    screen: OnScreen


class FrameJudging:
    """The quality of some frames of a layout, in shares of the pairs and batches of steps.

    Args:
        workers: The workers.
        job: The job that the frames are of.
        basis: Of a linear projection.
        layout: The layout.
        steps: The steps, one or more.
        shares: Of the pairs of each, see `shares_of`.
        others: Other tasks, of which nothing is returned: what is left to do beside.
        tell: Is called after each task.
    """

    def __init__(
        self,
        workers: Workers,
        job: Job,
        basis: Basis | None,
        layout: LayoutCache,
        steps: Sequence[int],
        shares: Sequence[PairShare],
        others: Sequence[Task],
        tell: Callable[[], None],
    ) -> None:
        self._workers, self._job, self._basis = workers, job, basis
        self._steps, self._others, self._tell = steps, others, tell
        self._layout, self._judged, self._shares = layout, judged_of(layout), shares

    def run(self) -> Iterator[tuple[int, FrameQuality]]:
        """Yields the steps that have a frame, with its quality.

        Raises:
            EmbedError: A snapshot cannot be read.
        """
        others = self._others
        for steps in self._workers.in_batches(self._steps):
            yield from self._judge(steps, others)
            others = ()

    def _judge(
        self, steps: Sequence[int], others: Sequence[Task]
    ) -> Iterator[tuple[int, FrameQuality]]:
        seen = self._look(steps, others)
        searched = [of_step for of_step in seen if not of_step.screen.is_chance]
        ranked = [
            (of_step, near)
            for of_step, near in zip(searched, self._find(searched), strict=True)
            if not frame_quality.is_chance(of_step.screen, near)
        ]
        is_ranked = {of_step.step for of_step, _ in ranked}
        yield from (
            (of_step.step, frame_quality.alike(self._judged))
            for of_step in seen
            if of_step.step not in is_ranked
        )
        ranks, nearer = self._rank(ranked)
        for (of_step, _), on_screen, counts in zip(ranked, ranks, nearer, strict=True):
            if on_screen is None:
                continue  # the frame has been deleted meanwhile
            yield (
                of_step.step,
                frame_quality.quality_of(
                    self._judged, of_step.screen, counts, on_screen, self._layout.landmarks
                ),
            )

    def _look(self, steps: Sequence[int], others: Sequence[Task]) -> list[Seen]:
        screens = [
            (quality_tasks.look_at_screen, self._job, self._basis, step) for step in steps
        ]
        looked = list(self._results([*screens, *others]))
        return [
            Seen(step, *found)
            for step, found in zip(steps, looked, strict=False)
            if found is not None
        ]

    def _find(self, seen: Sequence[Seen]) -> list[Neighbors]:
        found = self._results(
            [
                (quality_tasks.find, self._job, of_step.step, of_step.center, share)
                for of_step in seen
                for share in self._shares
            ]
        )
        k, metric = self._judged.neighbors + 1, metric_of(self._layout)
        return [
            Neighbors.of(
                merged_shares(list(islice(found, len(self._shares))), self._shares, k), metric
            )
            for _ in seen
        ]

    def _rank(
        self, ranked: Sequence[tuple[Seen, Neighbors]]
    ) -> tuple[list[NDArray[np.int64] | None], list[NDArray[np.int64]]]:
        """Returns the ranks on screen, and how many are nearer in the layer."""
        on_screen = [
            (quality_tasks.rank_on_screen, self._job, self._basis, of_step.step, near)
            for of_step, near in ranked
        ]
        in_layer = [
            (
                quality_tasks.count_nearer,
                self._job,
                of_step.step,
                of_step.center,
                of_step.screen.squares[share.queries],
                share,
            )
            for of_step, _ in ranked
            for share in self._shares
        ]
        found = self._results([*on_screen, *in_layer])
        ranks = list(islice(found, len(ranked)))
        counts = []
        for of_step, _ in ranked:
            total = np.zeros(of_step.screen.squares.shape, np.int64)
            for share in self._shares:
                total[share.queries] += next(found)
            counts.append(total)
        return ranks, counts

    def _results(self, tasks: Sequence[Task]) -> Iterator[Any]:
        for result in self._workers.in_order(call, tasks):
            self._tell()
            yield result


def shares_of(layout: LayoutCache, step: int) -> list[PairShare]:
    """Returns the shares of the pairs that the quality of one frame compares."""
    rows = layout.rows(step)
    space = Space(rows, metric_of(layout), np.zeros(rows.shape[1]))
    return space.shares(len(judged_of(layout).queries))


def task_count(steps: int, shares: int) -> int:
    """Returns how many tasks the quality of so many frames takes."""
    return steps * (2 + 2 * shares)
