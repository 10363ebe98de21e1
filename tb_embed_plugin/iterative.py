"""Routes of the iterative engines: what the cache holds now, and the jobs that fill it.

Nothing is computed in a request. One with `start=1` starts a job, or joins the one there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tb_embed_plugin import engines, wire
from tb_embed_plugin.answers import Answer, Service, bound, json_answer
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import (
    BrokenInstallationError,
    NotRecordedError,
    UnsuitableDataError,
)
from tb_embed_plugin.expectation import Stage, Work
from tb_embed_plugin.layouts import Layout
from tb_embed_plugin.quality import (
    FRAME_NUMBERS,
    MOTION_NUMBERS,
    Measures,
    Numbers,
    sentence,
    warning,
)
from tb_embed_plugin.task import Kind, Task


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames that are finished among those of some steps, or how far they are."""
    layout = layout_of(service, arguments)
    steps = arguments.members("steps", layout.steps)
    width = 4 if layout.components == 3 else layout.components
    bound(len(steps) * layout.layer.samples * width * 2, "steps")
    frames = layout.frames(steps)
    missing = [step for step in layout.steps if step not in layout.finished()]
    if missing and arguments.wants_start():
        start(service, layout, arguments, "layout")
    state = {
        "engine": layout.engine.name,
        "components": layout.components,
        "settings": dict(layout.settings),
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress(service, layout, "frames", complete=not missing),
    }
    if not frames:
        return json_answer(state, status=202)
    tensors = wire.quantize(np.stack(list(frames.values())))
    body = wire.encode(
        tensors | {"steps": np.array(list(frames), np.int32)}, state | {"layout": layout.origin}
    )
    # An answer that lacks a frame must not be kept: the next one may have it.
    whole = len(frames) == len(steps)
    version = layout.run.layer_version(layout.layer.name) if whole else None
    return Answer(body, wire.CONTENT_TYPE, version)


def quality(service: Service, arguments: Arguments) -> Answer:
    """Answers how far each frame can be believed, as far as it was measured."""
    layout = layout_of(service, arguments)
    steps = arguments.members("steps", layout.steps)
    measures = Measures(layout, layout.known_digests())
    missing = measures.missing(layout.steps)
    complete = not missing and not measures.lacks_floor()
    if not complete and arguments.wants_start():
        start(service, layout, arguments, "layout")
    frames = measured(measures, steps)
    floor = measures.floor()
    content = {
        "engine": layout.engine.name,
        "components": layout.components,
        "settings": dict(layout.settings),
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress(service, layout, "quality", complete=complete),
        "frames": frames,
        "noise_floor": None if floor is None else floor["motion"],
        "sentence": sentence(layout.engine.title, frames),
        "warning": warning(frames, floor),
    }
    version = layout.run.layer_version(layout.layer.name) if complete else None
    return json_answer(content, version)


def cancel(service: Service, arguments: Arguments) -> Answer:
    """Ends the job of a projection; answers once it is gone."""
    arguments.check_may_start()
    layout = layout_of(service, arguments)
    service.jobs.cancel(layout.name)
    status = service.jobs.status(layout.name)
    return json_answer({"state": "absent" if status is None else status.state})


def layout_of(service: Service, arguments: Arguments) -> Layout:
    """Returns the layout that a request means.

    Raises:
        EmbedError: There is no such run, layer or engine, or a setting is none of its.
    """
    engine = engines.FACTS[arguments.choice("engine", list(engines.FACTS))]
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    if not layer.drawable:
        raise UnsuitableDataError(
            f"expected a snapshot of {layer.name!r} with finite values; run {run.name!r} has "
            f"none among its {len(layer.steps)} steps; wait for one, or look at the training"
        )
    components = arguments.choice("components", [str(n) for n in engine.components])
    settings = engine.settings(arguments.given(p.name for p in engine.parameters))
    layout = Layout(run, layer, engine, int(components), settings)
    column = layout.column
    if column and column not in [c.name for c in layer.columns if c.type == "category"]:
        raise NotRecordedError(
            f"expected a column of categories, one of "
            f"{[c.name for c in layer.columns if c.type == 'category']}; received {column!r}"
        )
    return layout


def start(service: Service, layout: Layout, arguments: Arguments, kind: Kind) -> None:
    """Starts the job that a layout, or its quality, lacks, or joins the one there is.

    Raises:
        BrokenInstallationError: The engine's library is not installed.
        BusyError: Too many jobs wait.
    """
    reason = engines.unavailable(layout.engine.name)
    if reason is not None:
        raise BrokenInstallationError(reason)
    task = Task(
        kind=kind,
        logdir=str(service.logdir.root),
        run=layout.run.name,
        layer=layout.layer.name,
        engine=layout.engine.name,
        components=layout.components,
        settings=layout.settings,
        steps=tuple(layout.steps),
        order="outwards" if arguments.choice("order", _ORDERS) == "outwards" else "backwards",
    )
    service.jobs.start(layout.name, task, work_of(layout))


def progress(
    service: Service, layout: Layout, stage: Stage, *, complete: bool
) -> dict[str, Any]:
    """Returns how far a stage of a layout is: state, one sentence, seconds still expected."""
    if complete:
        return {"state": "done", "message": "", "expected_seconds": 0}
    status = service.jobs.status(layout.name)
    if status is None or status.state == "done":
        expected = service.jobs.expected_seconds(work_of(layout), stage)
        message = engines.unavailable(layout.engine.name) or "not asked for yet"
        return {"state": "absent", "message": message, "expected_seconds": round(expected, 1)}
    seconds = status.expected_seconds
    return {
        "state": status.state,
        "message": status.message,
        "expected_seconds": None if seconds is None else round(seconds, 1),
    }


def work_of(layout: Layout) -> Work:
    """Returns how much is left to do of a layout."""
    finished = layout.finished()
    is_iterative = layout.engine.name in engines.LAYOUT
    measures = Measures(layout, layout.known_digests())
    return Work(
        engine=layout.engine.name,
        samples=layout.layer.samples,
        units=layout.layer.units,
        frames=len(layout.steps) - len(finished) if is_iterative else 0,
        from_nothing=not finished,
        measures=len(measures.missing(layout.steps)) + measures.lacks_floor(),
    )


def measured(measures: Measures, steps: Sequence[int]) -> list[dict[str, Any]]:
    """Returns the numbers of frames, None where one was not measured."""
    nothing: Numbers = dict.fromkeys((*FRAME_NUMBERS, *MOTION_NUMBERS))
    return [
        {
            "step": step,
            "variance_shown": None,
            **nothing,
            **(measures.of_frame(step) or {}),
            **(measures.of_motion(step) or {}),
        }
        for step in steps
    ]


_ORDERS = ("backwards", "outwards")
