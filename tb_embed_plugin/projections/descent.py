"""Gradient descent of samples among landmarks that stay where they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.neighbor_layout import LayoutInput

MOMENTUM = 0.5
"""Less than usual: samples start near their places, and pass over no others."""

FASTER, SLOWER, LEAST_GAIN = 0.2, 0.8, 0.01
LONGEST_STEP = 5.0
"""These are openTSNE's, and van der Maaten's before."""


def descend(
    given: LayoutInput,
    gradient: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    iterations: int,
    rate: float,
) -> NDArray[np.float32]:
    """Returns where samples come to from their start, float32 (n_samples, components).

    Steps with momentum and with gains, as those that t-SNE is known with (Jacobs 1988): where
    a coordinate keeps its direction its steps grow, else they shrink.

    Args:
        given: The samples, of which the landmarks do not move.
        gradient: Gives the gradient of all samples at their places.
        iterations: Steps.
        rate: Learning rate.
    """
    frame = np.array(given.start, np.float64, order="C")
    update = np.zeros_like(frame)
    gains = np.ones_like(frame)
    for done in range(iterations):
        slope = gradient(frame)
        turned = np.sign(update) != np.sign(slope)
        gains = np.where(turned, gains + FASTER, gains * SLOWER + LEAST_GAIN)
        update = MOMENTUM * update - rate * gains * slope
        lengths = np.linalg.norm(update, axis=1, keepdims=True)
        update *= LONGEST_STEP / np.maximum(lengths, LONGEST_STEP)
        update[given.landmarks] = 0
        frame += update
        given.report((done + 1) / iterations)
    return frame.astype(np.float32)
