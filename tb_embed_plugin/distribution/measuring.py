"""Metrics of a layer measured by workers, into the cache where we and the server look."""

from __future__ import annotations

from collections.abc import Callable

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.distribution import tasks
from tb_embed_plugin.distribution.projecting import kept_elsewhere
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import WorkerLostError
from tb_embed_plugin.projection import LayerRef

Report = Callable[[int, int], None]
"""Receives how many of how many tasks are finished; may raise to cancel."""


def measure_layer(
    workers: Workers, roots: tasks.Roots, layer: LayerMetrics, report: Report
) -> None:
    """Measures all steps of a layer, one a task; then what compares them, one a task.

    Args:
        workers: The workers.
        roots: The log directories as the workers see them, absolute.
        layer: The layer, whose metrics are kept by `jobs.cache`.
        report: Receives the progress.

    Raises:
        EmbedError: A snapshot cannot be read or is not finite.
        WorkerLostError: The workers have kept their numbers elsewhere.
    """
    ref = LayerRef(layer.run.name, layer.facts.name)
    question = tasks.MeasuredQuestion(roots, ref, layer.label or "")
    wanted = [(question, step) for step in layer.steps]
    done = 0
    for work in (tasks.measure_layer, tasks.compare_steps):
        for _ in workers.results(work, wanted):
            done += 1
            report(done, 2 * len(wanted))
        if not all(map(layer.is_kept, layer.steps)):
            raise WorkerLostError(kept_elsewhere(layer.run.name))
