"""Execution of a job by a worker or a command: a run, an engine and the cache together.

Nothing in here knows TensorFlow, processes or HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import TooMuchAskedError
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.measure_quality import measure, measure_floor
from tb_embed_plugin.jobs.projector import Projector, projector_of
from tb_embed_plugin.jobs.quality_records import QualityRecords
from tb_embed_plugin.jobs.time_estimate import Stage
from tb_embed_plugin.projections import engines, sequence
from tb_embed_plugin.projections.engine import Codes, LayoutEngine
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.roots import Root


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


ReportProgress = Callable[[Progress], None]


class StepWork(Protocol):
    """What is computed of one step apart from the others, here or by other processes."""

    @property
    def computed(self) -> Computed:
        """What the axes of linear projections are made with."""

    def read_digests(
        self, layout: LayoutCache, spec: JobSpec, report_progress: ReportProgress
    ) -> Mapping[int, str]:
        """Returns which content each step of a job has, by `LayoutCache.read_digests`."""

    def placing(self, layout: LayoutCache, spec: JobSpec, step: int) -> Placing:
        """Returns how samples are placed among landmarks at a step."""

    def measure(
        self,
        projector: Projector,
        records: QualityRecords,
        spec: JobSpec,
        report_progress: ReportProgress,
    ) -> None:
        """Measures what is not known of the steps of a job."""


class StepsHere:
    """All of it by this process, one step after the other."""

    def __init__(self) -> None:
        self.computed = Computed()

    def read_digests(
        self, layout: LayoutCache, spec: JobSpec, report_progress: ReportProgress
    ) -> Mapping[int, str]:
        """Returns which content each step has."""
        return layout.read_digests(spec.steps)

    def placing(self, layout: LayoutCache, spec: JobSpec, step: int) -> Placing:
        """Returns what searches on all cores."""
        return Placing(layout.landmark_labels)

    def measure(
        self,
        projector: Projector,
        records: QualityRecords,
        spec: JobSpec,
        report_progress: ReportProgress,
    ) -> None:
        """Measures the last step first."""
        run = records.layout.run
        labels = labels_of(records)
        for done, step in enumerate(records.missing(spec.steps)):
            report_progress(Progress("quality", done, f"measuring {run.step_words(step)}"))
            measure(records, step, partial(shown_frame, projector), labels)


_WAITING = Progress("frames", 0, "waiting for another process that computes this")


def execute(
    spec: JobSpec, report_progress: ReportProgress, step_work: StepWork | None = None
) -> None:
    """Executes a job; its results are in the cache.

    Args:
        spec: What is wanted.
        report_progress: Receives the progress, several times a second at best; may raise to
            cancel.
        step_work: Who computes what can be computed step by step; this process by default.

    Raises:
        EmbedError: It cannot be done.
        OSError: The cache cannot be written.
    """
    steps = StepsHere() if step_work is None else step_work
    projector = open_projector(spec, steps.computed)
    layout = projector.cache
    engine = engines.LAYOUT.get(spec.projection.engine)
    with layout.cache.alone(layout.name, lambda: report_progress(_WAITING)):
        digests = steps.read_digests(layout, spec, report_progress)
        if engine is None:
            layout.keep_digests(digests)
        else:
            _lay_out(layout, engine, steps, spec, digests, report_progress)
        records = QualityRecords(layout, digests, spec.label)
        steps.measure(projector, records, spec, report_progress)
        if engine is not None:
            _measure_floor(records, engine, steps, spec, report_progress)


def open_projector(spec: JobSpec, computed: Computed) -> Projector:
    """Opens the projection of a job.

    Raises:
        EmbedError: There is no such run, or it cannot be read.
    """
    layers = {spec.projection.layer, spec.projection.home}
    roots = [Root(Path(path), name) for path, name in spec.roots]
    logdir = Logdir(roots, lambda: {layer.run for layer in layers})
    _learn(logdir, spec)
    return projector_of(spec.projection, logdir, computed)


def labels_of(records: QualityRecords) -> Codes | None:
    """Returns the labels by which a layout is measured, of the samples shown; None for none.

    Raises:
        EmbedError: There is no such column, or it cannot be read.
    """
    run, layer = records.layout.run, records.layout.layer
    if records.label is None:
        return None
    return layer.only_shown(read_classes(run, layer.name, records.label).codes)


def shown_frame(projector: Projector, step: int) -> NDArray[np.float32] | None:
    """Returns a frame without the hidden samples, None where there is none."""
    frame = projector.frames([step]).get(step)
    return None if frame is None else projector.cache.layer.only_shown(frame)


def _learn(logdir: Logdir, spec: JobSpec) -> None:
    """Looks for NaN in what others wrote, of which this process does not know yet."""
    projection = spec.projection
    for ref, steps in (
        (projection.layer, spec.steps),
        (projection.home, projection.basis_steps),
    ):
        logdir.run(ref.run).learn(ref.layer, steps)


def _lay_out(
    layout: LayoutCache,
    engine: LayoutEngine,
    steps: StepWork,
    spec: JobSpec,
    digests: Mapping[int, str],
    report_progress: ReportProgress,
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
        report_progress(
            Progress("frames", done + share, f"computing {layout.run.step_words(step)}")
        )

    for step, frame in sequence.lay_out(
        engine,
        layout.rows,
        spec.steps,
        known,
        spec.order,
        spec.projection.settings,
        spec.projection.components,
        report,
        layout.codes(),
        lambda step: steps.placing(layout, spec, step),
    ):
        layout.cache.keep_frame(layout.name, digests[step], frame)
        # With every frame: the folder may have been deleted in between.
        layout.keep_digests(digests, origin)
        done += 1
        report(step, 0)


def _measure_floor(
    records: QualityRecords,
    engine: LayoutEngine,
    steps: StepWork,
    spec: JobSpec,
    report_progress: ReportProgress,
) -> None:
    step = spec.steps[-1]
    frame = records.layout.frames([step]).get(step)
    if not records.lacks_floor() or frame is None:
        return

    def report(share: float) -> None:
        report_progress(Progress("quality", len(spec.steps), "measuring the engine's noise"))

    placing = steps.placing(records.layout, spec, step)
    measure_floor(records, engine, step, frame, report, placing)


def _check_room(layout: LayoutCache, spec: JobSpec) -> None:
    size = len(spec.steps) * layout.layer.samples * spec.projection.components * 4
    if size > layout.cache.limit:
        raise TooMuchAskedError(
            f"the layout takes {size} bytes, but the cache holds at most "
            f"{layout.cache.limit}; record fewer samples (max_samples) or fewer steps"
        )
