"""Quality of a frame: numbers, each against the layer's own space.

Up to `EXACT_SAMPLES` samples they are exact. Beyond, they are means over a random subset of
the samples, each held against all others as before, so that they estimate the exact numbers
without bias; the subset is as large as keeps the work that of `EXACT_SAMPLES`, but of a layout
by landmarks at least `LEAST_JUDGED`. How much of the variance a linear frame shows is its
basis' own knowledge (`pca.Basis.variance_shown`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tb_embed_plugin.projections.engine import Codes
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbor_votes import vote_accuracy
from tb_embed_plugin.projections.neighbors import DistanceMetric, Neighbors
from tb_embed_plugin.projections.quality_numbers import FrameQuality, PlacedQuality, Reason
from tb_embed_plugin.snapshot import Snapshot

EXACT_SAMPLES = 20_000
"""More samples than this are judged by a random subset of theirs."""

LEAST_JUDGED = 1_000
"""Samples that a layout by landmarks is judged by at least: 80 of 5,000,000 would say little of
those that were placed, and such a layout takes longer than this."""

LEAST_SAMPLES = 5
"""Of fewer no neighborhood can be ranked."""

NEIGHBORS = 15
"""Neighbors that a sample's neighborhood has."""

_MOST_TIED = 0.5
"""Share of samples with neighbors by chance up to which the others speak for all."""

_ROUNDING = 1e-9
"""Distances that differ by less are the same."""


