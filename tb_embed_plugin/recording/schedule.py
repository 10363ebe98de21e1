"""When to record: after which epochs, or after which batches."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tb_embed_plugin.errors import MisuseError

PER_DOUBLING = 4
"""Snapshots of the `log` schedule for each doubling of the number of batches."""


@dataclass(frozen=True)
class Schedule:
    """Says after how many units of a training a snapshot is due.

    Attributes:
        unit: What is counted: finished epochs, or optimizer iterations.
        due: Whether a snapshot is due after that many.
    """

    unit: Literal["epoch", "batch"]
    due: Callable[[int], bool]

    def count(self, last: int) -> int:
        """Returns how many snapshots are due from 1 to `last`."""
        return sum(self.due(n) for n in range(1, last + 1))


def parse_schedule(save_freq: str | int | Sequence[int]) -> Schedule:
    """Understands the callback's `save_freq`.

    Args:
        save_freq: `"epoch"`; `"5 epochs"`; `"100 batches"` or 100; a list of batch numbers;
            `"log"` for batch numbers that grow by about a fifth each, so that the first
            updates are seen one by one and the later ones from ever farther.

    Raises:
        MisuseError: It is none of these.
    """
    if isinstance(save_freq, str):
        return _parse_words(save_freq)
    if isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0:
        return _every(save_freq, "batch")
    if isinstance(save_freq, Sequence) and save_freq and all(map(_is_natural, save_freq)):
        chosen = frozenset(save_freq)
        return Schedule("batch", chosen.__contains__)
    raise _refusal(save_freq)


def _parse_words(words: str) -> Schedule:
    if words == "epoch":
        return _every(1, "epoch")
    if words == "log":
        return Schedule("batch", _is_log_spaced)
    match = re.fullmatch(r"([1-9]\d*) (epoch|batch)(?:e?s)?", words)
    if match is None:
        raise _refusal(words)
    return _every(int(match[1]), "epoch" if match[2] == "epoch" else "batch")


def _every(k: int, unit: Literal["epoch", "batch"]) -> Schedule:
    return Schedule(unit, lambda n: n % k == 0)


def _is_log_spaced(n: int) -> bool:
    """Whether n is the rounded value of some 2 ** (i / PER_DOUBLING)."""
    if n < 1:
        return False
    guess = round(PER_DOUBLING * _log2(n))
    return any(round(2 ** (i / PER_DOUBLING)) == n for i in (guess - 1, guess, guess + 1))


def _log2(n: int) -> float:
    # Exact enough for any integer, where math.log2 of a float is not.
    shift = max(0, n.bit_length() - 53)
    return shift + math.log2(n >> shift)


def _is_natural(n: object) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and n >= 0


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
