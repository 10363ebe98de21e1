"""Does a job: composes a run, an engine and the cache; in a worker, or for a command.

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
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.layouts import Layout, layout_of_view
from tb_embed_plugin.jobs.measure_quality import FrameOf, measure, measure_floor
from tb_embed_plugin.jobs.quality import QualityRecords
from tb_embed_plugin.jobs.time_estimate import Stage
from tb_embed_plugin.projections import sequence
from tb_embed_plugin.projections.engine import LayoutEngine
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.roots import Root
from tb_embed_plugin.view_arguments import read_view


@dataclass(frozen=True)
class Progress:
    """How far a job is.

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


def do(spec: JobSpec, tell: Tell) -> None:
    """Does a job; what it yields is in the cache.

    Args:
        spec: What is wanted.
        tell: Is told the progress, several times a second at best; may raise to cancel.

    Raises:
        EmbedError: It cannot be done.
        OSError: The cache cannot be written.
    """
    names = {spec.run, str(spec.settings.get("onto_run", spec.run))}
    logdir = Logdir([Root(Path(path), name) for path, name in spec.roots], lambda: names)
    engine = engines.LAYOUT.get(spec.engine)
    if engine is None:
        _measure_view(logdir, spec, tell)
        return
    run = logdir.run(spec.run)
    run.learn(spec.layer, spec.steps)
    layout = Layout(run, run.layer(spec.layer), engine.facts, spec.components, spec.settings)
    with layout.cache.alone(layout.name, lambda: tell(_WAITING)):
        digests = layout.read_digests(spec.steps)
        _lay_out(layout, engine, spec, digests, tell)
        measures = QualityRecords(layout, digests, spec.label)
        _measure(measures, spec, lambda step: layout.frames([step]).get(step), tell)
        _measure_floor(measures, engine, spec, tell)


def _lay_out(
    layout: Layout, engine: LayoutEngine, spec: JobSpec, digests: Mapping[int, str], tell: Tell
) -> None:
    _check_room(layout, spec)
    known = layout.frames(spec.steps)
    if set(known) == {sequence.UNTRAINED} and len(spec.steps) > 1:
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
        spec.steps,
        known,
        spec.order,
        spec.settings,
        spec.components,
        report,
        layout.codes(),
    ):
        layout.cache.keep_frame(layout.name, digests[step], frame)
        # With every frame: the folder may have been deleted in between.
        layout.keep_digests(digests, origin)
        done += 1
        report(step, 0)


def _measure(measures: QualityRecords, spec: JobSpec, frame_of: FrameOf, tell: Tell) -> None:
    run, layer = measures.layout.run, measures.layout.layer
    labels = None
    if spec.label is not None:
        labels = layer.only_shown(read_classes(run, layer.name, spec.label).codes)
    for done, step in enumerate(measures.missing(spec.steps)):
        tell(Progress("quality", done, f"measuring step {run.step_name(step)}"))
        measure(measures, step, frame_of, labels)


def _measure_floor(
    measures: QualityRecords, engine: LayoutEngine, spec: JobSpec, tell: Tell
) -> None:
    step = spec.steps[-1]
    frame = measures.layout.frames([step]).get(step)
    if not measures.lacks_floor() or frame is None:
        return

    def report(share: float) -> None:
        tell(Progress("quality", len(spec.steps), "measuring what moves where nothing changes"))

    measure_floor(measures, engine, step, frame, report)


def _measure_view(logdir: Logdir, spec: JobSpec, tell: Tell) -> None:
    """Measures a linear view, whose frames are made as they are needed."""
    named = {"run": spec.run, "layer": spec.layer, "engine": spec.engine}
    settings = {name: str(value) for name, value in spec.settings.items()}
    components = {"components": str(spec.components)}
    query = Arguments(settings | named | components)
    view = read_view(logdir, query)
    # What others wrote may hold NaN, of which this process does not know yet.
    for source, steps in ((view.source, spec.steps), (view.home, view.basis_steps)):
        source.run.learn(source.layer, steps)
    view = read_view(logdir, query)
    layout, frames = layout_of_view(view), Frames()
    with layout.cache.alone(layout.name, lambda: tell(_WAITING)):
        digests = layout.read_digests(spec.steps)
        layout.keep_digests(digests)
        measures = QualityRecords(layout, digests, spec.label)
        shown = layout.layer.only_shown
        _measure(measures, spec, lambda step: shown(frames.frames(view, [step])[0]), tell)


def _check_room(layout: Layout, spec: JobSpec) -> None:
    size = len(spec.steps) * layout.layer.samples * spec.components * 4
    if size > layout.cache.limit:
        raise TooMuchAskedError(
            f"expected a layout of at most {layout.cache.limit} bytes, which the cache holds; "
            f"received one of {size}; record fewer samples (max_samples) or fewer steps"
        )
