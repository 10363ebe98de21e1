"""A finding as a program reads it, with the address of the view that shows it.

The fields are a contract: docs/json_output.md and docs/json_output.schema.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tb_embed_plugin.analysis.findings import Warning as LayerWarning
from tb_embed_plugin.analysis.label_audit import audit_labels
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.commands.reporting.view_address import view_address
from tb_embed_plugin.metrics.rankings import RULES, Ranking

Kind = Literal["problem", "warning", "ranking"]

MOST_SAMPLES = 200
"""Samples that a ranking lists."""


@dataclass(frozen=True)
class Finding:
    """One thing to know of a run.

    Attributes:
        kind: "problem" for what is wrong with the data, "warning" for what the training
            deserves to be warned of, "ranking" for samples worth a look.
        rule: Its name; "problem" for all problems.
        title: What people call it.
        sentence: What was found.
        meaning: The rule in words, None for problems.
        run: The run, None for the log directory itself.
        layer: The layer, None where it is none alone.
        step: At which it first held, or by which samples were ranked; None where unknown.
        value: What was seen there, of warnings alone.
        threshold: What it was held against, likewise.
        count: How many samples it names in all.
        samples: The first of these, the most striking first.
        scores: What ranks them, of rankings alone.
        change_to: The class to change each label to, of possible label errors alone.
        same_as: The sample that each repeats, of near duplicates alone.
        classes: The labels concerned.
        units: The units concerned.
        link: Opens the view that shows it.
        linked: How many of the samples that view selects.
    """

    kind: Kind
    rule: str
    title: str
    sentence: str
    meaning: str | None
    run: str | None
    layer: str | None
    step: int | None
    value: float | None
    threshold: float | None
    count: int
    samples: list[int]
    scores: list[float | None] | None
    change_to: list[str] | None
    same_as: list[int] | None
    classes: list[str]
    units: list[int]
    link: str
    linked: int


def problem(
    sentence: str, run: str | None, layer: str | None, step: int | None, url: str
) -> Finding:
    """Returns what is wrong with a run's data, or with the log directory."""
    link, _ = view_address(run, layer, step, url=url)
    return Finding(
        kind="problem",
        rule="problem",
        title="Problem",
        sentence=sentence,
        meaning=None,
        run=run,
        layer=layer,
        step=step,
        value=None,
        threshold=None,
        count=0,
        samples=[],
        scores=None,
        change_to=None,
        same_as=None,
        classes=[],
        units=[],
        link=link,
        linked=0,
    )


def warning(
    found: LayerWarning, measures: LayerMetrics, label: str | None, url: str
) -> Finding:
    """Returns a warning about a layer.

    Args:
        found: The warning.
        measures: The layer's.
        label: The column that was asked for as the label, None for the layer's own.
        url: TensorBoard's address, or empty.
    """
    run, layer = measures.run.name, measures.facts.name
    samples = found.samples.tolist()
    link, linked = view_address(run, layer, found.step, label=label, samples=samples, url=url)
    return Finding(
        kind="warning",
        rule=found.rule,
        title=found.title,
        sentence=found.sentence,
        meaning=found.meaning,
        run=run,
        layer=layer,
        step=found.step,
        value=finite(found.value),
        threshold=finite(found.threshold),
        count=len(samples),
        samples=samples,
        scores=None,
        change_to=None,
        same_as=None,
        classes=list(found.classes),
        units=list(found.units),
        link=link,
        linked=linked,
    )


def ranked(
    rule: str, ranking: Ranking, measures: LayerMetrics, label: str | None, url: str
) -> Finding:
    """Returns samples that a rule ranks, at the last step; arguments as of `warning`."""
    run, layer, step = measures.run.name, measures.facts.name, measures.trained[-1]
    words, unit = RULES[rule], measures.run.step_unit
    count, samples = len(ranking.samples), ranking.samples[:MOST_SAMPLES].tolist()
    measured = len(measures.samples)
    named = f"{count:,} of {measured:,} samples"
    if count == measured:
        named = f"all {measured:,} samples in order, which names none"
    sentence = f"{words.title}: {named}."
    change_to, same = None, ranking.same_as
    if rule == "label_error":
        errors = audit_labels(measures)
        sentence = f"{words.title}: {errors.sentence()}"
        change_to = errors.new[:MOST_SAMPLES]
    link, linked = view_address(run, layer, step, label=label, samples=samples, url=url)
    return Finding(
        kind="ranking",
        rule=rule,
        title=words.title,
        sentence=sentence,
        meaning=words.meaning.format(step=unit),
        run=run,
        layer=layer,
        step=step,
        value=None,
        threshold=None,
        count=count,
        samples=samples,
        scores=[finite(score) for score in ranking.scores[:MOST_SAMPLES].tolist()],
        change_to=change_to,
        same_as=None if same is None else same[:MOST_SAMPLES].tolist(),
        classes=[],
        units=[],
        link=link,
        linked=linked,
    )


def finite(value: float) -> float | None:
    """Returns a number as JSON takes it, None for what is none."""
    return value if math.isfinite(value) else None
