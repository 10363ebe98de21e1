"""Metrics by workers, whose pairs of samples are compared in shares: the same bits."""

from __future__ import annotations

import multiprocessing
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.distribution.local_processes import LocalProcesses
from tb_embed_plugin.distribution.measuring import measure_layer
from tb_embed_plugin.distribution.pool import Pool
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.jobs.cache import cache_of
from tb_embed_plugin.metrics.step_metrics import StepMetrics
from tb_embed_plugin.projections.threads import use_cores
from tb_embed_plugin.projections.working_memory import use_memory
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.distribution.threads import Threads
from tests.planted import class_snapshots, write_run

SAMPLES, STEPS = 9000, 2


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """As many samples as take two shares of their pairs."""
    snapshots, codes = class_snapshots(0, steps=STEPS, samples=SAMPLES)
    labels = Column("label", "category", [f"class {code}" for code in codes])
    write_run(tmp_path / "run", {"fc1": snapshots}, labels)
    return tmp_path


def layer_of(logdir: Path, *, kept: bool = True) -> LayerMetrics:
    run = Logdir(logdir, list).run("run")
    return LayerMetrics(run, "fc1", MetricsCache(cache_of if kept else None))


def check_same(found: StepMetrics, expected: StepMetrics) -> None:
    assert found.numbers == expected.numbers
    for name, values in expected.samples.items():
        np.testing.assert_array_equal(found.samples[name], values)
    for field in fields(StepMetrics):
        if field.name not in {"numbers", "samples"}:
            np.testing.assert_array_equal(
                getattr(found, field.name), getattr(expected, field.name)
            )


@pytest.mark.parametrize("pool", [Threads, LocalProcesses])
def test_shares_of_the_pairs_are_the_same_bits_as_all_of_them(
    logdir: Path, pool: type[Threads | LocalProcesses]
) -> None:
    here, shared = layer_of(logdir, kept=False), layer_of(logdir)
    told: list[tuple[int, int]] = []
    killed: list[int] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if pool is LocalProcesses and not killed:
            process = multiprocessing.active_children()[0]
            killed.append(process.pid or 0)
            process.kill()

    by: Pool = pool(2)
    try:
        with Workers(by) as workers:
            measure_layer(workers, ((str(logdir), ""),), shared, tell)
    finally:
        use_cores(None)
        use_memory(None)

    # Two shares and two further tasks a step.
    assert told == [(done, 4 * STEPS) for done in range(1, 4 * STEPS + 1)]
    assert bool(killed) == (pool is LocalProcesses)
    kept = layer_of(logdir)
    for step in range(STEPS):
        assert kept.is_kept(step)
        check_same(kept.step_metrics(step), here.step_metrics(step))
        assert kept.numbers(step) == here.numbers(step)


def test_what_is_kept_is_not_compared_again(logdir: Path) -> None:
    layer = layer_of(logdir)
    layer.step_metrics(0)
    with Workers(Threads(1)) as workers:
        measure_layer(workers, ((str(logdir), ""),), layer_of(logdir), lambda done, total: None)
    use_cores(None)
    assert all(map(layer_of(logdir).is_kept, range(STEPS)))
