"""Metrics of a layer measured by workers, into the cache where we and the server look."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics, PairNumbers
from tb_embed_plugin.distribution import metric_tasks
from tb_embed_plugin.distribution.opened_logs import Roots, kept_elsewhere
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import WorkerLostError

Result = TypeVar("Result")

Report = Callable[[int, int], None]
"""Receives how many of how many tasks are finished; may raise to cancel."""


def measure_layer(workers: Workers, roots: Roots, layer: LayerMetrics, report: Report) -> None:
    """Measures all steps of a layer, then what compares them, one a task.

    The pairs of a step's samples are compared before it, if they are many: a share of them a
    task, and some steps at a time.

    Args:
        workers: The workers.
        roots: The log directories as the workers see them, absolute.
        layer: The layer, whose metrics are kept by `jobs.cache`.
        report: Receives the progress.

    Raises:
        EmbedError: A snapshot cannot be read or is not finite.
        WorkerLostError: The workers have kept their numbers elsewhere.
    """
    run, name = layer.run, layer.facts.name
    question = metric_tasks.MeasuredQuestion(
        roots, run.name, name, layer.label or "", run.layer_version(name)
    )
    shares = layer.shares()
    if len(shares) == 1:
        shares = []  # too few pairs to be shared
    done, total = 0, (len(shares) + 2) * len(layer.steps)

    def told(results: Iterable[Result]) -> Iterator[Result]:
        nonlocal done
        for result in results:
            done += 1
            report(done, total)
            yield result

    for steps in workers.in_batches(layer.steps) if shares else [layer.steps]:
        wanted = [(question, step, part.start, part.stop) for step in steps for part in shares]
        found = told(workers.in_order(metric_tasks.compare_pairs, wanted))
        pairs = []
        for step in steps:
            of_step = [share for share in islice(found, len(shares)) if share is not None]
            # Another command may have kept it meanwhile. The labels, which that is known by,
            # are read while workers compute.
            known = len(of_step) == len(shares) > 0 and not layer.is_kept(step)
            pairs.append((question, step, PairNumbers.joined(of_step) if known else None))
        deque(told(workers.results(metric_tasks.measure_layer, pairs)), maxlen=0)
    if not all(map(layer.is_kept, layer.steps)):
        raise WorkerLostError(kept_elsewhere(run.name))
    of_steps = [(question, step) for step in layer.steps]
    deque(told(workers.results(metric_tasks.compare_steps, of_steps)), maxlen=0)
