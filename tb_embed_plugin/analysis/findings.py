"""Findings about a layer: warnings in words, ranked samples, the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.missing import what_is_missing, why_unranked
from tb_embed_plugin.analysis.trained_history import history_of, step_records
from tb_embed_plugin.errors import ArgumentError, NotRecordedError, UnsuitableDataError
from tb_embed_plugin.metrics import predictions, rankings
from tb_embed_plugin.metrics.rankings import RULES, Ranking
from tb_embed_plugin.metrics.warning_rules import WARNING_RULES
from tb_embed_plugin.runs.layer_facts import RecordedOutputs
from tb_embed_plugin.wording import must_be_one_of


@dataclass(frozen=True)
class Warning:  # noqa: A001 # the project's word for it; Python's is used nowhere here
    """One warning about a layer.

    Attributes:
        rule: Its name in `warning_rules.WARNING_RULES`.
        title: What people call it.
        meaning: The rule with its threshold.
        step: At which it first held.
        value: What was seen there.
        threshold: What it was held against.
        sentence: The same in words.
        samples: Those responsible, int64, the most striking first.
        classes: The labels concerned.
        units: The units concerned.
    """

    rule: str
    title: str
    meaning: str
    step: int
    value: float
    threshold: float
    sentence: str
    samples: NDArray[np.int64]
    classes: tuple[str, ...]
    units: tuple[int, ...]


def warnings(measures: LayerMetrics) -> list[Warning]:
    """Returns the warnings about a layer, the gravest first; usually none.

    Raises:
        EmbedError: A snapshot cannot be read or is not finite.
    """
    records = step_records(measures)
    codes = measures.labels.codes[measures.samples]
    found = []
    for name, rule in WARNING_RULES.items():
        if len(measures.samples) < rule.least_samples:
            continue
        for finding in rule.find(records, codes):
            step = measures.trained[finding.index]
            classes = tuple(measures.labels.names[code] for code in finding.classes)
            words = rule.seen.format(
                value=finding.value,
                threshold=finding.threshold,
                classes=" and ".join(classes),
                step=measures.run.step_unit,
            )
            found.append(
                Warning(
                    rule=name,
                    title=rule.title,
                    meaning=rule.meaning.format(step=measures.run.step_unit),
                    step=step,
                    value=finding.value,
                    threshold=finding.threshold,
                    sentence=f"{rule.title} at {measures.run.step_words(step)}: {words}.",
                    samples=measures.samples[finding.samples],
                    classes=classes,
                    units=finding.units,
                )
            )
    return found


def all_rankings(measures: LayerMetrics) -> dict[str, Ranking]:
    """Returns the rankings for which enough was recorded, by the names of `RULES`.

    Raises:
        EmbedError: A snapshot cannot be read, or no step follows a training.
    """
    history = history_of(measures)
    found = {name: rule.rank(history) for name, rule in RULES.items()}
    return {
        name: ranking.of(measures.samples)
        for name, ranking in found.items()
        if ranking is not None
    }


def ranking(measures: LayerMetrics, rule: str) -> Ranking:
    """Returns a layer's samples ranked by a rule; the events are those of the trained steps.

    Raises:
        ArgumentError: There is no such rule.
        UnsuitableDataError: What it needs was not recorded.
        EmbedError: As `all_rankings`.
    """
    if rule not in RULES:
        raise ArgumentError(must_be_one_of("rule", rule, RULES))
    found = RULES[rule].rank(history_of(measures))
    if found is None:
        raise UnsuitableDataError(why_unranked(measures, rule, repr(rule)))
    return found.of(measures.samples)


def summary(measures: LayerMetrics) -> dict[str, NDArray[np.float64]]:
    """Returns one number a sample over the whole run; see `rankings.summary`.

    `first_learnt` is a step here, not an index.

    Returns:
        float64 (n_samples,) each, all of the layer's samples; NaN where not measured.

    Raises:
        EmbedError: As `all_rankings`.
    """
    found = rankings.summary(history_of(measures))
    if "first_learnt" in found:
        steps = np.array([*measures.trained, -1.0])
        found["first_learnt"] = steps[found["first_learnt"].astype(int)]
    result = {}
    for name, values in found.items():
        result[name] = np.full(measures.facts.samples, np.nan)
        result[name][measures.samples] = values
    return result


def confusion(measures: LayerMetrics, step: int) -> NDArray[np.int64]:
    """Returns how many samples of each label are predicted as each class at a step.

    Returns:
        int64 (n_classes, n_classes), a row a label; the classes of `measures.labels.names`.

    Raises:
        NotRecordedError: The outputs were not recorded, or nobody knows which label is which
            of their classes.
    """
    codes = measures.labels.codes
    predicted = _predicted(measures, step)
    return predictions.confusion(codes, predicted, len(measures.labels.names))


def confused(
    measures: LayerMetrics, step: int, label: int, predicted: int
) -> NDArray[np.int64]:
    """Returns the samples of one label that are predicted as one class at a step, ascending.

    Args:
        measures: The layer's.
        step: A recorded step.
        label: A place in `measures.labels.names`.
        predicted: Another, or the same.

    Raises:
        NotRecordedError: As `confusion`.
    """
    found = (measures.labels.codes == label) & (_predicted(measures, step) == predicted)
    return np.flatnonzero(found)


def outputs_of(measures: LayerMetrics, step: int) -> RecordedOutputs:
    """Returns the model's outputs, whose classes are the labels'.

    Raises:
        NotRecordedError: As `confusion`.
    """
    outputs = measures.run.outputs(measures.facts.name, step)
    if outputs is None or not measures.labels.are_outputs:
        raise NotRecordedError(what_is_missing(measures, "this"))
    return outputs


def _predicted(measures: LayerMetrics, step: int) -> NDArray[np.int32]:
    """Returns the class of each sample's largest output."""
    outputs = outputs_of(measures, step)
    return predictions.predict(np.asarray(outputs.values), outputs.kind).classes
