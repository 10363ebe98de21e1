"""The chief's work: it finds the parts of all workers and joins them, behind the training.

What fails in its thread is said by the training's own, where it becomes one warning. Waiting
for other workers is bounded, and done when the training has ended.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tb_embed_plugin.errors import MisuseError, UnreadableError, UnwritableError
from tb_embed_plugin.recording.options.shard import Shard
from tb_embed_plugin.recording.sharded import own_part
from tb_embed_plugin.recording.sharded.joined_run import JoinedRun
from tb_embed_plugin.recording.sharded.joined_samples import join_samples
from tb_embed_plugin.recording.sharded.left_training import join_left
from tb_embed_plugin.recording.sharded.open_joined import OpenRun
from tb_embed_plugin.recording.sharded.watch import INTERVAL_SECONDS, Watch
from tb_embed_plugin.recording.training.console import failure_words, warn
from tb_embed_plugin.remote.staging import hold, release
from tb_embed_plugin.runs.parts import (
    Attempt,
    delete_parts,
    left_behind,
    part_names,
    parts_folder,
    rank_of,
    read_attempt,
    read_part,
    write_attempt,
)
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.steps import left_out_words
from tb_embed_plugin.runs.writer import RunWriter
from tb_embed_plugin.wording import listed


class Joining:
    """The joining of one training's parts.

    Args:
        log_dir: The run's directory, as the user passed it.
        shard: The chief among how many workers.
        own: Name of the chief's own part.
        open_run: Opens the joined run.
        dtype: The dtype in which activations are stored.
        max_to_keep: Snapshots kept, None for all.
        recorder: The recorder's name, for messages.
        overwrites: Whether what a killed training has left is deleted rather than joined.
    """

    def __init__(
        self,
        log_dir: Path,
        shard: Shard,
        own: str,
        open_run: OpenRun,
        *,
        dtype: np.dtype[np.generic],
        max_to_keep: int | None,
        recorder: str,
        overwrites: bool = False,
    ) -> None:
        self._log_dir = log_dir
        self._parts = parts_folder(log_dir)
        self._world = shard.world
        self._attempt = Attempt(secrets.token_hex(16), (own, *[None] * (shard.world - 1)))
        self._open_run = open_run
        self._dtype = dtype
        self._max_to_keep = max_to_keep
        self._recorder = recorder
        self._overwrites = overwrites
        self._has_begun = False
        self._failure: str | None = None
        self._run: JoinedRun | None = None
        self._run_dir: Path | None = None
        self._told: list[str] = []
        self._watch = Watch(self._look, shard.world)

    def start(self) -> None:
        """Starts to look for the parts.

        Raises:
            MisuseError: The chief of another training records into the directory.
            OSError: It cannot be written.
        """
        if not hold(self._parts):
            raise MisuseError(
                f"worker 0 of another training of this process records into {self._log_dir}; "
                "end that one first, or record into another directory"
            )
        self._watch.start()

    def check(self) -> None:
        """Warns of what has gone wrong since; called by the training's own thread.

        Raises:
            UnwritableError: Nothing is joined any more.
        """
        self._tell()
        if self._failure is not None:
            raise UnwritableError(self._failure)

    def finish(self) -> Path | None:
        """Waits a while for what is missing, names what never came, and closes the run.

        Returns:
            The run's directory, None where it failed.
        """
        self._watch.close()
        self._wait(own_part.PATIENCE_SECONDS)
        self._guarded(self._finish)
        self._release()
        self._tell()
        if self._failure is not None:
            warn(f"{self._recorder} stopped recording: {self._failure}.")
        return None if self._failure is not None else self._run_dir

    def close(self, patience: float = 0.0) -> None:
        """Stops; what is not joined yet stays for the next chief.

        Args:
            patience: Seconds to wait for what other workers may just be writing.
        """
        self._watch.close()
        self._guarded(self._step)
        self._wait(patience)
        self._guarded(self._note_interruption)
        self._release()
        self._tell()

    def _wait(self, patience: float) -> None:
        """Joins what comes, until nothing has come for so many seconds, or all has."""
        deadline = time.monotonic() + patience
        while self._failure is None and time.monotonic() < deadline:
            if self._guarded(self._step):
                deadline = time.monotonic() + patience
            if self._run is not None and not self._run.is_waiting:
                break
            time.sleep(INTERVAL_SECONDS)

    def _look(self) -> bool:
        self._guarded(self._step)
        return self._failure is not None

    def _step(self) -> bool:
        """Does what can be done now; returns whether anything was joined."""
        if not self._has_begun:
            self._take_over()
        if self._run is None:
            self._find_parts()
            self._try_to_open()
        return self._run is not None and self._run.join_ready()

    def _take_over(self) -> None:
        """Joins what a killed chief has left, and says that this attempt begins."""
        before = read_attempt(self._parts)
        if before is not None and before.nonce != self._attempt.nonce and not before.has_ended:
            if not self._overwrites:
                self._join_left(before)
            delete_parts(self._parts, [name for name in before.parts if name is not None])
        write_attempt(self._parts, self._attempt)
        self._has_begun = True

    def _join_left(self, before: Attempt) -> None:
        try:
            left = join_left(self._log_dir, before, self._joined)
        except UnreadableError as error:
            self._told.append(
                f"{self._recorder} drops what a killed training has left: {error}."
            )
            return
        if left is not None:
            self._warn_left_out(left)

    def _find_parts(self) -> None:
        """Takes the parts that answer this attempt."""
        parts = list(self._attempt.parts)
        for name in part_names(self._parts):
            rank = rank_of(name)
            if rank is None or rank >= self._world or parts[rank] is not None:
                continue
            facts = read_part(self._parts / name)
            if facts is not None and facts.nonce == self._attempt.nonce:
                parts[rank] = name
        if tuple(parts) != self._attempt.parts:
            self._say(parts=tuple(parts))

    def _try_to_open(self) -> None:
        found = [self._read(name) for name in self._attempt.parts]
        parts = [part for part in found if part is not None]
        if len(parts) < len(found):
            return
        opened = self._open_run(join_samples(parts), parts[0].manifest)
        if opened is None:
            return
        if opened.notice is not None:
            self._told.append(opened.notice)
        self._run_dir = opened.run_dir
        self._say(
            run=opened.run_dir.name,
            epochs=opened.epochs,
            batches=opened.batches,
            is_resumed=opened.is_resumed,
        )
        self._run = self._joined(opened.writer, parts, self._attempt)

    def _read(self, name: str | None) -> RecordedPart | None:
        return None if name is None else RecordedPart.read(self._parts / name)

    def _joined(
        self, writer: RunWriter, parts: Sequence[RecordedPart], attempt: Attempt
    ) -> JoinedRun:
        return JoinedRun(
            writer,
            parts,
            attempt,
            dtype=self._dtype,
            max_to_keep=self._max_to_keep,
            tell=self._told.append,
        )

    def _say(self, **changes: object) -> None:
        attempt = replace(self._attempt, **changes)  # type: ignore[arg-type] # of the fields' types
        write_attempt(self._parts, attempt)
        self._attempt = attempt

    def _note_interruption(self) -> bool:
        """Notes how the training has ended where all of its steps are joined."""
        is_joined = self._run is not None and not self._run.is_waiting
        if self._run is not None and is_joined:
            self._run.add_phases()
        return is_joined

    def _finish(self) -> bool:
        run = self._run
        if run is None:
            missing = [
                rank for rank, name in enumerate(self._attempt.parts) if not self._read(name)
            ]
            raise MisuseError(
                f"of {self._world} workers {listed(missing)} never began a part of "
                f"{self._log_dir}; pass shard=(rank, world) in each of them, with the same "
                "directory"
            )
        run.leave_out_rest()
        run.add_phases()
        run.writer.finish()
        self._warn_left_out(run)
        if run.without_thumbnails:
            self._told.append(
                f"{self._recorder} recorded no thumbnails: worker "
                f"{listed(run.without_thumbnails)} has none; give images to all workers, or "
                "images=False"
            )
        # A worker that still records is told; where that cannot be written, by its part's end.
        with contextlib.suppress(OSError):
            self._say(has_ended=True)
        stale = left_behind(self._parts)
        delete_parts(self._parts, [*filter(None, self._attempt.parts), *stale])
        return True

    def _warn_left_out(self, run: JoinedRun) -> None:
        unit = run.writer.manifest.steps[-1].unit if run.writer.manifest.steps else "step"
        for sentence in left_out_words(run.left_out, unit):
            self._told.append(f"{self._recorder} of {self._log_dir}: {sentence}.")

    def _release(self) -> None:
        release(self._parts)
        if self._run_dir is not None:
            release(self._run_dir)

    def _tell(self) -> None:
        while self._told:
            warn(self._told.pop(0))

    def _guarded(self, do: Callable[[], bool]) -> bool:
        if self._failure is not None:
            return False
        try:
            return do()
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            reason = failure_words(error, self._log_dir)
            self._failure = f"the parts of the workers cannot be joined: {reason}"
            # The others then record no more of what nobody joins.
            with contextlib.suppress(OSError):
                self._say(has_failed=True)
            return False
