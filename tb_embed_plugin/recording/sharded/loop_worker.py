"""The workers that call `record`: each call writes a step of this worker's part."""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tb_embed_plugin.errors import MisuseError, UnwritableError
from tb_embed_plugin.recording.options.shard import Shard
from tb_embed_plugin.recording.samples.samples import fingerprint_of
from tb_embed_plugin.recording.sharded.joined_samples import JoinedSamples
from tb_embed_plugin.recording.sharded.joining import Joining
from tb_embed_plugin.recording.sharded.open_joined import OpenedRun, begin_run
from tb_embed_plugin.recording.sharded.own_part import OwnPart
from tb_embed_plugin.recording.training.continuation import (
    check_continuation,
    check_outputs,
)
from tb_embed_plugin.remote.staging import hold, release
from tb_embed_plugin.runs.manifest import Manifest
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.run_directory import RunDirectory, find_run_directory
from tb_embed_plugin.runs.writer import RunWriter

_RECORDER = "record"

EXIT_SECONDS = 5.0
"""How long a process that ends without a last call waits for the others."""

_workers: dict[tuple[int, Path, Shard], LoopWorker] = {}
"""By process, directory and rank: a forked process has none of its parent's."""

_guard = threading.Lock()


class LoopWorker:
    """One worker, from its first call of `record` to the last.

    Args:
        log_dir: The directory of the whole run.
        shard: Which worker this is.
        rows: Its samples.
        dtype: The dtype in which activations are stored.
        overwrite: Whether the run that is there is deleted.

    Attributes:
        folder: The folder of its part.

    Raises:
        MisuseError: The chief of another training records into this directory.
        OSError: The directory cannot be written.
    """

    def __init__(
        self,
        log_dir: Path,
        shard: Shard,
        rows: int,
        dtype: np.dtype[np.generic],
        *,
        overwrite: bool,
    ) -> None:
        self._key = os.getpid(), log_dir, shard
        self._part = OwnPart(log_dir, shard, rows, _RECORDER, dtype)
        self.folder = self._part.folder
        self._joining: Joining | None = None
        self._part.begin()
        if shard.is_chief:
            joining = Joining(
                log_dir,
                shard,
                self.folder.name,
                _LoopOpener(log_dir, overwrite=overwrite),
                dtype=dtype,
                max_to_keep=None,
                recorder=_RECORDER,
                overwrites=overwrite,
            )
            joining.start()
            self._joining = joining
        atexit.register(self.close)

    def check(self) -> None:
        """Warns of what has gone wrong behind the loop.

        Raises:
            UnwritableError: Parts are no longer joined.
        """
        if self._joining is not None:
            self._joining.check()
        else:
            self._part.check()

    def finish(self) -> None:
        """Waits a while for the other workers after the last call."""
        self._forget()
        if self._joining is not None:
            self._joining.finish()
        else:
            self._part.finish()

    def close(self, patience: float = EXIT_SECONDS) -> None:
        """Lets go of the part where the process ends and no call was the last.

        Args:
            patience: Seconds to wait for the others.
        """
        if os.getpid() == self._key[0]:
            self._forget()
            self._part.close(has_failed=True, patience=patience)
            if self._joining is not None:
                self._joining.close(patience, has_failed=False)
            release(self.folder)

    def _forget(self) -> None:
        atexit.unregister(self.close)
        _workers.pop(self._key, None)


def worker_of(
    log_dir: Path,
    shard: Shard | None,
    rows: int,
    dtype: np.dtype[np.generic],
    *,
    overwrite: bool,
) -> LoopWorker | None:
    """Returns this process's worker, which begins with the first call.

    Args:
        log_dir: As in `LoopWorker`, like all that follow.
        shard: Which worker this is; None where a process records by itself.
        rows: Its samples.
        dtype: The dtype in which activations are stored.
        overwrite: Whether the run that is there is deleted; for the first call.

    Returns:
        The worker, None where `shard` is.

    Raises:
        MisuseError: As `LoopWorker`.
        UnwritableError: Parts are no longer joined.
        OSError: The directory cannot be written.
    """
    if shard is None:
        return None
    path = log_dir.resolve()
    with _guard:
        key = os.getpid(), path, shard
        if key not in _workers:
            _workers[key] = LoopWorker(path, shard, rows, dtype, overwrite=overwrite)
        worker = _workers[key]
    try:
        worker.check()
    except UnwritableError:
        if shard.is_chief:
            worker.close(patience=0.0)  # the next call begins anew
        raise
    return worker


@dataclass(frozen=True)
class _LoopOpener:
    """Opens the run of a loop: a new one, or the one that the directory holds."""

    log_dir: Path
    overwrite: bool

    def __call__(
        self, samples: JoinedSamples, chief: Manifest, *, is_left: bool = False
    ) -> OpenedRun:
        """Opens the run.

        Raises:
            MisuseError: It has other layers, samples or outputs, or somebody else records it.
            OSError: It cannot be written.
        """
        location = find_run_directory(self.log_dir)
        if not hold(location.run_dir):
            raise MisuseError(f"{location.run_dir} is being recorded by this process already")
        try:
            return self._open(location, samples)
        except BaseException:
            release(location.run_dir)
            raise

    def _open(self, location: RunDirectory, samples: JoinedSamples) -> OpenedRun:
        run_dir = location.run_dir
        notice = location.reason and f"{location.reason}; record writes into {run_dir} instead."
        # Known by their columns alone, as those of a loop in one process are.
        count = len(samples.columns[0].cells)
        fingerprint = fingerprint_of(np.zeros((count, 1), np.float32), samples.columns)
        samples = replace(samples, fingerprint=fingerprint)
        recorded = None if self.overwrite else read_manifest(run_dir)
        if recorded is None:
            return OpenedRun(run_dir, begin_run(run_dir, samples), notice=notice)
        check_continuation(recorded, samples.layers, count, fingerprint)
        check_outputs(recorded.outputs, samples.outputs)
        return OpenedRun(run_dir, RunWriter(run_dir, recorded), is_resumed=True, notice=notice)
