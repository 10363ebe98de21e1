"""The routes of classes: samples between two of them, selective units, confusion.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.metrics.class_pair import along_axis
from tb_embed_plugin.metrics.units import selectivity
from tb_embed_plugin.server.response import (
    Answer,
    Service,
    binary_answer,
    bound,
    json_answer,
)
from tb_embed_plugin.server.time_budget import measures_of, version_of, without_nan
from tb_embed_plugin.wording import listed


def class_pair(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples of two classes along the axis between them, a row a step."""
    measures = measures_of(service, arguments)
    names = [arguments.text("first"), arguments.text("second")]
    members = _members(measures, names)
    steps = arguments.members("steps", measures.steps)
    bound(len(steps) * sum(map(len, members)) * 4, "steps")
    positions = []
    for step in steps:
        with service.turns.turn():
            positions.append(along_axis(measures.snapshot(step), *members))
    tensors = _encode_pair(measures, steps, positions, members)
    info = {"label": measures.label, "classes": names}
    return binary_answer(tensors, info, version_of(measures))


def units(service: Service, arguments: Arguments) -> Answer:
    """Answers how much each unit tells the classes apart at a step, and which it prefers."""
    measures = measures_of(service, arguments)
    step = arguments.number("step")
    with service.turns.turn():
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
    return json_answer(content, version_of(measures))


def confusion(service: Service, arguments: Arguments) -> Answer:
    """Answers how many samples of each label are predicted as each class."""
    measures = measures_of(service, arguments)
    step = arguments.number("step")
    content = {"step": step, "label": measures.label, "classes": measures.labels.names}
    with service.turns.turn():
        if arguments.optional("row") is None:
            found = {"counts": findings.confusion(measures, step).tolist()}
        else:
            cell = arguments.number("row"), arguments.number("column")
            samples = findings.confused(measures, step, *cell)
            found = {"samples": samples.tolist()}
    return json_answer({**content, **found}, version_of(measures))


def _members(measures: LayerMetrics, names: Sequence[str]) -> list[NDArray[np.int64]]:
    """Returns the rows of each of two classes among the samples that are measured."""
    codes = measures.labels.codes[measures.samples]
    known = measures.labels.names
    # No code is beneath -1, so that a name of no class has no rows.
    wanted = [known.index(name) if name in known else -2 for name in names]
    found = [np.flatnonzero(codes == code) for code in wanted]
    if names[0] == names[1] or not all(map(len, found)):
        raise ArgumentError(
            "first and second must be two classes that have samples "
            f"({listed(known, 'or')}), not {names[0]!r} and {names[1]!r}"
        )
    return found


def _encode_pair(
    measures: LayerMetrics,
    steps: Sequence[int],
    positions: Sequence[NDArray[np.floating[Any]]],
    members: Sequence[NDArray[np.int64]],
) -> dict[str, NDArray[Any]]:
    both = np.concatenate(members)
    return {
        "positions": np.array(positions, np.float32),
        "steps": np.array(steps, np.int32),
        "samples": measures.samples[both].astype(np.int32),
        "second": (np.arange(len(both)) >= len(members[0])).astype(np.uint8),
    }
