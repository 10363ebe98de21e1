"""Rankings of samples worth a look, each by a stated rule, with the steps that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics import dynamics, motion, neighbor_distances
from tb_embed_plugin.metrics.history import History
from tb_embed_plugin.metrics.sample_catalog import TITLES


@dataclass(frozen=True)
class Ranking:
    """Samples in the order in which to look at them.

    Attributes:
        samples: int64 (n_ranked,), the first the most striking.
        scores: float64 (n_ranked,), what ranks them.
        events: bool (n_steps, n_ranked), the steps that made them so.
        same_as: Of each the sample that it repeats, int64 (n_ranked,); None of rules that name
            no pairs.
    """

    samples: NDArray[np.int64]
    scores: NDArray[np.float64]
    events: NDArray[np.bool_]
    same_as: NDArray[np.int64] | None = None

    def of(self, samples: NDArray[np.int64]) -> Ranking:
        """Returns the same by the numbers that its samples have elsewhere, int64 each."""
        same = None if self.same_as is None else samples[self.same_as]
        return replace(self, samples=samples[self.samples], same_as=same)


@dataclass(frozen=True)
class RankingRule:
    """A reason to look at a sample.

    Attributes:
        title: How people call it.
        meaning: The rule, one sentence, to be formatted with `step`, the word for a step.
        score: The meaning of the score, formatted likewise.
        rank: Applies it; None where what it needs was not recorded.
    """

    title: str
    meaning: str
    score: str
    rank: Callable[[History], Ranking | None]


def summary(history: History) -> dict[str, NDArray[np.float64]]:
    """Returns one number a sample over the whole run, by name.

    Returns:
        float64 (n_samples,) each: `first_learnt` (index of the step, -1 never), `forgotten`
        (events), `prediction_flips`, `neighborhood_flips`, `never_learnt` and `lost` (0 or
        1), `aum` (logits), `map_mean` and `map_spread` (probability of the label),
        `path_length` (activations), `straightness` and `label_error` (probability that the
        label is wrong; NaN where nobody can say).
    """
    length = motion.path_length(history.displacement)
    columns: dict[str, NDArray[np.generic]] = {
        "path_length": length,
        "straightness": motion.straightness(length, history.net),
    }
    if history.has_labels:
        flips = dynamics.flips(history.neighborhood_label)
        errors = history.label_errors
        unknown = np.full(len(history.labels), np.nan)
        columns |= {
            "neighborhood_flips": flips.sum(axis=0),
            "label_error": unknown if errors is None else errors.probability,
        }
    if history.prediction is not None:
        columns["prediction_flips"] = dynamics.flips(history.prediction).sum(axis=0)
    correct = history.correct
    if correct is not None:
        columns |= {
            "first_learnt": dynamics.first_learnt(correct),
            "forgotten": dynamics.forgetting(correct).sum(axis=0),
            "never_learnt": dynamics.never_learnt(correct) & (history.labels >= 0),
            "lost": dynamics.lost(correct),
        }
    if history.margin is not None:
        columns["aum"] = dynamics.area_under_margin(history.margin)
    if history.true_probability is not None:
        columns["map_mean"], columns["map_spread"] = dynamics.data_map(history.true_probability)
    return {name: np.asarray(values, np.float64) for name, values in columns.items()}


def _forgotten(history: History) -> Ranking | None:
    correct = history.correct
    return None if correct is None else _by_count(dynamics.forgetting(correct))


def _flipping(history: History) -> Ranking | None:
    predicted = history.prediction
    return None if predicted is None else _by_count(dynamics.flips(predicted))


def _neighborhood_flipping(history: History) -> Ranking | None:
    if not history.has_labels:
        return None
    return _by_count(dynamics.flips(history.neighborhood_label))


def _never_learnt(history: History) -> Ranking | None:
    correct = history.correct
    if correct is None or history.margin is None:
        return None
    chosen = np.asarray(dynamics.never_learnt(correct) & (history.labels >= 0))
    return _ranked(chosen, -dynamics.area_under_margin(history.margin), ~correct)


def _lost(history: History) -> Ranking | None:
    correct = history.correct
    if correct is None:
        return None
    events = dynamics.forgetting(correct)
    # Only the loss that lasted, which is the last one.
    later = np.flip(np.cumsum(np.flip(events, 0), axis=0), 0)
    return _ranked(dynamics.lost(correct), correct.sum(axis=0), events & (later == 1))


def _label_errors(history: History) -> Ranking | None:
    found, labels = history.label_errors, history.labels
    if found is None:
        return None
    events = (history.neighborhood_label != labels) & (history.neighborhood_label >= 0)
    if history.margin is not None:
        events |= history.margin < 0
    listed = found.samples
    return Ranking(listed, found.probability[listed], events[:, listed])


def _duplicates(history: History) -> Ranking | None:
    closeness = neighbor_distances.closeness(history.nearest, history.isolation)
    listed = _ranked(~np.isnan(closeness), closeness, np.ones(history.nearest.shape, bool))
    if not len(listed.samples):
        return listed
    return replace(listed, same_as=history.neighbors[-1][listed.samples, 0].astype(np.int64))


def _outliers(history: History) -> Ranking | None:
    enough = history.neighbors[-1].shape[1] == neighbor_distances.NEIGHBORS
    away = history.isolation
    excess = neighbor_distances.excess(away) if enough else np.full(away.shape[1], np.nan)
    return _ranked(~np.isnan(excess), excess, np.ones(history.isolation.shape, bool))


def _low_margin(history: History) -> Ranking | None:
    if history.margin is None:
        return None
    aum = dynamics.area_under_margin(history.margin)
    return _ranked(aum < 0, -aum, history.margin < 0)


def _ambiguous(history: History) -> Ranking | None:
    probability = history.true_probability
    if probability is None:
        return None
    mean, spread = dynamics.data_map(probability)
    away = np.abs(probability - mean)
    return _ranked(spread > 0, spread, away == away.max(axis=0))


def _moved(history: History) -> Ranking | None:
    far = history.displacement
    return _ranked(np.any(far, axis=0), motion.path_length(far), far == far.max(axis=0))


def _churned(history: History) -> Ranking | None:
    churn = history.churn
    mean = churn[1:].mean(axis=0, dtype=np.float64) if len(churn) > 1 else churn[0]
    return _ranked(np.any(churn, axis=0), mean, churn == churn.max(axis=0))


RULES: Mapping[str, RankingRule] = MappingProxyType(
    {
        "label_error": RankingRule(
            TITLES["label_error"],
            "The label is probably wrong, by the model's outputs and the neighbors at all "
            "{step}s; at most as many are listed as are expected to be wrong.",
            "probability that the label is wrong",
            _label_errors,
        ),
        "duplicate": RankingRule(
            "Near duplicates",
            "The nearest neighbor is at most a tenth as far as the 15th at every {step}; in "
            "layers of few directions, nearer still.",
            "closeness to the nearest neighbor, 1 where both are one point",
            _duplicates,
        ),
        "outlier": RankingRule(
            "Far from all others",
            "The 15th neighbor is far at every {step}: twice the median distance, and above "
            "3.5 in the modified z-score of the distance's logarithm.",
            "times the median distance, at least",
            _outliers,
        ),
        "forgotten": RankingRule(
            TITLES["forgotten"],
            "Predicted right at one {step} and wrong at the next.",
            "times forgotten",
            _forgotten,
        ),
        "lost": RankingRule(
            TITLES["lost"],
            "Predicted right at some {step} and wrong at the last.",
            "{step}s at which it was right",
            _lost,
        ),
        "never_learnt": RankingRule(
            TITLES["never_learnt"],
            "Predicted wrong at every {step}.",
            "mean margin against the label, logits",
            _never_learnt,
        ),
        "flipping": RankingRule(
            TITLES["prediction_flips"],
            "Predicted as another class than at the {step} before.",
            "flips",
            _flipping,
        ),
        "neighborhood_flipping": RankingRule(
            TITLES["neighborhood_flips"],
            "The most frequent label of the neighbors changes from one {step} to the next.",
            "flips",
            _neighborhood_flipping,
        ),
        "low_margin": RankingRule(
            "Low margin",
            "The mean margin over all {step}s (AUM) is negative.",
            "mean margin against the label, logits",
            _low_margin,
        ),
        "ambiguous": RankingRule(
            "Ambiguous",
            "The probability of the label varies from {step} to {step}.",
            "standard deviation of the probability of the label",
            _ambiguous,
        ),
        "moved": RankingRule(
            "Moved most",
            "The longest path through the layer's space.",
            "path length, activations",
            _moved,
        ),
        "churned": RankingRule(
            "New neighbors",
            "Neighbors that change from one {step} to the next.",
            "share of neighbors that change, mean over all {step}s",
            _churned,
        ),
    }
)
"""By name, the one to look at first first."""


def _by_count(events: NDArray[np.bool_]) -> Ranking:
    count = events.sum(axis=0)
    return _ranked(count > 0, count, events)


def _ranked(
    chosen: NDArray[np.bool_], score: NDArray[np.generic], events: NDArray[np.bool_]
) -> Ranking:
    """Returns the chosen samples, the highest score first, of equals the lowest number.

    Those without a score are not ranked.
    """
    samples = np.flatnonzero(chosen & ~np.isnan(np.asarray(score, np.float64)))
    scores = np.asarray(score, np.float64)[samples]
    order = np.argsort(-scores, kind="stable")
    return Ranking(samples[order], scores[order], events[:, samples[order]])
