"""How a process of ours has ended, in words: what is known, and no guess.

The kernel counts the processes that it has ended for want of memory. Only where that number has
grown meanwhile may memory be the cause.
"""

from __future__ import annotations

import signal
from pathlib import Path

_COUNTS = Path("/proc/vmstat")
_COUNT = "oom_kill "


def killed_for_memory() -> int | None:
    """Returns how many processes this system has ended for want of memory; None if unknown."""
    try:
        lines = _COUNTS.read_text().splitlines()
    except OSError:
        return None  # not Linux, or hidden from us
    counts = [line.removeprefix(_COUNT) for line in lines if line.startswith(_COUNT)]
    return int(counts[0]) if counts else None


def end_of(code: int, killed_before: int | None) -> str:
    """Returns how a process has ended, and what to do, as the rest of a sentence.

    Args:
        code: Its exit status, negative for a signal.
        killed_before: `killed_for_memory` before it began.
    """
    name, killed = name_of(code), killed_for_memory()
    if -code == getattr(signal, "SIGBUS", 0):
        return f"{name}: the file was cut while it was read; try again once it is whole"
    if -code == getattr(signal, "SIGKILL", 0):
        if killed is not None and killed_before is not None and killed > killed_before:
            return (
                f"{name}, and the system has ended a process for want of memory meanwhile; "
                "if it was this one, close other programs or record fewer samples"
            )
        return f"{name}: another program has ended it; try again"
    return f"{name}; see TensorBoard's terminal for the reason"


def name_of(code: int) -> str:
    """Returns how a process has ended: the name of the signal, or its exit status."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
