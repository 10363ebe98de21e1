"""A classifier's predictions for each sample: class, confidence and margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OutputsKind

LEAST_PROBABILITY = 1e-7

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


def cross_entropy(true_probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns each sample's loss in nats, float32 (n_samples,), NaN where it is unknown.

    Args:
        true_probabilities: `Verdicts.true_probability`; below `LEAST_PROBABILITY` as if it
            were that, so that no loss is infinite.
    """
    return -np.log(np.maximum(true_probabilities, np.float32(LEAST_PROBABILITY)))


def confusion(
    labels: NDArray[np.integer], predicted: NDArray[np.integer], n_classes: int
) -> NDArray[np.int64]:
    """Returns how many samples of each label are predicted as each class.

    O(n + n_classes²).

    Args:
        labels: int (n_samples,), negative where there is none.
        predicted: int (n_samples,), likewise; samples without either are not counted.
        n_classes: Classes there are.

    Returns:
        int64 (n_classes, n_classes), a row a label.
    """
    known = (labels >= 0) & (predicted >= 0)
    cells = labels[known].astype(np.int64) * n_classes + predicted[known]
    counts: NDArray[np.int64] = np.bincount(cells, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


@dataclass(frozen=True)
class Verdicts:
    """How one step's outputs stand to the labels.

    Attributes:
        true_probability: float32 (n_samples,) in [0, 1], the probability of the label; NaN
            where a sample has none or its outputs are no numbers.
        margin: float32 (n_samples,), the logit of the label less the largest other logit,
            positive where the model is right; NaN likewise.
    """

    true_probability: NDArray[np.float32]
    margin: NDArray[np.float32]


def judge(
    outputs: NDArray[np.floating], kind: OutputsKind, labels: NDArray[np.integer]
) -> Verdicts:
    """Returns how the outputs of one step stand to the labels.

    The margin is that of Pleiss et al. (arXiv 2001.10528); softmax changes no difference of
    logits, so that of probabilities is the difference of their logarithms, of which none is
    taken below the smallest normal float32. O(n n_classes).

    Args:
        outputs: (n_samples, n_classes), two classes or more.
        kind: "logits" go through softmax; "probabilities" are taken as they are.
        labels: Columns of `outputs`, int (n_samples,), negative where there is none.
    """
    values = np.array(outputs, np.float64)
    if kind == "probabilities":
        values = np.log(np.maximum(values, np.finfo(np.float32).tiny))
    rows = np.arange(len(values))
    usable = (labels >= 0) & np.isfinite(values).all(axis=1)
    values[~usable] = 0
    column = np.where(usable, labels, 0)
    largest = values.max(axis=1, keepdims=True)
    own = values[rows, column]
    total = np.exp(values - largest).sum(axis=1) if kind == "logits" else 1
    probability = np.exp(own - (largest[:, 0] if kind == "logits" else 0)) / total
    values[rows, column] = -np.inf
    margin = own - values.max(axis=1)
    return Verdicts(
        true_probability=np.where(usable, probability, np.nan).astype(np.float32),
        margin=np.where(usable, margin, np.nan).astype(np.float32),
    )
