"""What a process of ours does first: it ends with its parent, and is modest."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

MEMORY_SHARE = 0.75
"""Of the machine's memory, what it may fill, the snapshots that it reads included."""

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Asks Linux to end this process with the thread that started it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def take_output() -> int:
    """Returns standard output for us alone; what libraries print becomes an error's."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def let_threads_sleep() -> None:
    """Lets OpenMP's threads sleep while they wait, once NumPy and the like are imported.

    Else they spin: on two cores that others use as well, t-SNE then takes ten times as long.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def leave_a_core() -> None:
    """Leaves one of several cores to the server, and to what else runs there.

    A process of low priority is interrupted for others, but not at once: TensorBoard's answers
    came within 10 ms instead of 3 where this one had all cores.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[1:] or cores)


def be_modest(nice: int) -> None:
    """Leaves the machine to others: cores and memory."""
    let_threads_sleep()
    if hasattr(os, "nice"):
        os.nice(nice)
    if sys.platform == "linux":
        import resource

        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        most = int(MEMORY_SHARE * total)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("800")
