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
from tb_embed_plugin.projections.engine import Parameter, Settings

MOST_SAMPLES = 200_000
"""More samples are laid out by landmarks only."""

DEFAULT_LANDMARKS = 20_000

LEAST_LANDMARKS = 100

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


def landmark_rows(samples: int, count: int, seed: int) -> NDArray[np.intp]:
    """Returns which samples are landmarks, ascending, (count,).

    Drawn evenly, so that there are many where there are many samples. They follow from the
    number of samples alone: the same ones at each step, of each run of the same samples, and
    where a layout is resumed.
    """
    chosen = np.random.default_rng([seed, _OWN_STREAM]).choice(samples, count, replace=False)
    return np.sort(chosen)


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
