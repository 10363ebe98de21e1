"""The routes of pictures: frames, how far they can be believed, and the engines there are.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.jobs import engines
from tb_embed_plugin.projections.engine import Engine
from tb_embed_plugin.server import iterative, linear, progress
from tb_embed_plugin.server.response import Answer, Service, json_answer


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames of some steps."""
    if _is_iterative(arguments):
        return iterative.projection(service, arguments)
    return linear.projection(service, arguments)


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed."""
    if _is_iterative(arguments):
        return iterative.quality(service, arguments)
    return linear.quality(service, arguments)


def cancel(service: Service, arguments: Arguments) -> Answer:
    """Ends the job of a projection."""
    arguments.check_may_start()
    side = iterative if _is_iterative(arguments) else linear
    layout = side.layout_of(service, arguments)
    return progress.cancel(service, layout, progress.label_of_request(layout, arguments))


def list_engines(service: Service, arguments: Arguments) -> Answer:
    """Lists the engines and what each can be told."""
    described = [_describe_engine(facts) for facts in engines.FACTS.values()]
    return json_answer({"engines": described})


def _is_iterative(arguments: Arguments) -> bool:
    return arguments.choice("engine", list(engines.FACTS)) in engines.LAYOUT


def _describe_engine(facts: Engine) -> dict[str, Any]:
    return {
        "name": facts.name,
        "title": facts.title,
        "components": facts.components,
        "parameters": [asdict(parameter) for parameter in facts.parameters],
        "version": facts.version,
        "least_samples": facts.least_samples,
        "iterative": facts.name in engines.LAYOUT,
        "unavailable": facts.unavailable(),
    }
