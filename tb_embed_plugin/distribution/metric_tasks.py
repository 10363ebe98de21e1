"""Tasks of metrics, like those of a projection (`tasks`); they need none of its libraries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics, PairNumbers
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.distribution.opened_logs import Roots, logdir_of, other_files
from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.jobs.cache import cache_of


@dataclass(frozen=True)
class MeasuredQuestion:
    """Whose metrics are measured.

    Attributes:
        roots: Where the run is.
        run: Its name.
        layer: Which layer.
        label: The column that is the label, empty for none.
        version: Of the layer's data, so that a worker notices where they have changed.
    """

    roots: Roots
    run: str
    layer: str
    label: str
    version: str


def compare_pairs(
    question: MeasuredQuestion, step: int, start: int, stop: int
) -> PairNumbers | None:
    """Returns what the distances of all pairs say of some of the measured samples.

    None where the step has been measured.

    Args:
        question: Whose.
        step: The step.
        start: The first of the samples, where a share of them begins (`LayerMetrics.shares`).
        stop: The sample after the last one.

    Raises:
        EmbedError: The snapshot cannot be read or is not finite, or is another one here.
    """
    metrics = _metrics(question)
    return None if metrics.is_kept(step) else metrics.compare_pairs(step, slice(start, stop))


def measure_layer(question: MeasuredQuestion, step: int, pairs: PairNumbers | None) -> None:
    """Measures what a step's snapshot says of itself, and keeps it.

    Args:
        question: Whose.
        step: The step.
        pairs: What `compare_pairs` has found of all samples, None where nobody has compared
            them.

    Raises:
        EmbedError: It cannot be read or is not finite, or is another one here.
    """
    _metrics(question).step_metrics(step, pairs)


def compare_steps(question: MeasuredQuestion, step: int) -> None:
    """Measures how a step differs from others, and keeps it.

    Raises:
        EmbedError: As `measure_layer`.
    """
    _metrics(question).numbers(step)


@lru_cache(maxsize=1)
def _metrics(question: MeasuredQuestion) -> LayerMetrics:
    run = logdir_of(question.roots, question.run).run(question.run)
    metrics = LayerMetrics(run, question.layer, _MEASURED, question.label)
    if run.layer_version(question.layer) != question.version:
        raise NotRecordedError(other_files(question.run))
    return metrics


_MEASURED = MetricsCache(cache_of)
"""What this process has measured: beside it stands what all have, on the disk."""
