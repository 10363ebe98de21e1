"""Samples placed among landmarks by workers: the same bits as by this process."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from tb_embed_plugin import record
from tb_embed_plugin.distribution.local_processes import LocalProcesses
from tb_embed_plugin.distribution.pool import Pool
from tb_embed_plugin.distribution.projecting import StepsByWorkers
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import WorkerLostError
from tb_embed_plugin.jobs.cache import Cache
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.job_execution import Progress, StepsHere, execute, open_projector
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.projection import LayerRef, Projection
from tb_embed_plugin.projections import cells
from tb_embed_plugin.projections.threads import use_cores
from tb_embed_plugin.projections.umap import UMAP
from tb_embed_plugin.projections.working_memory import use_memory
from tests.distribution.threads import Threads

STEPS = (1, 2)
LANDMARKS = 150


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three parts a snapshot; the settings of threads are undone."""
    monkeypatch.setattr(cells, "PART_ROWS", 256)
    yield
    use_cores(None)
    use_memory(None)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("recorded")
    digits = load_digits()
    rows, labels = digits.data[:700].astype(np.float32), digits.target[:700]
    rows[3] = np.nan  # one sample is hidden
    for step in STEPS:
        record(logdir / "run", step, {"fc1": step * rows}, metadata={"label": labels})
    return logdir


def frames(
    recorded: Path,
    logdir: Path,
    pool: Pool | None,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> dict[int, NDArray[np.float32]]:
    """Returns the frames that a job has left in the cache."""
    shutil.copytree(recorded, logdir)
    roots = ((str(logdir), ""),)
    settings = UMAP().facts.settings({"landmarks": LANDMARKS})
    projection = Projection(LayerRef("run", "fc1"), "umap", settings, 2)
    spec = JobSpec(roots, projection, STEPS, "backwards", None)
    if pool is None:
        execute(spec, tell, StepsHere())
    else:
        with Workers(pool) as workers:
            execute(spec, tell, StepsByWorkers(workers, roots))
    projector = open_projector(spec, Computed())
    layout = projector.cache
    assert [path.name for path in layout.cache.folder.iterdir() if path.is_dir()] == [
        layout.name
    ]
    found = projector.frames(STEPS)
    assert sorted(found) == list(STEPS)
    return found


@pytest.fixture(scope="module")
def here(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "PART_ROWS", 256)
        folder = tmp_path_factory.mktemp("here") / "logs"
        np.savez(folder.with_suffix(".npz"), *frames(recorded, folder, None).values())
    return folder.with_suffix(".npz")


def check_same(found: dict[int, NDArray[np.float32]], here: Path) -> None:
    with np.load(here) as expected:
        for frame, other in zip(found.values(), expected.values(), strict=True):
            np.testing.assert_array_equal(frame, other)


def test_workers_place_samples_where_this_process_does(
    recorded: Path, here: Path, tmp_path: Path
) -> None:
    check_same(frames(recorded, tmp_path / "threads", Threads(2)), here)


def test_a_worker_killed_in_the_middle_changes_no_bit(
    recorded: Path, here: Path, tmp_path: Path
) -> None:
    killed: list[int | None] = []

    def kill(progress: Progress) -> None:
        # While the cells of a first frame are searched.
        if not killed and 0.55 < progress.done < 0.66:
            process = multiprocessing.active_children()[0]
            process.kill()
            killed.append(process.pid)

    check_same(frames(recorded, tmp_path / "killed", LocalProcesses(2), kill), here)
    assert killed


def test_workers_that_keep_their_numbers_elsewhere_are_said(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Cache.keep_tensors

    def lose(self: Cache, layout: str, name: str, *rest: object) -> None:
        if name != "0":
            keep(self, layout, name, *rest)  # type: ignore[arg-type] # handed on as it comes

    monkeypatch.setattr(Cache, "keep_tensors", lose)
    with pytest.raises(WorkerLostError, match="let all use the same log directory"):
        frames(recorded, tmp_path / "lost", Threads(1))
