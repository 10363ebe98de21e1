"""Does a task: composes a run, an engine and the cache; in a worker, or for a command.

Nothing in here knows TensorFlow, processes or HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import TooMuchAskedError
from tb_embed_plugin.frames import Frames
from tb_embed_plugin.jobs import engines
from tb_embed_plugin.jobs.expectation import Stage
from tb_embed_plugin.jobs.layouts import Layout, layout_of_view
from tb_embed_plugin.jobs.measuring import FrameOf, measure, measure_floor
from tb_embed_plugin.jobs.quality import Measures
from tb_embed_plugin.jobs.task import Task
from tb_embed_plugin.projections import sequence
from tb_embed_plugin.projections.engine import LayoutEngine
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.roots import Root
from tb_embed_plugin.view_arguments import read_view


@dataclass(frozen=True)
class Progress:
    """How far a task is.

    Attributes:
        stage: Laying out, then measuring.
        done: Frames of the stage that are done, with the share of the one under way.
        message: What is being done.
    """

    stage: Stage
    done: float
    message: str


Tell = Callable[[Progress], None]

_WAITING = Progress("frames", 0, "waiting for another process that lays this out")


def do(task: Task, tell: Tell) -> None:
    """Does a task; what it yields is in the cache.

    Args:
        task: What is wanted.
        tell: Is told the progress, several times a second at best; may raise to cancel.

    Raises:
        EmbedError: It cannot be done.
        OSError: The cache cannot be written.
    """
    names = {task.run, str(task.settings.get("onto_run", task.run))}
    logdir = Logdir([Root(Path(path), name) for path, name in task.roots], lambda: names)
    engine = engines.LAYOUT.get(task.engine)
    if engine is None:
        _measure_view(logdir, task, tell)
        return
    run = logdir.run(task.run)
    run.learn(task.layer, task.steps)
    layout = Layout(run, run.layer(task.layer), engine.facts, task.components, task.settings)
    with layout.cache.alone(layout.name, lambda: tell(_WAITING)):
        digests = layout.read_digests(task.steps)
        _lay_out(layout, engine, task, digests, tell)
        measures = Measures(layout, digests, task.label)
        _measure(measures, task, lambda step: layout.frames([step]).get(step), tell)
        _measure_floor(measures, engine, task, tell)


def _lay_out(
    layout: Layout, engine: LayoutEngine, task: Task, digests: Mapping[int, str], tell: Tell
) -> None:
    _check_room(layout, task)
    known = layout.frames(task.steps)
    if set(known) == {sequence.UNTRAINED} and len(task.steps) > 1:
        # What is left of another training: a bad start for every other frame.
        layout.cache.forget(layout.name)
        known = {}
    origin = (layout.origin if known else None) or uuid.uuid4().hex
    layout.keep_digests(digests, origin)
    done = 0

    def report(step: int, share: float) -> None:
        tell(Progress("frames", done + share, f"laying out step {layout.run.step_name(step)}"))

    for step, frame in sequence.lay_out(
        engine,
        layout.snapshot,
        task.steps,
        known,
        task.order,
        task.settings,
        task.components,
        report,
        layout.codes(),
    ):
        layout.cache.keep_frame(layout.name, digests[step], frame)
        # With every frame: the folder may have been deleted in between.
        layout.keep_digests(digests, origin)
        done += 1
        report(step, 0)


def _measure(measures: Measures, task: Task, frame_of: FrameOf, tell: Tell) -> None:
    run, layer = measures.layout.run, measures.layout.layer
    labels = None
    if task.label is not None:
        labels = layer.only_shown(read_classes(run, layer.name, task.label).codes)
    for done, step in enumerate(measures.missing(task.steps)):
        tell(Progress("quality", done, f"measuring step {run.step_name(step)}"))
        measure(measures, step, frame_of, labels)


def _measure_floor(measures: Measures, engine: LayoutEngine, task: Task, tell: Tell) -> None:
    step = task.steps[-1]
    frame = measures.layout.frames([step]).get(step)
    if not measures.lacks_floor() or frame is None:
        return

    def report(share: float) -> None:
        tell(Progress("quality", len(task.steps), "measuring what moves where nothing changes"))

    measure_floor(measures, engine, step, frame, report)


def _measure_view(logdir: Logdir, task: Task, tell: Tell) -> None:
    """Measures a linear view, whose frames are made as they are needed."""
    named = {"run": task.run, "layer": task.layer, "engine": task.engine}
    settings = {name: str(value) for name, value in task.settings.items()}
    components = {"components": str(task.components)}
    query = Arguments(settings | named | components)
    view = read_view(logdir, query)
    # What others wrote may hold NaN, of which this process does not know yet.
    for source, steps in ((view.source, task.steps), (view.home, view.basis_steps)):
        source.run.learn(source.layer, steps)
    view = read_view(logdir, query)
    layout, frames = layout_of_view(view), Frames()
    with layout.cache.alone(layout.name, lambda: tell(_WAITING)):
        digests = layout.read_digests(task.steps)
        layout.keep_digests(digests)
        measures = Measures(layout, digests, task.label)
        shown = layout.layer.only_shown
        _measure(measures, task, lambda step: shown(frames.frames(view, [step])[0]), tell)


def _check_room(layout: Layout, task: Task) -> None:
    size = len(task.steps) * layout.layer.samples * task.components * 4
    if size > layout.cache.limit:
        raise TooMuchAskedError(
            f"expected a layout of at most {layout.cache.limit} bytes, which the cache holds; "
            f"received one of {size}; record fewer samples (max_samples) or fewer steps"
        )
