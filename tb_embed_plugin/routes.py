"""One function per endpoint: parse the arguments, call, encode.

docs/http_api.md is the contract. A route knows no HTTP beyond `Answer`; `plugin.py` turns
answers and errors into responses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from tb_embed_plugin import linear, wire
from tb_embed_plugin.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.metric_routes import METRIC_ROUTES
from tb_embed_plugin.runs.logdir import BrokenRun
from tb_embed_plugin.runs.metadata_table import Column
from tb_embed_plugin.runs.run import LayerFacts, Run
from tb_embed_plugin.views import ENGINES as LINEAR_ENGINES
from tb_embed_plugin.views import Source, first_view

MAX_PREPARED_VALUES = 1 << 27
"""Values worth a second of one core before anybody has asked: 512 MiB of activations."""


def runs(service: Service, arguments: Arguments) -> Answer:
    """Lists the runs."""
    return json_answer({"runs": [_describe(run) for run in service.logdir.list_runs()]})


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
    return linear.projection(service, arguments)


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed."""
    return linear.quality(service, arguments)


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
    return json_answer({"engines": [asdict(engine) for engine in LINEAR_ENGINES]})


def prepare(service: Service) -> None:
    """Fits the basis that the page asks for first: all steps of the first layer there is.

    Raises:
        EmbedError: It cannot be read or fitted.
    """
    runs = [run for run in service.logdir.list_runs() if isinstance(run, Run) and run.layers]
    if not runs:
        return
    layer = runs[0].layers[0]
    if 0 < layer.samples * layer.units * len(layer.drawable) <= MAX_PREPARED_VALUES:
        service.frames.basis(first_view(Source(runs[0], layer.name)))


ROUTES: Mapping[str, Callable[[Service, Arguments], Answer]] = MappingProxyType(
    {
        "runs": runs,
        "metadata": metadata,
        "sprite": sprite,
        "projection": projection,
        "quality": quality,
        "vectors": vectors,
        "engines": engines,
        **METRIC_ROUTES,
    }
)


def _describe(run: Run | BrokenRun) -> dict[str, Any]:
    if isinstance(run, BrokenRun):
        return {
            "run": run.name,
            "source": "tb_embed",
            "recording": False,
            "layers": [],
            "steps": [],
            "problems": [run.problem],
        }
    return {
        "run": run.name,
        "source": run.source,
        "recording": run.recording,
        "layers": [_describe_layer(run, layer) for layer in run.layers],
        "steps": [asdict(step) for step in run.step_facts],
        "problems": run.problems,
    }


def _describe_layer(run: Run, layer: LayerFacts) -> dict[str, Any]:
    return {
        "name": layer.name,
        "samples": layer.samples,
        "units": layer.units,
        "steps": layer.drawable,
        "version": run.layer_version(layer.name),
        "columns": [asdict(column) for column in layer.columns],
        "sprite": layer.sprite and asdict(layer.sprite),
        "fingerprint": layer.fingerprint,
        "samples_version": layer.samples_version,
    }


def _encode_column(prefix: str, column: Column) -> dict[str, Any]:
    if column.type == "number":
        return {f"{prefix}.values": column.numbers()}
    if column.type == "text":
        return wire.encode_strings(f"{prefix}.text", column.cells)
    codes, words = column.categories()
    vocabulary = wire.encode_strings(f"{prefix}.vocabulary", words)
    return {f"{prefix}.codes": codes, **vocabulary}
