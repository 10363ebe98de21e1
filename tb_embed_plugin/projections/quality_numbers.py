"""The numbers of a frame's quality, as `frame_quality` measures them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
        neighbors: Neighbors looked at, fewer than usual where there are few samples.
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
