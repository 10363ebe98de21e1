"""The job that fills a layout, as the routes start, follow and end it.

Frames follow from no label, so one job makes them whatever the label is. Where they are there,
what is measured of them by one label is another job than by another.
"""

from __future__ import annotations

from typing import Any

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import BrokenInstallationError
from tb_embed_plugin.jobs.job_queue import Status
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.quality_records import work_left
from tb_embed_plugin.jobs.time_estimate import Stage
from tb_embed_plugin.runs.labels import label_of, read_classes
from tb_embed_plugin.runs.run import short_hash
from tb_embed_plugin.server.response import Service


def label_of_request(layout: LayoutCache, arguments: Arguments) -> str | None:
    """Returns the column by which a request wants label accuracy measured, None for none.

    Raises:
        ArgumentError: There is no such column, or it holds no classes.
    """
    label = label_of(layout.layer, arguments.label())
    if label is not None and label != layout.layer.label:
        read_classes(layout.run, layout.layer.name, label)
    return label


def start(
    service: Service, layout: LayoutCache, arguments: Arguments, label: str | None
) -> None:
    """Starts the job that a layout, or its quality, lacks, or joins the one there is.

    Args:
        service: What the routes work with.
        layout: The layout.
        arguments: Those of the request.
        label: The column by which label accuracy is measured, None for no label.

    Raises:
        BrokenInstallationError: The engine's library is not installed.
        BusyError: Too many jobs wait.
    """
    reason = layout.engine.unavailable()
    if reason is not None:
        raise BrokenInstallationError(reason)
    status = _status(service, layout, label)
    if status is not None and status.state in ("waiting", "running"):
        return
    outwards = arguments.choice("order", ("backwards", "outwards")) == "outwards"
    spec = JobSpec(
        roots=tuple((str(root.path), root.name) for root in service.logdir.roots),
        projection=layout.projection,
        steps=tuple(layout.steps),
        order="outwards" if outwards else "backwards",
        label=label,
    )
    left = work_left(layout, label)
    key = layout.key if left.frames else _key(layout, label)
    service.jobs.start(key, spec, left)


def describe(
    service: Service, layout: LayoutCache, stage: Stage, label: str | None, *, complete: bool
) -> dict[str, Any]:
    """Returns how far a stage of a layout is: state, one sentence, seconds still expected.

    Of work that nobody does, the seconds are those that a job would take; `jobs` says how many
    there are of whatever layout, `part` how much is done of the frame under way.
    """
    jobs = service.jobs.under_way()
    if complete:
        return {
            "state": "done",
            "message": "",
            "expected_seconds": 0,
            "part": 0.0,
            "jobs": jobs,
        }
    status = (
        service.jobs.status(layout.key)
        if stage == "frames"
        else _status(service, layout, label)
    )
    state, message, part, seconds = "absent", "not started yet", 0.0, None
    if status is not None and status.state != "done":
        state, message, seconds = status.state, status.message, status.expected_seconds
        part = status.part if state == "running" else 0.0
    elif (reason := layout.engine.unavailable()) is not None:
        message = reason
    if seconds is None:
        seconds = service.jobs.expected_seconds(work_left(layout, label), stage)
    return {
        "state": state,
        "message": message,
        "expected_seconds": round(seconds, 1),
        "part": round(part, 3),
        "jobs": jobs,
    }


def cancel(service: Service, layout: LayoutCache, label: str | None) -> str:
    """Ends the jobs of a layout; returns the state once they are gone."""
    for key in (layout.key, _key(layout, label)):
        service.jobs.cancel(key)
    status = service.jobs.status(layout.key) or _status(service, layout, label)
    return "absent" if status is None else status.state


def _status(service: Service, layout: LayoutCache, label: str | None) -> Status | None:
    """Returns how the job is that measures a layout by a label, None where there is none."""
    found = [service.jobs.status(key) for key in (_key(layout, label), layout.key)]
    known = [status for status in found if status is not None and status.label == label]
    under_way = [status for status in known if status.state in ("waiting", "running")]
    return next(iter([*under_way, *known]), None)


def _key(layout: LayoutCache, label: str | None) -> str:
    return f"{layout.key}-{short_hash(label)}"
