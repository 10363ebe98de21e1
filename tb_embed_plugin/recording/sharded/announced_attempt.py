"""What the chief announces to all workers: which parts it takes, and whether it joins."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.runs.parts import Attempt, part_names, rank_of, read_part, write_attempt


class AnnouncedAttempt:
    """What the chief announces of one training.

    Args:
        parts: The folder of all parts.
        own: Name of the chief's own part.
        world: How many workers there are.

    Attributes:
        attempt: What was announced last; at first what will be.
    """

    def __init__(self, parts: Path, own: str, world: int) -> None:
        self._parts = parts
        self.attempt = Attempt(secrets.token_hex(16), (own, *[None] * (world - 1)))

    def announce(self, attempt: Attempt) -> None:
        """Announces something else.

        Raises:
            OSError: It cannot be written.
        """
        write_attempt(self._parts, attempt)
        self.attempt = attempt

    def announce_failure(self) -> bool:
        """Lets the others record no more of what nobody joins; returns whether they can know.

        A full disk may take it only later.
        """
        if not self.attempt.has_failed:
            with contextlib.suppress(OSError):
                self.announce(replace(self.attempt, has_failed=True))
        return self.attempt.has_failed

    def find_parts(self) -> None:
        """Takes the parts that answer this attempt.

        Raises:
            OSError: The folder of all parts cannot be read or written.
        """
        parts = list(self.attempt.parts)
        for name in part_names(self._parts):
            rank = rank_of(name)
            if rank is None or rank >= len(parts) or parts[rank] is not None:
                continue
            facts = read_part(self._parts / name)
            if facts is not None and facts.nonce == self.attempt.nonce:
                parts[rank] = name
        if tuple(parts) != self.attempt.parts:
            self.announce(replace(self.attempt, parts=tuple(parts)))
