"""Parts that an earlier recording has left: joined where they are complete, else kept."""

from __future__ import annotations

import errno
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.cli import main
from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.metadata import MANIFEST_FILE, PARTS_FOLDER
from tb_embed_plugin.recording.sharded import announced_attempt, loop_worker, own_part
from tb_embed_plugin.runs.parts import (
    Attempt,
    part_names,
    rank_of,
    read_attempt,
    read_part,
    write_attempt,
)
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.writer import RunWriter
from tests.harness import read_run, wait_until

LABELS = [0, 1, 0, 1]


@pytest.fixture(autouse=True)
def end_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets nobody wait long."""
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 0.5)
    yield
    with warnings.catch_warnings(action="ignore"):
        end(0)
        end(1)


def note(
    log_dir: Path, step: int, rank: int, world: int = 2, *, finished: bool = False
) -> None:
    """Records a step of a worker."""
    values = np.full((4, 3), step + 10 * rank, np.float32)
    shard = (rank, world)
    record(log_dir, step, {"a": values}, labels=LABELS, finished=finished, shard=shard)


def end(rank: int) -> None:
    """Ends a worker as its process would that never said which step was its last."""
    workers = loop_worker._workers  # noqa: SLF001 # no process ends here
    for key, worker in list(workers.items()):
        if key[2].rank == rank:
            worker.close(patience=0.0)


def both(log_dir: Path, step: int) -> None:
    """Records the last step by both workers; the chief comes last."""
    note(log_dir, step, 1)
    note(log_dir, step, 0)
    wait_until(lambda: step in steps_of(log_dir))
    note(log_dir, step + 1, 1, finished=True)
    note(log_dir, step + 1, 0, finished=True)


def steps_of(log_dir: Path) -> list[int]:
    return read_run(log_dir).steps if (log_dir / MANIFEST_FILE).exists() else []


def kept(log_dir: Path) -> list[str]:
    """Returns the parts that are kept, by worker."""
    return sorted(p.name.split("-")[1] for p in (log_dir / PARTS_FOLDER).glob("kept-*"))


def leave_steps(log_dir: Path, steps: range) -> None:
    """Leaves steps that both have recorded and whose last one nobody has joined."""
    for step in steps[:-1]:
        for rank in (0, 1):
            note(log_dir, step, rank)
    wait_until(lambda: steps_of(log_dir) == list(steps[:-1]))
    note(log_dir, steps[-1], 0)
    with pytest.warns(RuntimeWarning, match=r"ends while 1 step still lacks? the part"):
        end(0)
    note(log_dir, steps[-1], 1)
    end(1)
    assert [rank_of(name) for name in part_names(log_dir / PARTS_FOLDER)] == [0, 1]


def test_a_cut_file_of_one_worker_costs_its_own_step_alone(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    for step in range(4):
        note(log_dir, step, 1)
    (data,) = log_dir.glob("plugins/**/model.ckpt-1.data*")
    data.write_bytes(data.read_bytes()[:10])
    for step in range(3):
        note(log_dir, step, 0)
    note(log_dir, 4, 1, finished=True)
    with pytest.warns(
        RuntimeWarning, match="step 1 is left out, because worker 1 recorded no part"
    ):
        note(log_dir, 3, 0, finished=True)
    assert steps_of(log_dir) == [0, 2, 3]
    assert [one.ranks for one in read_run(log_dir).manifest.left_out] == [(1,)]


def test_steps_of_a_worker_that_came_after_the_chief_had_ended_are_joined(
    tmp_path: Path,
) -> None:
    log_dir, parts = tmp_path / "run", tmp_path / "run" / PARTS_FOLDER
    for step in range(3):
        note(log_dir, step, 0)
    wait_until(lambda: read_attempt(parts))
    with pytest.warns(
        RuntimeWarning, match="ends while 3 steps still lack the part of another"
    ):
        end(0)
    for step in range(3):
        note(log_dir, step, 1)
    attempt = read_attempt(parts)
    (name,) = [name for name in part_names(parts) if name.startswith("1-")]
    wait_until(
        lambda: attempt and (facts := read_part(parts / name)) and facts.nonce == attempt.nonce
    )
    end(1)

    both(log_dir, 3)
    assert steps_of(log_dir) == [0, 1, 2, 3, 4]
    assert list(parts.glob("*-*")) == []


def test_steps_that_lack_a_worker_are_kept_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_dir = tmp_path / "run"
    note(log_dir, 0, 0)
    wait_until(lambda: read_attempt(log_dir / PARTS_FOLDER))
    with pytest.warns(RuntimeWarning, match="ends while 1 step"):
        end(0)
    with pytest.warns(RuntimeWarning, match=r"not joined: worker 1 recorded no part.*kept-0-"):
        both(log_dir, 1)
    assert steps_of(log_dir) == [1, 2]
    assert kept(log_dir) == ["0"]
    main(["check", str(tmp_path)])
    assert "could not be joined; delete them" in capsys.readouterr().out


def test_what_is_left_is_not_joined_into_another_run(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    leave_steps(log_dir, range(2))
    # Somebody records another training of the same samples there, by themselves.
    samples = {"a": np.zeros((8, 3), np.float32)}
    record(log_dir, 0, samples, labels=LABELS * 2, overwrite=True, finished=True)
    with pytest.warns(RuntimeWarning, match="run holds no run of theirs any more"):
        both(log_dir, 5)
    assert steps_of(log_dir) == [0, 5, 6]
    assert kept(log_dir) == ["0", "1"]


def test_a_damaged_part_that_is_left_does_not_stop_the_next_recording(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    leave_steps(log_dir, range(2))
    (manifest,) = log_dir.glob(f"{PARTS_FOLDER}/1-*/{MANIFEST_FILE}")
    manifest.write_text("{")
    with pytest.warns(RuntimeWarning, match=r"not joined: the manifest is not JSON"):
        both(log_dir, 2)
    assert steps_of(log_dir) == [0, 2, 3]
    assert kept(log_dir) == ["0", "1"]


def test_what_is_left_of_a_killed_training_is_joined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_dir = tmp_path / "run"
    leave_steps(log_dir, range(2))
    main(["check", str(tmp_path)])
    said = capsys.readouterr().out
    assert all(name in said for name in part_names(log_dir / PARTS_FOLDER))
    both(log_dir, 2)
    assert steps_of(log_dir) == [0, 1, 2, 3]
    assert kept(log_dir) == []


def test_a_worker_learns_of_a_chief_that_has_stopped_before_it_was_taken(
    tmp_path: Path,
) -> None:
    log_dir, parts = tmp_path / "run", tmp_path / "run" / PARTS_FOLDER
    note(log_dir, 0, 1)
    (name,) = part_names(parts)
    # One that had failed before says nothing of the chief that may yet come.
    write_attempt(parts, Attempt("0" * 32, (None, None), has_failed=True))
    note(log_dir, 1, 1)
    write_attempt(parts, Attempt("1" * 32, (None, None)))
    wait_until(lambda: (facts := read_part(parts / name)) and facts.nonce == "1" * 32)
    write_attempt(parts, Attempt("1" * 32, (None, None), has_failed=True))
    with pytest.raises(UnwritableError, match="worker 0 has stopped joining the parts"):
        note(log_dir, 2, 1)


def test_the_chief_waits_until_a_worker_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 30.0)
    log_dir = tmp_path / "run"
    note(log_dir, 0, 1)
    with ThreadPoolExecutor(1) as pool:
        chief = pool.submit(note, log_dir, 0, 0, finished=True)
        wait_until(lambda: steps_of(log_dir) == [0])
        time.sleep(0.5)
        assert not chief.done()
        note(log_dir, 1, 1, finished=True)
        chief.result()
    assert steps_of(log_dir) == [0]
    assert part_names(log_dir / PARTS_FOLDER) == []


def test_a_chief_that_failed_is_tried_again_in_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_dir, parts = tmp_path / "run", tmp_path / "run" / PARTS_FOLDER
    other = {"a": np.zeros((3, 3), np.float32)}
    record(log_dir, 0, other, finished=True)
    note(log_dir, 0, 0, 1)
    wait_until(lambda: (attempt := read_attempt(parts)) and attempt.has_failed)
    with pytest.raises(UnwritableError, match="cannot be joined"):
        note(log_dir, 1, 0, 1)
    values = {"a": np.ones((4, 3), np.float32)}
    record(log_dir, 7, values, labels=LABELS, shard=(0, 1), overwrite=True, finished=True)
    assert steps_of(log_dir) == [7]
    record(log_dir, 8, values, labels=LABELS, finished=True)
    assert steps_of(log_dir) == [7, 8]


def test_that_the_chief_has_failed_is_said_once_the_disk_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_dir, parts = tmp_path / "run", tmp_path / "run" / PARTS_FOLDER
    for rank in (1, 0):
        note(log_dir, 0, rank)
    wait_until(lambda: steps_of(log_dir) == [0])
    tried: list[str] = []

    def fail(*given: object, **more: object) -> None:
        tried.append("")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(announced_attempt, "write_attempt", fail)
        full.setattr(RunWriter, "write_snapshot", replacement(fail, log_dir))
        for rank in (1, 0):
            note(log_dir, 1, rank)
        wait_until(lambda: len(tried) >= 3)
    wait_until(lambda: (attempt := read_attempt(parts)) and attempt.has_failed)
    with pytest.raises(UnwritableError, match="worker 0 has stopped joining"):
        note(log_dir, 2, 1)


def replacement(fail: Callable[..., None], log_dir: Path) -> Callable[..., None]:
    """Returns a way to write a snapshot that fails for a run, and not for its parts."""
    write = RunWriter.write_snapshot

    def write_or_fail(writer: RunWriter, *given: Any, **more: Any) -> None:
        is_joined = writer._run_dir == log_dir  # noqa: SLF001 # no other writer may fail
        (fail if is_joined else partial(write, writer))(*given, **more)

    return write_or_fail


def test_a_file_that_cannot_be_deleted_does_not_end_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(part: RecordedPart, step: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(RecordedPart, "remove", refuse)
    with pytest.warns(RuntimeWarning, match="joined already stays in a part") as told:
        both(tmp_path / "run", 0)
    assert len(told) == 1
    assert steps_of(tmp_path / "run") == [0, 1]
