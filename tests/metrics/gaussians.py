"""Gaussian clusters, their exact neighbours, and what turns them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from tb_embed_plugin.metrics.separability import Silhouettes
from tb_embed_plugin.projections.neighbors import nearest


def clusters(
    seed: int, samples: int = 120, n_units: int = 12, classes: int = 4, offset: float = 0
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Overlapping Gaussian clusters with units of different size, some samples unlabelled."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, samples).astype(np.int32)
    codes[:classes] = np.arange(classes)
    centres = rng.normal(size=(classes, n_units))
    scale = np.geomspace(3, 0.2, n_units)
    rows = (centres[codes] + rng.normal(size=(samples, n_units))) * scale + offset
    return rows.astype(np.float32), codes


def graph(rows: NDArray[np.float32], k: int = 7) -> NDArray[np.int32]:
    """Exact neighbours by all distances in float64."""
    distances = cdist(rows.astype(np.float64), rows.astype(np.float64))
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :k].astype(np.int32)


def silhouettes(
    rows: NDArray[np.float32], codes: NDArray[np.int32], k: int = 7
) -> NDArray[np.float32]:
    """Silhouettes from the pass that finds k neighbours."""
    sums = Silhouettes(codes)
    nearest(rows, k, sums=sums)
    return sums.values


def rotation(seed: int, n_units: int) -> NDArray[np.float64]:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n_units, n_units)))[0]
