"""The positions from which layout engines start, and the fewest samples they need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.engine import SEED_LIMIT, Parameter
from tb_embed_plugin.snapshot import Snapshot, row_blocks

MIN_SAMPLES = 5
"""Fewer samples have no neighborhoods worth a layout."""

SEED = Parameter(
    name="seed",
    type="integer",
    default=0,
    low=0,
    high=SEED_LIMIT,
    meaning="Seed of the random numbers: the same seed gives the same layout.",
)

_JITTER = 0.01
"""Noise on the start, as a share of its spread: samples alike in the layer must part."""


def unit_shift(snapshot: Snapshot) -> int:
    """Returns the power of two by which the largest activation lies between 1 and 2.

    Neighborhoods know no scale; squares of very large or small activations do. A power of
    two costs no digit, so that the same data give the same layout at any scale.
    """
    largest = max(
        (float(np.abs(block).max(initial=0)) for _, block in row_blocks(snapshot)), default=0.0
    )
    return 1 - int(np.frexp(largest)[1]) if largest > 0 else 0


def rescale_to_unit(snapshot: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns a snapshot whose largest activation lies between 1 and 2, in either sign."""
    return np.ldexp(snapshot, unit_shift(snapshot))


def pca_positions(
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
