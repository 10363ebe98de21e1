"""The routes of what is measured: metrics, ranked samples, similarity, neighbours.

docs/http_api.md is the contract. Measuring a long run takes a minute: a request works for
about `SECONDS`, answers what is finished and says whether there is more; the next request
goes on from there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.measure import LayerMeasures
from tb_embed_plugin.analysis.sample_history import neighbors_at
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.metrics.catalog import SAMPLE_METRICS, STEP_METRICS
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.runs.run import LayerFacts
from tb_embed_plugin.server.answers import Answer, Service, bound, json_answer

Part = TypeVar("Part")

SECONDS = 2.0
"""Work begun in one request; the step under way at its end is finished."""

MAX_RANKED = 2000
"""Samples in one answer of `samples`."""

MAX_CONFUSED = 100_000
"""Samples in one answer of `confusion`."""

MAX_NEIGHBORS = 1000
"""Neighbours in one answer of `neighbors`."""

MAX_SEARCHED_BYTES = 1 << 30
"""Of a snapshot as float64, in which neighbours are searched."""


def metrics(service: Service, arguments: Arguments) -> Answer:
    """Answers the numbers of each step."""
    measures = measures_of(service, arguments)
    asked = arguments.members("steps", measures.steps)
    rows, state = in_time(
        service, asked, lambda step: (measures.numbers(step), measures.observation(step))
    )
    content = state | {
        "steps": asked[: len(rows)],
        "metrics": [
            {**asdict(metric), "values": [numbers.get(metric.name) for numbers, _ in rows]}
            for metric in STEP_METRICS
        ],
        "classes": measures.labels.names,
        "classes_are_outputs": measures.labels.are_outputs,
        "dead": [np.flatnonzero(seen.dead).tolist() for _, seen in rows],
        "saturated": [np.flatnonzero(seen.saturated).tolist() for _, seen in rows],
        "dead_by_class": [without_nan(seen.dead_by_class) for _, seen in rows],
        "samples_measured": len(measures.samples),
        "samples": measures.facts.samples,
    }
    return json_answer(content, _version(measures, state))


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
        state = _measured(service, measures)
        found, steps = [], []
        if state["state"] == "done":
            found = [_summary(service, measures, name, of_steps).astype(np.float32)]
    empty = np.empty((0, measures.facts.samples), np.float32)
    tensors = {
        "values": np.stack(found) if found else empty,
        "steps": np.array(steps, np.int32),
    }
    info = state | {"name": name, "classes": measures.labels.names}
    return Answer(wire.encode(tensors, info), wire.CONTENT_TYPE, _version(measures, state))


def samples(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples that a rule names, the most striking first."""
    measures = measures_of(service, arguments)
    rule = arguments.choice("rule", list(RULES))
    limit = arguments.number("limit", 200)
    if not 1 <= limit <= MAX_RANKED:
        raise TooMuchAskedError(
            f"expected limit from 1 to {MAX_RANKED}; received {limit}; ask for fewer samples"
        )
    state = _measured(service, measures)
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
    content = state | {"rule": rule, **_words(rule), **ranked}
    return json_answer(content, _version(measures, state))


def list_findings(service: Service, arguments: Arguments) -> Answer:
    """Answers a layer's warnings, and how many samples each rule names."""
    measures = measures_of(service, arguments)
    state = _measured(service, measures)
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
    return json_answer(state | content, _version(measures, state))


def similarity(service: Service, arguments: Arguments) -> Answer:
    """Answers the linear CKA of each step with each step, of this layer or another."""
    measures = measures_of(service, arguments)
    other = measures
    run, layer = arguments.optional("with_run"), arguments.optional("with_layer")
    if run is not None or layer is not None:
        of = service.logdir.run(run or measures.run.name)
        name = of.layer(layer or measures.facts.name).name
        other = LayerMeasures(of, name, service.measured, arguments.optional("label"))
    rows = arguments.members("steps", measures.steps)
    columns = arguments.members("with_steps", other.steps)
    pairs = [(row, column) for row in rows for column in columns]
    values, state = in_time(
        service, pairs, lambda pair: measures.similarity(pair[0], other, pair[1])
    )
    matrix = np.full(len(pairs), np.nan)
    matrix[: len(values)] = values
    content = state | {
        "steps": rows,
        "with_steps": columns,
        "cka": [without_nan(row) for row in matrix.reshape(len(rows), len(columns))],
    }
    # The other one's version may change while this one's does not.
    version = _version(measures, state) if other is measures else None
    return json_answer(content, version)


