"""The iterative side of the routes `projection` and `quality`: parse, look up, encode.

Nothing is computed in a request. One with `start=1` starts a job, or joins the one there is.
"""

from __future__ import annotations

import numpy as np

from tb_embed_plugin import wire
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, NotRecordedError, UnsuitableDataError
from tb_embed_plugin.jobs import engines
from tb_embed_plugin.jobs.layouts import Layout
from tb_embed_plugin.jobs.quality import QualityRecords, warning, words
from tb_embed_plugin.server import progress
from tb_embed_plugin.server.response import Answer, Service, bound, json_answer
from tb_embed_plugin.view_arguments import CARRYING


def projection(service: Service, arguments: Arguments) -> Answer:
    """Answers the frames that are finished among those of some steps, or how far they are."""
    layout = layout_of(service, arguments)
    steps = arguments.members("steps", layout.steps)
    width = 4 if layout.components == 3 else layout.components
    bound(len(steps) * layout.layer.samples * width * 2, "steps")
    frames = {s: layout.layer.with_hidden(f) for s, f in layout.frames(steps).items()}
    missing = set(layout.steps) - set(layout.finished())
    label = progress.label_of_request(layout, arguments)
    if missing and arguments.wants_start():
        progress.start(service, layout, arguments, label)
    state = {
        "engine": layout.engine.name,
        "components": layout.components,
        "settings": dict(layout.settings),
        "hidden": layout.layer.hidden,
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress.describe(service, layout, "frames", label, complete=not missing),
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
    label = progress.label_of_request(layout, arguments)
    measures = QualityRecords(layout, layout.known_digests(), label)
    missing = measures.missing(layout.steps)
    complete = not missing and not measures.lacks_floor()
    if not complete and arguments.wants_start():
        progress.start(service, layout, arguments, label)
    frames = measures.of_frames(steps)
    floor = measures.floor()
    content = {
        "engine": layout.engine.name,
        "components": layout.components,
        "settings": dict(layout.settings),
        "done": len(layout.steps) - len(missing),
        "total": len(layout.steps),
        **progress.describe(service, layout, "quality", label, complete=complete),
        "label": label,
        "frames": frames,
        "noise_floor": None if floor is None else floor["motion"],
        "sentence": f"{layout.engine.title}: {words(frames) or 'not measured yet'}.",
        "warning": warning(frames, floor),
    }
    version = layout.run.layer_version(layout.layer.name) if complete else None
    return json_answer(content, version)


def layout_of(service: Service, arguments: Arguments) -> Layout:
    """Returns the layout that a request means.

    Raises:
        EmbedError: There is no such run, layer or engine, or a setting is none of its.
    """
    engine = engines.FACTS[arguments.choice("engine", list(engines.FACTS))]
    carrying = arguments.given(CARRYING)
    if carrying:
        raise ArgumentError(
            f"expected a linear view, pca or axes, with {' and '.join(sorted(carrying))}; "
            f"received {engine.name}; leave them out to lay the run out by itself"
        )
    run = service.logdir.run(arguments.text("run"))
    layer = run.layer(arguments.text("layer"))
    # The job must lay out what the answer then looks for.
    run.learn(layer.name, layer.drawable)
    layer = run.layer(layer.name)
    if not layer.drawable:
        raise UnsuitableDataError(
            f"expected a snapshot of {layer.name!r} with finite values; run {run.name!r} has "
            f"none among its {len(layer.steps)} steps; wait for one, or look at the training"
        )
    components = arguments.choice("components", [str(n) for n in engine.components])
    engine.check_samples(layer.samples)
    settings = engine.settings(arguments.given(p.name for p in engine.parameters))
    layout = Layout(run, layer, engine, int(components), settings)
    column = layout.column
    categories = [c.name for c in layer.columns if c.type == "category" and not c.by_step]
    if column and column not in categories:
        raise NotRecordedError(
            f"expected a column of categories, one of {categories}; received {column!r}"
        )
    return layout
