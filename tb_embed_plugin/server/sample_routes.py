"""The routes of one sample: its neighbors, and its history over the steps.

docs/http_api.md is the contract.
"""

from __future__ import annotations

import numpy as np

from tb_embed_plugin.analysis.sample_history import neighbors_at, said_of
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, TooMuchAskedError
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.projections.neighbors import DistanceMetric
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.server.response import Answer, Service, json_answer
from tb_embed_plugin.server.time_budget import in_time, measures_of, version_of, without_nan

MAX_NEIGHBORS = 1000
"""Neighbors in one answer of `neighbors`."""

MAX_NEIGHBORS_A_STEP = 50
"""Neighbors a step in one answer of `neighbor_history`."""

MAX_SEARCHED_VALUES = 1 << 27
"""Of a snapshot in which neighbors are searched: about a second, whatever the memory."""

SAID = ("prediction", "confidence", "true_probability", "margin", "correct")
"""What `sample_history` answers of each step."""


def neighbors(service: Service, arguments: Arguments) -> Answer:
    """Answers the nearest neighbors of one sample in the layer's own space, exactly."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    sample, k = _read_search(arguments, layer, MAX_NEIGHBORS)
    with service.turns.turn():
        step, metric = arguments.number("step"), _metric(arguments)
        found = neighbors_at(run, layer.name, sample, step, k, metric)
    listed = zip(found.indices[0].tolist(), found.distances[0].tolist(), strict=True)
    content = {
        "neighbors": [{"sample": other, "distance": distance} for other, distance in listed]
    }
    return json_answer(content, run.layer_version(layer.name))


def sample_history(service: Service, arguments: Arguments) -> Answer:
    """Answers what the model said of one sample at each step."""
    measures = measures_of(service, arguments)
    sample = _read_sample(arguments, measures.facts)
    steps = arguments.members("steps", measures.steps)
    with service.turns.turn():
        said = [said_of(measures, sample, step) for step in steps]
    label = int(measures.labels.codes[sample])
    content = {
        "sample": sample,
        "steps": steps,
        "classes": measures.labels.names,
        "label": measures.label,
        "true_class": label if label >= 0 else None,
    }
    curves = {name: without_nan(np.array([one[name] for one in said])) for name in SAID}
    return json_answer(content | curves, version_of(measures))


def neighbor_history(service: Service, arguments: Arguments) -> Answer:
    """Answers the nearest neighbors of one sample at each step."""
    measures = measures_of(service, arguments)
    run, name = measures.run, measures.facts.name
    sample, k = _read_search(arguments, measures.facts, MAX_NEIGHBORS_A_STEP)
    steps, metric = arguments.members("steps", measures.steps), _metric(arguments)
    found, state = in_time(
        steps, lambda step: neighbors_at(run, name, sample, step, k, metric).indices[0]
    )
    content = {
        "sample": sample,
        "label": measures.label,
        "steps": steps[: len(found)],
        "neighbors": [row.tolist() for row in found],
    }
    return json_answer(state | content, version_of(measures, state))


def _read_search(arguments: Arguments, layer: LayerFacts, most: int) -> tuple[int, int]:
    """Returns a sample, and how many neighbors of it are asked for."""
    sample, k = _read_sample(arguments, layer), arguments.number("k", 15)
    _check_search(layer, k, most)
    return sample, k


def _metric(arguments: Arguments) -> DistanceMetric:
    asked = arguments.choice("metric", ["euclidean", "cosine"])
    return "cosine" if asked == "cosine" else "euclidean"


def _read_sample(arguments: Arguments, layer: LayerFacts) -> int:
    sample = arguments.number("sample")
    if sample >= layer.samples:
        raise ArgumentError(
            f"{layer.name!r} has {layer.samples} samples, so sample must be below "
            f"{layer.samples}, not {sample}"
        )
    return sample


def _check_search(layer: LayerFacts, k: int, most: int) -> None:
    check_width(layer.units)
    if not 1 <= k <= most:
        raise TooMuchAskedError(f"k must be from 1 to {most}, not {k}; choose another k")
    values = layer.samples * layer.units
    if values > MAX_SEARCHED_VALUES:
        raise TooMuchAskedError(
            f"neighbors are searched among at most {MAX_SEARCHED_VALUES} activations per step, "
            f"not {values} ({layer.samples} samples x {layer.units} units); record fewer "
            "samples (max_samples), or a narrower or pooled layer"
        )
