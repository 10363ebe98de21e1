"""Workers of a Dask cluster on this machine: the same bits, and what goes wrong in words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from tb_embed_plugin.distribution.dask_cluster import DaskCluster
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import BrokenInstallationError, WorkerLostError
from tb_embed_plugin.jobs.job_execution import Progress
from tests.distribution.test_projecting import (
    check_same,
    project,
    recorded,
    small_partitions,
)

__all__ = ["recorded", "small_partitions"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two processes of one thread each, for this module."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster


def test_a_worker_of_a_cluster_killed_in_the_middle_changes_no_bit(
    cluster: LocalCluster, recorded: Path, tmp_path: Path
) -> None:
    here = project(recorded, tmp_path / "here", None)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.message.startswith("measured") and not killed:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    logdir = tmp_path / "shared"
    pool = DaskCluster(cluster.scheduler_address, str(tmp_path))
    found = project(recorded, logdir, pool, kill)

    assert killed
    check_same(found, here)


def test_commands_compute_by_a_scheduler(cluster: LocalCluster, recorded: Path) -> None:
    words = [sys.executable, "-m", "tb_embed_plugin.cli", "metrics", str(recorded), "--json"]
    alone = subprocess.run(words, check=True, capture_output=True, text=True)
    words += ["--scheduler", cluster.scheduler_address]
    shared = subprocess.run(words, check=False, capture_output=True, text=True)

    assert shared.returncode == 0, shared.stderr
    assert json.loads(shared.stdout) == json.loads(alone.stdout)
    assert "measured 6 of 6 parts" in shared.stderr


def test_what_is_wrong_with_a_cluster_is_said(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WorkerLostError, match="sees no directory /nowhere/logs; mount it"):
        DaskCluster(cluster.scheduler_address, "/nowhere/logs")

    monkeypatch.setattr("tb_embed_plugin.distribution.dask_cluster.SECONDS_TO_ANSWER", 0.5)
    with pytest.raises(WorkerLostError, match="no scheduler answers at tcp:"):
        DaskCluster("tcp://127.0.0.1:9", "/")


def test_a_scheduler_without_workers_and_a_missing_library_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tb_embed_plugin.distribution.dask_cluster.SECONDS_UNTIL_SAID", 0.1)
    monkeypatch.setattr("tb_embed_plugin.distribution.dask_cluster.SECONDS_FOR_A_WORKER", 0.5)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(WorkerLostError, match="has no worker; start one with dask worker tcp"),
    ):
        DaskCluster(empty.scheduler_address, "/")

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BrokenInstallationError, match=r"tb-embed-plugin\[distributed\]"):
        DaskCluster("tcp://127.0.0.1:9", "/")


def test_the_first_worker_is_waited_for_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb_embed_plugin.distribution.dask_cluster.SECONDS_UNTIL_SAID", 0.1)
    with LocalCluster(
        n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as empty:
        said: list[str] = []

        def start_one(words: str) -> None:
            said.append(words)
            empty.scale(1)

        with Workers(DaskCluster(empty.scheduler_address, "/", say=start_one)) as workers:
            assert list(workers.in_order(slowly, [(3,)])) == [3]
    (words,) = said
    assert "has no worker yet; waiting up to 120 s for one" in words


def test_a_worker_that_came_later_is_checked_by_its_tasks(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    logdir = tmp_path / "logs"
    logdir.mkdir()
    with Workers(DaskCluster(cluster.scheduler_address, str(logdir))) as workers:
        logdir.rmdir()
        with pytest.raises(WorkerLostError, match=r"sees no directory .*/logs; mount it there"):
            list(workers.results(slowly, [(3,)]))

    # As after an update of the package where the workers are.
    logdir.mkdir()
    pool = DaskCluster(cluster.scheduler_address, str(logdir))
    pool.version = "0.0.1"
    with (
        Workers(pool) as workers,
        pytest.raises(BrokenInstallationError, match=r"the command 0.0.1; install one"),
    ):
        list(workers.results(slowly, [(3,)]))


def slowly(number: int) -> int:
    time.sleep(0.2)
    return number


def test_a_cluster_whose_workers_are_all_gone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb_embed_plugin.distribution.dask_cluster.LOOKS_WITHOUT_WORKERS", 2)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        started = time.monotonic()
        with Workers(DaskCluster(cluster.scheduler_address, "/")) as workers:
            results = workers.results(slowly, [(number,) for number in range(200)])
            next(results)
            cluster.scale(0)
            with pytest.raises(WorkerLostError, match="has no worker any more; start one with"):
                list(results)
        assert time.monotonic() - started < 30
