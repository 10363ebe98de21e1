"""Snapshots of which we know what is in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Snapshots = list[NDArray[np.float32]]


def random_snapshots(
    seed: int, steps: int = 3, samples: int = 200, units: int = 12, offset: float = 0
) -> Snapshots:
    """Returns clouds whose units are correlated and differ in size."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(units, units)) * np.geomspace(5, 0.1, units)
    return [
        (rng.normal(size=(samples, units)) @ mixing.T + offset).astype(np.float32)
        for _ in range(steps)
    ]


def random_rotation(seed: int, units: int) -> NDArray[np.float64]:
    """Returns an orthogonal matrix, (units, units)."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(units, units)))[0]


def turned(snapshots: Snapshots, rotation: NDArray[np.float64]) -> Snapshots:
    """Returns the snapshots seen in other units."""
    return [
        (snapshot.astype(np.float64) @ rotation).astype(np.float32) for snapshot in snapshots
    ]


def class_snapshots(
    seed: int, steps: int = 3, samples: int = 300, units: int = 12, n_classes: int = 4
) -> tuple[Snapshots, NDArray[np.int32]]:
    """Returns clouds of unequal spread, one a class, that move apart, and each row's class."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_classes, samples).astype(np.int32)
    codes[:n_classes] = np.arange(n_classes)
    centres = rng.normal(size=(n_classes, units)) * 3
    spread = rng.normal(size=(units, units)) * np.geomspace(3, 0.3, units)
    drift = rng.normal(size=units) * 20
    snapshots = [
        (
            centres[codes] * (step + 1)
            + rng.normal(size=(samples, units)) @ spread.T
            + drift * step
        ).astype(np.float32)
        for step in range(steps)
    ]
    return snapshots, codes
