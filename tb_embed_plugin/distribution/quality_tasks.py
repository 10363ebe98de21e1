"""Tasks of one frame's quality, where there are so many pairs that several share them.

What is on screen is looked at by one task, the layer in shares of queries and rows. Nothing is
kept: whoever gives the tasks merges what they return (`judging`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.distribution.tasks import opened, with_basis
from tb_embed_plugin.jobs.job_execution import shown_frame
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.measure_quality import metric_of
from tb_embed_plugin.projections import frame_quality
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.frame_quality import Judged, OnScreen
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbor_search import Found
from tb_embed_plugin.projections.neighbors import Neighbors
from tb_embed_plugin.projections.pair_shares import PairShare

Job = tuple[str, str]
"""A job as a line of JSON and the version of its data, see `tasks.measure_step`."""

Center = NDArray[np.float64]
"""Of a snapshot, float64 (n_units,); see `neighbor_parts.Space`."""


def judged_of(layout: LayoutCache) -> Judged:
    """Returns whose neighborhoods are looked at in the frames of a layout."""
    by_landmarks = layout.landmark_count is not None
    return Judged.of(len(layout.layer.shown), by_landmarks=by_landmarks)


def look_at_screen(job: Job, basis: Basis | None, step: int) -> tuple[Center, OnScreen] | None:
    """Returns the center of a snapshot and the neighbors in its frame, None without a frame.

    Args:
        job: The job.
        basis: Of a linear projection.
        step: The step.

    Raises:
        EmbedError: The snapshot cannot be read.
    """
    projector = with_basis(opened(*job).projector, basis)
    layout, frame = projector.cache, shown_frame(projector, step)
    if frame is None:
        return None
    space = Space.of(layout.rows(step), metric_of(layout))
    return space.center, frame_quality.look_at_screen(space, frame, judged_of(layout))


def find(job: Job, step: int, center: Center, share: PairShare) -> Found:
    """Returns the nearest rows of a share, see `Space.find`.

    Raises:
        EmbedError: The snapshot cannot be read.
    """
    layout = opened(*job).projector.cache
    of = judged_of(layout)
    return _space(layout, step, center).find(of.queries, of.neighbors + 1, share)


def count_nearer(
    job: Job, step: int, center: Center, squares: NDArray[np.float64], share: PairShare
) -> NDArray[np.int64]:
    """Returns how many rows of a share are nearer than others, see `Space.count_nearer`.

    Args:
        job: The job.
        step: The step.
        center: Of its snapshot.
        squares: Squared distances to the others, of the queries of the share alone.
        share: The share.

    Raises:
        EmbedError: The snapshot cannot be read.
    """
    layout = opened(*job).projector.cache
    queries = judged_of(layout).queries
    return _space(layout, step, center).count_nearer(queries, squares, share)


def rank_on_screen(
    job: Job, basis: Basis | None, step: int, near: Neighbors
) -> NDArray[np.int64] | None:
    """Returns which neighbor on screen each one in the layer is, None without a frame.

    Raises:
        EmbedError: The snapshot cannot be read.
    """
    projector = with_basis(opened(*job).projector, basis)
    frame = shown_frame(projector, step)
    if frame is None:
        return None
    return frame_quality.rank_on_screen(frame, judged_of(projector.cache), near)


def _space(layout: LayoutCache, step: int, center: Center) -> Space:
    return Space(layout.rows(step), metric_of(layout), center)
