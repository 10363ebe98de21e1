"""Landmarks: samples that are laid out as usual, beside which all others are placed.

A layout of all samples takes as long as there are samples times iterations, and its neighbors
take the square. Of more than `MOST_SAMPLES` some are laid out, the landmarks, and each other
one starts among those that it is nearest to in the layer (docs/choices.md has the quality).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections.engine import Codes, Parameter, Settings

VERSION = 1
"""Raised whenever other samples would be landmarks than before, or the rest would be placed
otherwise; part of the key under which such layouts are kept, as `Engine.version` is of all."""

MOST_SAMPLES = 200_000
"""More samples are laid out by landmarks only."""

DEFAULT_LANDMARKS = 20_000

LEAST_LANDMARKS = 100

CLASS_LANDMARKS = 100
"""Landmarks of a small class, so that it can be seen: of 70 samples of 64,000 a draw of 4 %
that knows no classes takes about three."""

ANCHORS = 5
"""Landmarks that a sample may have been beside in the frame before."""

MOST_AWAY = 5
"""So many times as far from all of them as the median sample is, a sample has moved on."""

_OWN_STREAM = 1
"""Of random numbers: with the seed alone, quality's random subset would be landmarks alone."""

_JITTER = 0.1
"""Noise on starts, as a share of the distance between landmarks: samples alike must part."""

_LEFT_OUT = f"all up to {MOST_SAMPLES:,} samples, and {DEFAULT_LANDMARKS:,} of more"

PARAMETER = Parameter(
    name="landmarks",
    type="integer",
    default=0,
    low=0,
    high=MOST_SAMPLES,
    meaning=f"Samples that are laid out, among which all others are placed; 0 for {_LEFT_OUT}.",
    left_out=_LEFT_OUT,
)


def landmark_count(samples: int, settings: Settings) -> int | None:
    """Returns how many landmarks a layout has, None where all samples are laid out.

    Args:
        samples: Samples that are shown.
        settings: Of any engine; those of linear ones know no landmarks.

    Raises:
        ArgumentError: The settings name too few.
    """
    if PARAMETER.name not in settings:
        return None
    wanted = int(settings[PARAMETER.name])
    if 0 < wanted < LEAST_LANDMARKS:
        raise ArgumentError(
            f"{PARAMETER.name} must be 0 or at least {LEAST_LANDMARKS}, not {wanted}; leave it "
            f"out for {_LEFT_OUT}"
        )
    if not wanted and samples > MOST_SAMPLES:
        wanted = DEFAULT_LANDMARKS
    return wanted if 0 < wanted < samples else None


def landmark_rows(
    samples: int, count: int, seed: int, labels: Codes | None = None
) -> NDArray[np.intp]:
    """Returns which samples are landmarks, ascending, (count,).

    Drawn evenly, so that there are many where there are many samples; but of each class at
    least `CLASS_LANDMARKS`, or all where it has fewer samples, as long as that makes no more
    than half of the landmarks. They follow from the samples and their labels alone: the same
    ones at each step, of each run of the same samples, and where a layout is resumed.

    Args:
        samples: How many there are.
        count: Landmarks wanted, fewer than there are samples.
        seed: Of the draw.
        labels: A class for each sample, (n_samples,), negative for none; None for no classes.
    """
    rng = np.random.default_rng([seed, _OWN_STREAM])
    if labels is None or not len(classes := np.unique(labels[labels >= 0])):
        return np.sort(rng.choice(samples, count, replace=False))
    order = rng.permutation(samples)
    of_class = min(CLASS_LANDMARKS, count // (2 * len(classes)))
    sure = (labels[order] >= 0) & (_earlier_alike(labels[order]) < of_class)
    drawn = np.concatenate([order[sure], order[~sure]])[:count]
    return np.sort(drawn)


def _earlier_alike(labels: Codes) -> NDArray[np.intp]:
    """Returns of each sample how many of its class come before it."""
    by_class = np.argsort(labels, kind="stable")
    sizes = np.unique(labels, return_counts=True)[1]
    earlier = np.empty(len(labels), np.intp)
    earlier[by_class] = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return earlier


def starts(
    frame: NDArray[np.float64],
    landmarks: NDArray[np.intp],
    anchors: NDArray[np.int32],
    seed: int,
    before: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Returns where samples start among their landmarks, which stay in their places.

    In a first frame each at the nearest one in the layer: the middle of several may lie between
    clusters, where it belongs to none. In any other frame a sample goes along with that of its
    landmarks that it was nearest to on screen; one that was near none starts as in a first one.

    Args:
        frame: float64 (n_samples, components), where the landmarks are; the rest is not read.
        landmarks: Which samples these are.
        anchors: The nearest landmarks of each sample in the layer, which are samples too,
            (n_samples, `ANCHORS`).
        seed: Of the noise that parts samples alike in the layer.
        before: (n_samples, components), the frame before; None for a first frame.
    """
    apart = np.asarray(KDTree(frame[landmarks]).query(frame[landmarks], 2)[0])[:, 1]
    noise = np.random.default_rng(seed).normal(0, _JITTER, frame.shape)
    started: NDArray[np.float64] = frame[anchors[:, 0]] + noise * np.median(apart)
    if before is not None:
        everyone = np.arange(len(before))
        away = np.stack(
            [np.linalg.norm(before - before[beside], axis=1) for beside in anchors.T]
        )
        nearest = away.argmin(axis=0)
        beside = anchors[everyone, nearest]
        least = away[nearest, everyone]
        stays = least <= MOST_AWAY * np.median(np.delete(least, landmarks))
        carried = before + (frame[beside] - before[beside])
        started = np.where(stays[:, np.newaxis], carried, started)
    started[landmarks] = frame[landmarks]
    return started
