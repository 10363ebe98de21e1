"""Metrics by workers, whose pairs of samples are compared in shares: the same bits."""

from __future__ import annotations

import multiprocessing
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics, PairNumbers
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.distribution import workers
from tb_embed_plugin.distribution.local_processes import LocalProcesses
from tb_embed_plugin.distribution.measuring import measure_layer
from tb_embed_plugin.distribution.pool import Pool
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import NotRecordedError
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
        with Workers(by) as pooled:
            measure_layer(pooled, ((str(logdir), ""),), shared, tell)
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


def test_what_is_kept_is_not_compared_again(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = layer_of(logdir)
    layer.step_metrics(0)
    compare, compared = LayerMetrics.compare_pairs, []

    def watched(self: LayerMetrics, step: int, share: slice | None = None) -> PairNumbers:
        compared.append(step)
        return compare(self, step, share)

    monkeypatch.setattr(LayerMetrics, "compare_pairs", watched)
    with Workers(Threads(1)) as pool:
        measure_layer(pool, ((str(logdir), ""),), layer_of(logdir), lambda done, total: None)
    use_cores(None)
    assert compared == [1, 1]
    assert all(map(layer_of(logdir).is_kept, range(STEPS)))


def test_a_command_that_is_stopped_keeps_the_steps_that_are_measured(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LEAST_BATCH", 1)

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise StoppedError

    with pytest.raises(StoppedError), Workers(Threads(1)) as pool:
        measure_layer(pool, ((str(logdir), ""),), layer_of(logdir), stop)
    use_cores(None)
    assert [layer_of(logdir).is_kept(step) for step in range(STEPS)] == [True, False]


def test_a_run_that_has_grown_meanwhile_is_said(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    record(tmp_path / "run", 0, {"fc1": rows})
    layer = layer_of(tmp_path)
    record(tmp_path / "run", 1, {"fc1": rows})
    with (
        pytest.raises(NotRecordedError, match="reads other files of run 'run'"),
        Workers(Threads(1)) as pool,
    ):
        measure_layer(pool, ((str(tmp_path), ""),), layer, lambda done, total: None)
    use_cores(None)
