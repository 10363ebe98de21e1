"""Warning rules on the layer's own space, quiet on a healthy training.

Each looks at the trained steps alone, fires once, at the first step at which it holds (two
classes merging: once a pair), and names the samples responsible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.step_record import StepRecord

MAX_SAMPLES = 500
"""Samples named by one warning, those to look at first."""

MAX_PAIRS = 3
"""Pairs of classes that are reported as merging."""

LEAST_SAMPLES = 50
"""MetricsCache samples of which a layer may be warned of what chance makes of few."""

LEAST_MERGED = 10
"""Measured samples that each of two classes needs to be reported as merging."""

MAX_NAMED_CLASSES = 3
"""Classes that are reported as not learned."""


@dataclass(frozen=True)
class Finding:
    """One warning.

    Attributes:
        index: Of the step at which the rule first held.
        value: What was seen there.
        threshold: What it was held against.
        samples: Those responsible, int64, the most striking first, at most `MAX_SAMPLES`.
        classes: The codes concerned, if any.
        units: Units concerned, if any.
    """

    index: int
    value: float
    threshold: float
    samples: NDArray[np.int64]
    classes: tuple[int, ...] = ()
    units: tuple[int, ...] = ()


@dataclass(frozen=True)
class WarningRule:
    """A reason to warn.

    Attributes:
        title: How people call it.
        meaning: The rule with its threshold, one sentence, to be formatted with `step`.
        seen: What was seen, to be formatted with `value`, `threshold`, `classes`, `step`.
        find: Applies it to the trained steps and the labels' codes.
        least_samples: Of fewer, chance alone makes it hold, and nothing is claimed.
    """

    title: str
    meaning: str
    seen: str
    find: Callable[[Sequence[StepRecord], NDArray[np.integer]], Iterator[Finding]]
    least_samples: int = LEAST_SAMPLES


# What the rules hold against; their meanings below say each in words.
RANK_SHARE = 0.5
RANK_LEAST = 1.5
DEAD_SHARE = 0.3
MERGED = 0.25
MERGED_RISE = 0.15
DRIFT_STEPS = 3
DRIFT = 0.25
STANDSTILL = 0.01
CHURN_FACTOR = 2.0
CHURN_RISE = 0.15
FROZEN_STEPS = 2
FROZEN = 1e-6
UNLEARNT = 0.5
UNLEARNT_STEPS = 3
SETTLED_STEPS = 5


def _rank_collapse(
    records: Sequence[StepRecord], labels: NDArray[np.integer]
) -> Iterator[Finding]:
    """Few directions are healthy where they are as many as the classes need."""
    needed = len(np.unique(labels[labels >= 0])) - 1
    highest = 0.0
    for i, record in enumerate(records):
        # No variance at all is the end of a collapse.
        rank = np.nan_to_num(record.number("effective_rank"), nan=0.0)
        wide = needed != 1 and len(record.metrics.dead) > 1
        threshold = RANK_SHARE * highest if needed < 1 else min(RANK_SHARE * highest, needed)
        threshold = max(threshold, RANK_LEAST if wide else 0.5)
        if rank < threshold:
            distance = record.metrics.samples["distance"]
            yield Finding(i, rank, threshold, _highest(distance))
            return
        highest = max(highest, rank)


def _units_dying(
    records: Sequence[StepRecord], labels: NDArray[np.integer]
) -> Iterator[Finding]:
    """The samples are those which the living units say least of."""
    for i, record in enumerate(records):
        dead = record.number("dead_units")
        if dead >= DEAD_SHARE:
            found = np.flatnonzero(record.metrics.dead)
            distance = record.metrics.samples["distance"]
            yield Finding(i, dead, DEAD_SHARE, _highest(-distance), units=tuple(found.tolist()))
            return


def _merging(records: Sequence[StepRecord], labels: NDArray[np.integer]) -> Iterator[Finding]:
    """Mixing both ways, so that a few samples of one class inside another do not count."""
    found: list[Finding] = []
    codes, counts = np.unique(labels[labels >= 0], return_counts=True)
    many = set(codes[counts >= LEAST_MERGED].tolist())
    lowest: NDArray[np.float64] | None = None
    seen: set[tuple[int, int]] = set()
    for i, record in enumerate(records):
        mixing = record.metrics.mixing
        if not mixing.size:
            return
        both = np.triu(np.nan_to_num(np.minimum(mixing, mixing.T)), 1)
        if lowest is not None:
            merged = (both >= MERGED) & (both >= lowest + MERGED_RISE)
            for first, second in np.argwhere(merged).tolist():
                pair = (first, second)
                if pair not in seen and many >= set(pair):
                    seen.add(pair)
                    found.append(_merge(i, record, labels, pair, float(both[pair])))
        lowest = both if lowest is None else np.minimum(lowest, both)
    found.sort(key=lambda finding: (finding.index, -finding.value))
    yield from found[:MAX_PAIRS]


def _drifting(records: Sequence[StepRecord], labels: NDArray[np.integer]) -> Iterator[Finding]:
    """Accuracy is the model's, the neighbors' where there is none."""
    for i in range(DRIFT_STEPS, len(records)):
        window = records[i - DRIFT_STEPS : i + 1]
        moved = min(record.displacement for record in window[1:])
        accuracy = [_accuracy(record) for record in window]
        if moved >= DRIFT and max(accuracy) - accuracy[0] <= STANDSTILL:
            far = sum(m.change.displacement for m in window[1:] if m.change is not None)
            yield Finding(i, moved, DRIFT, _highest(np.asarray(far)))
            return


def _sudden_churn(
    records: Sequence[StepRecord], labels: NDArray[np.integer]
) -> Iterator[Finding]:
    """Against the three steps before, of which the first ones of a training churn most.

    Of the median sample: where two classes of many merge, they alone churn.
    """
    churn = [record.usual_churn for record in records]
    for i in range(3, len(records)):
        usual = float(np.median(churn[max(1, i - 3) : i]))
        threshold = max(CHURN_FACTOR * usual, usual + CHURN_RISE)
        change = records[i].change
        if churn[i] >= threshold and change is not None:
            yield Finding(i, churn[i], threshold, _highest(change.churn))
            return


def _frozen(records: Sequence[StepRecord], labels: NDArray[np.integer]) -> Iterator[Finding]:
    for i in range(FROZEN_STEPS, len(records)):
        window = records[i - FROZEN_STEPS : i + 1]
        moved = max(record.displacement for record in window[1:])
        if moved <= FROZEN:
            yield Finding(i, moved, FROZEN, np.arange(min(len(labels), MAX_SAMPLES)))
            return


def _class_not_learnt(
    records: Sequence[StepRecord], labels: NDArray[np.integer]
) -> Iterator[Finding]:
    """Of the run as it stands: classes are learned one after another in a healthy one too."""
    recent = records[-UNLEARNT_STEPS:]
    if len(records) < SETTLED_STEPS or "correct" not in recent[-1].metrics.samples:
        return
    classes = np.unique(labels[labels >= 0])
    recall = np.array(
        [
            [m.metrics.samples["correct"][labels == code].mean() for code in classes]
            for m in recent
        ]
    )
    usual = np.median(recall, axis=1)
    behind = (recall < UNLEARNT * usual[:, None]).all(axis=0) & (usual >= UNLEARNT).all()
    for at in np.flatnonzero(behind)[np.argsort(recall[-1, behind])][:MAX_NAMED_CLASSES]:
        code = int(classes[at])
        wrong = (labels == code) & (recent[-1].metrics.samples["correct"] == 0)
        agreement = recent[-1].metrics.samples["agreement"]
        # The most typical of their class first: what is wrong with them is their label.
        order = np.argsort(-agreement[wrong], kind="stable")
        yield Finding(
            len(records) - 1,
            float(recall[-1, at]),
            float(UNLEARNT * usual[-1]),
            np.flatnonzero(wrong)[order][:MAX_SAMPLES],
            classes=(code,),
        )


WARNING_RULES: Mapping[str, WarningRule] = MappingProxyType(
    {
        "rank_collapse": WarningRule(
            "Rank collapse",
            f"The effective rank is below {RANK_SHARE:.0%} of its highest so far and below the "
            f"number of classes less one, or below {RANK_LEAST}.",
            "the effective rank is {value:.1f}, below {threshold:.1f}",
            _rank_collapse,
        ),
        "units_dying": WarningRule(
            "Units dying",
            f"{DEAD_SHARE:.0%} of the units or more give the same value for all samples.",
            "{value:.0%} of the units are dead",
            _units_dying,
        ),
        "classes_merging": WarningRule(
            "Two classes merging",
            f"{MERGED:.0%} or more of each class's neighbors belong to the other, "
            f"{100 * MERGED_RISE:.0f} points more than at the {{step}} where they were fewest; "
            f"each class has at least {LEAST_MERGED} samples.",
            "{value:.0%} of the neighbors of {classes} belong to the other class",
            _merging,
        ),
        "drifting": WarningRule(
            "Drift without progress",
            f"For {DRIFT_STEPS} {{step}}s samples move by {DRIFT} of the layer's radius or "
            f"more per {{step}} on average, and accuracy gains at most "
            f"{100 * STANDSTILL:.0f} point.",
            "samples move by {value:.2f} of the radius per {step} and accuracy does not rise",
            _drifting,
        ),
        "sudden_churn": WarningRule(
            "Sudden churn",
            f"The median sample changes {CHURN_FACTOR:.0f} times as many of its neighbors as "
            f"in the three {{step}}s before, and {100 * CHURN_RISE:.0f} points more.",
            "{value:.0%} of the median sample's neighbors have changed",
            _sudden_churn,
        ),
        "standing_still": WarningRule(
            "Frozen layer",
            f"For {FROZEN_STEPS} {{step}}s samples move by at most {FROZEN:g} of the layer's "
            "radius per {step}: the layer is not trained.",
            "no sample has moved",
            _frozen,
            least_samples=1,
        ),
        "class_not_learnt": WarningRule(
            "Class not learned",
            f"After at least {SETTLED_STEPS} {{step}}s, at each of the last {UNLEARNT_STEPS}, "
            f"the recall of the class is below {UNLEARNT:.0%} of the median class's.",
            "the model predicts {value:.0%} of {classes} right",
            _class_not_learnt,
        ),
    }
)
"""By name, the gravest first."""


def _merge(
    index: int,
    record: StepRecord,
    labels: NDArray[np.integer],
    pair: tuple[int, int],
    value: float,
) -> Finding:
    """The samples are those of either class whose neighbors are mostly the other's."""
    first, second = pair
    other = np.where(labels == first, second, np.where(labels == second, first, -1))
    nearest = record.metrics.samples["neighborhood_label"]
    chosen = np.flatnonzero((other >= 0) & (nearest == other))
    order = np.argsort(record.metrics.samples["agreement"][chosen], kind="stable")
    return Finding(index, value, MERGED, chosen[order][:MAX_SAMPLES], classes=pair)


def _accuracy(record: StepRecord) -> float:
    model = record.number("accuracy")
    return record.number("knn_accuracy") if np.isnan(model) else model


def _highest(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Returns the numbers of the highest values, the highest first."""
    return np.argsort(-values, kind="stable")[:MAX_SAMPLES]
