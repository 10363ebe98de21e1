"""The time budget of a request: it measures for about `SECONDS`, and the next one continues.

Measuring a long run takes a minute. A request answers what is finished, and says whether
there is more.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics, layer_measures
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import TooMuchAskedError
from tb_embed_plugin.server.response import Service

Part = TypeVar("Part")
Wanted = TypeVar("Wanted")

SECONDS = 2.0
"""Work begun in one request; the part under way at its end is finished."""

MAX_RANKED = 2000
"""Samples in one ranked list of an answer."""


def measures_of(service: Service, arguments: Arguments) -> LayerMetrics:
    """Returns the measures of the layer that is asked about.

    Raises:
        TooMuchAskedError: It is too wide.
        UnsuitableDataError: None of its steps can be measured.
    """
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer")).name
    return layer_measures(run, layer, service.metrics_cache, arguments.label())


def measure_on(measures: LayerMetrics) -> dict[str, Any]:
    """Measures on, and returns how far it is: `state`, `done` and `total` of an answer."""
    steps = measures.measure()
    return in_time(measures.steps, lambda _: next(steps))[1]


def in_time(
    wanted: Sequence[Wanted], work: Callable[[Wanted], Part]
) -> tuple[list[Part], dict[str, Any]]:
    """Works through what is wanted while there is time, one at least.

    What a part has to measure waits for its own turn, so that others come in between.
    """
    end = time.monotonic() + SECONDS
    parts: list[Part] = []
    for each in wanted:
        if parts and time.monotonic() > end:
            break
        parts.append(work(each))
    state = "done" if len(parts) == len(wanted) else "running"
    return parts, {"state": state, "done": len(parts), "total": len(wanted)}


def ranked_limit(arguments: Arguments) -> int:
    """Returns how many samples of a ranked list are asked for.

    Raises:
        TooMuchAskedError: They are none, or more than `MAX_RANKED`.
    """
    limit = arguments.number("limit", 200)
    if not 1 <= limit <= MAX_RANKED:
        raise TooMuchAskedError(
            f"limit must be from 1 to {MAX_RANKED}, not {limit}; ask for fewer samples"
        )
    return limit


def version_of(measures: LayerMetrics, state: Mapping[str, Any] | None = None) -> str | None:
    """Returns the layer's version, None where `state` says that more is to come."""
    finished = state is None or state["state"] == "done"
    return measures.run.layer_version(measures.facts.name) if finished else None


def without_nan(values: NDArray[np.float64]) -> list[float | None]:
    """Returns numbers as JSON takes them, null where there is none."""
    return [None if math.isnan(value) else value for value in values.tolist()]
