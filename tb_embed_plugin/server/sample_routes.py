"""The routes of one sample over the steps.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tb_embed_plugin.analysis.sample_history import neighbors_at, said_of
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.server.answers import Answer, Service, json_answer
from tb_embed_plugin.server.metric_routes import (
    check_sample,
    check_search,
    in_time,
    measures_of,
    without_nan,
)

MAX_NEIGHBORS = 50
"""Neighbours a step in one answer of `neighbor_history`."""

SAID = ("prediction", "confidence", "true_probability", "margin", "correct")
"""What `sample_history` answers of each step."""


def sample_history(service: Service, arguments: Arguments) -> Answer:
    """Answers what the model said of one sample at each step."""
    measures = measures_of(service, arguments)
    sample = arguments.number("sample")
    check_sample(measures.facts, sample)
    steps = arguments.members("steps", measures.steps)
    with service.frames.working():
        said = [said_of(measures, sample, step) for step in steps]
    label = int(measures.labels.codes[sample])
    content = {
        "sample": sample,
        "steps": steps,
        "classes": measures.labels.names,
        "label": label if label >= 0 else None,
        **{name: without_nan(np.array([one[name] for one in said])) for name in SAID},
    }
    return json_answer(content, measures.run.layer_version(measures.facts.name))


def neighbor_history(service: Service, arguments: Arguments) -> Answer:
    """Answers the nearest neighbours of one sample at each step."""
    measures = measures_of(service, arguments)
    sample, k = arguments.number("sample"), arguments.number("k", 15)
    metric = arguments.choice("metric", ["euclidean", "cosine"])
    check_sample(measures.facts, sample)
    check_search(measures.facts, k, MAX_NEIGHBORS)
    steps = arguments.members("steps", measures.steps)
    found, state = in_time(
        service,
        steps,
        lambda step: neighbors_at(
            measures.run,
            measures.facts.name,
            sample,
            step,
            k,
            "cosine" if metric == "cosine" else "euclidean",
        ).indices[0],
    )
    content = state | {
        "sample": sample,
        "steps": steps[: len(found)],
        "neighbors": [row.tolist() for row in found],
    }
    version = measures.run.layer_version(measures.facts.name)
    return json_answer(content, version if state["state"] == "done" else None)


SAMPLE_ROUTES: Mapping[str, Callable[[Service, Arguments], Answer]] = MappingProxyType(
    {"sample_history": sample_history, "neighbor_history": neighbor_history}
)
