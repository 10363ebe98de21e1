"""The routes of recorded data: runs, metadata, thumbnails, activations.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.server.columns import pack_columns
from tb_embed_plugin.server.kept_metadata import packed_columns
from tb_embed_plugin.server.response import Answer, Service, binary_answer, bound
from tb_embed_plugin.snapshot import part_of


def runs(service: Service, arguments: Arguments) -> Answer:
    """Lists the runs, those that a page shows before others that are not read yet."""
    logdir = service.logdir
    for root in logdir.roots:
        root.prepare()
    listed = logdir.list_runs([*arguments.given(("run", "onto_run", "with_run")).values()])
    body = service.listing.describe(listed, logdir.problems, logdir.unread)
    return Answer(body, "application/json")


def metadata(service: Service, arguments: Arguments) -> Answer:
    """Answers the samples' metadata."""
    run, layer = _layer(service, arguments)
    step = None
    if arguments.optional("step") is not None:
        (step,) = arguments.members("step", layer.steps)[:1]
    # The samples' version says of a table whether it has changed, the layer's of those by step.
    versions = layer.samples_version, run.layer_version(layer.name)
    # A run that is opened anew says anew what is wrong with its table.
    key = run, layer.name, step, *versions
    return service.metadata.get(key, lambda: _metadata(run, layer, step))


def _metadata(run: Run, layer: LayerFacts, step: int | None) -> Answer:
    if step is None:
        described, tensors = packed_columns(run, layer, lambda: run.columns(layer.name))
    else:
        at_step = [c for c in run.columns(layer.name, step) if c.info.by_step]
        described, tensors = pack_columns(at_step)
    by_step = any(column["by_step"] for column in described)
    version = run.layer_version(layer.name) if by_step else layer.samples_version
    rows = layer.samples if described else 0
    return binary_answer(tensors, {"columns": described, "rows": rows}, version)


def sprite(service: Service, arguments: Arguments) -> Answer:
    """Answers a page of thumbnails."""
    run, layer = _layer(service, arguments)
    body, content_type = run.sprite(layer.name, arguments.number("page", 0))
    return Answer(body, content_type, layer.samples_version)


def vectors(service: Service, arguments: Arguments) -> Answer:
    """Answers activations as they were recorded."""
    run, layer = _layer(service, arguments)
    snapshot = run.snapshot(layer.name, arguments.number("step"))
    samples = arguments.members("samples", range(len(snapshot)))
    units = arguments.members("units", range(layer.units))
    bound(len(samples) * len(units) * 4, "samples")
    found = part_of(snapshot, samples, units)
    return binary_answer({"vectors": found}, None, run.layer_version(layer.name))


def _layer(service: Service, arguments: Arguments) -> tuple[Run, LayerFacts]:
    run = service.logdir.run(arguments.text("run"))
    return run, run.layer(arguments.text("layer"))
