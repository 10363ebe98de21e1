"""One writer a run: of what two wrote at once, nothing that was acknowledged is lost."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import MisuseError, record
from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.metadata import LOCK_FILE, MANIFEST_FILE, RECORDER_FILE
from tb_embed_plugin.recording.training.snapshot_recorder import SnapshotRecorder
from tb_embed_plugin.runs import recording_lock
from tb_embed_plugin.runs.lock_file import NoLocksError
from tb_embed_plugin.runs.manifest import Layer, Step
from tb_embed_plugin.runs.recording_lock import HeldElsewhereError, hold, release
from tb_embed_plugin.runs.tables.metadata_table import index_column
from tb_embed_plugin.runs.writer import RunWriter
from tests.harness import read_run

OTHER = """
    import os, sys
    import numpy as np
    from tb_embed_plugin import record
    for step in range(3):
        record(sys.argv[1], step, {"fc1": np.full((20, 4), 100 + step, np.float32)})
    if sys.argv[2] == "fork" and os.fork():
        os._exit(0)
    print("recorded", flush=True)
    sys.stdin.read()
    os._exit(0)
"""


def rows(value: float) -> NDArray[np.float32]:
    return np.full((20, 4), value, np.float32)


@contextlib.contextmanager
def other_process(run_dir: Path, what: str = "stay") -> Iterator[subprocess.Popen[str]]:
    """Another process, which has recorded three snapshots of 100 and more into a run.

    With `what` "fork" it has ended, and one that it forked says so in its place: only that one
    knows when its copy of the lock is closed.
    """
    words = [sys.executable, "-c", textwrap.dedent(OTHER), str(run_dir), what]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "recorded\n"
        yield process
        process.communicate()


def test_threads_that_record_into_one_run_lose_nothing(tmp_path: Path) -> None:
    record(tmp_path, 0, {"fc1": rows(0)})
    kept, start = [0], threading.Barrier(3)

    def write(first: int) -> None:
        start.wait()
        for step in range(first, 40, 3):
            with contextlib.suppress(MisuseError):
                record(tmp_path, step, {"fc1": rows(step)})
                kept.append(step)

    threads = [threading.Thread(target=write, args=(first,)) for first in (1, 2, 3)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    run = read_run(tmp_path)
    assert run.steps == kept
    for step in kept:
        np.testing.assert_array_equal(run.snapshot("fc1", step), rows(step))


def test_a_lock_ends_with_its_holder_and_not_with_what_it_forked(tmp_path: Path) -> None:
    with other_process(tmp_path, "fork") as process:
        process.wait()
        # The forked process lives on: it said "recorded" and waits for the end of its input.
        record(tmp_path, 3, {"fc1": rows(3)}, finished=True)
    assert read_run(tmp_path).steps == [0, 1, 2, 3]


def test_a_writer_whose_lock_was_deleted_stops_when_another_has_it(tmp_path: Path) -> None:
    record(tmp_path / "run", 0, {"fc1": rows(0)})
    writer = RunWriter.begin(
        tmp_path / "callback",
        layers=[Layer("fc1", 4)],
        columns=[index_column(20)],
        fingerprint="",
        outputs=None,
    )
    assert hold(tmp_path / "callback")
    write: dict[str, Callable[[], None]] = {
        "run": lambda: record(tmp_path / "run", 1, {"fc1": rows(1)}),
        "callback": lambda: writer.write_snapshot(_step(1), {"fc1": rows(1)}),
    }
    for name, write_more in write.items():
        shutil.rmtree(tmp_path / name)
        with other_process(tmp_path / name) as process:
            told = rf"{name} is already being recorded by process {process.pid} \(since .*\); "
            remedy = "wait until it ends or end it, or record into another directory"
            with pytest.raises(HeldElsewhereError, match=told + remedy):
                write_more()
            run = read_run(tmp_path / name)
            assert run.steps == [0, 1, 2]
            np.testing.assert_array_equal(run.snapshot("fc1", 1), rows(101))
    # By now nobody has it, but the run is no longer the one that was begun.
    recorder = SnapshotRecorder(
        tmp_path / "callback",
        writer,
        lambda: {"fc1": rows(1)},
        dtype=np.dtype(np.float32),
        max_to_keep=None,
        on_snapshot=None,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for step in range(1, 4):
            recorder.record(_step(step))
        recorder.close()
    (warned,) = caught
    assert "was deleted or replaced while it was recorded" in str(warned.message)
    np.testing.assert_array_equal(run.snapshot("fc1", 1), rows(101))


def test_a_lock_that_somebody_deletes_is_taken_again(tmp_path: Path) -> None:
    record(tmp_path, 0, {"fc1": rows(0)})
    (tmp_path / LOCK_FILE).unlink()
    record(tmp_path, 1, {"fc1": rows(1)})
    assert (tmp_path / LOCK_FILE).exists()
    assert read_run(tmp_path).steps == [0, 1]


def test_a_manifest_whose_number_and_time_change_by_themselves_is_still_ours(
    tmp_path: Path,
) -> None:
    assert hold(tmp_path)
    writer = RunWriter.begin(
        tmp_path,
        layers=[Layer("fc1", 4)],
        columns=[index_column(20)],
        fingerprint="",
        outputs=None,
    )
    for step in range(3):
        shutil.copy(tmp_path / MANIFEST_FILE, tmp_path / "copy")
        (tmp_path / "copy").rename(tmp_path / MANIFEST_FILE)
        writer.write_snapshot(_step(step), {"fc1": rows(step)})
    assert read_run(tmp_path).steps == [0, 1, 2]
    (tmp_path / MANIFEST_FILE).write_bytes(b"{}")
    with pytest.raises(UnwritableError, match="deleted or replaced"):
        writer.write_snapshot(_step(3), {"fc1": rows(3)})
    release(tmp_path)


def test_a_first_call_that_fails_leaves_the_run_to_others(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "projector_config.pbtxt").mkdir()
    for _ in range(2):
        with pytest.raises(UnwritableError, match="it is a directory; name a file"):
            record(tmp_path / "run", 0, {"fc1": rows(0)})
    (tmp_path / "run" / "projector_config.pbtxt").rmdir()
    record(tmp_path / "run", 0, {"fc1": rows(0)})
    assert read_run(tmp_path / "run").steps == [0]


def test_a_disk_without_locks_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_: object) -> None:
        raise NoLocksError(38, "Function not implemented")

    monkeypatch.setattr(recording_lock, "try_to_lock", without)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for step in range(3):
            record(tmp_path, step, {"fc1": rows(step)})
    (warned,) = caught
    assert "cannot be locked (Function not implemented)" in str(warned.message)
    assert read_run(tmp_path).steps == [0, 1, 2]
    release(tmp_path)


def test_a_holder_that_does_not_say_who_it_is_is_another_process(tmp_path: Path) -> None:
    with other_process(tmp_path):
        for holder in (
            "",
            "[]",
            "{}",
            '{"pid": "x"}',
            '{"pid": 1, "host": "h", "since": 1e99}',
        ):
            (tmp_path / RECORDER_FILE).write_text(holder)
            with pytest.raises(HeldElsewhereError, match="recorded by another process;"):
                hold(tmp_path)


def _step(step: int) -> Step:
    return Step(step, "epoch", step, None, 0.0, None)
