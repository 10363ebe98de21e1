"""The routes of a layer's metrics, ranked samples and findings.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.label_audit import audit_labels, in_words
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.metrics.catalog import CKA_METRICS, STEP_METRICS
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.metrics.sample_catalog import RUN_METRICS, SAMPLE_METRICS
from tb_embed_plugin.metrics.step_metrics import StepMetrics
from tb_embed_plugin.metrics.warning_rules import LEAST_SAMPLES
from tb_embed_plugin.server.response import (
    Answer,
    Service,
    binary_answer,
    bound,
    json_answer,
)
from tb_embed_plugin.server.time_budget import (
    in_time,
    measure_on,
    measures_of,
    ranked_limit,
    version_of,
    without_nan,
)
from tb_embed_plugin.wording import must_be_one_of

OF_STEPS = frozenset(metric.name for metric in SAMPLE_METRICS)
"""The metrics of samples that have a number at each step."""


def catalog(service: Service, arguments: Arguments) -> Answer:
    """Lists all that is measured, with its titles and meanings."""
    content = {
        "step_metrics": [asdict(metric) for metric in STEP_METRICS],
        "sample_metrics": [asdict(metric) for metric in (*SAMPLE_METRICS, *RUN_METRICS)],
    }
    return json_answer(content)


def metrics(service: Service, arguments: Arguments) -> Answer:
    """Answers the numbers of each step."""
    measures = measures_of(service, arguments)
    asked = arguments.members("steps", measures.steps)
    rows, state = in_time(
        asked, lambda step: (measures.numbers(step), measures.step_metrics(step))
    )
    steps = asked[: len(rows)]
    content = {
        "steps": steps,
        "cka_biased": _biased(measures, steps),
        **_describe_numbers([numbers for numbers, _ in rows]),
        **_describe_observations([seen for _, seen in rows]),
        **_describe_layer(measures),
    }
    return json_answer(state | content, version_of(measures, state))


def sample_metrics(service: Service, arguments: Arguments) -> Answer:
    """Answers one number a step and sample, or a sample over the run."""
    measures = measures_of(service, arguments)
    name = arguments.text("name")
    steps = arguments.members("steps", measures.steps)
    if name in OF_STEPS:
        bound(len(steps) * measures.facts.samples * 4, "steps")
        found, state = in_time(steps, lambda step: measures.sample_metric(name, step))
    else:
        found, state = _over_the_run(service, measures, name)
        steps = []
    empty = np.empty((0, measures.facts.samples), np.float32)
    values = np.stack(found) if found else empty
    tensors = {"values": values, "steps": np.array(steps[: len(found)], np.int32)}
    info = {"name": name, "label": measures.label, "classes": measures.labels.names}
    return binary_answer(tensors, state | info, version_of(measures, state))


def samples(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples that a rule names, the most striking first."""
    measures = measures_of(service, arguments)
    rule = arguments.choice("rule", list(RULES))
    limit = ranked_limit(arguments)
    state = measure_on(measures)
    ranked: dict[str, Any] = {"total_ranked": None, "samples": []}
    if state["state"] == "done":
        with service.turns.turn():
            ranked = _describe_ranking(measures, rule, limit)
    content = state | {
        "rule": rule,
        "label": measures.label,
        **_words(measures, rule),
        **ranked,
    }
    return json_answer(content, version_of(measures, state))


def list_findings(service: Service, arguments: Arguments) -> Answer:
    """Answers a layer's warnings, and how many samples each rule names."""
    measures = measures_of(service, arguments)
    state = measure_on(measures)
    found: dict[str, Any] = {"warnings": [], "rules": [], "label_errors": None}
    if state["state"] == "done":
        with service.turns.turn():
            found = _describe_findings(measures)
    content = {
        "label": measures.label,
        "samples_measured": len(measures.samples),
        "least_samples": LEAST_SAMPLES,
    }
    return json_answer({**state, **found, **content}, version_of(measures, state))


