"""How likely each label is wrong, from what was seen of the samples over the steps.

Three witnesses, none of which is right alone. The probability that the model gave the label,
*averaged over the steps*: a network that has learned a wrong label by heart did not have it at
first, so a step counts by what the model gets right of the undisputed labels, less what it has
learned of the disputed ones. The labels of the *trusted neighbors*, averaged likewise:
neighbors vote with wrong labels themselves, so each has the weight of its own label's
probability of being right. And the *last* step's probability, the best witness of samples that
were not trained on: it counts the less, the more of the disputed labels were learned by heart.

The sum of their log-odds goes through one logistic curve, fitted to trainings with planted
errors, whose reliability is in docs/label_errors.md. O(n_steps n_samples k).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

NO_CLASS = -1
"""The class to change to where nothing speaks for another one."""

SLOPE, OFFSET = 0.88, -4.18
"""Of the curve over all three witnesses, fitted to 103 trainings (docs/label_errors.md)."""

NEIGHBORS_SLOPE, NEIGHBORS_OFFSET = 1.67, -4.04
"""Of the curve over the neighbors alone, where outputs were not recorded."""

SPREAD = (0.49, 1.81)
"""The true number over the expected one lay between these in nine of ten of them."""

_LEAST_WORTH = 0.02
"""Of a step that tells nothing, so that some step always counts."""

_SOFTENED = 0.03
"""What keeps a share of 0 or 1 from speaking alone."""


@dataclass(frozen=True)
class Evidence:
    """What was seen of each sample, step by step.

    Attributes:
        labels: Codes int (n_samples,), negative where a sample has none.
        neighbors: Of each step, int (n_samples, k).
        neighborhood_label: Their most frequent label, int (n_steps, n_samples).
        share: Share of the neighbors that have it, (n_steps, n_samples).
        prediction: int (n_steps, n_samples); None where outputs say nothing of the labels.
        true_probability: Of the label, (n_steps, n_samples), None likewise.
    """

    labels: NDArray[np.integer]
    neighbors: Sequence[NDArray[np.integer]]
    neighborhood_label: NDArray[np.integer]
    share: NDArray[np.floating]
    prediction: NDArray[np.integer] | None
    true_probability: NDArray[np.floating] | None


@dataclass(frozen=True)
class LabelErrors:
    """Which labels are wrong, as far as can be known.

    Attributes:
        probability: That the label is wrong, float64 (n_samples,); NaN where a sample has no
            label or its outputs are no numbers.
        suggestion: The class to change it to, int64 (n_samples,); `NO_CLASS` where neither
            model nor neighbors ever named another one.
        expected: How many labels are wrong.
        interval: Where that number lay in nine of ten trainings that the curve was fitted to.
    """

    probability: NDArray[np.float64]
    suggestion: NDArray[np.int64]
    expected: float
    interval: tuple[float, float]

    @property
    def samples(self) -> NDArray[np.int64]:
        """As many as are expected to be wrong, the most probable first; int64 (n_listed,)."""
        known = np.flatnonzero((self.suggestion != NO_CLASS) & ~np.isnan(self.probability))
        order = np.argsort(-self.probability[known], kind="stable")
        return known[order][: round(self.expected)]


def label_errors(seen: Evidence) -> LabelErrors:
    """Returns how likely each label is wrong, and what it should be."""
    has_label = seen.labels >= 0
    disputed = _disputed_early(seen) & has_label
    trusted = (has_label & ~disputed).astype(np.float64)
    if seen.prediction is None or seen.true_probability is None:
        steps = np.full(len(seen.neighbors), 1 / len(seen.neighbors))
        trusted = has_label * expit(_log_odds(_vote(seen, trusted, steps)))
        odds = NEIGHBORS_OFFSET - NEIGHBORS_SLOPE * _log_odds(_vote(seen, trusted, steps))
    else:
        by_heart = _learned(seen.prediction, seen.labels, disputed)
        rightly = _learned(seen.prediction, seen.labels, has_label & ~disputed)
        worth = np.maximum(rightly - by_heart, _LEAST_WORTH) ** 2
        steps = worth / worth.sum()
        given = seen.true_probability.astype(np.float64)
        mean = _log_odds(steps @ given)
        right = mean + _log_odds(_vote(seen, trusted, steps))
        trusted = np.where(has_label & ~np.isnan(right), expit(right), 0)
        last = (1 - by_heart[-1]) / 2 * _log_odds(given[-1])
        odds = OFFSET - SLOPE * (mean + _log_odds(_vote(seen, trusted, steps)) + last)
    probability = np.where(has_label, expit(odds), np.nan)
    expected = float(np.nansum(probability))
    low, high = (share * expected for share in SPREAD)
    return LabelErrors(probability, _suggestion(seen), expected, (low, high))


def _disputed_early(seen: Evidence) -> NDArray[np.bool_]:
    """Returns whose neighbors had another label at most of the first third of the steps."""
    third = -(-len(seen.neighborhood_label) // 3)
    other = seen.neighborhood_label[:third] != seen.labels
    disputed: NDArray[np.bool_] = other.mean(axis=0) > 0.5
    return disputed


def _learned(
    prediction: NDArray[np.integer], labels: NDArray[np.integer], of: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Returns which share of some labels the model predicts at each step, (n_steps,).

    Counted as if there were two more, one of them predicted: of few, little is known.
    """
    learned = (prediction[:, of] == labels[of]).sum(axis=1)
    return np.asarray((learned + 1) / (of.sum() + 2), np.float64)


def _vote(
    seen: Evidence, trust: NDArray[np.float64], steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns the share of each sample's label among its neighbors, each with its trust.

    Returns:
        float64 (n_samples,), mean over the steps, each with its weight; a half where no
        neighbor is trusted.
    """
    mean = np.zeros(len(seen.labels))
    for neighbors, step in zip(seen.neighbors, steps, strict=True):
        weights = trust[neighbors]
        same = seen.labels[neighbors] == seen.labels[:, None]
        mean += step * ((weights * same).sum(axis=1) + 1e-3) / (weights.sum(axis=1) + 2e-3)
    return mean


def _log_odds(share: NDArray[np.float64]) -> NDArray[np.float64]:
    softened: NDArray[np.float64] = logit((share + _SOFTENED) / (1 + 2 * _SOFTENED))
    return softened


def _suggestion(seen: Evidence) -> NDArray[np.int64]:
    """Returns the class other than the label that model and neighbors named most."""
    named, weights = [seen.neighborhood_label], [seen.share]
    if seen.prediction is not None and seen.true_probability is not None:
        named.append(seen.prediction)
        weights.append(1 - seen.true_probability)
    classes, weight = np.concatenate(named), np.concatenate(weights).astype(np.float64)
    step, sample = np.nonzero((classes >= 0) & (classes != seen.labels) & (seen.labels >= 0))
    pairs, place = np.unique(
        np.stack([sample, classes[step, sample]]), axis=1, return_inverse=True
    )
    total = np.bincount(place.ravel(), np.nan_to_num(weight[step, sample]), pairs.shape[1])
    found = np.full(len(seen.labels), NO_CLASS, np.int64)
    order = np.argsort(total, kind="stable")  # the most named is written last
    found[pairs[0, order]] = pairs[1, order]
    return found
