"""The route of samples that stand in two recorded sets.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.leaks import leaks as find_leaks
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, TooMuchAskedError
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.server.response import Answer, Service, json_answer
from tb_embed_plugin.server.time_budget import measures_of, ranked_limit

MAX_LEAK_PRODUCTS = 1 << 35
"""Products of activations in one search: 10,000 by 10,000 samples of 343 units."""


def leaks(service: Service, arguments: Arguments) -> Answer:
    """Answers which samples of a layer stand in the set of another run too."""
    here, there = _both(service, arguments)
    limit = ranked_limit(arguments)
    with service.turns.turn():
        found = find_leaks(here, there)
    listed = zip(found.samples, found.same_as, found.closeness, strict=True)
    content = {
        "count": len(found.samples),
        "of": len(here.facts.shown),
        "samples": [
            {"sample": int(sample), "same_as": int(same), "score": float(closeness)}
            for sample, same, closeness in list(listed)[:limit]
        ],
    }
    return json_answer({"state": "done", "done": 1, "total": 1, **content})


def _both(service: Service, arguments: Arguments) -> tuple[LayerMetrics, LayerMetrics]:
    here = measures_of(service, arguments)
    run = service.logdir.run(arguments.text("with_run"))
    facts = run.layer(arguments.optional("with_layer") or here.facts.name)
    check_width(facts.units)
    if facts.fingerprint == here.facts.fingerprint:
        raise ArgumentError(
            f"{here.run.name!r} and {run.name!r} hold the same samples, all of which stand in "
            "both sets; name a run of other samples"
        )
    products = here.facts.samples * facts.samples * here.facts.units
    if products > MAX_LEAK_PRODUCTS:
        raise TooMuchAskedError(
            f"samples are searched in another set by at most {MAX_LEAK_PRODUCTS:,} products, "
            f"not {products:,} ({here.facts.samples} by {facts.samples} samples of "
            f"{here.facts.units} units); ask tb-embed compare, or record fewer samples"
        )
    return here, LayerMetrics(run, facts.name, service.metrics_cache, "")
