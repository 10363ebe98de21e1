"""The linear side of the routes `projection` and `quality`: parse, call, encode.

The engines here have a basis, so every answer is complete and is had at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from tb_embed_plugin import wire
from tb_embed_plugin.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, UnsuitableDataError
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.runs.matching import StepRule
from tb_embed_plugin.views import ENGINES, Carried, Onto, Source, View


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames of some steps."""
    view = _read_view(service, arguments)
    steps = _read_steps(view, arguments)
    tensors = wire.quantize(service.frames.frames(view, steps))
    info = _describe(service, view) | {"done": len(steps), "total": len(steps), "state": "done"}
    body = wire.encode(tensors | {"steps": np.array(steps, np.int32)}, info)
    return Answer(body, wire.CONTENT_TYPE, _version(view))


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed."""
    view = _read_view(service, arguments)
    shown = [
        {"step": step, "variance_shown": service.frames.variance_shown(view, step)}
        for step in arguments.members("steps", view.source.facts.drawable)
    ]
    content = _describe(service, view)
    sentence = _sentence(view, sum(content["variance"]))
    content |= {"frames": shown, "noise_floor": 0.0, "sentence": sentence}
    return json_answer(content, _version(view))


def _read_view(service: Service, arguments: Arguments) -> View:
    name = arguments.choice("engine", [engine.name for engine in ENGINES])
    engine = next(engine for engine in ENGINES if engine.name == name)
    source = _read_source(service, arguments, "run", "layer")
    components = arguments.choice("components", [str(n) for n in engine.components])
    settings = engine.settings(
        arguments.given([parameter.name for parameter in engine.parameters])
    )
    onto = None
    if arguments.given(["onto_run", "onto_layer"]):
        there = _read_source(service, arguments, "onto_run", "onto_layer")
        rules: tuple[StepRule, ...] = get_args(StepRule)
        rule = arguments.choice("match", rules)
        onto = Onto(there, next(known for known in rules if known == rule))
    home = source if onto is None else onto.source
    return View(
        source=source,
        engine=name,
        settings=settings,
        basis_steps=tuple(arguments.members("basis_steps", home.facts.drawable)),
        components=int(components),
        sides=_read_sides(arguments, settings, home.facts.samples),
        onto=onto,
    )


def _read_source(
    service: Service, arguments: Arguments, run_name: str, layer_name: str
) -> Source:
    run = service.logdir.run(arguments.text(run_name))
    source = Source(run, arguments.text(layer_name))
    if not source.facts.drawable:
        raise UnsuitableDataError(
            f"expected a snapshot of {source.layer!r} with finite values; run {run.name!r} has "
            f"none among its {len(source.facts.steps)} steps; wait for one, or look at the "
            "training"
        )
    return source


def _read_sides(
    arguments: Arguments, settings: Settings, n_samples: int
) -> tuple[tuple[int, ...], ...]:
    if settings.get("kind") != "groups":
        return ()
    names = ["left", "right"]
    if settings["down"] or settings["up"]:
        names += ["down", "up"]
    missing = [name for name in names if not settings[name]]
    if missing:
        raise ArgumentError(
            f"expected samples in {' and '.join(names)}; received none in "
            f"{' and '.join(missing)}; name them as 0,5-7, or choose another kind of axes"
        )
    return tuple(tuple(arguments.members(name, range(n_samples))) for name in names)


def _read_steps(view: View, arguments: Arguments) -> list[int]:
    steps = arguments.members("steps", view.source.facts.drawable)
    width = 4 if view.components == 3 else view.components
    bound(len(steps) * view.source.facts.samples * width * 2, "steps")
    return steps


def _version(view: View) -> str:
    """Changes when the data of the layer that is shown do, or of the one it is carried onto."""
    sources: Sequence[Source] = [view.source] if view.onto is None else [view.source, view.home]
    return "-".join(source.run.layer_version(source.layer) for source in sources)


def _describe(service: Service, view: View) -> dict[str, Any]:
    basis = service.frames.basis(view)
    content = {
        "engine": view.engine,
        "components": view.components,
        "basis_steps": view.basis_steps,
        "leading": min(basis.leading, view.components),
        "variance": basis.shares(view.components).tolist(),
    }
    if view.onto is not None:
        content["onto"] = _describe_onto(
            view, view.onto, service.frames.carried(view.source, view.onto)
        )
    return content


def _describe_onto(view: View, onto: Onto, carried: Carried) -> dict[str, Any]:
    found, rows = carried.alignment, carried.samples.rows
    n_samples = view.source.facts.samples if rows is None else len(rows)
    there = f"{onto.source.layer} of {onto.source.run.name}"
    units = view.source.facts.units, onto.source.facts.units
    if found.method == "procrustes":
        how = f"turned onto {there} in {units[0]} dimensions"
    else:
        how = (
            f"carried onto {there} through {found.dimensions} shared dimensions of {units[0]} "
            f"and {units[1]}"
        )
    warning = ""
    if n_samples <= max(units):
        warning = (
            f" {n_samples} samples in {max(units)} dimensions can be laid onto any others: "
            "the residual says little."
        )
    return {
        "run": onto.source.run.name,
        "layer": onto.source.layer,
        "match": onto.rule,
        "samples": n_samples,
        "samples_by": carried.samples.by,
        "method": found.method,
        "dimensions": found.dimensions,
        "correlations": None if found.correlations is None else found.correlations.tolist(),
        "steps": [asdict(step) for step in found.steps],
        "sentence": f"{view.source.layer} of {view.source.run.name} is {how}."
        f"{_distance(carried)}{warning}",
    }


def _distance(carried: Carried) -> str:
    last = carried.alignment.steps[-1]
    if last.residual is None or last.cka is None:
        return ""
    return (
        f" At step {last.step} it then differs by {100 * last.residual:.0f} % of that layer's "
        f"size; CKA {last.cka:.2f}."
    )


def _sentence(view: View, share: float) -> str:
    kind = view.settings.get("kind")
    title = {"class_means": "Class means", "lda": "LDA", "groups": "Groups"}.get(
        str(kind), "PCA"
    )
    return (
        f"{title}: {view.components} components show {100 * share:.0f} % of the variance of "
        f"{len(view.basis_steps)} steps."
    )
