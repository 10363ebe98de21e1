"""The parts that an earlier training has left: their steps are joined into its own run.

That its chief was killed, or ended before the others, loses no step that all workers gave.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tb_embed_plugin.errors import EmbedError, MisuseError
from tb_embed_plugin.recording.sharded.joined_run import JoinedRun
from tb_embed_plugin.recording.sharded.joined_samples import JoinedSamples, join_samples
from tb_embed_plugin.recording.sharded.open_joined import OpenRun
from tb_embed_plugin.remote.staging import hold, release
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.parts import Attempt, part_names, parts_folder, rank_of, read_part
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.writer import RunWriter
from tb_embed_plugin.wording import listed

Joined = Callable[[RunWriter, Sequence[RecordedPart], Attempt], JoinedRun]
"""Makes the joined run of a writer, the parts and what their chief has said."""


@dataclass(frozen=True)
class LeftTraining:
    """What an earlier training has left.

    Attributes:
        log_dir: The run's directory, as the user passed it.
        attempt: What its chief has said.
    """

    log_dir: Path
    attempt: Attempt

    @classmethod
    def of(cls, log_dir: Path, attempt: Attempt) -> LeftTraining:
        """Returns what is left, with the parts of workers that came after its chief had ended.

        Raises:
            OSError: The folder of all parts cannot be read.
        """
        folder = parts_folder(log_dir)
        parts = list(attempt.parts)
        for rank, name in enumerate(parts):
            if name is None:
                found = [n for n in part_names(folder) if rank_of(n) == rank]
                answers = [n for n in found if _has_answered(folder / n, attempt)]
                # Of two nobody knows which it was.
                parts[rank] = answers[0] if len(answers) == 1 else None
        return cls(log_dir, replace(attempt, parts=tuple(parts)))

    @property
    def names(self) -> list[str]:
        """The folders of its parts."""
        return [name for name in self.attempt.parts if name is not None]

    def join(self, joined: Joined, open_run: OpenRun) -> JoinedRun | None:
        """Joins the complete steps, and leaves out the others.

        Args:
            joined: Makes the joined run.
            open_run: Opens the run where the earlier chief had not come to that.

        Returns:
            The run as it is now, None where there was no step to join.

        Raises:
            EmbedError: A part is missing or damaged, or the run is not theirs.
            OSError: The run cannot be written.
        """
        folder = parts_folder(self.log_dir)
        found = [name and RecordedPart.read(folder / name) for name in self.attempt.parts]
        parts = [part for part in found if part]
        if not any(part.has_snapshots for part in parts):
            return None
        if len(parts) < len(found):
            missing = [rank for rank, part in enumerate(found) if not part]
            raise MisuseError(f"worker {listed(missing)} recorded no part")
        samples = join_samples(parts)
        if self.attempt.run is not None:
            return self._join_into(self.attempt.run, samples, parts, joined)
        opened = open_run(samples, parts[0].manifest, is_left=True)
        if opened is None:
            raise MisuseError("worker 0 did not say where its training began")
        try:
            opened.writer.note_attempt(self.attempt.nonce)
            return _join_all(joined(opened.writer, parts, opened.noted_in(self.attempt)))
        finally:
            release(opened.run_dir)

    def _join_into(
        self, name: str, samples: JoinedSamples, parts: list[RecordedPart], joined: Joined
    ) -> JoinedRun:
        run_dir = self.log_dir.with_name(name)
        # Of the name nothing is taken at its word: it says where is written.
        is_theirs = re.fullmatch(re.escape(self.log_dir.name) + r"(-\d+)?", name)
        if not is_theirs or not run_dir.is_dir():
            raise MisuseError(f"{run_dir} is no run of theirs")
        if not hold(run_dir):
            raise MisuseError(f"{run_dir} is being recorded by this process")
        try:
            manifest = read_manifest(run_dir)
            if (
                manifest is None
                or manifest.attempt != self.attempt.nonce
                or manifest.layers != samples.layers
                or manifest.samples != len(samples.columns[0].cells)
            ):
                raise MisuseError(f"{run_dir} holds no run of theirs any more")
            return _join_all(joined(RunWriter(run_dir, manifest), parts, self.attempt))
        finally:
            release(run_dir)


def left_words(names: Sequence[str], folder: Path, reason: str) -> str:
    """Says which parts are kept where, and why they are not joined."""
    return (
        f"what an earlier training left in {folder} is not joined: {reason}. It is kept there "
        f"as {listed(names)}; delete it when you no longer need it."
    )


def _join_all(run: JoinedRun) -> JoinedRun:
    run.join_ready()
    run.leave_out_rest()
    run.add_phases()
    return run


def _has_answered(folder: Path, attempt: Attempt) -> bool:
    """Whether a part is of an attempt, and not of a worker that waits for the next one."""
    facts = read_part(folder)
    if facts is None or facts.nonce != attempt.nonce:
        return False
    with contextlib.suppress(EmbedError):
        part = RecordedPart.read(folder)
        return part is not None and part.has_ended
    return False
