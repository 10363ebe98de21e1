"""Training dynamics of each sample: when it is learned, and when forgotten.

Of matrices (n_steps, n_samples) in the order of the steps, an untrained step left out: what an
untrained network gets right, it has not learned. All O(n_steps n_samples).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEVER = -1
"""In place of a step's index."""


def first_learnt(correct: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Returns the index of the first step at which each sample is right, or `NEVER`.

    Args:
        correct: bool (n_steps, n_samples).
    """
    return np.where(correct.any(axis=0), correct.argmax(axis=0), NEVER)


def forgetting(correct: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns at which steps each sample is forgotten: right the step before, wrong now.

    Toneva et al., arXiv 1812.05159, who look after each mini-batch; here it is each recorded
    step. The sum over the steps is the number of forgetting events.

    Args:
        correct: bool (n_steps, n_samples).

    Returns:
        bool (n_steps, n_samples), False at the first step.
    """
    events = np.zeros(correct.shape, bool)
    events[1:] = correct[:-1] & ~correct[1:]
    return events


def flips(classes: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Returns at which steps the class of each sample is another than the step before.

    Args:
        classes: Predictions, or the labels of the neighborhoods: int (n_steps, n_samples).

    Returns:
        bool (n_steps, n_samples), False at the first step.
    """
    events = np.zeros(classes.shape, bool)
    events[1:] = classes[1:] != classes[:-1]
    return events


def never_learnt(correct: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns which samples are right at no step, bool (n_samples,)."""
    return np.asarray(~correct.any(axis=0))


def lost(correct: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns which samples were right once and are wrong at the last step, (n_samples,)."""
    return np.asarray(correct.any(axis=0) & ~correct[-1])


def area_under_margin(margins: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns each sample's mean margin over the steps, in logits.

    AUM, Pleiss et al., arXiv 2001.10528: low for labels that the other samples contradict.

    Args:
        margins: From `predictions.judge`, (n_steps, n_samples).
    """
    mean: NDArray[np.float64] = margins.mean(axis=0, dtype=np.float64)
    return mean


def data_map(
    true_probabilities: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the mean and the spread over the steps of the label's probability.

    Swayamdipta et al., arXiv 2009.10795: easy samples have a high mean, hard or wrongly
    labeled ones a low one, ambiguous ones a large standard deviation.

    Args:
        true_probabilities: From `predictions.judge`, (n_steps, n_samples).

    Returns:
        Both float64 (n_samples,), in [0, 1] and [0, 0.5].
    """
    values = true_probabilities.astype(np.float64)
    return values.mean(axis=0), values.std(axis=0)
