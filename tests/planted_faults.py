"""The faults that warnings are held against, each planted in a real training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import perceptron
from tests.perceptron import Adam, Momentum

CONFUSED = (3, 5)

Labels = NDArray[np.int64]


def _threes_at_random(labels: Labels) -> Labels:
    learnt, threes = labels.copy(), labels == 3
    learnt[threes] = np.random.default_rng(0).integers(0, 10, threes.sum())
    return learnt


def _confused(labels: Labels) -> Labels:
    learnt, confused = labels.copy(), np.isin(labels, CONFUSED)
    learnt[confused] = np.random.default_rng(0).choice(CONFUSED, confused.sum())
    return learnt


FAULTS: Mapping[str, Callable[[Labels], dict[str, Any]]] = MappingProxyType(
    {
        "rank_collapse": lambda _: {"optimizer": Adam(1.0), "epochs": 2},
        "drifting": lambda _: {"optimizer": Momentum(0.3)},
        "sudden_churn": lambda _: {"optimizer": Adam(), "rates": {5: 0.1, 6: 0.001}},
        "units_dying": lambda _: {"optimizer": Adam(), "epochs": 2, "bias": -3},
        "standing_still": lambda _: {"optimizer": Adam(), "epochs": 4, "frozen": True},
        "class_not_learnt": lambda labels: {
            "optimizer": Adam(),
            "learnt": {0: _threes_at_random(labels)},
        },
        "classes_merging": lambda labels: {
            "optimizer": Adam(3e-3),
            "epochs": 12,
            "widths": (8, 8, 8),
            "learnt": {3: _confused(labels)},
        },
    }
)
"""What is trained, by the rule that has to notice."""


def plant(
    run_dir: Path, rule: str, digits: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> tuple[NDArray[np.float32], Labels]:
    """Trains a network with a fault on a thousand digits, and writes its run.

    Returns:
        The digits, flat, and their labels.
    """
    x, labels = digits[0][:1000].reshape(1000, 64), digits[1][:1000]
    perceptron.train(run_dir, x, labels, **FAULTS[rule](labels))
    return x, labels
