"""A large file is flushed while it is written, and a disk that refuses is heard of."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint
from tb_embed_plugin.runs.flushing import PART_BYTES, FlushedMeanwhile

PIECE = bytes(1 << 20)


def write_parts(path: Path, parts: int) -> None:
    """Writes a file of so many parts, flushed meanwhile."""
    with path.open("wb") as file, FlushedMeanwhile(file) as flushed:
        for _ in range(parts * PART_BYTES // len(PIECE)):
            flushed.write(PIECE)


def test_a_large_checkpoint_is_flushed_in_parts_and_read_by_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three parts and a rest, flushed on another thread before the end."""
    flushed_by = []
    flush = os.fsync

    def counted(descriptor: int) -> None:
        flushed_by.append(threading.current_thread())
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    rows = np.random.default_rng(0).random((3 * PART_BYTES // 400 + 1_000, 100), np.float32)
    write_checkpoint(tmp_path, "step", {"fc1": rows}, np.dtype(np.float32))
    behind = [thread for thread in flushed_by if thread is not threading.current_thread()]
    assert 1 <= len(behind) <= 3
    read = tf.train.load_checkpoint(str(tmp_path / "step")).get_tensor("fc1")
    np.testing.assert_array_equal(read, rows)


def test_a_small_file_starts_no_thread(tmp_path: Path) -> None:
    """What fits into one part is left to the flush at the end."""
    before = threading.active_count()
    with (tmp_path / "file").open("wb") as file, FlushedMeanwhile(file) as flushed:
        for _ in range(PART_BYTES // len(PIECE) - 1):
            flushed.write(PIECE)
            assert threading.active_count() == before


@pytest.mark.parametrize("parts", [1, 3])
def test_a_disk_that_loses_a_part_is_heard_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    """Also of the last part that was flushed, after which nothing else is."""
    lost = OSError(errno.EIO, "it is lost")

    def lose(_descriptor: int) -> None:
        monkeypatch.undo()
        raise lost

    monkeypatch.setattr(os, "fsync", lose)
    with pytest.raises(OSError, match="lost"):
        write_parts(tmp_path / "file", parts)


def test_at_the_interpreters_end_the_flush_at_the_end_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread starts any more; all is written."""

    def refuse(*_arguments: object) -> None:
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor.submit", refuse)
    write_parts(tmp_path / "file", 2)
    assert (tmp_path / "file").stat().st_size == 2 * PART_BYTES
