"""The linear side of the routes `projection` and `quality`: parse, call, encode.

The engines here have a basis, so every answer is complete and is had at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from tb_embed_plugin import wire
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.jobs.layouts import Layout, layout_of_view
from tb_embed_plugin.jobs.quality import QualityRecords, words
from tb_embed_plugin.server import progress
from tb_embed_plugin.server.response import Answer, Service, bound, json_answer
from tb_embed_plugin.view_arguments import CARRYING, read_view
from tb_embed_plugin.views import Carried, Onto, Source, View


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames of some steps."""
    view = read_view(service.logdir, arguments)
    try:
        service.frames.basis(view)
    except UnsuitableDataError:
        # Some of what others wrote may hold NaN, of which nobody knew before it was read.
        before = view.source.facts
        view.source.run.learn(view.source.layer, before.drawable)
        view = read_view(service.logdir, arguments)
        if view.source.facts == before:
            raise
    steps = _read_steps(view, arguments)
    tensors = wire.quantize(service.frames.frames(view, steps))
    info = _describe(service, view) | {"done": len(steps), "total": len(steps), "state": "done"}
    body = wire.encode(tensors | {"steps": np.array(steps, np.int32)}, info)
    return Answer(body, wire.CONTENT_TYPE, _version(view))


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed."""
    view = read_view(service.logdir, arguments)
    layout = layout_of_view(view)
    label = progress.label_of_request(layout, arguments)
    measures = QualityRecords(layout, layout.known_digests(), label)
    missing = measures.missing(layout.steps)
    if missing and arguments.wants_start():
        names = [*(p.name for p in layout.engine.parameters), *CARRYING, "label"]
        progress.start(service, layout, arguments, label, arguments.given(names))
    frames = measures.of_frames(arguments.members("steps", layout.steps))
    for frame in frames:
        frame["variance_shown"] = service.frames.variance_shown(view, frame["step"])
    content = _describe(service, view)
    content |= {
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress.describe(service, layout, "quality", label, complete=not missing),
        "label": label,
        "frames": frames,
        "noise_floor": 0.0,
        "sentence": _sentence(view, content["variance"], words(frames)),
        "warning": None,
    }
    return json_answer(content, None if missing else _version(view))


def layout_of(service: Service, arguments: Arguments) -> Layout:
    """Returns what the cache knows of the view that a request means.

    Raises:
        EmbedError: There is no such run, layer or engine, or an argument is none of its.
    """
    return layout_of_view(read_view(service.logdir, arguments))


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
    # Where the samples are all alike there is nothing to share.
    differ = basis.total_variance > 0
    content = {
        "engine": view.engine,
        "components": view.components,
        "hidden": view.source.facts.hidden,
        "basis_steps": view.basis_steps,
        "leading": min(basis.leading, view.components),
        "variance": basis.shares(view.components).tolist() if differ else None,
        "label": view.label,
        "unit": basis.unit,
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
        f"{_distance(view, carried)}{warning}",
    }


def _distance(view: View, carried: Carried) -> str:
    last = carried.alignment.steps[-1]
    if last.residual is None or last.cka is None:
        return ""
    step = view.source.run.step_name(last.step)
    return (
        f" At step {step} it then differs by {100 * last.residual:.0f} % of that layer's "
        f"size; CKA {last.cka:.2f}."
    )


def _sentence(view: View, shares: Sequence[float] | None, measured: str) -> str:
    kind = view.settings.get("kind")
    title = {"class_means": "Class means", "lda": "LDA", "groups": "Groups"}.get(
        str(kind), "PCA"
    )
    if shares is None:
        return f"{title}: the samples do not differ{measured and '; '}{measured}."
    first, *more = view.basis_steps
    steps = f"{1 + len(more)} steps" if more else f"step {view.home.run.step_name(first)}"
    return (
        f"{title}: {view.components} components show {100 * sum(shares):.0f} % of the variance "
        f"of {steps}{measured and '; '}{measured}."
    )
