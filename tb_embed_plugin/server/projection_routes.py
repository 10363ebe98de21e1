"""The routes of projections: frames, how far they can be believed, and the engines there are.

docs/http_api.md is the contract. Linear frames are made at once. Of an engine that iterates
nothing is computed in a request; one with `start=1` starts a job, or joins the one there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, TooMuchAskedError
from tb_embed_plugin.jobs.projector import Projector, projector_of, read_projector
from tb_embed_plugin.jobs.quality_records import QualityRecords, warning
from tb_embed_plugin.offline.page import offline_page, page_bytes
from tb_embed_plugin.projection_arguments import read_projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.projections.engine import Engine
from tb_embed_plugin.server import progress
from tb_embed_plugin.server.describe_projection import describe
from tb_embed_plugin.server.response import (
    MAX_BYTES,
    Answer,
    Service,
    binary_answer,
    bound,
    json_answer,
)


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames of some steps that there are, or how far they are."""
    projector = read_projector(service.logdir, arguments, service.computed)
    steps = _read_steps(projector, arguments)
    rows = _read_rows(projector, arguments)
    frames = projector.frames(steps)
    state = _frames_state(service, arguments, projector, steps)
    info = describe(projector) | state
    if not frames:
        return json_answer(info, status=202)
    # An answer that lacks a frame must not be kept: the next one may have it.
    version = projector.version if len(frames) == len(steps) else None
    return binary_answer(_encode(frames, rows), info | _origin(projector), version)


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed, as far as it was measured."""
    projector = read_projector(service.logdir, arguments, service.computed)
    steps = arguments.members("steps", projector.cache.steps)
    label = progress.label_of_request(projector.cache, arguments)
    state = _quality_state(service, arguments, projector, label)
    content = {"label": label, **_describe_quality(projector, steps, label)}
    version = projector.version if state["state"] == "done" else None
    return json_answer({**describe(projector), **state, **content}, version)


def cancel(service: Service, arguments: Arguments) -> Answer:
    """Ends the job of a projection."""
    arguments.check_may_start()
    asked = read_projection(service.logdir, arguments)
    layout = projector_of(asked, service.logdir, service.computed).cache
    label = progress.label_of_request(layout, arguments)
    return json_answer({"state": progress.cancel(service, layout, label)})


def write_offline_page(service: Service, arguments: Arguments) -> Answer:
    """Answers a projection at all its steps as an HTML page that plays without a server."""
    projector = read_projector(service.logdir, arguments, service.computed)
    _bound_page(page_bytes(projector))
    label = progress.label_of_request(projector.cache, arguments)
    page = offline_page(projector, label).encode()
    _bound_page(len(page))
    # To be saved: as a page of this server's it might run its script here.
    return Answer(page, "application/octet-stream", projector.version)


def _bound_page(size: int) -> None:
    if size > MAX_BYTES:
        raise TooMuchAskedError(
            f"the page would hold about {size >> 20} MB, more than one answer may "
            f"({MAX_BYTES >> 20} MB); write it with tb-embed export --format html"
        )


def list_engines(service: Service, arguments: Arguments) -> Answer:
    """Lists the engines with their settings."""
    described = [_describe_engine(facts) for facts in engines.FACTS.values()]
    return json_answer({"engines": described})


def _read_steps(projector: Projector, arguments: Arguments) -> list[int]:
    layout = projector.cache
    steps = arguments.members("steps", layout.steps)
    width = 4 if layout.components == 3 else layout.components
    frame = layout.layer.samples * width * 2
    if frame > MAX_BYTES:
        raise TooMuchAskedError(
            f"a frame of {layout.components} components has at most {MAX_BYTES // (2 * width)} "
            f"samples, but the layer has {layout.layer.samples}; record fewer samples "
            "(max_samples), or pass a part of the rows to record()"
        )
    bound(len(steps) * frame, "steps")
    return steps


def _frames_state(
    service: Service, arguments: Arguments, projector: Projector, steps: Sequence[int]
) -> dict[str, Any]:
    """Returns how far the frames are; starts the job that they lack, where that is asked."""
    layout = projector.cache
    if not layout.is_iterative:
        return {"done": len(steps), "total": len(steps), "state": "done"}
    missing = set(layout.steps) - set(layout.finished())
    label = progress.label_of_request(layout, arguments)
    if missing and arguments.wants_start():
        progress.start(service, layout, arguments, label)
    return {
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress.describe(service, layout, "frames", label, complete=not missing),
    }


def _quality_state(
    service: Service, arguments: Arguments, projector: Projector, label: str | None
) -> dict[str, Any]:
    """Returns how far the measuring is; starts the job that it lacks, where that is asked."""
    layout = projector.cache
    records = QualityRecords(layout, layout.known_digests(), label)
    missing = records.missing(layout.steps)
    complete = not missing and not records.lacks_floor()
    if not complete and arguments.wants_start():
        progress.start(service, layout, arguments, label)
    return {
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress.describe(service, layout, "quality", label, complete=complete),
    }


def _describe_quality(
    projector: Projector, steps: Sequence[int], label: str | None
) -> dict[str, Any]:
    frames, floor = projector.quality(steps, label), projector.noise_floor
    engine, unit = projector.cache.engine.title, projector.cache.run.step_unit
    return {
        "frames": frames,
        "noise_floor": floor,
        "sentence": projector.sentence(frames),
        # A linear engine moves nothing by itself.
        "warning": warning(frames, floor, engine, unit)
        if projector.cache.is_iterative
        else None,
    }


def _read_rows(projector: Projector, arguments: Arguments) -> NDArray[np.int64] | None:
    """Returns a fair part of the samples where fewer are asked for, ascending; else None."""
    facts = projector.layer.facts
    most = arguments.number("at_most", facts.samples)
    if most < 1:
        raise ArgumentError("at_most must be at least 1; leave it out for all samples")
    if most >= facts.samples:
        return None
    # Always the same ones: a page that asks again sees the same picture.
    drawn = np.random.default_rng(0).choice(
        facts.shown, min(most, len(facts.shown)), replace=False
    )
    return np.sort(drawn)


def _encode(
    frames: dict[int, NDArray[np.float32]], rows: NDArray[np.int64] | None
) -> dict[str, NDArray[np.generic]]:
    """Returns the tensors of some frames, of the samples `rows` or of all."""
    chosen = [frame if rows is None else frame[rows] for frame in frames.values()]
    tensors = wire.quantize(np.stack(chosen))
    tensors["steps"] = np.array(list(frames), np.int32)
    return tensors if rows is None else tensors | {"rows": rows.astype(np.int32)}


def _origin(projector: Projector) -> dict[str, Any]:
    """Returns which coordinate system frames lie in that may be laid out anew."""
    layout = projector.cache
    return {"layout": layout.origin} if layout.is_iterative else {}


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
