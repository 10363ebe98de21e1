"""The routes that compare two layers: how similar they are, and where they differ.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.comparison import Comparison, Ranked
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.parting import PartedRuns
from tb_embed_plugin.analysis.same_samples import same_samples
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, EmbedError, UnsuitableDataError
from tb_embed_plugin.metrics.catalog import STEP_METRICS
from tb_embed_plugin.metrics.similarity import Cka
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.server.response import Answer, Service, json_answer
from tb_embed_plugin.server.time_budget import (
    in_time,
    measures_of,
    ranked_limit,
    version_of,
    without_nan,
)


@dataclass(frozen=True)
class _List:
    """Samples in which two runs differ.

    Attributes:
        name: Its name in an answer.
        meaning: Which samples these are, one sentence; `{here}` and `{there}` are the runs.
        score: What the scores count.
        rank: Finds them.
    """

    name: str
    meaning: str
    score: str
    rank: Callable[[Comparison], Ranked]


LISTS = (
    _List(
        "right_here",
        "Predicted right in {here} and wrong in {there}.",
        "margin of the label in the first minus that in the second, logits",
        Comparison.right_here_alone,
    ),
    _List(
        "right_there",
        "Predicted right in {there} and wrong in {here}.",
        "margin of the label in the second minus that in the first, logits",
        Comparison.right_there_alone,
    ),
    _List(
        "rearranged",
        "Nearest neighbors differ between {here} and {there}.",
        "share of neighbors that differ",
        Comparison.rearranged,
    ),
)


def similarity(service: Service, arguments: Arguments) -> Answer:
    """Answers the linear CKA of each step with each step, of this layer or another."""
    own = measures_of(service, arguments)
    both = same_samples(own, _other_of(service, arguments, own))
    here, there = both.here, both.there
    rows = arguments.members("steps", here.steps)
    columns = arguments.members("with_steps", there.steps)
    pairs = [(row, column) for row in rows for column in columns]
    values, state = in_time(pairs, lambda pair: here.similarity(pair[0], there, pair[1]))
    content = {"label": here.label, "left_out": both.left_out}
    tables = _tables(values, rows, columns)
    # The other one's version may change while this one's does not.
    version = version_of(here, state) if there is here else None
    return json_answer({**state, **content, **tables}, version)


def comparison(service: Service, arguments: Arguments) -> Answer:
    """Answers in what two runs of the same samples differ at a step, and CKA at each."""
    here = measures_of(service, arguments)
    there = _other_of(service, arguments, here)
    if there is here:
        raise ArgumentError("with_run or with_layer must name another layer; add one")
    limit = ranked_limit(arguments)
    step = arguments.number("step") if arguments.optional("step") else None
    compared = Comparison(here, there, step)
    found: dict[str, Any] = {"metrics": [], "lists": []}
    found |= {"neighbors_kept": None, "parted": None}
    work = _work(compared, limit, found)
    parts, state = in_time(work, lambda piece: piece())
    cka = [part for part in parts if isinstance(part, Cka)]
    return json_answer({**state, **_describe(compared, cka), **found})


def _work(
    compared: Comparison, limit: int, found: dict[str, Any]
) -> list[Callable[[], object]]:
    """Returns the pieces of a comparison's work, of which one fills `found`, some give CKA.

    Piece by piece: the observations take seconds, all else follows from them.
    """
    return [
        *_observations(compared.here, compared.step),
        *_observations(compared.there, compared.there_step),
        lambda: found.update(metrics=_metrics(compared), **_differences(compared, limit)),
        *(partial(compared.cka, pair) for pair in compared.pairs),
        *_parting(compared, limit, found),
    ]


def _parting(
    compared: Comparison, limit: int, found: dict[str, Any]
) -> list[Callable[[], object]]:
    """Returns the work that tells where two runs part; of layers of one run none."""
    try:
        parted = PartedRuns(compared)
    except UnsuitableDataError:
        return []

    def tell() -> None:
        at = parted.parting
        names = compared.here.run.name, compared.there.run.name
        unit = compared.here.run.step_unit
        never = f"{names[0]} and {names[1]} differ at no {unit} by more than two seeds do."
        found["parted"] = {
            "step": None if at is None else at.step,
            "sentence": never if at is None else at.sentence,
            "speed_ratio": without_nan(parted.speed_ratio),
            "samples": [] if at is None else at.ranked.samples[:limit].tolist(),
        }

    return [
        *(
            partial(one.step_metrics, step)
            for step in parted.steps
            for one in (compared.here, compared.there)
        ),
        *(
            partial(one.change, before, step)
            for before, step in pairwise(parted.steps)
            for one in (compared.here, compared.there)
        ),
        tell,
    ]


def _describe(compared: Comparison, cka: Sequence[Cka]) -> dict[str, Any]:
    curves = _both(cka, len(compared.pairs))
    return {
        "step": compared.step,
        "with_step": compared.there_step,
        "label": compared.here.label,
        "k": compared.k,
        "left_out": compared.left_out,
        "steps": [one for one, _ in compared.pairs],
        "with_steps": [other for _, other in compared.pairs],
        **{name: without_nan(each) for name, each in curves.items()},
    }


def _tables(
    values: Sequence[Cka], rows: Sequence[int], columns: Sequence[int]
) -> dict[str, Any]:
    """Returns `cka` and `cka_biased` as a list a row, with the steps of both."""
    shape = len(rows), len(columns)
    found = _both(values, len(rows) * len(columns))
    tables = {name: each.reshape(shape) for name, each in found.items()}
    return {
        "steps": rows,
        "with_steps": columns,
        **{name: [without_nan(row) for row in table] for name, table in tables.items()},
    }


def _other_of(service: Service, arguments: Arguments, measures: LayerMetrics) -> LayerMetrics:
    """Returns the measures of the layer that is compared with, the same one by default."""
    run, layer = arguments.optional("with_run"), arguments.optional("with_layer")
    if run in (None, measures.run.name) and layer in (None, measures.facts.name):
        return measures
    of = service.logdir.run(run or measures.run.name)
    other = of.layer(layer or measures.facts.name)
    check_width(other.units)
    return LayerMetrics(of, other.name, service.metrics_cache, arguments.label())


def _both(found: Sequence[Cka], wanted: int) -> dict[str, NDArray[np.float64]]:
    """Returns `cka`, debiased, and `cka_biased`, (wanted,) each; NaN what is yet to come."""
    missing = [np.nan] * (wanted - len(found))
    return {
        "cka": np.array([cka.debiased for cka in found] + missing),
        "cka_biased": np.array([cka.biased for cka in found] + missing),
    }


def _observations(measures: LayerMetrics, step: int) -> list[Callable[[], object]]:
    """Returns the work that a step's metrics need first: it and the step before."""
    at = measures.steps.index(step)
    return [partial(measures.step_metrics, s) for s in measures.steps[max(0, at - 1) : at + 1]]


def _metrics(compared: Comparison) -> list[dict[str, Any]]:
    values = compared.metrics()
    return [
        {**asdict(metric), "values": without_nan(np.array(values[metric.name]))}
        for metric in STEP_METRICS
        if metric.name in values
    ]


def _differences(compared: Comparison, limit: int) -> dict[str, Any]:
    """Returns the lists, each with the reason where there is none."""
    lists = []
    here, there = compared.titles
    for kind in LISTS:
        entry: dict[str, Any] = {
            "list": kind.name,
            "meaning": kind.meaning.format(here=here, there=there),
            "score": kind.score,
            "count": 0,
            "samples": [],
            "unavailable": None,
        }
        try:
            ranked = kind.rank(compared)
        except EmbedError as error:
            entry["unavailable"] = str(error)
        else:
            pairs = zip(ranked.samples[:limit], ranked.scores[:limit], strict=True)
            entry["count"] = len(ranked.samples)
            entry["samples"] = [{"sample": int(s), "score": float(x)} for s, x in pairs]
        lists.append(entry)
    kept = compared.neighbors_kept[~np.isnan(compared.neighbors_kept)]
    share = float(kept.mean(dtype=np.float64)) if len(kept) else None
    return {"lists": lists, "neighbors_kept": share}