def confusion(service: Service, arguments: Arguments) -> Answer:
    """Answers how many samples of each label are predicted as each class."""
    measures = measures_of(service, arguments)
    step = arguments.number("step")
    cell = arguments.optional("row") is not None
    with service.frames.working():
        content: dict[str, Any] = {"step": step, "classes": measures.labels.names}
        if cell:
            row, column = arguments.number("row"), arguments.number("column")
            found = findings.confused(measures, step, row, column)
            content["samples"] = found[:MAX_CONFUSED].tolist()
        else:
            content["counts"] = findings.confusion(measures, step).tolist()
    return json_answer(content, measures.run.layer_version(measures.facts.name))


def neighbors(service: Service, arguments: Arguments) -> Answer:
    """Answers the nearest neighbours of one sample in the layer's own space, exactly."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    sample, k = arguments.number("sample"), arguments.number("k", 15)
    metric = arguments.choice("metric", ["euclidean", "cosine"])
    check_sample(layer, sample)
    check_search(layer, k, MAX_NEIGHBORS)
    with service.frames.working():
        found = neighbors_at(
            run,
            layer.name,
            sample,
            arguments.number("step"),
            k,
            "cosine" if metric == "cosine" else "euclidean",
        )
    listed = zip(found.indices[0].tolist(), found.distances[0].tolist(), strict=True)
    content = {
        "neighbors": [{"sample": other, "distance": distance} for other, distance in listed]
    }
    return json_answer(content, run.layer_version(layer.name))


METRIC_ROUTES: Mapping[str, Callable[[Service, Arguments], Answer]] = MappingProxyType(
    {
        "metrics": metrics,
        "sample_metrics": sample_metrics,
        "samples": samples,
        "findings": list_findings,
        "similarity": similarity,
        "confusion": confusion,
        "neighbors": neighbors,
    }
)


def measures_of(service: Service, arguments: Arguments) -> LayerMeasures:
    """Returns the measures of the layer that is asked about.

    Raises:
        UnsuitableDataError: None of its steps can be measured.
    """
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    measures = LayerMeasures(run, layer.name, service.measured, arguments.optional("label"))
    if not measures.steps:
        raise UnsuitableDataError(
            f"expected a snapshot of {layer.name!r} with finite values; run {run.name!r} has "
            "none; wait for one, or look at the training"
        )
    return measures


def check_sample(layer: LayerFacts, sample: int) -> None:
    """Refuses a sample that the layer does not have.

    Raises:
        ArgumentError: It does not.
    """
    if sample >= layer.samples:
        raise ArgumentError(
            f"expected sample below {layer.samples}, the samples of {layer.name!r}; "
            f"received {sample}"
        )


def check_search(layer: LayerFacts, k: int, most: int) -> None:
    """Refuses a search for neighbours that would take too long.

    Raises:
        TooMuchAskedError: More than `most` are wanted, or the layer is too large.
    """
    if not 1 <= k <= most or layer.samples * layer.units * 8 > MAX_SEARCHED_BYTES:
        raise TooMuchAskedError(
            f"expected k from 1 to {most}, in a layer of at most "
            f"{MAX_SEARCHED_BYTES // 8} activations a step; received k = {k}, "
            f"{layer.samples * layer.units} activations; ask for fewer, or record fewer samples"
        )


def _measured(service: Service, measures: LayerMeasures) -> dict[str, Any]:
    """Measures on, and returns how far it is."""
    steps = measures.measure()
    return in_time(service, measures.steps, lambda _: next(steps))[1]


def in_time(
    service: Service, wanted: list[Any], work: Callable[[Any], Part]
) -> tuple[list[Part], dict[str, Any]]:
    """Works through what is wanted while there is time, one at least.

    The server's place is given back after each part, so that a picture need not wait.
    """
    end = time.monotonic() + SECONDS
    parts: list[Part] = []
    for each in wanted:
        if parts and time.monotonic() > end:
            break
        with service.frames.working():
            parts.append(work(each))
    state = "done" if len(parts) == len(wanted) else "running"
    return parts, {"state": state, "done": len(parts), "total": len(wanted)}


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


def _version(measures: LayerMeasures, state: Mapping[str, Any]) -> str | None:
    """Returns the layer's version, None where the answer is not the last word."""
    finished = state["state"] == "done"
    return measures.run.layer_version(measures.facts.name) if finished else None


def _words(rule: str) -> dict[str, str]:
    words = RULES[rule]
    return {"title": words.title, "meaning": words.meaning, "score": words.score}


def without_nan(values: NDArray[np.float64]) -> list[float | None]:
    """Returns numbers as JSON takes them, null where there is none."""
    return [None if math.isnan(value) else value for value in values.tolist()]
