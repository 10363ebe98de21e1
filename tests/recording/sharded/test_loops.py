"""Loops in several processes that record one run by `record(shard=...)`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import MisuseError, record
from tb_embed_plugin.cli import main
from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.metadata import MANIFEST_FILE, PARTS_FOLDER
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.recording.sharded import own_part
from tb_embed_plugin.runs import sprites
from tb_embed_plugin.runs.parts import (
    PartFacts,
    part_names,
    read_attempt,
    read_part,
    write_part,
)
from tests.decoding import BASE, positions_of
from tests.harness import PATIENCE, client_for, read_run, wait_until
from tests.recording.sharded.worker import KERNEL, SAMPLES, X, record_rows, together

WORKER = Path(__file__).with_name("worker.py")


def start(
    log_dir: Path, rank: int, world: int, *steps: str | int, **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, WORKER, str(log_dir), str(rank), str(world), *map(str, steps)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment},
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    """Waits for a worker; returns what it has warned of."""
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == code, errors[-3000:]
    return errors


def parts_of(log_dir: Path) -> list[str]:
    return part_names(log_dir / PARTS_FOLDER)


def check_step(log_dir: Path, step: int) -> None:
    run = read_run(log_dir)
    np.testing.assert_array_equal(run.snapshot("fc1", step), X + np.float32(step))
    outputs = run.outputs("logits", step)
    assert outputs is not None
    expected: NDArray[np.float32] = (X @ KERNEL) * np.float32(1 + step)
    np.testing.assert_array_equal(outputs.values, expected)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_files_are_those_of_one_process(
    tmp_path: Path, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for step in range(3):
        record_rows(tmp_path / "one", step, None, finished=step == 2, dtype=dtype)
        for rank in (2, 0, 1):
            if step < 2:
                record_rows(tmp_path / "run", step, (rank, 3), dtype=dtype)
    together(tmp_path / "run", 2, 3, dtype=dtype)

    names = {p.name for p in (tmp_path / "one").iterdir() if p.is_file()}
    assert names == {p.name for p in (tmp_path / "run").iterdir() if p.is_file()}
    for name in names:
        if not name.startswith("events"):  # it holds the time
            assert (tmp_path / "run" / name).read_bytes() == (
                tmp_path / "one" / name
            ).read_bytes()
    one, run = (
        json.loads((tmp_path / each / MANIFEST_FILE).read_bytes()) for each in ("one", "run")
    )
    for manifest in (one, run):
        del manifest["attempt"]
        for entry in manifest["steps"]:
            del entry["wall_time"]
    assert run == one
    assert {c["name"]: c["type"] for c in run["columns"]}["mixed"] == "category"
    assert parts_of(tmp_path / "run") == []


def test_workers_record_one_run_that_the_page_opens(tmp_path: Path) -> None:
    log_dir = tmp_path / "logs" / "run"
    workers = [start(log_dir, rank, 2, 0, 1, "end", 2) for rank in (1, 0)]
    assert [finish(worker) for worker in workers] == ["", ""]

    client = client_for(tmp_path / "logs", EmbeddingsPlugin)
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    assert (run["run"], run["problems"], run["recording"]) == ("run", [], False)
    query = {"run": "run", "layer": "fc1", "engine": "pca", "components": 2}
    projection = client.get(BASE + "projection", query_string=query)
    assert positions_of(projection).shape == (3, SAMPLES, 2)
    for step in range(3):
        check_step(log_dir, step)


def test_a_part_is_no_run_while_it_is_recorded(tmp_path: Path) -> None:
    for rank in (0, 1):
        record_rows(tmp_path / "logs" / "run", 0, (rank, 2))
    wait_until((tmp_path / "logs" / "run" / MANIFEST_FILE).exists)
    assert len(parts_of(tmp_path / "logs" / "run")) == 2

    client = client_for(tmp_path / "logs", EmbeddingsPlugin)
    assert [r["run"] for r in client.get(BASE + "runs").get_json()["runs"]] == ["run"]
    assert not list((tmp_path / "logs").glob("**/parts/**/events*"))
    together(tmp_path / "logs" / "run", 1, 2)


def test_a_step_that_lacks_a_part_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_dir = tmp_path / "run"
    for step in range(4):
        for rank in (2, 1, 0):
            if (step, rank) != (1, 2):
                if (step, rank) != (3, 0):
                    record_rows(log_dir, step, (rank, 3), finished=step == 3)
                    continue
                with pytest.warns(RuntimeWarning, match="step 1 is left out, because worker 2"):
                    record_rows(log_dir, step, (rank, 3), finished=True)

    run = read_run(log_dir)
    assert run.steps == [0, 2, 3]
    (problem,) = run.problems
    assert problem.startswith("step 1 is left out, because worker 2 recorded no part of it")
    check_step(log_dir, 3)
    main(["check", str(tmp_path)])
    assert problem in capsys.readouterr().out


def test_nobody_waits_for_a_worker_that_comes_late(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    for step in range(3):
        record_rows(log_dir, step, (0, 2))
    assert not (log_dir / MANIFEST_FILE).exists()
    for step in range(3):
        record_rows(log_dir, step, (1, 2))
    wait_until(lambda: (log_dir / MANIFEST_FILE).exists() and read_run(log_dir).steps)
    together(log_dir, 3, 2)
    assert read_run(log_dir).steps == [0, 1, 2, 3]


def test_a_worker_that_is_killed_is_waited_for_in_vain_and_named(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    dies = start(log_dir, 1, 2, 0, "wait:joined", "die")
    chief = start(log_dir, 0, 2, 0, "wait:dead", 1, "end", 2, PATIENCE="2")
    wait_until(lambda: (log_dir / MANIFEST_FILE).exists() and read_run(log_dir).steps == [0])
    (tmp_path / "run-joined").touch()
    finish(dies, -9)
    (tmp_path / "run-dead").touch()
    assert "steps 1 and 2 are left out, because worker 1 recorded no part of them" in finish(
        chief
    )
    assert read_run(log_dir).steps == [0]
    assert not read_run(log_dir).recording
    assert parts_of(log_dir) == []


@pytest.mark.parametrize("gave", [True, False])
def test_a_chief_that_is_killed_loses_nothing_that_is_complete(
    tmp_path: Path, *, gave: bool
) -> None:
    log_dir = tmp_path / "run"
    chief = start(log_dir, 0, 2, 0, "wait:joined", 1, "die")
    other = start(log_dir, 1, 2, 0, "wait:dead", *([1] * gave), "die")
    wait_until(lambda: (log_dir / MANIFEST_FILE).exists() and read_run(log_dir).steps == [0])
    (tmp_path / "run-joined").touch()
    finish(chief, -9)
    (tmp_path / "run-dead").touch()
    finish(other, -9)
    assert read_run(log_dir).steps == [0]

    # The next attempt begins with a worker that sees what the dead chief has said.
    left = read_attempt(log_dir / PARTS_FOLDER)
    other = start(log_dir, 1, 2, 2, "end", 3)
    wait_until(lambda: left and _answers(log_dir, left.nonce) == 2)
    told = finish(start(log_dir, 0, 2, 2, "end", 3))
    assert finish(other) == ""
    run = read_run(log_dir)
    assert run.steps == ([0, 1, 2, 3] if gave else [0, 2, 3])
    assert ("step 1 is left out, because worker 1" in told) == (not gave)
    for step in run.steps:
        check_step(log_dir, step)
    assert parts_of(log_dir) == []


def test_what_a_killed_training_left_may_be_damaged(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    chief = start(log_dir, 0, 2, 0, "wait:joined", 1, "die")
    other = start(log_dir, 1, 2, 0, "wait:joined", "die")
    wait_until(lambda: (log_dir / MANIFEST_FILE).exists() and read_run(log_dir).steps == [0])
    (tmp_path / "run-joined").touch()
    finish(chief, -9)
    finish(other, -9)
    for name in parts_of(log_dir):
        (log_dir / PARTS_FOLDER / name / MANIFEST_FILE).write_bytes(b"torn")

    with pytest.warns(RuntimeWarning, match=r"is not joined: .* is kept there as"):
        together(log_dir, 2, 2)
    assert read_run(log_dir).steps == [0, 2]
    assert parts_of(log_dir) == []


def _answers(log_dir: Path, nonce: str) -> int:
    facts = [read_part(log_dir / PARTS_FOLDER / name) for name in parts_of(log_dir)]
    return sum(1 for one in facts if one is not None and one.nonce == nonce)


def test_loops_that_do_not_say_which_step_is_the_last(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    workers = [start(log_dir, rank, 2, 0, 1) for rank in (1, 0)]
    assert [finish(worker) for worker in workers] == ["", ""]
    run = read_run(log_dir)
    assert (run.steps, run.recording) == ([0, 1], True)


def test_more_workers_go_on_with_the_same_samples(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    together(log_dir, 0, 2)
    together(log_dir, 1, 3)
    record_rows(log_dir, 2, None, finished=True)
    assert read_run(log_dir).steps == [0, 1, 2]
    for step in range(3):
        check_step(log_dir, step)


def test_workers_that_record_differently_are_named(tmp_path: Path) -> None:
    values = np.ones((4, 3), np.float32)
    record(tmp_path / "run", 0, {"fc1": values}, shard=(0, 2))
    record(tmp_path / "run", 0, {"fc2": values}, shard=(1, 2))
    parts = tmp_path / "run" / PARTS_FOLDER
    wait_until(lambda: (attempt := read_attempt(parts)) is not None and attempt.has_failed)

    with pytest.raises(
        UnwritableError, match="worker 1 records the layers 'fc2', but worker 0"
    ):
        record(tmp_path / "run", 1, {"fc1": values}, shard=(0, 2))
    with pytest.raises(UnwritableError, match="worker 0 has stopped joining the parts"):
        record(tmp_path / "run", 1, {"fc2": values}, shard=(1, 2))
    assert not (tmp_path / "run" / MANIFEST_FILE).exists()


def test_a_second_chief_is_refused(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    other = start(log_dir, 0, 2, 0, "wait:told")
    wait_until(lambda: read_attempt(log_dir / PARTS_FOLDER) is not None)
    with pytest.raises(MisuseError, match=f"already being recorded by process {other.pid}"):
        record(log_dir, 0, {"fc1": X}, shard=(0, 2))
    other.kill()
    other.communicate()

    record(log_dir, 0, {"fc1": X}, shard=(0, 2))
    with pytest.raises(MisuseError, match="worker 0 of another training of this process"):
        record(log_dir, 0, {"fc1": X}, shard=(0, 3))
    record(log_dir, 0, {"fc1": X}, shard=(1, 2))
    for rank in (1, 0):
        record(log_dir, 1, {"fc1": X}, shard=(rank, 2), finished=True)
    assert read_run(log_dir).steps == [0, 1]


def test_a_worker_that_never_begins_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 0.3)
    values = np.ones((4, 3), np.float32)
    with pytest.warns(RuntimeWarning, match="of 3 workers 1 and 2 never began a part"):
        record(tmp_path / "run", 0, {"fc1": values}, shard=(0, 3), finished=True)
    with pytest.warns(RuntimeWarning, match="worker 0 of 3 has not taken it"):
        record(tmp_path / "run", 0, {"fc1": values}, shard=(1, 3), finished=True)


@pytest.mark.parametrize("shard", [2, (0,), (2, 2), (-1, 2), (0, 0), (0.0, 2), ("0", "2")])
def test_what_is_no_shard_is_refused(tmp_path: Path, shard: object) -> None:
    with pytest.raises(MisuseError, match=r"shard must be \(rank, world\)"):
        record(tmp_path / "run", 0, {"fc1": X[:SAMPLES]}, shard=shard)  # type: ignore[arg-type] # on purpose
    assert not (tmp_path / "run").exists()


def test_an_address_takes_no_shard(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="shard needs a directory that all workers see"):
        record("memory://bucket/run", 0, {"fc1": X}, shard=(0, 2))


def test_a_link_in_the_place_of_a_part_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 1.0)
    elsewhere, parts = tmp_path / "elsewhere", tmp_path / "run" / PARTS_FOLDER
    record(elsewhere, 0, {"fc1": X}, finished=True)
    record(tmp_path / "run", 0, {"fc1": X}, shard=(0, 2))
    wait_until(lambda: read_attempt(parts) is not None)
    attempt = read_attempt(parts)
    assert attempt is not None
    write_part(
        elsewhere, PartFacts(world=2, rows=SAMPLES, dtype="float32", nonce=attempt.nonce)
    )
    before = sorted(path.name for path in elsewhere.iterdir())
    (parts / f"1-{'0' * 16}").symlink_to(elsewhere)

    with pytest.warns(RuntimeWarning, match="of 2 workers 1 never began a part"):
        record(tmp_path / "run", 1, {"fc1": X}, shard=(0, 2), finished=True)
    assert sorted(path.name for path in elsewhere.iterdir()) == before


def test_thumbnails_that_do_not_fit_a_sheet_are_joined_from_their_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sprites, "MAX_SHEET_SIDE", 32)
    monkeypatch.setattr(sprites, "MAX_PAGE_SIDE", 32)
    record_rows(tmp_path / "one", 0, None, finished=True)
    together(tmp_path / "run", 0, 3)

    one, run = read_run(tmp_path / "one"), read_run(tmp_path / "run")
    assert one.manifest.sprite is not None
    assert one.manifest.sprite.pages is not None
    assert run.manifest.sprite == one.manifest.sprite
    for page in range(one.manifest.sprite.pages.count):
        assert run.sprite("fc1", page) == one.sprite("fc1", page)
