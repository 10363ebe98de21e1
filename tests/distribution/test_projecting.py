"""A projection by workers: the same bits as by this process, however many there are."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin.distribution import workers
from tb_embed_plugin.distribution.local_processes import LocalProcesses
from tb_embed_plugin.distribution.pool import Pool
from tb_embed_plugin.distribution.projecting import StepsByWorkers
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.job_execution import Progress, StepsHere, execute, open_projector
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.projection import LayerRef, Projection
from tb_embed_plugin.projections import axes, neighbor_parts, pair_shares, partitions, pca
from tb_embed_plugin.projections.engine import Engine
from tb_embed_plugin.projections.threads import use_cores
from tb_embed_plugin.projections.working_memory import use_memory
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.distribution.threads import Threads
from tests.planted import write_run

SAMPLES, UNITS, STEPS = 1200, 256, 3


@pytest.fixture(autouse=True)
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Partitions of one block, three a snapshot; the settings of threads are undone."""
    monkeypatch.setattr(partitions, "PARTITION_VALUES", 512 * UNITS)
    monkeypatch.setattr(partitions, "LEAST_ROWS", 1)
    yield
    use_cores(None)
    use_memory(None)


def snapshots() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(UNITS, UNITS)) * np.geomspace(5, 0.1, UNITS)
    rows = rng.normal(size=(SAMPLES, UNITS))
    return [
        ((rows + step * rng.normal(size=rows.shape)) @ mixing.T + 100 * step).astype(np.float32)
        for step in range(STEPS)
    ]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("recorded")
    labels = Column("label", "category", [f"class {row % 5}" for row in range(SAMPLES)])
    write_run(logdir / "run", {"fc1": snapshots()}, labels)
    return logdir


Outcome = tuple[NDArray[np.float64], NDArray[np.float64], list[dict[str, Any]]]


def spec_of(
    logdir: Path,
    settings: Mapping[str, str] = MappingProxyType({}),
    engine: Engine = pca.ENGINE,
) -> JobSpec:
    projection = Projection(
        LayerRef("run", "fc1"), engine.name, engine.settings(settings), 3, tuple(range(STEPS))
    )
    roots = ((str(logdir), ""),)
    return JobSpec(roots, projection, projection.basis_steps, "backwards", None)


def project(
    recorded: Path,
    logdir: Path,
    pool: Pool | None,
    tell: Callable[[Progress], None] = lambda progress: None,
    settings: Mapping[str, str] = MappingProxyType({}),
    engine: Engine = pca.ENGINE,
) -> Outcome:
    """Returns axes, mean and quality, as they are found in the cache afterwards."""
    shutil.copytree(recorded, logdir)
    spec = spec_of(logdir, settings, engine)
    roots, projection = spec.roots, spec.projection
    if pool is None:
        steps: StepsHere | StepsByWorkers = StepsHere()
        execute(spec, tell, steps)
    else:
        with Workers(pool) as workers:
            steps = StepsByWorkers(workers, roots)
            execute(spec, tell, steps)
    projector = open_projector(spec, steps.computed)
    assert isinstance(projector, LinearProjector)
    seen = open_projector(spec, Computed()).quality(projection.basis_steps, None)
    assert all(frame["neighbors_kept"] is not None or frame["reason"] for frame in seen)
    return projector.basis.axes, projector.basis.mean, seen


def check_same(found: Outcome, expected: Outcome) -> None:
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    assert found[2] == expected[2]


def test_any_number_of_any_workers_finds_the_same_bits(recorded: Path, tmp_path: Path) -> None:
    here = project(recorded, tmp_path / "here", None)
    check_same(project(recorded, tmp_path / "threads", Threads(2)), here)
    check_same(project(recorded, tmp_path / "one", LocalProcesses(1)), here)
    check_same(project(recorded, tmp_path / "two", LocalProcesses(2)), here)


