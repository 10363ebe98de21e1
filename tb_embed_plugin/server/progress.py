"""Starts, follows and ends the job that fills a layout, for the routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import BrokenInstallationError
from tb_embed_plugin.jobs import engines
from tb_embed_plugin.jobs.expectation import Stage
from tb_embed_plugin.jobs.layouts import Layout
from tb_embed_plugin.jobs.quality import work_left
from tb_embed_plugin.jobs.task import Task
from tb_embed_plugin.server.answers import Answer, Service, json_answer


def start(
    service: Service,
    layout: Layout,
    arguments: Arguments,
    asked: Mapping[str, str] | None = None,
) -> None:
    """Starts the job that a layout, or its quality, lacks, or joins the one there is.

    Args:
        service: What the routes work with.
        layout: The layout.
        arguments: Those of the request.
        asked: What a worker reads a linear view from; the layout's settings if left out.

    Raises:
        BrokenInstallationError: The engine's library is not installed.
        BusyError: Too many jobs wait.
    """
    reason = engines.unavailable(layout.engine.name)
    if reason is not None:
        raise BrokenInstallationError(reason)
    task = Task(
        roots=tuple((str(root.path), root.name) for root in service.logdir.roots),
        run=layout.run.name,
        layer=layout.layer.name,
        engine=layout.engine.name,
        components=layout.components,
        settings=layout.settings if asked is None else asked,
        steps=tuple(layout.steps),
        order="outwards"
        if arguments.choice("order", ("backwards", "outwards")) == "outwards"
        else "backwards",
    )
    service.jobs.start(layout.key, task, work_left(layout))


def describe(
    service: Service, layout: Layout, stage: Stage, *, complete: bool
) -> dict[str, Any]:
    """Returns how far a stage of a layout is: state, one sentence, seconds still expected."""
    if complete:
        return {"state": "done", "message": "", "expected_seconds": 0}
    status = service.jobs.status(layout.key)
    if status is None or status.state == "done":
        expected = service.jobs.expected_seconds(work_left(layout), stage)
        message = engines.unavailable(layout.engine.name) or "not asked for yet"
        return {"state": "absent", "message": message, "expected_seconds": round(expected, 1)}
    seconds = status.expected_seconds
    return {
        "state": status.state,
        "message": status.message,
        "expected_seconds": None if seconds is None else round(seconds, 1),
    }


def cancel(service: Service, layout: Layout) -> Answer:
    """Ends the job of a layout; answers once it is gone."""
    service.jobs.cancel(layout.key)
    status = service.jobs.status(layout.key)
    return json_answer({"state": "absent" if status is None else status.state})
