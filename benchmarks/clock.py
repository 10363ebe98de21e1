"""How long something takes, which is one side of a pair."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds(act: Callable[[], object]) -> float:
    """Returns how long `act` takes, by the clock on the wall."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
