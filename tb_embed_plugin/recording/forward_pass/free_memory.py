"""The free memory of this machine, whether a snapshot fits, and errors of too little."""

from __future__ import annotations

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def check_memory(need: int, n_samples: int) -> None:
    """Raises where the arrays of one snapshot do not fit into the free memory.

    Args:
        need: Bytes of these arrays.
        n_samples: Number of recorded samples, for the message.

    Raises:
        MemoryError: They do not fit.
    """
    free = free_memory()
    if free is not None and need > free:
        raise MemoryError(
            f"one snapshot of {n_samples} samples needs {need / 1e9:.3g} GB of memory but "
            f"{free / 1e9:.3g} GB are free; pass max_samples=, or choose a narrower layer"
        )


def free_memory() -> int | None:
    """Returns the bytes that this process may still allocate, None where unknown.

    Known on Linux; in a container, within its limit.
    """
    available = _available()
    limit, used = (_number(_CGROUP / f"memory.{name}") for name in ("max", "current"))
    if limit is None or used is None:
        return available
    left = max(0, limit - used)
    return left if available is None else min(available, left)


def is_out_of_memory(error: Exception) -> bool:
    """Whether a backend's error is that memory ran out."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(
        names & {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"}
    ) or "RESOURCE_EXHAUSTED" in str(error)


def _available() -> int | None:
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return None  # not Linux
    return next((int(x.split()[1]) << 10 for x in lines if x.startswith("MemAvailable")), None)


def _number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None  # no such control group
    return int(text) if text.isdigit() else None  # "max" is no limit
