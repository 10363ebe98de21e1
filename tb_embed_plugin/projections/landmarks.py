"""Landmarks: samples that are laid out as ever, beside which all others are placed.

A layout of all samples takes as long as there are samples times iterations, and its neighbors
take the square. Of more than `MOST_SAMPLES` some are laid out, the landmarks, and each other
one starts among those that it is nearest to in the layer (docs/choices.md has the quality).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections.engine import Parameter, Settings
from tb_embed_plugin.projections.neighbors import Neighbors

MOST_SAMPLES = 200_000
"""More samples are laid out by landmarks only."""

DEFAULT_LANDMARKS = 20_000

LEAST_LANDMARKS = 100

ANCHORS = 5
"""Landmarks that a sample starts among."""

MOST_SPREADS = 3
"""So many times as far from the middle of its landmarks as they are, a sample has moved on."""

_NEXT_TO_NONE = 1e-3
"""Share of the farthest landmark's distance below which one is at the sample's own place."""

_JITTER = 0.01
"""Noise on a first frame's starts, as a share of the landmarks' spread about a sample."""

PARAMETER = Parameter(
    name="landmarks",
    type="integer",
    default=0,
    low=0,
    high=MOST_SAMPLES,
    meaning=(
        "Samples that are laid out, among which all others are placed; 0 for all up to "
        f"{MOST_SAMPLES:,} samples, and {DEFAULT_LANDMARKS:,} of more."
    ),
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
            f"out for {DEFAULT_LANDMARKS:,} where there are more than {MOST_SAMPLES:,} samples"
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
    chosen = np.random.default_rng(seed).choice(samples, count, replace=False)
    return np.sort(chosen)


def starts(
    frame: NDArray[np.float64],
    anchors: Neighbors,
    seed: int,
    before: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Returns where samples start among their landmarks.

    In a first frame in the middle of them, the nearest counting most. In any other where they
    were, moved as their landmarks have moved since; one that its landmarks of now are far from
    starts as in a first frame.

    Args:
        frame: float64 (n_samples, components), where the landmarks are; the rest is not read.
        anchors: The nearest landmarks of each sample, which are samples too.
        seed: Of the noise that parts samples alike in the layer.
        before: (n_samples, components), the frame before; None for a first frame.
    """
    weights = _weights(anchors.distances)
    around = frame[anchors.indices]
    middle = np.einsum("sa,sac->sc", weights, around)
    apart = around - middle[:, np.newaxis]
    spread = np.sqrt(np.einsum("sa,sac,sac->s", weights, apart, apart))
    if before is None:
        noise = np.random.default_rng(seed).normal(0, _JITTER, middle.shape)
        started: NDArray[np.float64] = middle + noise * np.median(spread)
        return started
    moved = around - before[anchors.indices]
    carried = before + np.einsum("sa,sac->sc", weights, moved)
    away = np.linalg.norm(carried - middle, axis=1)
    stays = away <= MOST_SPREADS * spread + np.median(away)
    followed: NDArray[np.float64] = np.where(stays[:, np.newaxis], carried, middle)
    return followed


def _weights(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns what each landmark counts, by the fourth power of its distance, (n, anchors)."""
    farthest = distances[:, -1:]
    shares = np.divide(distances, farthest, out=np.ones_like(distances), where=farthest > 0)
    weights = np.maximum(shares, _NEXT_TO_NONE) ** -4
    normed: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return normed