def test_shares_of_the_pairs_judge_frames_to_the_same_bits(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = project(recorded, tmp_path / "here", None)
    # Each of the queries' shares has both parts of the rows.
    monkeypatch.setattr(neighbor_parts, "PART_VALUES", 400 * UNITS)
    monkeypatch.setattr(neighbor_parts, "LEAST_ROWS", 400)
    monkeypatch.setattr(pair_shares, "SHARE_PAIRS", 400 * 300)
    found = project(recorded, tmp_path / "threads", Threads(2))
    check_same(found, here)


def test_shares_of_the_pairs_say_of_which_frames_neighbors_are_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    usual = rng.normal(size=(SAMPLES, UNITS)).astype(np.float32)
    signs = np.sign(usual)
    signs[:, 30:] = 0  # as many differ in the same number of units, but none on screen
    write_run(tmp_path / "logs" / "run", {"fc1": [np.ones_like(usual), signs, usual]})
    here = project(tmp_path / "logs", tmp_path / "here", None)
    monkeypatch.setattr(pair_shares, "SHARE_PAIRS", 400 * 300)
    found = project(tmp_path / "logs", tmp_path / "threads", Threads(2))
    check_same(found, here)
    assert [bool(frame["reason"]) for frame in found[2]] == [True, True, False]


def test_a_command_that_is_stopped_keeps_the_steps_that_are_judged(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_shares, "SHARE_PAIRS", 400 * SAMPLES)
    monkeypatch.setattr(workers, "LEAST_BATCH", 1)

    class StoppedError(Exception):
        pass

    def stop(progress: Progress) -> None:
        # Of each step eight tasks, beside two movements: the second step is under way.
        if "measured 15 of 26 parts" in progress.message:
            raise StoppedError

    with pytest.raises(StoppedError):
        project(recorded, tmp_path / "logs", Threads(1), stop)

    seen = open_projector(spec_of(tmp_path / "logs"), Computed()).quality(range(STEPS), None)
    assert [frame["neighbors_kept"] is not None for frame in seen] == [False, False, True]


def test_large_frames_are_judged_by_several_processes(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(9000, 6)).astype(np.float32)
    write_run(tmp_path / "large" / "run", {"fc1": [rows, rows**2, rows**3]})
    said: list[str] = []
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        said.append(progress.message)
        if "measured 9 of" in progress.message and not killed:
            process = multiprocessing.active_children()[0]
            killed.append(process.pid or 0)
            process.kill()

    here = project(tmp_path / "large", tmp_path / "here", None)
    found = project(tmp_path / "large", tmp_path / "two", LocalProcesses(2), kill)
    check_same(found, here)
    assert killed
    # Of three steps two movements; of each what is on screen twice, and both shares twice.
    assert "measured 20 of 20 parts of 3 steps" in said


SCALED = {"equal_steps": "true", "standardize": "true", "spherize": "true"}


@pytest.mark.parametrize(
    ("engine", "settings"),
    [
        (pca.ENGINE, SCALED),
        (pca.ENGINE, {"equal_steps": "true", "axes_within_steps": "false"}),
        (axes.ENGINE, {"kind": "class_means", "column": "label"}),
        (axes.ENGINE, {"kind": "lda", "column": "label", **SCALED}),
    ],
)
def test_scaled_and_class_axes_are_summed_up_by_workers(
    recorded: Path, tmp_path: Path, engine: Engine, settings: Mapping[str, str]
) -> None:
    said: list[str] = []

    def tell(progress: Progress) -> None:
        said.append(progress.message)

    here = project(recorded, tmp_path / "here", None, settings=settings, engine=engine)
    found = project(recorded, tmp_path / "threads", Threads(2), tell, settings, engine)
    check_same(found, here)
    assert "summed up 9 of 9 parts for the axes" in said


def test_scaled_class_axes_by_processes_have_the_same_bits(
    recorded: Path, tmp_path: Path
) -> None:
    settings = {"kind": "lda", "column": "label", **SCALED}
    here = project(recorded, tmp_path / "here", None, settings=settings, engine=axes.ENGINE)
    pool = LocalProcesses(2)
    found = project(recorded, tmp_path / "two", pool, settings=settings, engine=axes.ENGINE)
    check_same(found, here)


def test_axes_of_all_rows_together_are_those_of_a_float64_reference(
    recorded: Path, tmp_path: Path
) -> None:
    settings = {"axes_within_steps": "false", "center_steps": "false"}
    here = project(recorded, tmp_path / "here", None, settings=settings)
    found = project(recorded, tmp_path / "threads", Threads(2), settings=settings)
    check_same(found, here)

    rows = np.vstack(snapshots()).astype(np.float64)
    frame = (rows - found[1]) @ found[0][:, :3]
    centered = rows - rows.mean(axis=0)
    axes = np.linalg.svd(centered, full_matrices=False)[2][:3].T
    reference = centered @ axes
    signs = np.sign((frame * reference).sum(axis=0))
    np.testing.assert_allclose(frame, reference * signs, atol=1e-6 * np.abs(reference).max())


def test_a_worker_killed_in_the_middle_changes_no_bit(recorded: Path, tmp_path: Path) -> None:
    here = project(recorded, tmp_path / "here", None)
    killed: list[str] = []

    def kill(progress: Progress) -> None:
        stage = progress.message.split()[0]
        if stage in {"summed", "measured"} and stage not in killed:
            killed.append(stage)
            multiprocessing.active_children()[0].kill()

    found = project(recorded, tmp_path / "killed", LocalProcesses(2), kill)
    assert killed == ["summed", "measured"]
    check_same(found, here)
