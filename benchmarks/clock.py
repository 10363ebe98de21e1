"""How long something takes, which is one side of a pair."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


def seconds(act: Callable[[], object]) -> float:
    """Returns how long `act` takes, by the clock on the wall."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@dataclass(frozen=True)
class Cost:
    """What something took, in seconds of the clock and of all threads' processor time."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.0f} s, {self.processor:.0f} s of processor time"


def cost(act: Callable[[], Result]) -> tuple[Result, Cost]:
    """Returns what `act` returns, and what it takes."""
    clock, processor = time.perf_counter(), time.process_time()
    result = act()
    return result, Cost(time.perf_counter() - clock, time.process_time() - processor)
