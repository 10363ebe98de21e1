"""This worker's own part: its folder, and what it says of itself to the chief."""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.recording.options.shard import Shard
from tb_embed_plugin.recording.sharded.watch import INTERVAL_SECONDS, Watch
from tb_embed_plugin.recording.training.console import warn
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.parts import (
    ATTEMPT_FILE,
    Attempt,
    PartFacts,
    is_there,
    make_part,
    parts_folder,
    read_attempt,
    write_part,
)

PATIENCE_SECONDS = 60.0
"""At the end of a recording, for other workers; more than a file server hides new files."""

_STOPPED = "worker 0 has stopped joining the parts; see what it has warned of"


class OwnPart:
    """The part that this process writes.

    Args:
        log_dir: The directory of the whole run, as the user passed it.
        shard: Which worker this is.
        rows: Samples that it was given.
        recorder: The recorder's name, for messages.
        dtype: The dtype in which activations are stored.

    Attributes:
        folder: Where the part is written.
    """

    def __init__(
        self,
        log_dir: Path,
        shard: Shard,
        rows: int,
        recorder: str,
        dtype: np.dtype[np.generic],
    ) -> None:
        self._log_dir = log_dir
        self._parts = parts_folder(log_dir)
        self._shard = shard
        self._recorder = recorder
        self._facts = PartFacts(shard.world, rows, dtype.name)
        self._is_taken = shard.is_chief
        self._heard: tuple[Stamp, Attempt | None] = None, None
        self._watch = Watch(self._answer)
        self.folder = self._parts / f"{shard.rank}-{secrets.token_hex(8)}"

    def begin(self) -> None:
        """Makes the folder, and begins to answer the chief.

        Raises:
            OSError: It cannot be written.
        """
        make_part(self._log_dir, self.folder.name)
        write_part(self.folder, self._facts)
        if not self._shard.is_chief:
            self._watch.start()

    def check(self) -> None:
        """Raises where nobody joins what is recorded.

        Raises:
            UnwritableError: The chief has stopped, has ended, or was started again.
        """
        attempt = self._attempt()
        if self._is_abandoned():
            raise UnwritableError(_STOPPED)
        if attempt is not None and self.folder.name in attempt.parts:
            self._is_taken = True
            if attempt.has_ended:
                raise UnwritableError(
                    "worker 0 has finished the run without waiting any longer for this worker; "
                    "let all workers record the same steps, at about the same time"
                )
        elif self._is_taken and attempt is not None and attempt.nonce != self._facts.nonce:
            raise UnwritableError(
                "worker 0 was started again, and does not take what this worker has begun; "
                "start all workers again"
            )
        if not is_there(self.folder):
            raise UnwritableError(f"{self.folder} was deleted; start all workers again")

    def finish(self) -> None:
        """Waits a while until the chief knows of the part, and warns where it never did."""
        self._wait(PATIENCE_SECONDS)
        self._watch.close()
        if self._is_abandoned():
            warn(f"{self._recorder} stopped recording: {_STOPPED}.")
        elif not self._is_taken:
            warn(
                f"{self._recorder} wrote its part into {self.folder}, but worker 0 of "
                f"{self._shard.world} has not taken it within {PATIENCE_SECONDS:.0f} s; let "
                "all workers record into the same directory, each with its own shard="
            )

    def close(self, *, has_failed: bool, patience: float = 0.0) -> None:
        """Stops answering.

        Args:
            has_failed: Whether the recording has failed, so that no more will come.
            patience: Seconds to wait until the chief knows of the part.
        """
        self._wait(patience)
        self._watch.close()
        if not self._is_taken:
            self._answer()  # what it has written is joined, however soon it has failed
        if has_failed:
            self._facts = replace(self._facts, has_failed=True)
            # The chief then waits for no more of it.
            with contextlib.suppress(OSError):
                write_part(self.folder, self._facts)

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not self._is_taken and time.monotonic() < deadline:
            if self._is_abandoned():
                break
            time.sleep(INTERVAL_SECONDS)

    def _is_abandoned(self) -> bool:
        """Whether the chief of this training has stopped, be it before it took the part."""
        attempt = self._attempt()
        if attempt is None or not attempt.has_failed:
            return False
        return self.folder.name in attempt.parts or attempt.nonce == self._facts.nonce

    def _answer(self) -> bool:
        """Repeats the chief's number until the chief has taken the part."""
        attempt = self._attempt()
        if attempt is not None and self.folder.name in attempt.parts:
            self._is_taken = True
        elif attempt is not None and attempt.nonce != self._facts.nonce:
            if attempt.has_failed:
                return False  # of an earlier training, as far as anybody knows here
            self._facts = replace(self._facts, nonce=attempt.nonce)
            # Said again at the next look where it cannot be written now.
            try:
                write_part(self.folder, self._facts)
            except OSError:
                self._facts = replace(self._facts, nonce=None)
        return self._is_taken

    def _attempt(self) -> Attempt | None:
        """Returns what the chief says, read again where that has changed."""
        stamp = stamp_of(self._parts / ATTEMPT_FILE)
        seen, attempt = self._heard
        if attempt is None or stamp != seen:
            attempt = read_attempt(self._parts, self._shard.world)
            self._heard = stamp, attempt
        return attempt
