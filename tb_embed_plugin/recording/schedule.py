"""When to record: after which epochs, or after which batches."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tb_embed_plugin.errors import MisuseError

PER_DOUBLING = 4
"""Snapshots of the `log` schedule for each doubling of the number of batches."""

LOG_SPACED = tuple(sorted({round(2 ** (i / PER_DOUBLING)) for i in range(63 * PER_DOUBLING)}))
"""When they are due: a table, since it is looked into at every batch."""


@dataclass(frozen=True)
class Schedule:
    """Says after how many units of a training a snapshot is due.

    Attributes:
        unit: What is counted: finished epochs, or batches that `fit` has run.
        every: A snapshot each so many; 0 where the others say.
        chosen: Ascending numbers, each once.
        is_log: Whether snapshots grow ever farther apart.
    """

    unit: Literal["epoch", "batch"]
    every: int = 0
    chosen: tuple[int, ...] = ()
    is_log: bool = False

    def due(self, n: int) -> bool:
        """Whether a snapshot is due after `n` units."""
        return self.due_between(n - 1, n)

    def due_between(self, before: int, now: int) -> bool:
        """Whether a snapshot was due after `before` and up to `now`."""
        return self.count(now) > self.count(before)

    def count(self, last: int) -> int:
        """Returns how many snapshots are due from 1 to `last`."""
        if self.every:
            return last // self.every
        if self.is_log:
            return bisect_right(LOG_SPACED, last)
        return bisect_right(self.chosen, last) - bisect_right(self.chosen, 0)


def parse_schedule(save_freq: Any) -> Schedule:
    """Understands the callback's `save_freq`.

    Args:
        save_freq: `"epoch"`; `"5 epochs"`; `"100 batches"` or 100; a list of batch numbers;
            `"log"` for batch numbers that grow by about a fifth each, so that the first
            updates are seen one by one and the later ones from ever farther. Numbers may be
            NumPy's.

    Raises:
        MisuseError: It is none of these.
    """
    if isinstance(save_freq, str):
        return _parse_words(save_freq)
    if (number := natural(save_freq)) is not None and number > 0:
        return Schedule("batch", every=number)
    if isinstance(save_freq, Sequence | np.ndarray | set | frozenset | range) and len(
        save_freq
    ):
        numbers = [natural(entry) for entry in save_freq]
        if None not in numbers:
            return Schedule(
                "batch", chosen=tuple(sorted({n for n in numbers if n is not None}))
            )
    raise _refusal(save_freq)


def natural(value: object) -> int | None:
    """Returns a whole number of 0 or more, Python's or NumPy's; None for anything else."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        return None
    return int(value) if value >= 0 else None


def _parse_words(words: str) -> Schedule:
    if words == "epoch":
        return Schedule("epoch", every=1)
    if words == "log":
        return Schedule("batch", is_log=True)
    match = re.fullmatch(r"([1-9]\d*) (epoch|batch)(?:e?s)?", words)
    if match is None:
        raise _refusal(words)
    return Schedule("epoch" if match[2] == "epoch" else "batch", every=int(match[1]))


def _refusal(save_freq: object) -> MisuseError:
    return MisuseError(
        'expected save_freq as "epoch", "5 epochs", "100 batches", a number of batches, a '
        f'list of batch numbers or "log"; received {save_freq!r}'
    )


def thin(steps: Sequence[int], max_to_keep: int) -> list[int]:
    """Returns which of `steps` to keep: spread as evenly as dropping allows.

    The first and the last always stay. Of the others, the one whose neighbours are nearest
    to each other goes first, so a run that grows for ever keeps gaps of like size.

    Args:
        steps: Ascending.
        max_to_keep: 2 or more.
    """
    kept = list(steps)
    while len(kept) > max(2, max_to_keep):
        gaps = [after - before for before, after in zip(kept, kept[2:], strict=False)]
        del kept[1 + gaps.index(min(gaps))]
    return kept
