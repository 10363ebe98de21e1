"""The chief's work: it finds the parts of all workers and joins them, behind the training.

What fails in its thread is said by the training's own, where it becomes one warning. Waiting
for other workers is bounded, and done when the training has ended.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tb_embed_plugin.errors import EmbedError, MisuseError, UnwritableError
from tb_embed_plugin.recording.options.shard import Shard
from tb_embed_plugin.recording.sharded import own_part
from tb_embed_plugin.recording.sharded.announced_attempt import AnnouncedAttempt
from tb_embed_plugin.recording.sharded.joined_run import JoinedRun
from tb_embed_plugin.recording.sharded.joined_samples import join_samples
from tb_embed_plugin.recording.sharded.left_training import LeftTraining, left_words
from tb_embed_plugin.recording.sharded.open_joined import OpenRun
from tb_embed_plugin.recording.sharded.watch import INTERVAL_SECONDS, Watch
from tb_embed_plugin.recording.training.console import failure_words, warn
from tb_embed_plugin.remote.staging import hold, release
from tb_embed_plugin.runs.parts import (
    Attempt,
    delete_parts,
    keep_parts,
    left_behind,
    parts_folder,
    read_attempt,
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
        self._announced = AnnouncedAttempt(self._parts, own, shard.world)
        self._open_run = open_run
        self._dtype = dtype
        self._max_to_keep = max_to_keep
        self._recorder = recorder
        self._overwrites = overwrites
        self._has_begun = False
        self._failure: str | None = None
        self._is_failure_told = False
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
            self._announced.announce_failure()
            self._is_failure_told = True
            raise UnwritableError(self._failure)

    def finish(self) -> Path | None:
        """Waits a while for what is missing, names what never came, and closes the run.

        Returns:
            The run's directory, None where it failed.
        """
        self._watch.close()
        # Else the part of a worker is deleted while it still writes what follows its last step.
        self._wait(own_part.PATIENCE_SECONDS, until_all_end=True)
        self._guarded(self._finish)
        self._end()
        return None if self._failure is not None else self._run_dir

    def close(self, patience: float = 0.0, *, has_failed: bool) -> None:
        """Stops; what is not joined yet stays for the next chief.

        Args:
            patience: Seconds to wait for what other workers may just be writing.
            has_failed: Whether the training has failed: nobody joins what others record.
        """
        self._watch.close()
        self._guarded(self._step)
        self._wait(patience)
        self._guarded(lambda: self._note_rest(has_failed=has_failed))
        if has_failed:
            self._announced.announce_failure()
        self._end()

    def _end(self) -> None:
        self._release()
        self._tell()
        if self._failure is not None:
            self._announced.announce_failure()
            if not self._is_failure_told:
                warn(f"{self._recorder} stopped recording: {self._failure}.")

    def _wait(self, patience: float, *, until_all_end: bool = False) -> None:
        """Joins what comes, until nothing has come for so many seconds, or all has."""
        deadline = time.monotonic() + patience
        while self._failure is None and time.monotonic() < deadline:
            if self._guarded(self._step):
                deadline = time.monotonic() + patience
            run = self._run
            is_complete = run is not None and not run.is_waiting
            if run is not None and is_complete and (not until_all_end or run.others_have_ended):
                break
            time.sleep(INTERVAL_SECONDS)

    def _look(self) -> bool:
        self._guarded(self._step)
        return self._failure is not None and self._announced.announce_failure()

    def _step(self) -> bool:
        """Does what can be done now; returns whether anything was joined."""
        if not self._has_begun:
            self._take_over()
        if self._run is None:
            self._announced.find_parts()
            self._try_to_open()
        return self._run is not None and self._run.join_ready()

    def _take_over(self) -> None:
        """Joins what an earlier training has left, and says that this attempt begins."""
        before = read_attempt(self._parts)
        is_own = before is not None and before.nonce == self._announced.attempt.nonce
        if before is not None and not is_own and not before.has_ended:
            left = LeftTraining.of(self._log_dir, before)
            if self._overwrites or self._join_left(left):
                delete_parts(self._parts, left.names)
        self._announced.announce(self._announced.attempt)
        self._has_begun = True

    def _join_left(self, left: LeftTraining) -> bool:
        """Returns whether nothing of it is needed any more; keeps it otherwise."""
        try:
            run = left.join(self._joined, self._open_run)
        except (EmbedError, OSError) as error:
            kept = keep_parts(self._parts, left.names)
            reason = failure_words(error, self._log_dir)
            self._told.append(f"{self._recorder}: {left_words(kept, self._parts, reason)}")
            return False
        if run is not None:
            self._warn_left_out(run)
        return True

    def _try_to_open(self) -> None:
        found = [self._read(name) for name in self._announced.attempt.parts]
        parts = [part for part in found if part is not None]
        if len(parts) < len(found):
            return
        opened = self._open_run(join_samples(parts), parts[0].manifest)
        if opened is None:
            return
        if opened.notice is not None:
            self._told.append(opened.notice)
        self._run_dir = opened.run_dir
        self._announced.announce(opened.noted_in(self._announced.attempt))
        opened.writer.note_attempt(self._announced.attempt.nonce)
        self._run = self._joined(opened.writer, parts, self._announced.attempt)

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

    def _note_rest(self, *, has_failed: bool) -> bool:
        """Warns of the steps that wait; where none does, the chief's phases are noted."""
        own = self._read(self._announced.attempt.parts[0])
        waiting = len(own.manifest.steps) if own is not None else 0
        if self._run is not None:
            waiting = self._run.waiting
        if waiting:
            remedy = (
                "" if has_failed else "; pass finished=True with the last step to wait for them"
            )
            self._told.append(
                f"{self._recorder} of {self._log_dir} ends while {waiting} "
                f"step{'s' * (waiting > 1)} still lack the part of another worker{remedy}. The "
                f"parts lie in {self._parts}; the next recording by all workers joins them."
            )
        elif self._run is not None:
            self._run.add_phases()
        return True

    def _finish(self) -> bool:
        run = self._run
        if run is None:
            parts = map(self._read, self._announced.attempt.parts)
            missing = [rank for rank, part in enumerate(parts) if part is None]
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
            self._announced.announce(replace(self._announced.attempt, has_ended=True))
        stale = left_behind(self._parts)
        delete_parts(self._parts, [*filter(None, self._announced.attempt.parts), *stale])
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
            self._announced.announce_failure()
            return False
