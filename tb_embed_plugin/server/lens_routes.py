"""The routes of lenses: a layer looked at from one side, at one step or along one axis.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.measure import LayerMeasures
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.metrics.class_pair import along_axis
from tb_embed_plugin.metrics.units import selectivity
from tb_embed_plugin.server.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.server.measuring import measures_of, without_nan
from tb_embed_plugin.view_arguments import read_view

MAX_CONFUSED = 100_000
"""Samples in one answer of `confusion`."""


def class_pair(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples of two classes along the axis between them, a row a step."""
    measures = measures_of(service, arguments)
    names = [arguments.text("first"), arguments.text("second")]
    codes = measures.labels.codes[measures.samples]
    members = []
    for name in names:
        known = measures.labels.names
        rows = (
            np.flatnonzero(codes == known.index(name))
            if name in known
            else np.empty(0, np.int64)
        )
        if not len(rows) or names[0] == names[1]:
            raise ArgumentError(
                f"expected first and second to be two of the classes {list(known)[:20]} that "
                f"have samples; received {names[0]!r} and {names[1]!r}; ask for two of them"
            )
        members.append(rows)
    steps = arguments.members("steps", measures.steps)
    both = np.concatenate(members)
    bound(len(steps) * len(both) * 4, "steps")
    positions = np.empty((len(steps), len(both)), np.float32)
    for i, step in enumerate(steps):
        with service.frames.working():
            positions[i] = along_axis(measures.snapshot(step), *members)
    tensors: dict[str, NDArray[Any]] = {
        "positions": positions,
        "steps": np.array(steps, np.int32),
        "samples": measures.samples[both].astype(np.int32),
        "second": (np.arange(len(both)) >= len(members[0])).astype(np.uint8),
    }
    version = measures.run.layer_version(measures.facts.name)
    info = {"label": measures.label, "classes": names}
    return Answer(wire.encode(tensors, info), wire.CONTENT_TYPE, version)


def units(service: Service, arguments: Arguments) -> Answer:
    """Answers how much each unit tells the classes apart at a step, and which it prefers."""
    measures = measures_of(service, arguments)
    step = arguments.number("step")
    with service.frames.working():
        codes = measures.labels.codes[measures.samples]
        names = measures.labels.names
        shares, prefers = selectivity(measures.snapshot(step), codes, len(names))
    content = {
        "step": step,
        "label": measures.label,
        "classes": names,
        "selectivity": without_nan(shares),
        "prefers": prefers.tolist(),
    }
    return json_answer(content, measures.run.layer_version(measures.facts.name))


def confusion(service: Service, arguments: Arguments) -> Answer:
    """Answers how many samples of each label are predicted as each class."""
    measures = measures_of(service, arguments)
    step = arguments.number("step")
    cell = arguments.optional("row") is not None
    with service.frames.working():
        content: dict[str, Any] = {
            "step": step,
            "label": measures.label,
            "classes": measures.labels.names,
        }
        if cell:
            row, column = arguments.number("row"), arguments.number("column")
            found = findings.confused(measures, step, row, column)
            content["samples"] = found[:MAX_CONFUSED].tolist()
        else:
            content["counts"] = findings.confusion(measures, step).tolist()
    return json_answer(content, measures.run.layer_version(measures.facts.name))


def regions(service: Service, arguments: Arguments) -> Answer:
    """Answers the model's logits on the plane of a linear view, which are affine there."""
    view = read_view(service.logdir, arguments)
    run, facts = view.source.run, view.source.facts
    steps = arguments.members("steps", facts.drawable)
    planes = []
    for step in steps:
        planes.append(service.frames.logits_on_plane(view, step))
        bound(len(steps) * planes[0].nbytes, "steps")
    measures = LayerMeasures(run, facts.name, service.measured, arguments.label())
    labels = measures.labels
    names = labels.names if labels.are_outputs else [""] * len(planes[0])
    classes = [name or str(number) for number, name in enumerate(names)]
    info = {"label": measures.label, "classes": classes}
    tensors: dict[str, NDArray[Any]] = {
        "logits": np.stack(planes),
        "steps": np.array(steps, np.int32),
    }
    body = wire.encode(tensors, info)
    return Answer(body, wire.CONTENT_TYPE, run.layer_version(facts.name))


LENS_ROUTES: Mapping[str, Callable[[Service, Arguments], Answer]] = MappingProxyType(
    {
        "class_pair": class_pair,
        "units": units,
        "confusion": confusion,
        "regions": regions,
    }
)
