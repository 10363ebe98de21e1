"""Where layout engines start from, and what they need at least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.engine import SEED_LIMIT, Parameter

MIN_SAMPLES = 5
"""Fewer samples have no neighbourhoods worth a layout."""

SEED = Parameter(
    name="seed",
    type="integer",
    default=0,
    low=0,
    high=SEED_LIMIT,
    meaning="What chance starts from: the same seed gives the same layout.",
)

_JITTER = 0.01
"""Noise on the start, as a share of its spread: samples alike in the layer must part."""


def check_samples(snapshot: NDArray[np.float32], title: str) -> None:
    """Raises where a snapshot has too few samples for a layout.

    Args:
        snapshot: float32 (n_samples, n_units).
        title: The engine's, for the message.

    Raises:
        UnsuitableDataError: It has fewer than `MIN_SAMPLES`.
    """
    if len(snapshot) < MIN_SAMPLES:
        raise UnsuitableDataError(
            f"expected {MIN_SAMPLES} samples or more for {title}; received {len(snapshot)}; "
            "use PCA, or record more samples"
        )


def principal(
    snapshot: NDArray[np.float32], components: int, spread: float, seed: int
) -> NDArray[np.float64]:
    """Returns the snapshot's PCA, scaled, with a little noise.

    Args:
        snapshot: Finite float32 (n_samples, n_units).
        components: Axes wanted.
        spread: Standard deviation along the first axis.
        seed: Of the noise.

    Returns:
        float64 (n_samples, components); noise alone where all samples are alike.
    """
    start = pca.fit(lambda step: snapshot, [0]).project(snapshot, components)
    size = float(start[:, 0].std(dtype=np.float64))
    scaled = start * (spread / size if size > 0 else 0.0)
    noise = np.random.default_rng(seed).normal(0, _JITTER * spread, start.shape)
    started: NDArray[np.float64] = scaled + noise
    return started
