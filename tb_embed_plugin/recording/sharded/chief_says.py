"""What the chief says to all workers: which parts it has taken, and whether it still joins."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.runs.parts import Attempt, part_names, rank_of, read_part, write_attempt


class ChiefSays:
    """What the chief says of one training.

    Args:
        parts: The folder of all parts.
        own: Name of the chief's own part.
        world: How many workers there are.

    Attributes:
        attempt: What it has said last; at first what it will say.
    """

    def __init__(self, parts: Path, own: str, world: int) -> None:
        self._parts = parts
        self.attempt = Attempt(secrets.token_hex(16), (own, *[None] * (world - 1)))

    def say(self, attempt: Attempt) -> None:
        """Says something else.

        Raises:
            OSError: It cannot be written.
        """
        write_attempt(self._parts, attempt)
        self.attempt = attempt

    def say_failed(self) -> bool:
        """Lets the others record no more of what nobody joins; returns whether that is said.

        A full disk may take it only later.
        """
        if not self.attempt.has_failed:
            with contextlib.suppress(OSError):
                self.say(replace(self.attempt, has_failed=True))
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
            self.say(replace(self.attempt, parts=tuple(parts)))
