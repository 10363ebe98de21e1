"""The routes of what is measured of a layer: metrics, ranked samples, findings.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.measure import LayerMeasures
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.metrics.catalog import CKA_METRICS, STEP_METRICS
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.metrics.sample_catalog import RUN_METRICS, SAMPLE_METRICS
from tb_embed_plugin.metrics.warning_rules import LEAST_SAMPLES
from tb_embed_plugin.server.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.server.measuring import (
    in_time,
    measure_on,
    measures_of,
    ranked_limit,
    version_of,
    without_nan,
)


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
        service, asked, lambda step: (measures.numbers(step), measures.observation(step))
    )
    similar = [measures.similarities(step) for step in asked[: len(rows)]]
    content = state | {
        "steps": asked[: len(rows)],
        "metrics": [
            {**asdict(metric), "values": [numbers.get(metric.name) for numbers, _ in rows]}
            for metric in STEP_METRICS
        ],
        "cka_biased": {
            name: without_nan(
                np.array([s[name].biased if name in s else np.nan for s in similar])
            )
            for name in CKA_METRICS
        },
        "label": measures.label,
        "classes": measures.labels.names,
        "classes_are_outputs": measures.labels.are_outputs,
        "dead": [np.flatnonzero(seen.dead).tolist() for _, seen in rows],
        "saturated": [np.flatnonzero(seen.saturated).tolist() for _, seen in rows],
        "dead_by_class": [without_nan(seen.dead_by_class) for _, seen in rows],
        "samples_measured": len(measures.samples),
        "samples": measures.facts.samples,
    }
    return json_answer(content, version_of(measures, state))


def sample_metrics(service: Service, arguments: Arguments) -> Answer:
    """Answers one number a step and sample, or a sample over the run."""
    measures = measures_of(service, arguments)
    name = arguments.text("name")
    of_steps = {metric.name for metric in SAMPLE_METRICS}
    asked = arguments.members("steps", measures.steps)
    if name in of_steps:
        bound(len(asked) * measures.facts.samples * 4, "steps")
        found, state = in_time(service, asked, lambda step: measures.sample_metric(name, step))
        steps = asked[: len(found)]
    else:
        state = measure_on(service, measures)
        found, steps = [], []
        if state["state"] == "done":
            found = [_in_float32(_summary(service, measures, name, of_steps))]
    empty = np.empty((0, measures.facts.samples), np.float32)
    tensors = {
        "values": np.stack(found) if found else empty,
        "steps": np.array(steps, np.int32),
    }
    info = state | {
        "name": name,
        "label": measures.label,
        "classes": measures.labels.names,
    }
    return Answer(wire.encode(tensors, info), wire.CONTENT_TYPE, version_of(measures, state))


def samples(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples that a rule names, the most striking first."""
    measures = measures_of(service, arguments)
    rule = arguments.choice("rule", list(RULES))
    limit = ranked_limit(arguments)
    state = measure_on(service, measures)
    ranked: dict[str, Any] = {"total_ranked": None, "samples": []}
    if state["state"] == "done":
        with service.frames.working():
            ranking = findings.ranking(measures, rule)
        trained = np.array(measures.trained)
        ranked = {
            "total_ranked": len(ranking.samples),
            "samples": [
                {"sample": int(sample), "score": float(score), "steps": trained[at].tolist()}
                for sample, score, at in zip(
                    ranking.samples[:limit],
                    ranking.scores[:limit],
                    ranking.events.T[:limit],
                    strict=True,
                )
            ],
        }
    content = state | {"rule": rule, "label": measures.label, **_words(rule), **ranked}
    return json_answer(content, version_of(measures, state))


def list_findings(service: Service, arguments: Arguments) -> Answer:
    """Answers a layer's warnings, and how many samples each rule names."""
    measures = measures_of(service, arguments)
    state = measure_on(service, measures)
    content: dict[str, Any] = {"warnings": [], "rules": []}
    if state["state"] == "done":
        with service.frames.working():
            warnings = findings.warnings(measures)
            rankings = findings.all_rankings(measures) if measures.trained else {}
        content = {
            "warnings": [
                {**vars(warning), "samples": warning.samples.tolist()} for warning in warnings
            ],
            "rules": [
                {"rule": rule, **_words(rule), "count": len(ranking.samples)}
                for rule, ranking in rankings.items()
            ],
        }
    content["label"] = measures.label
    content["samples_measured"] = len(measures.samples)
    content["least_samples"] = LEAST_SAMPLES
    return json_answer(state | content, version_of(measures, state))


METRIC_ROUTES: Mapping[str, Callable[[Service, Arguments], Answer]] = MappingProxyType(
    {
        "catalog": catalog,
        "metrics": metrics,
        "sample_metrics": sample_metrics,
        "samples": samples,
        "findings": list_findings,
    }
)


def _summary(
    service: Service, measures: LayerMeasures, name: str, others: set[str]
) -> NDArray[np.float64]:
    with service.frames.working():
        found = findings.summary(measures)
    if name not in found:
        raise ArgumentError(
            f"expected name to be one of {sorted([*others, *found])}; received {name!r}"
        )
    return found[name]


def _in_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Returns numbers as answers hold them; what float32 cannot hold is NaN."""
    held = np.abs(values) <= np.finfo(np.float32).max
    return np.where(held, values, np.nan).astype(np.float32)


def _words(rule: str) -> dict[str, str]:
    words = RULES[rule]
    return {"title": words.title, "meaning": words.meaning, "score": words.score}