@dataclass(frozen=True)
class Judged:
    """Whose neighborhoods are looked at, and how far.

    Attributes:
        samples: All samples, `LEAST_SAMPLES` or more.
        queries: The numbers of those that are judged, intp (n_queries,).
        neighbors: Of each, fewer than half of the samples.
    """

    samples: int
    queries: NDArray[np.intp]
    neighbors: int

    @classmethod
    def of(
        cls, samples: int, neighbors: int = NEIGHBORS, seed: int = 0, *, by_landmarks: bool
    ) -> Judged:
        """Returns those that are judged; arguments as `frame_quality`'s."""
        queries = judged(samples, seed, LEAST_JUDGED if by_landmarks else 1)
        return cls(samples, queries, min(neighbors, (samples - 1) // 2))


@dataclass(frozen=True)
class OnScreen:
    """The neighbors on screen of those that are judged.

    Attributes:
        near: int32 (n_queries, k), the nearest first.
        by_chance: bool (n_queries,), where another one is as near as the last of them.
        squares: Their squared distances in the layer, float64 (n_queries, k).
    """

    near: NDArray[np.int32]
    by_chance: NDArray[np.bool_]
    squares: NDArray[np.float64]

    @property
    def is_chance(self) -> bool:
        """Whether that is so for most samples: then the layer need not be searched."""
        return bool(self.by_chance.mean() > _MOST_TIED)


def frame_quality(
    snapshot: Snapshot,
    frame: NDArray[np.float32],
    codes: Codes | None = None,
    metric: DistanceMetric = "euclidean",
    neighbors: int = NEIGHBORS,
    seed: int = 0,
    landmarks: NDArray[np.intp] | None = None,
) -> FrameQuality:
    """Returns what a frame keeps of the layer's neighborhoods.

    Trustworthiness and continuity are those of Venna & Kaski (2001, "Neighborhood preservation
    in nonlinear projection methods"); trustworthiness is scikit-learn's. Time n² x n_units up
    to `EXACT_SAMPLES`, beyond that as many pairs, or those of `LEAST_JUDGED`. The snapshot is
    read in parts, within the working memory; beside it up to 200 MB for the queries, of which
    64 MiB are read at a time, and about 100 bytes a sample.

    Args:
        snapshot: float32 (n_samples, n_units).
        frame: float32 (n_samples, components).
        codes: A label for each sample, (n_samples,); negative where it has none.
        metric: The distance in the layer that the frame was made by.
        neighbors: Neighbors looked at; reduced below half of the samples, where the numbers
            would lose their meaning.
        seed: Of the subset.
        landmarks: The samples that were laid out, where the others were placed among them.
    """
    n = len(snapshot)
    if n < LEAST_SAMPLES:
        return _nothing("too_few", n)
    of = Judged.of(n, neighbors, seed, by_landmarks=landmarks is not None)
    in_layer = Space.of(snapshot, metric)
    screen = look_at_screen(in_layer, frame, of)
    if screen.is_chance:
        return alike(of)
    near = in_layer.nearest_of(of.queries, of.neighbors + 1)
    if is_chance(screen, near):
        return alike(of)
    nearer_in_layer = in_layer.count_nearer(of.queries, screen.squares)
    ranks_on_screen = rank_on_screen(frame, of, near)
    return quality_of(of, screen, nearer_in_layer, ranks_on_screen, landmarks, codes)


def look_at_screen(in_layer: Space, frame: NDArray[np.float32], of: Judged) -> OnScreen:
    """Returns the neighbors on screen; `frame` is float32 (n_samples, components)."""
    near, away = _nearest_on_screen(frame, of.neighbors, of.queries)
    return OnScreen(near, _tied(away), in_layer.squares(of.queries, near))


def rank_on_screen(
    frame: NDArray[np.float32], of: Judged, near: Neighbors
) -> NDArray[np.int64]:
    """Returns which neighbor on screen each one in the layer is, (n_queries, k)."""
    return Space.of(frame).ranks(of.queries, near.indices[:, : of.neighbors])


def is_chance(screen: OnScreen, near: Neighbors) -> bool:
    """Whether it is chance which others are the nearest of most samples.

    Args:
        screen: Their neighbors on screen.
        near: One more of them in the layer.
    """
    return bool((_tied(near.distances) | screen.by_chance).mean() > _MOST_TIED)


def quality_of(
    of: Judged,
    screen: OnScreen,
    nearer_in_layer: NDArray[np.int64],
    ranks_on_screen: NDArray[np.int64],
    landmarks: NDArray[np.intp] | None = None,
    codes: Codes | None = None,
) -> FrameQuality:
    """Returns the numbers of a frame.

    Args:
        of: Whose neighborhoods were looked at.
        screen: Their neighbors on screen.
        nearer_in_layer: How many samples are nearer in the layer than each of those is,
            (n_queries, k).
        ranks_on_screen: As `rank_on_screen` returns them.
        landmarks: As in `frame_quality`.
        codes: As in `frame_quality`.
    """
    ranks_in_layer, n, k = 1 + nearer_in_layer, of.samples, of.neighbors
    return FrameQuality(
        reason="",
        trustworthiness=_kept(ranks_in_layer, n),
        continuity=_kept(ranks_on_screen, n),
        neighbors_kept=_share(ranks_in_layer, k),
        placed=_placed(ranks_in_layer, of.queries, landmarks, n),
        label_accuracy=None if codes is None else vote_accuracy(codes, of.queries, screen.near),
        neighbors=k,
        samples_judged=len(of.queries),
        samples=n,
    )


def alike(of: Judged) -> FrameQuality:
    """Returns what there is where `is_chance` says so."""
    return _nothing("alike", of.samples)


def _share(ranks: NDArray[np.int64], k: int) -> float:
    return float((ranks <= k).mean())


def _placed(
    ranks: NDArray[np.int64],
    queries: NDArray[np.intp],
    landmarks: NDArray[np.intp] | None,
    samples: int,
) -> PlacedQuality | None:
    """Returns what is kept of queries that are no landmarks, None where all were laid out."""
    if landmarks is None:
        return None
    placed = ranks[~np.isin(queries, landmarks)]
    if not len(placed):
        return None
    return PlacedQuality(_kept(placed, samples), _share(placed, ranks.shape[1]))


def label_accuracy(
    frame: NDArray[np.float32], codes: Codes, neighbors: int = NEIGHBORS, seed: int = 0
) -> float | None:
    """Returns the share of labeled samples whose label most neighbors on screen have.

    None where there are too few samples, or too many of them lie on one place. At least
    `LEAST_JUDGED` are looked at, on screen alone. For the arguments see `frame_quality`.
    """
    n = len(frame)
    if n < LEAST_SAMPLES:
        return None
    queries = judged(n, seed, LEAST_JUDGED)
    near, away = _nearest_on_screen(frame, min(neighbors, (n - 1) // 2), queries)
    if _tied(away).mean() > _MOST_TIED:
        return None
    return vote_accuracy(codes, queries, near)


def _nothing(reason: Reason, samples: int) -> FrameQuality:
    return FrameQuality(reason, np.nan, np.nan, np.nan, None, None, 0, 0, samples)


def _tied(distances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns of which samples the last of k + 1 neighbors is as near as the one before."""
    tied: NDArray[np.bool_] = distances[:, -1] <= distances[:, -2] * (1 + _ROUNDING)
    return tied


def judged(samples: int, seed: int = 0, least: int = 1) -> NDArray[np.intp]:
    """Returns the samples whose neighborhoods are looked at, ascending; some at least."""
    if samples <= EXACT_SAMPLES:
        return np.arange(samples)
    size = min(samples, max(least, EXACT_SAMPLES**2 // samples))
    chosen = np.random.default_rng(seed).choice(samples, size, replace=False)
    return np.sort(chosen)


def _nearest_on_screen(
    frame: NDArray[np.float32], k: int, queries: NDArray[np.intp]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Returns the k nearest others, and the distances of k + 1, the nearest first."""
    points = frame.astype(np.float64)
    answer = KDTree(points).query(points[queries], k + 2)
    away, found = np.asarray(answer[0]), np.asarray(answer[1])
    others = found != queries[:, np.newaxis]
    others[others.all(axis=1), k + 1] = False
    near = found[others].reshape(-1, k + 1)[:, :k].astype(np.int32)
    return near, away[others].reshape(-1, k + 1)


def _kept(ranks: NDArray[np.int64], n: int) -> float:
    """Returns 1 minus the ranks beyond k, scaled to at most 1 (Venna & Kaski's M1, M2)."""
    k = ranks.shape[1]
    worst = k * (2 * n - 3 * k - 1) / 2
    return float(1 - np.maximum(ranks - k, 0).sum(axis=1).mean() / worst)
