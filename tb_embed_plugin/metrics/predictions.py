"""What a classifier says of each sample: class, confidence and margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OutputsKind

NO_CLASS = -1
"""The class where the outputs are not numbers."""


@dataclass(frozen=True)
class Predictions:
    """One step's predictions.

    Attributes:
        classes: int32 (n_samples,), the column of the largest output, the first of equals;
            `NO_CLASS` where a sample's outputs hold NaN or plus infinity.
        confidence: float64 (n_samples,) in [0, 1], the probability of that class; NaN
            where there is none.
        margin: float64 (n_samples,) in [0, 1], by how much it is above the second most
            probable class; NaN where there is none.
    """

    classes: NDArray[np.int32]
    confidence: NDArray[np.float64]
    margin: NDArray[np.float64]


def predict(outputs: NDArray[np.floating], kind: OutputsKind) -> Predictions:
    """Returns what the outputs of one step say.

    Args:
        outputs: (n_samples, n_classes), two classes or more.
        kind: "logits" go through softmax; "probabilities" are taken as they are.
    """
    values = np.asarray(outputs, np.float64)
    largest_two = np.partition(values, -2, axis=1)[:, -2:]
    second, largest = largest_two.T
    # partition puts NaN last, so the largest tells of any.
    usable = np.isfinite(largest)
    with np.errstate(invalid="ignore"):
        if kind == "logits":
            # Relative to the largest, so that nothing overflows.
            total = np.exp(values - largest[:, None]).sum(axis=1)
            confidence = 1 / total
            margin = -np.expm1(second - largest) / total
        else:
            confidence, margin = largest, largest - second
    return Predictions(
        classes=np.where(usable, values.argmax(axis=1), NO_CLASS).astype(np.int32),
        confidence=np.where(usable, confidence, np.nan),
        margin=np.where(usable, margin, np.nan),
    )