def _describe_numbers(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Returns each metric with its values, one a step."""
    return {
        "metrics": [
            {**asdict(metric), "values": [numbers.get(metric.name) for numbers in rows]}
            for metric in STEP_METRICS
        ]
    }


def _describe_observations(rows: Sequence[StepMetrics]) -> dict[str, Any]:
    """Returns what is known of each unit, a list a step."""
    return {
        "dead": [np.flatnonzero(seen.dead).tolist() for seen in rows],
        "saturated": [np.flatnonzero(seen.saturated).tolist() for seen in rows],
        "dead_by_class": [without_nan(seen.dead_by_class) for seen in rows],
    }


def _describe_layer(measures: LayerMetrics) -> dict[str, Any]:
    return {
        "label": measures.label,
        "classes": measures.labels.names,
        "classes_are_outputs": measures.labels.are_outputs,
        "samples_measured": len(measures.samples),
        "samples": measures.facts.samples,
    }


def _biased(measures: LayerMetrics, steps: Sequence[int]) -> dict[str, list[float | None]]:
    """Returns the plain CKA of each of `CKA_METRICS`, one a step."""
    similar = [measures.similarities(step) for step in steps]
    return {
        name: without_nan(np.array([s[name].biased if name in s else np.nan for s in similar]))
        for name in CKA_METRICS
    }


def _describe_ranking(measures: LayerMetrics, rule: str, limit: int) -> dict[str, Any]:
    ranking = findings.ranking(measures, rule)
    trained = np.array(measures.trained)
    rows = zip(
        ranking.samples[:limit], ranking.scores[:limit], ranking.events.T[:limit], strict=True
    )
    described: list[dict[str, Any]] = [
        {"sample": int(sample), "score": float(score), "steps": trained[at].tolist()}
        for sample, score, at in rows
    ]
    if rule == "label_error":
        suggestion = audit_labels(measures).suggestion
        for row in described:
            row["change_to"] = measures.labels.names[suggestion[row["sample"]]]
    if ranking.same_as is not None:
        for row, other in zip(described, ranking.same_as, strict=False):
            row["same_as"] = int(other)
    return {"total_ranked": len(ranking.samples), "samples": described}


def _describe_findings(measures: LayerMetrics) -> dict[str, Any]:
    warnings = findings.warnings(measures)
    rankings = findings.all_rankings(measures) if measures.trained else {}
    errors = audit_labels(measures) if "label_error" in rankings else None
    return {
        "warnings": [{**vars(one), "samples": one.samples.tolist()} for one in warnings],
        "rules": [
            {"rule": rule, **_words(measures, rule), "count": len(ranking.samples)}
            for rule, ranking in rankings.items()
        ],
        "label_errors": None
        if errors is None
        else {
            "expected": errors.expected,
            "interval": errors.interval,
            "sentence": in_words(errors.expected, errors.interval),
        },
    }


def _over_the_run(
    service: Service, measures: LayerMetrics, name: str
) -> tuple[list[NDArray[np.float32]], dict[str, Any]]:
    """Returns one number a sample once all steps are measured, and how far that is."""
    state = measure_on(measures)
    if state["state"] != "done":
        return [], state
    with service.turns.turn():
        found = findings.summary(measures)
    if name not in found:
        raise ArgumentError(must_be_one_of("name", name, sorted([*OF_STEPS, *found])))
    return [_in_float32(found[name])], state


def _in_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Returns numbers as answers hold them; what float32 cannot hold is NaN."""
    held = np.abs(values) <= np.finfo(np.float32).max
    return np.where(held, values, np.nan).astype(np.float32)


def _words(measures: LayerMetrics, rule: str) -> dict[str, str]:
    words, step = RULES[rule], measures.run.step_unit
    return {
        "title": words.title,
        "meaning": words.meaning.format(step=step),
        "score": words.score.format(step=step),
    }
