"""The schedule of snapshots: after which epochs, or after which batches."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.options.natural_number import natural_number
from tb_embed_plugin.wording import as_typed, did_you_mean

EXAMPLES = ("epoch", "5 epochs", "100 batches", "log")
"""Texts that `save_freq` may be."""

PER_DOUBLING = 4
"""Snapshots of the `log` schedule for each doubling of the number of batches."""

LOG_SPACED = tuple(sorted({round(2 ** (i / PER_DOUBLING)) for i in range(63 * PER_DOUBLING)}))
"""The batch numbers of the `log` schedule: a table, since every batch looks into it."""


@dataclass(frozen=True)
class Schedule:
    """The schedule of snapshots, in finished epochs or batches.

    Attributes:
        unit: The unit that is counted: finished epochs, or finished batches.
        every: The interval between snapshots; 0 where another attribute decides.
        chosen: Ascending numbers at which a snapshot is due, each once.
        is_log: Whether the intervals grow with the number of batches.
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
        """Returns the number of snapshots that are due from 1 to `last`."""
        if self.every:
            return last // self.every
        if self.is_log:
            return bisect_right(LOG_SPACED, last)
        return bisect_right(self.chosen, last) - bisect_right(self.chosen, 0)


def parse_schedule(save_freq: Any) -> Schedule:
    """Returns the schedule that the callback's `save_freq` describes.

    Args:
        save_freq: `"epoch"`; `"5 epochs"`; `"100 batches"` or 100; a list of batch numbers;
            `"log"` for batch numbers that grow by about a fifth each, so that the first
            updates are recorded one by one and later ones at growing intervals. Numbers may
            be NumPy's.

    Raises:
        MisuseError: `save_freq` has another form.
    """
    if isinstance(save_freq, str):
        return _parse_words(save_freq)
    if (number := natural_number(save_freq)) is not None and number > 0:
        return Schedule("batch", every=number)
    if isinstance(save_freq, Sequence | np.ndarray | set | frozenset | range) and len(
        save_freq
    ):
        numbers = [natural_number(entry) for entry in save_freq]
        if None not in numbers:
            return Schedule(
                "batch", chosen=tuple(sorted({n for n in numbers if n is not None}))
            )
    raise _refusal(save_freq)


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
    hint = did_you_mean(save_freq, EXAMPLES) if isinstance(save_freq, str) else ""
    return MisuseError(
        f"save_freq must be {', '.join(map(as_typed, EXAMPLES))}, a number of batches or a "
        f"list of batch numbers, not {as_typed(save_freq)}{hint}"
    )


def thin(steps: Sequence[int], max_to_keep: int) -> list[int]:
    """Returns the steps to keep, as evenly spread as dropping allows.

    The first and the last always stay. Of the others, the one whose neighbors are closest to
    each other goes first, so the gaps of a run that keeps growing stay similar.

    Args:
        steps: Ascending.
        max_to_keep: 2 or more.
    """
    kept = list(steps)
    while len(kept) > max(2, max_to_keep):
        gaps = [after - before for before, after in zip(kept, kept[2:], strict=False)]
        del kept[1 + gaps.index(min(gaps))]
    return kept
