"""Tasks of a projection: functions of a module whose arguments say what to read, and where.

Each opens the run itself and reads its own part of the files. Sums are returned; what is
measured of a step goes into the run's cache, under the name of its content, where the server
finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from tb_embed_plugin.distribution.opened_logs import Roots, logdir_of, other_files
from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.job_execution import labels_of, open_projector, shown_frame
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.jobs.measure_quality import measure
from tb_embed_plugin.jobs.projector import Projector
from tb_embed_plugin.jobs.quality_records import Kind, QualityRecords
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.projection import LayerRef
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.engine import Codes
from tb_embed_plugin.projections.row_sums import SumRows
from tb_embed_plugin.snapshot import RowRange


@dataclass(frozen=True)
class OpenJob:
    """A job as a worker has opened it: the same for all of its tasks.

    Attributes:
        projector: The projection.
        labels: By which it is measured, None for none.
    """

    projector: Projector
    labels: Codes | None


def sum_partition(
    roots: Roots, ref: LayerRef, steps: Sequence[int], step: int, part: slice, work: SumRows
) -> Any:
    """Returns sums over some rows of a snapshot, those of one partition.

    Args:
        roots: Where the run is.
        ref: The layer.
        steps: All that axes are made from: what is NaN at one of them is hidden at all.
        step: One of them.
        part: The rows, among the samples that are shown.
        work: What is summed up of them.

    Raises:
        EmbedError: They cannot be read, or hold NaN or infinity.
    """
    logdir = logdir_of(roots, ref.run)
    logdir.run(ref.run).learn(ref.layer, steps)
    return work(step, RowRange(LayerData.of(logdir, ref).snapshot(step), part))


def read_digest(job: str, version: str, step: int) -> str:
    """Returns which content a step has; `job` is a line of JSON, as `JobSpec` makes it."""
    return opened(job, version).projector.cache.digest_of(step)


def measure_step(
    job: str,
    version: str,
    digests: Mapping[int, str],
    basis: Basis | None,
    step: int,
    kind: Kind,
) -> None:
    """Measures one thing of a step, and keeps it.

    Args:
        job: As in `read_digest`.
        version: Of the projection's data, so that a worker notices where they have changed.
        digests: Which content its steps have.
        basis: Of a linear projection.
        step: The step.
        kind: What is measured.

    Raises:
        EmbedError: A snapshot cannot be read or ranked.
        OSError: The cache cannot be written.
    """
    known = opened(job, version)
    projector = with_basis(known.projector, basis)
    records = QualityRecords(projector.cache, digests, JobSpec.from_line(job).label)
    measure(records, step, partial(shown_frame, projector), known.labels, [kind])


@lru_cache(maxsize=4)
def opened(job: str, version: str) -> OpenJob:
    """Returns a job as this worker sees it; arguments as `measure_step`'s.

    Raises:
        NotRecordedError: It sees other data.
    """
    spec = JobSpec.from_line(job)
    projector = open_projector(spec, Computed())
    if projector.version != version:
        raise NotRecordedError(other_files(projector.layer.run.name))
    labels = labels_of(QualityRecords(projector.cache, {}, spec.label))
    return OpenJob(projector, labels)


def with_basis(projector: Projector, basis: Basis | None) -> Projector:
    """Returns a projection, which takes its basis where it is linear."""
    if basis is not None and isinstance(projector, LinearProjector):
        projector.use(basis)
    return projector
