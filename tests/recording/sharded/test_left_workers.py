"""Workers that record on when nobody joins their parts any more."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.metadata import MANIFEST_FILE, PARTS_FOLDER
from tb_embed_plugin.recording.sharded import own_part
from tb_embed_plugin.runs.parts import (
    Attempt,
    PartFacts,
    left_behind,
    part_names,
    read_part,
    write_attempt,
    write_part,
)
from tests.harness import read_run, wait_until
from tests.recording.sharded.worker import record_rows


def test_a_worker_that_outlives_the_patience_of_the_chief_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 0.3)
    log_dir = tmp_path / "run"
    for rank in (1, 0):
        record_rows(log_dir, 0, (rank, 2))
    wait_until(lambda: (log_dir / MANIFEST_FILE).exists() and read_run(log_dir).steps == [0])
    with pytest.warns(RuntimeWarning, match="step 1 is left out, because worker 1"):
        record_rows(log_dir, 1, (0, 2), finished=True)

    with pytest.raises(UnwritableError, match="worker 0 has finished the run without waiting"):
        record_rows(log_dir, 1, (1, 2))
    assert part_names(log_dir / PARTS_FOLDER) == []


def test_a_worker_whose_chief_was_started_again_is_told(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    parts = log_dir / PARTS_FOLDER
    record_rows(log_dir, 0, (1, 2))
    (name,) = part_names(parts)
    write_attempt(parts, Attempt("1" * 32, (None, None)))
    wait_until(lambda: (facts := read_part(parts / name)) and facts.nonce == "1" * 32)
    write_attempt(parts, Attempt("1" * 32, (None, name)))
    record_rows(log_dir, 1, (1, 2))

    write_attempt(parts, Attempt("2" * 32, (None, None)))
    with pytest.raises(UnwritableError, match="worker 0 was started again"):
        record_rows(log_dir, 2, (1, 2))
    write_attempt(parts, Attempt("1" * 32, (None, name)))
    shutil.rmtree(parts / name)
    with pytest.raises(UnwritableError, match=f"{name} was deleted; start all workers again"):
        record_rows(log_dir, 2, (1, 2))
    assert part_names(parts) == []


def test_what_was_never_a_part_is_deleted_by_its_age(tmp_path: Path) -> None:
    write_attempt(tmp_path, Attempt("", ()))
    names = [f"{rank}-{'0' * 16}" for rank in range(4)]
    for name in names:
        (tmp_path / name).mkdir()
    for name in names[:2]:
        write_part(tmp_path / name, PartFacts(world=4, rows=1, dtype="float32"))
    os.utime(tmp_path / names[0] / "part.json", (0, 0))
    os.utime(tmp_path / names[2], (0, 0))
    assert left_behind(tmp_path) == [names[0], names[2]]
