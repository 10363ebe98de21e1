"""`record` in a directory of others: it goes beside, says so once, and finds itself again."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import MisuseError, record
from tb_embed_plugin.metadata import SPRITE_FILE
from tb_embed_plugin.runs.recording_lock import release
from tests.harness import read_run

VALUES = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


@pytest.mark.parametrize("name", ["checkpoint", "metadata.tsv", SPRITE_FILE, "weights.index"])
def test_a_loop_records_beside_what_others_wrote(tmp_path: Path, name: str) -> None:
    run_dir, beside = tmp_path / "run", tmp_path / "run-2"
    run_dir.mkdir()
    (run_dir / name).write_bytes(b"theirs")
    with pytest.warns(
        RuntimeWarning, match=rf"already holds {name}.*into .*run-2 instead"
    ) as told:
        record(run_dir, 0, {"fc1": VALUES})
    assert [one.filename for one in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for step in (1, 2):
            record(run_dir, step, {"fc1": VALUES + step})

    release(beside)  # as when the process ends
    with pytest.warns(RuntimeWarning, match="run-2"):
        record(run_dir, 3, {"fc1": VALUES + 3}, finished=True)
    assert [(f.name, f.read_bytes()) for f in run_dir.iterdir()] == [(name, b"theirs")]
    run = read_run(beside)
    assert run.steps == [0, 1, 2, 3]
    np.testing.assert_array_equal(run.snapshot("fc1", 2), VALUES + 2)
    with pytest.raises(MisuseError, match="does not come after 3"):
        record(run_dir, 3, {"fc1": VALUES})
    with pytest.warns(RuntimeWarning, match="run-2"):
        record(run_dir, 0, {"fc1": VALUES}, overwrite=True, finished=True)
    assert read_run(beside).steps == [0]


def test_a_place_that_others_have_too_is_passed_by(tmp_path: Path) -> None:
    for name in ("run", "run-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "checkpoint").write_bytes(b"theirs")
    (tmp_path / "run-3").write_bytes(b"theirs")
    with pytest.warns(RuntimeWarning, match="run-4"):
        record(tmp_path / "run", 0, {"fc1": VALUES}, finished=True)
    assert read_run(tmp_path / "run-4").steps == [0]


def test_others_who_begin_to_write_after_us_move_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        record(tmp_path / "run", 0, {"fc1": VALUES})
        (tmp_path / "run" / "weights.index").write_bytes(b"theirs")
        record(tmp_path / "run", 1, {"fc1": VALUES}, finished=True)
    assert read_run(tmp_path / "run").steps == [0, 1]
    assert (tmp_path / "run" / "weights.index").read_bytes() == b"theirs"
