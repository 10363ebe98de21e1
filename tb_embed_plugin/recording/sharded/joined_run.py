"""The run that the chief joins: a step is in it once all workers have given their parts.

Steps are joined in the order in which the chief took them. One that a worker will never give
is left out and noted in the manifest. What is joined is deleted from the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.recording.options.schedule import thin
from tb_embed_plugin.recording.training.continuation import check_step
from tb_embed_plugin.runs.joined_parts import JoinedThumbnails, join_tensors
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.parts import Attempt
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.steps import LeftOut
from tb_embed_plugin.runs.writer import RunWriter
from tb_embed_plugin.wording import system_error


class JoinedRun:
    """The joined run.

    Args:
        writer: Its writer.
        parts: The parts by rank; the first is the chief's.
        attempt: What the chief has said of this training; epochs and batches of the run before
            it are counted on.
        dtype: The dtype in which activations are stored.
        max_to_keep: Snapshots kept, None for all.
        tell: Takes a sentence of which the user is warned.

    Attributes:
        writer: Its writer.
        left_out: The steps of this training that are not in it.
    """

    def __init__(
        self,
        writer: RunWriter,
        parts: Sequence[RecordedPart],
        attempt: Attempt,
        *,
        dtype: np.dtype[np.generic],
        max_to_keep: int | None,
        tell: Callable[[str], None],
    ) -> None:
        self.writer = writer
        self.left_out: list[LeftOut] = []
        self._parts = parts
        self._attempt = attempt
        self._dtype = dtype
        self._max_to_keep = max_to_keep
        self._tell = tell
        self._handled = -1
        self._gave_up_thumbnails = False
        self._has_told_of_files = False
        # By their times: a chief that was killed may have joined what is still in the parts.
        self._known = {step.wall_time for step in writer.manifest.steps}
        self._known_phases = {phase.wall_time for phase in writer.manifest.phases}

    @property
    def is_waiting(self) -> bool:
        """Whether something has yet to come from other workers."""
        never_come = any(part.has_ended for part in self._parts if not part.manifest.sprite)
        return self.waiting > 0 or (self._awaits_thumbnails and not never_come)

    @property
    def waiting(self) -> int:
        """The number of steps that are neither joined nor left out."""
        return sum(1 for _ in self._pending())

    @property
    def others_have_ended(self) -> bool:
        """Whether the other workers write nothing any more."""
        return all(part.has_ended for part in self._parts[1:])

    def join_ready(self) -> bool:
        """Joins what is complete, and leaves out what never will be.

        Returns:
            Whether there was any such step.

        Raises:
            EmbedError: A part is damaged, or the run was deleted.
            OSError: The run cannot be written.
        """
        for part in self._parts:
            part.look()
        before = self._handled
        for step in self._pending():
            lacking = [part.rank for part in self._parts if part.lacks(step)]
            if self._is_known(step):
                self._handle(step)
            elif lacking:
                self._leave_out(step, lacking)
            elif not self._join(step):
                break
        if self._awaits_thumbnails and all(p.manifest.sprite for p in self._parts):
            self._join_thumbnails()
        return self._handled != before

    def leave_out_rest(self) -> None:
        """Leaves out the steps that `join_ready` has found incomplete, and joins the others.

        Raises:
            EmbedError: A part is damaged, or the run was deleted.
            OSError: The run cannot be written.
        """
        for step in self._pending():
            missing = [part.rank for part in self._parts if part.tensors(step) is None]
            if self._is_known(step):
                self._handle(step)
            elif missing or not self._join(step):
                self._leave_out(step, missing)

    def add_phases(self) -> None:
        """Notes what has happened to the chief's training after its beginning.

        Raises:
            OSError: The run cannot be written.
        """
        for phase in self._parts[0].manifest.phases[1:]:
            if phase.wall_time in self._known_phases:
                continue
            newest = self.writer.manifest.newest_live
            self.writer.add_phase(
                replace(
                    phase,
                    step=None if newest is None else newest.step,
                    epoch=_sum(phase.epoch, self._attempt.epochs),
                    batches=_sum(phase.batches, self._attempt.batches),
                )
            )
            self._known_phases.add(phase.wall_time)

    @property
    def without_thumbnails(self) -> list[int]:
        """The workers whose thumbnails are missing while others have theirs."""
        if not self._awaits_thumbnails:
            return []
        return [part.rank for part in self._parts if part.manifest.sprite is None]

    @property
    def _awaits_thumbnails(self) -> bool:
        is_lacking = self.writer.manifest.sprite is None and not self._gave_up_thumbnails
        return is_lacking and any(part.manifest.sprite for part in self._parts)

    def _pending(self) -> Iterator[Step]:
        """Yields the chief's steps that are neither joined nor left out, ascending."""
        chief = self._parts[0]
        for step in chief.manifest.steps:
            if step.step > self._handled and chief.tensors(step) is not None:
                yield step

    def _join(self, step: Step) -> bool:
        """Joins a step; returns False where some of it has yet to come."""
        found = [part.tensors(step) for part in self._parts]
        tensors = [one for one in found if one is not None]
        if len(tensors) < len(found):
            return False
        phases = self.writer.manifest.phases
        taken = replace(
            step,
            step=self._number(step),
            epoch=_sum(step.epoch, self._attempt.epochs),
            batches=_sum(step.batches, self._attempt.batches),
            phase=len(phases) - 1 if phases else None,
            not_finite=self._not_finite(step, tensors[0]),
        )
        self.writer.write_snapshot(taken, join_tensors(tensors), self._dtype)
        self._thin()
        self._handle(step)
        return True

    def _leave_out(self, step: Step, ranks: Sequence[int]) -> None:
        missing = LeftOut(self._number(step), tuple(ranks))
        self.left_out.append(missing)
        # A chief that was killed may have noted it.
        if missing not in self.writer.manifest.left_out:
            self.writer.leave_out(missing)
        self._handle(step)

    def _handle(self, step: Step) -> None:
        self._handled = step.step
        # The chief's comes last: while it is there, the step is looked at again.
        for part in reversed(self._parts):
            try:
                part.remove(step)
            except OSError as error:
                if not self._has_told_of_files:
                    self._has_told_of_files = True
                    reason = system_error(error, "delete", part.folder)
                    self._tell(f"What is joined already stays in a part: {reason}.")

    def _is_known(self, step: Step) -> bool:
        """Whether the run has a step already.

        That is one that a killed chief has joined, and the network with which a resumed
        training begins.
        """
        chief = self._parts[0].manifest
        is_first = bool(chief.phases) and step == chief.steps[0]
        begins = is_first and (step.epoch, step.batch, step.batches or 0) == (
            chief.phases[0].epoch,
            None,
            0,
        )
        return step.wall_time in self._known or (self._attempt.is_resumed and begins)

    def _number(self, step: Step) -> int:
        """Returns the number of a step in the run.

        Raises:
            MisuseError: The training loop gave it a number that does not grow.
        """
        steps = self.writer.manifest.steps
        numbers = [*(one.step for one in steps[-1:]), *(o.step for o in self.left_out[-1:])]
        last = max(numbers, default=-1)
        if step.unit == "step":
            check_step(self.writer.manifest, step.step)
            return step.step
        by_epoch = step.unit == "epoch"
        count, before = (
            (step.epoch, self._attempt.epochs)
            if by_epoch
            else (step.batches, self._attempt.batches)
        )
        return max((count or 0) + before, last + 1)

    def _not_finite(self, step: Step, tensors: Iterable[str]) -> tuple[str, ...]:
        found = {name for part in self._parts for name in part.not_finite(step)}
        return tuple(name for name in tensors if name in found)

    def _thin(self) -> None:
        steps = [step.step for step in self.writer.manifest.steps]
        if self._max_to_keep is not None and len(steps) > self._max_to_keep:
            self.writer.keep(thin(steps, self._max_to_keep))

    def _join_thumbnails(self) -> None:
        try:
            self.writer.add_sprite(JoinedThumbnails(self._parts))
        except EmbedError as error:  # the snapshots are worth more
            self._gave_up_thumbnails = True
            self._tell(f"The thumbnails of the workers are not joined: {error}.")


def _sum(count: int | None, before: int) -> int | None:
    return None if count is None else count + before
