"""One function per endpoint: parse the arguments, call, encode.

docs/http_api.md is the contract. A route knows no HTTP beyond `Answer`; `plugin.py` turns
answers and errors into responses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType

from tb_embed_plugin import wire
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.jobs import engines
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.server import iterative, linear, progress
from tb_embed_plugin.server.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.server.columns import describe_columns, encode_columns
from tb_embed_plugin.server.comparison_routes import COMPARISON_ROUTES
from tb_embed_plugin.server.lens_routes import LENS_ROUTES
from tb_embed_plugin.server.metric_routes import METRIC_ROUTES
from tb_embed_plugin.server.sample_routes import SAMPLE_ROUTES
from tb_embed_plugin.views import Source, first_view

MAX_PREPARED_VALUES = 1 << 27
"""Values worth a second of one core before anybody has asked: 512 MiB of activations."""


def runs(service: Service, arguments: Arguments) -> Answer:
    """Lists the runs."""
    listed = service.logdir.list_runs()
    body = service.listing.describe(listed, service.logdir.problems)
    return Answer(body, "application/json")


def metadata(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples' metadata."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    columns, version = run.columns(layer.name), layer.samples_version
    if arguments.optional("step") is not None:
        (step,) = arguments.members("step", layer.steps)[:1]
        columns = [c for c in run.columns(layer.name, step) if c.info.by_step]
    if any(column.info.by_step for column in columns):
        version = run.layer_version(layer.name)
    info = {"columns": describe_columns(columns)}
    return Answer(wire.encode(encode_columns(columns), info), wire.CONTENT_TYPE, version)


def sprite(service: Service, arguments: Arguments) -> Answer:
    """Answers a page of thumbnails."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    body, content_type = run.sprite(layer.name, arguments.number("page", 0))
    return Answer(body, content_type, layer.samples_version)


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


def vectors(service: Service, arguments: Arguments) -> Answer:
    """Answers activations as they were recorded."""
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    snapshot = run.snapshot(layer.name, arguments.number("step"))
    samples = arguments.members("samples", range(len(snapshot)))
    units = arguments.members("units", range(layer.units))
    bound(len(samples) * len(units) * 4, "samples")
    # Units first: one of them, of many samples, is small.
    rows = snapshot if len(units) == layer.units else snapshot[:, units]
    body = wire.encode({"vectors": rows[samples]})
    return Answer(body, wire.CONTENT_TYPE, run.layer_version(layer.name))


def list_engines(service: Service, arguments: Arguments) -> Answer:
    """Lists the engines and what each can be told."""
    described = [
        {
            **asdict(facts),
            "iterative": name in engines.LAYOUT,
            "unavailable": engines.unavailable(name),
        }
        for name, facts in engines.FACTS.items()
    ]
    return json_answer({"engines": described})


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
        "cancel": cancel,
        "engines": list_engines,
        **COMPARISON_ROUTES,
        **LENS_ROUTES,
        **METRIC_ROUTES,
        **SAMPLE_ROUTES,
    }
)


def _is_iterative(arguments: Arguments) -> bool:
    return arguments.choice("engine", list(engines.FACTS)) in engines.LAYOUT
