"""Quality of a frame: numbers, each against the layer's own space.

Up to `EXACT_SAMPLES` samples they are exact. Beyond, they are means over a random subset of
the samples, each held against all others as before, so that they estimate the exact numbers
without bias; the subset is as large as keeps the work that of `EXACT_SAMPLES`, but of a layout
by landmarks at least `LEAST_JUDGED`. How much of the variance a linear frame shows is its
basis' own knowledge (`pca.Basis.variance_shown`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tb_embed_plugin.projections.engine import Codes
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbors import DistanceMetric
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

_BLOCK_VALUES = 1 << 22
"""Distances worked on at a time by a thread: 32 MiB in float64."""

Reason = Literal["", "too_few", "alike"]


@dataclass(frozen=True)
class PlacedQuality:
    """What a frame keeps of the neighborhoods of those samples that were placed; 1 is all.

    Attributes:
        trustworthiness: Whether their neighbors on screen are neighbors in the layer.
        neighbors_kept: The share of their neighbors in the layer that are neighbors on screen.
    """

    trustworthiness: float
    neighbors_kept: float


@dataclass(frozen=True)
class FrameQuality:
    """What one frame keeps of the layer's neighborhoods; 1 is all.

    Attributes:
        reason: Why the numbers that follow are NaN, empty where they are not: `too_few`
            samples, or `alike`, where of most samples it is chance which others are the
            nearest, since as many lie as near.
        trustworthiness: Whether neighbors on screen are neighbors in the layer.
        continuity: Whether neighbors in the layer are neighbors on screen.
        neighbors_kept: The share of the neighbors in the layer that are neighbors on screen.
        placed: What is kept of the neighborhoods of samples that were placed among landmarks,
            apart; None where all were laid out.
        label_accuracy: The share of samples whose label most neighbors on screen have, among
            those with a label; None without labels of two classes or more.
        neighbors: Neighbors looked at, `NEIGHBORS` or fewer where there are few samples.
        samples_judged: Samples whose neighborhoods were looked at.
        samples: All samples.
    """

    reason: Reason
    trustworthiness: float
    continuity: float
    neighbors_kept: float
    placed: PlacedQuality | None
    label_accuracy: float | None
    neighbors: int
    samples_judged: int
    samples: int


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
    read in parts, within the working memory, but one part of a layer wider than 2,048 units has
    2,048 to 4,095 rows, and takes 16 bytes an activation; beside it up to 200 MB for the
    queries, of which 64 MiB are read at a time, and about 100 bytes a sample.

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
    k = min(neighbors, (n - 1) // 2)
    queries = judged(n, seed, 1 if landmarks is None else LEAST_JUDGED)
    in_layer = Space.of(snapshot, metric)
    near = in_layer.nearest_of(queries, k + 1)
    near_in_layer = near.indices[:, :k]
    near_on_screen, away = _nearest_on_screen(frame, k, queries)
    by_chance = _tied(near.distances) | _tied(away)
    if by_chance.mean() > _MOST_TIED:
        return _nothing("alike", n)
    ranks_in_layer = in_layer.ranks(queries, near_on_screen)
    ranks_on_screen = Space.of(frame).ranks(queries, near_in_layer)
    return FrameQuality(
        reason="",
        trustworthiness=_kept(ranks_in_layer, n),
        continuity=_kept(ranks_on_screen, n),
        neighbors_kept=_share(ranks_in_layer, k),
        placed=None if landmarks is None else _placed(ranks_in_layer, queries, landmarks, n),
        label_accuracy=None if codes is None else _accuracy(codes, queries, near_on_screen),
        neighbors=k,
        samples_judged=len(queries),
        samples=n,
    )


def _share(ranks: NDArray[np.int64], k: int) -> float:
    return float((ranks <= k).mean())


def _placed(
    ranks: NDArray[np.int64],
    queries: NDArray[np.intp],
    landmarks: NDArray[np.intp],
    samples: int,
) -> PlacedQuality | None:
    """Returns what is kept of those queries that are no landmarks, None where all are."""
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
    return _accuracy(codes, queries, near)


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


def _accuracy(codes: Codes, queries: NDArray[np.intp], near: NDArray[np.int32]) -> float | None:
    """Returns the share of labeled queries that the vote of their neighbors gets right.

    The smallest of the codes that have most votes wins, as in scikit-learn; neighbors
    without a label do not vote.
    """
    labelled = codes[queries] >= 0
    truth, near = codes[queries][labelled], near[labelled]
    # Where all are alike, anything would be right.
    if not len(truth) or truth.min() == truth.max():
        return None
    right = 0
    classes = int(codes.max()) + 1
    rows = max(1, _BLOCK_VALUES // (classes + 1))
    for start in range(0, len(truth), rows):
        voters = codes[near[start : start + rows]]
        votes = np.zeros((len(voters), classes + 1), np.int32)
        # What has no label votes for a class of its own, which is left out.
        np.add.at(
            votes,
            (np.arange(len(voters))[:, np.newaxis], np.where(voters < 0, classes, voters)),
            1,
        )
        right += int((votes[:, :classes].argmax(axis=1) == truth[start : start + rows]).sum())
    return right / len(truth)
