"""The memory that computations may work in, beside the results: one number a process.

Whatever is larger than it is worked through in parts (`neighbor_parts`). The number decides how
many parts are under way at a time, never how large they are, so it changes no bit of a result.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tb_embed_plugin.errors import ArgumentError

SHARE = 0.25
"""Of the memory that this process may have, what is worked in where nobody says otherwise."""

LEAST_MB = 256
"""What one part of a wide layer needs, with the products that are made of it."""

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


class _Setting:
    """What was said, None where nothing was."""

    megabytes: int | None = None


def use_memory(megabytes: int | None) -> None:
    """Sets what this process may work in; None for a share of what it may have.

    Raises:
        ArgumentError: It is less than `LEAST_MB`.
    """
    if megabytes is not None and megabytes < LEAST_MB:
        raise ArgumentError(
            f"--memory must be at least {LEAST_MB} (megabytes), not {megabytes}; leave it out "
            "for a quarter of this machine's memory"
        )
    _Setting.megabytes = megabytes


def working_memory() -> int:
    """Returns how many bytes may be worked in."""
    if _Setting.megabytes is not None:
        return _Setting.megabytes << 20
    return max(LEAST_MB << 20, int(SHARE * available_memory()))


def available_memory() -> int:
    """Returns the bytes that this process may have: of its machine, its container, its limits.

    Raises:
        ArgumentError: The system does not tell; name a number.
    """
    limits = [*_machine(), *_containers(), *_process()]
    if not limits:
        raise ArgumentError(
            "this system does not tell how much memory it has; say how much may be used with "
            "--memory"
        )
    return min(limits)


def _machine() -> list[int]:
    if sys.platform == "win32":
        import ctypes

        status = (ctypes.c_ulonglong * 8)()
        ctypes.memset(status, 0, ctypes.sizeof(status))
        ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
        told = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return [status[1]] if told else []
    return [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]


def _containers() -> list[int]:
    """Returns the limits of the control groups that this process is in."""
    try:
        lines = _OWN_CGROUP.read_text().splitlines()
    except OSError:
        return []  # not Linux
    found = []
    for line in lines:
        _, kinds, own = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        root, name = (
            (_CGROUPS / "memory", "memory.limit_in_bytes")
            if kinds
            else (_CGROUPS, "memory.max")
        )
        group = root / own.strip("/")
        # Seen from inside of a container its own group may be the root.
        for folder in (group, *group.parents):
            limit = _number(folder / name)
            if limit is not None:
                found.append(limit)
    return found


def _number(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _process() -> list[int]:
    if sys.platform == "win32":
        return []
    import resource

    kinds = (resource.RLIMIT_DATA, resource.RLIMIT_AS)
    limits = [resource.getrlimit(kind)[0] for kind in kinds]
    return [limit for limit in limits if limit != resource.RLIM_INFINITY]
