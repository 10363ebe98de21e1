"""A projection computed by workers: axes from sums of partitions, quality step by step.

Frames of t-SNE and UMAP are laid out by this process, each from the one before; where samples
are placed among landmarks, workers search for their neighbors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tb_embed_plugin.distribution import tasks
from tb_embed_plugin.distribution.judging import FrameJudging, shares_of, task_count
from tb_embed_plugin.distribution.opened_logs import Roots, kept_elsewhere
from tb_embed_plugin.distribution.placing import CellsByWorkers
from tb_embed_plugin.distribution.workers import Workers, call
from tb_embed_plugin.errors import WorkerLostError
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.job_execution import Progress, ReportProgress
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.known_moments import KnownMoments
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.jobs.measure_quality import keep_frame_quality
from tb_embed_plugin.jobs.projector import Projector
from tb_embed_plugin.jobs.quality_records import KINDS, QualityRecords
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.projection import LayerRef
from tb_embed_plugin.projections.partitions import partitions
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.projections.row_sums import RowSums, Scaled, SumRows
from tb_embed_plugin.projections.scaling import Scaling
from tb_embed_plugin.projections.step_moments import StepMoments, sum_steps


class StepsByWorkers:
    """The steps of jobs, computed by workers.

    Args:
        workers: The workers.
        roots: The log directories as the workers see them, absolute.
    """

    def __init__(self, workers: Workers, roots: Roots) -> None:
        self._workers = workers
        self._sums = SumsByWorkers(workers, roots)
        self.computed = Computed(moments=self._sums)

    def read_digests(
        self, layout: LayoutCache, spec: JobSpec, report_progress: ReportProgress
    ) -> Mapping[int, str]:
        """Returns which content each step has; one task reads one snapshot."""
        known = layout.known_digests()
        new = [step for step in spec.steps if step not in known]
        found: dict[int, str] = {}
        job = spec.to_line(), layout.run.layer_version(layout.layer.name)
        read = self._workers.results(tasks.read_digest, [(*job, step) for step in new])
        for number, digest in read:
            found[new[number]] = digest
            done = f"read {len(found)} of {len(new)} snapshots"
            report_progress(Progress("frames", 0, done))
        return {**known, **found}

    def placing(self, layout: LayoutCache, spec: JobSpec, step: int) -> Placing:
        """Returns what searches by the workers."""
        work = CellsByWorkers(self._workers, layout, spec.to_line(), step)
        return Placing(layout.landmark_labels, work)

    def measure(
        self,
        projector: Projector,
        records: QualityRecords,
        spec: JobSpec,
        report_progress: ReportProgress,
    ) -> None:
        """Measures all steps, those things first that take longest.

        Raises:
            WorkerLostError: The workers have kept their numbers elsewhere.
        """
        steps = records.missing(spec.steps)
        wanted = [
            (step, kind) for kind in KINDS for step in steps if kind in records.missing_of(step)
        ]
        if not wanted:
            return
        basis = None
        if isinstance(projector, LinearProjector):
            self._sums.report = lambda said: report_progress(Progress("quality", 0, said))
            basis = projector.basis
        job = spec.to_line(), projector.version
        frames = [step for step, kind in wanted if kind == "frame"]
        shares = shares_of(records.layout, frames[0]) if frames else []
        if len(shares) == 1:
            frames = []  # too few pairs to be shared
        others = [
            (tasks.measure_step, *job, dict(records.digests), basis, *one)
            for one in wanted
            if not (one[1] == "frame" and frames)
        ]
        done, total = 0, len(others)

        def tell() -> None:
            nonlocal done
            done += 1
            share = len(steps) * done / total
            said = f"measured {done} of {total} parts of {len(steps)} steps"
            report_progress(Progress("quality", share, said))

        if frames:
            total += task_count(len(frames), len(shares))
            judging = FrameJudging(
                self._workers, job, basis, records.layout, frames, shares, others, tell
            )
            for step, found in judging.run():
                keep_frame_quality(records, step, found)
        else:
            for _ in self._workers.results(call, others):
                tell()
        if records.missing(spec.steps):
            raise WorkerLostError(kept_elsewhere(records.layout.run.name))


class SumsByWorkers(KnownMoments):
    """The sums that axes are made from, partition by partition.

    Args:
        workers: The workers.
        roots: As in `StepsByWorkers`.

    Attributes:
        report: Receives in words how far it is.
    """

    def __init__(self, workers: Workers, roots: Roots) -> None:
        super().__init__()
        self._workers, self._roots = workers, roots
        self.report: Callable[[str], None] = lambda said: None

    def of(self, layer: LayerData, steps: Sequence[int]) -> StepMoments:
        """Returns the sums of steps, each merged in the order of its partitions."""
        return sum_steps(self.sums(layer)(Scaled(Scaling()).moments, steps))

    def sums(self, layer: LayerData) -> RowSums:
        """Returns sums over the rows of a layer by the workers."""
        ref, places = LayerRef(layer.run.name, layer.name), _partitions(layer)

        def sums(
            of: Callable[[int, slice], SumRows], steps: Sequence[int]
        ) -> Iterator[tuple[int, Any]]:
            wanted = [
                (self._roots, ref, tuple(steps), step, part, of(step, part))
                for step in steps
                for part in places
            ]
            found = self._workers.in_order(tasks.sum_partition, wanted)
            for done, (task, part) in enumerate(zip(wanted, found, strict=True), 1):
                self.report(f"summed up {done} of {len(wanted)} parts for the axes")
                yield task[3], part

        return sums


def _partitions(layer: LayerData) -> list[slice]:
    return partitions(len(layer.facts.shown), layer.facts.units)
