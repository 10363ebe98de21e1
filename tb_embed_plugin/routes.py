"""One function per endpoint: parse the arguments, call, encode.

docs/http_api.md is the contract. A route knows no HTTP beyond `Answer`; `plugin.py` turns
answers and errors into responses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np

from tb_embed_plugin import wire
from tb_embed_plugin.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.frames import View
from tb_embed_plugin.projections import pca
from tb_embed_plugin.runs.metadata_table import Column
from tb_embed_plugin.runs.run import Run

MAX_PREPARED_VALUES = 1 << 27
"""Values worth a second of one core before anybody has asked: 512 MiB of activations."""

ENGINES = (pca.ENGINE,)


def runs(service: Service, arguments: Arguments) -> Answer:
    """Lists the runs."""
    body = service.listing.describe(service.logdir.list_runs())
    return Answer(body, "application/json")


def metadata(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples' metadata."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    columns = run.columns(layer.name)
    tensors: dict[str, Any] = {}
    for i, column in enumerate(columns):
        tensors.update(_encode_column(f"{i}", column))
    info = {"columns": [asdict(column.info) for column in columns]}
    return Answer(wire.encode(tensors, info), wire.CONTENT_TYPE, layer.samples_version)


def sprite(service: Service, arguments: Arguments) -> Answer:
    """Answers a page of thumbnails."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    body, content_type = run.sprite(layer.name, arguments.number("page", 0))
    return Answer(body, content_type, layer.samples_version)


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames of some steps."""
    view, engine = _view(service, arguments)
    steps = _steps(view, arguments)
    frames = service.frames.frames(view, steps)
    tensors = wire.quantize(frames) | {"steps": np.array(steps, np.int32)}
    info = {
        "engine": engine,
        "components": view.components,
        "basis_steps": view.basis_steps,
        "done": len(steps),
        "total": len(steps),
        "state": "done",
        "variance": service.frames.basis(view).shares(view.components).tolist(),
    }
    version = view.run.layer_version(view.layer)
    return Answer(wire.encode(tensors, info), wire.CONTENT_TYPE, version)


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed."""
    view, engine = _view(service, arguments)
    shares = service.frames.basis(view).shares(view.components).tolist()
    shown = [
        {"step": step, "variance_shown": service.frames.variance_shown(view, step)}
        for step in arguments.members("steps", view.run.layer(view.layer).drawable)
    ]
    content = {
        "engine": engine,
        "components": view.components,
        "basis_steps": view.basis_steps,
        "variance": shares,
        "frames": shown,
        "noise_floor": 0.0,
        "sentence": f"PCA: {view.components} components show {100 * sum(shares):.0f} % of the "
        f"variance of {len(view.basis_steps)} steps.",
    }
    return json_answer(content, view.run.layer_version(view.layer))


def vectors(service: Service, arguments: Arguments) -> Answer:
    """Answers activations as they were recorded."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    snapshot = run.snapshot(layer.name, arguments.number("step"))
    samples = arguments.members("samples", range(len(snapshot)))
    bound(len(samples) * layer.units * 4, "samples")
    body = wire.encode({"vectors": snapshot[samples]})
    return Answer(body, wire.CONTENT_TYPE, run.layer_version(layer.name))


def engines(service: Service, arguments: Arguments) -> Answer:
    """Lists the engines and what each can be told."""
    return json_answer({"engines": [asdict(engine) for engine in ENGINES]})


def prepare(service: Service) -> None:
    """Fits the basis that the page asks for first: all steps of the first layer there is.

    Raises:
        EmbedError: It cannot be read or fitted.
    """
    runs = [run for run in service.logdir.list_runs() if isinstance(run, Run) and run.layers]
    if not runs:
        return
    layer = runs[0].layers[0]
    steps = tuple(layer.drawable)
    if 0 < layer.samples * layer.units * len(steps) <= MAX_PREPARED_VALUES:
        service.frames.basis(View(runs[0], layer.name, steps, components=3))


ROUTES: Mapping[str, Callable[[Service, Arguments], Answer]] = MappingProxyType(
    {
        "runs": runs,
        "metadata": metadata,
        "sprite": sprite,
        "projection": projection,
        "quality": quality,
        "vectors": vectors,
        "engines": engines,
    }
)


def _view(service: Service, arguments: Arguments) -> tuple[View, str]:
    engine = arguments.choice("engine", [engine.name for engine in ENGINES])
    run = service.logdir.run(arguments.text("run"))
    components = arguments.choice("components", [str(n) for n in pca.ENGINE.components])
    layer = run.layer(arguments.text("layer"))
    if not layer.drawable:
        raise UnsuitableDataError(
            f"expected a snapshot of {layer.name!r} with finite values; run {run.name!r} has "
            f"none among its {len(layer.steps)} steps; wait for one, or look at the training"
        )
    view = View(
        run=run,
        layer=layer.name,
        basis_steps=tuple(arguments.members("basis_steps", layer.drawable)),
        components=int(components),
    )
    return view, engine


def _steps(view: View, arguments: Arguments) -> list[int]:
    layer = view.run.layer(view.layer)
    steps = arguments.members("steps", layer.drawable)
    width = 4 if view.components == 3 else view.components
    bound(len(steps) * layer.samples * width * 2, "steps")
    return steps


def _encode_column(prefix: str, column: Column) -> dict[str, Any]:
    if column.type == "number":
        return {f"{prefix}.values": column.numbers()}
    if column.type == "text":
        return wire.encode_strings(f"{prefix}.text", column.cells)
    codes, words = column.categories()
    vocabulary = wire.encode_strings(f"{prefix}.vocabulary", words)
    return {f"{prefix}.codes": codes, **vocabulary}
