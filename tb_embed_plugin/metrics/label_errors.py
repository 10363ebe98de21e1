"""How likely each label is wrong, from what was seen of the samples over the steps.

Two witnesses, neither of which is right alone. The *margin* of the label, averaged over the
steps (Pleiss et al., arXiv 2001.10528): a network that has learned a wrong label by heart did
not have it at first. And the labels of the *trusted neighbors*, averaged likewise: neighbors
vote with wrong labels themselves, so each has the weight of its own margin's probability.

The sum of half the margin and the log-odds of the vote goes through one logistic curve, fitted
to trainings with planted errors, whose reliability is in docs/label_errors.md.
Where neither model nor layer knows the labels, both witnesses are silent
(`labels_are_known`). O(n_steps n_samples k).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_CLASS = -1
"""The class to change to where nothing speaks for another one."""

SLOPE, OFFSET = 0.94, -3.44
"""Of the curve over both witnesses, fitted by benchmarks/label_curve.py."""

NEIGHBORS_SLOPE, NEIGHBORS_OFFSET = 1.67, -4.04
"""Of the curve over the neighbors alone, where outputs were not recorded."""

SPREAD = (0.29, 3.0)
"""The true number over the expected one lay between these in nine of ten of them."""

LEAST_LISTED = 0.05
"""The probability below which a sample is not listed, however many are expected in all."""

LEAST_AGREEMENT = 0.2
"""Cohen's kappa that predictions or nearest neighbors need with the labels that they doubt."""

BY_CHANCE = 1e-3
"""How often unrelated answers would be taken to agree at some step, were each sample's answer
independent of the others': samples may be few and steps many."""

_MOST_MARGIN = 10
"""Of one step, logits either way, so that no step speaks for all."""

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
        margin: Of the label, logits (n_steps, n_samples), None likewise.
    """

    labels: NDArray[np.integer]
    neighbors: Sequence[NDArray[np.integer]]
    neighborhood_label: NDArray[np.integer]
    share: NDArray[np.floating]
    prediction: NDArray[np.integer] | None
    true_probability: NDArray[np.floating] | None
    margin: NDArray[np.floating] | None


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
        """At most as many as are expected to be wrong, the most probable first; int64."""
        likely = np.nan_to_num(self.probability) >= LEAST_LISTED
        known = np.flatnonzero((self.suggestion != NO_CLASS) & likely)
        order = np.argsort(-self.probability[known], kind="stable")
        return known[order][: round(self.expected)]


def label_errors(seen: Evidence) -> LabelErrors:
    """Returns how likely each label is wrong, and what it should be."""
    # Takes a moment to import, and few commands need it.
    from scipy.special import expit

    has_label = seen.labels >= 0
    if seen.margin is None:
        undisputed = has_label & ~_disputed_early(seen)
        trust = has_label * expit(_vote(seen, undisputed.astype(np.float64)))
        odds = NEIGHBORS_OFFSET - NEIGHBORS_SLOPE * _vote(seen, trust)
    else:
        bounded = np.clip(seen.margin.astype(np.float64), -_MOST_MARGIN, _MOST_MARGIN)
        margin = bounded.mean(axis=0)
        trust = np.where(has_label & ~np.isnan(margin), expit(margin), 0)
        odds = OFFSET - SLOPE * (margin / 2 + _vote(seen, trust))
    probability = np.where(has_label, expit(odds), np.nan)
    expected = float(np.nansum(probability))
    low, high = (share * expected for share in SPREAD)
    return LabelErrors(probability, _suggestion(seen), expected, (low, high))


def labels_are_known(seen: Evidence) -> bool:
    """Returns whether neighbors or predictions agree with the labels beyond chance.

    Where they do at no step, as of noise or of a quantity, what speaks against a label says
    nothing of it.
    """
    from scipy.special import ndtri

    # Where many labels are wrong most neighbors are right; of a small class the nearest is.
    witnesses = [*seen.neighborhood_label]
    witnesses += [seen.labels[near[:, 0]] for near in seen.neighbors if near.shape[1] > 0]
    if seen.prediction is not None:
        witnesses.extend(seen.prediction)
    # The more are asked, the more agree by chance.
    deviations = float(ndtri(1 - BY_CHANCE / max(1, len(witnesses))))
    return any(_agree(seen.labels, said, deviations) for said in witnesses)


def _agree(labels: NDArray[np.integer], said: NDArray[np.integer], deviations: float) -> bool:
    """Returns whether two classes of each sample, negative for none, agree beyond chance."""
    known = (labels >= 0) & (said >= 0)
    if not known.any():
        return False
    labels, said = labels[known], said[known]
    classes = int(max(labels.max(), said.max())) + 1
    p, q = (np.bincount(one, minlength=classes) / len(labels) for one in (labels, said))
    chance = float(p @ q)
    if chance == 1:
        return False
    # Of the agreement of unrelated classes (Fleiss, Cohen and Everitt 1969).
    variance = (chance + chance**2 - float((p * q) @ (p + q))) / len(labels)
    excess = float((labels == said).mean()) - chance
    needed = max(LEAST_AGREEMENT * (1 - chance), deviations * max(variance, 0) ** 0.5)
    return bool(excess >= needed)


def _disputed_early(seen: Evidence) -> NDArray[np.bool_]:
    """Returns whose neighbors had another label at most of the first third of the steps."""
    third = -(-len(seen.neighborhood_label) // 3)
    other = seen.neighborhood_label[:third] != seen.labels
    disputed: NDArray[np.bool_] = other.mean(axis=0) > 0.5
    return disputed


def _vote(seen: Evidence, trust: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the log-odds of each sample's label among its neighbors, each with its trust.

    Returns:
        float64 (n_samples,), of the mean share over the steps; 0 where no neighbor is trusted.
    """
    from scipy.special import logit

    mean = np.zeros(len(seen.labels))
    for neighbors in seen.neighbors:
        weights = trust[neighbors]
        same = seen.labels[neighbors] == seen.labels[:, None]
        mean += ((weights * same).sum(axis=1) + 1e-3) / (weights.sum(axis=1) + 2e-3)
    share = mean / len(seen.neighbors)
    log_odds: NDArray[np.float64] = logit((share + _SOFTENED) / (1 + 2 * _SOFTENED))
    return log_odds


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
