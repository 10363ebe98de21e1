"""What a piece of code costs, counted rather than timed: a count is the same on any machine."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(act: Callable[[], object]) -> Counter[str]:
    """Returns how often `act` calls each function by its name, Python's and C's.

    The system's are among them, so files opened, read and renamed count too. Generator
    expressions and lambdas are not: walking through a list in memory is no call.
    """
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, function: Any) -> None:
        if event == "call" and not frame.f_code.co_name.startswith("<"):
            calls[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            calls[function.__qualname__] += 1

    # What is collected meanwhile may call functions of its own.
    gc.disable()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls - Counter({"setprofile": 1})
