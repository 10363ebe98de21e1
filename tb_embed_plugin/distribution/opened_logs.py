"""Log directories as a worker opens them, once for all of its tasks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.roots import Root

Roots = tuple[tuple[str, str], ...]
"""Log directories, each its absolute path and what its runs' names begin with."""


@lru_cache(maxsize=4)
def logdir_of(roots: Roots, run: str) -> Logdir:
    """Returns log directories of which one run is wanted."""
    return Logdir([Root(Path(path), name) for path, name in roots], lambda: {run})


def kept_elsewhere(run: str) -> str:
    """Returns what to say where workers have measured and nothing of it is found here."""
    return (
        f"what the workers have measured of run {run!r} is not in its cache here; let all "
        "workers write to the same log directory, and see that its disk is not full"
    )


def other_files(run: str) -> str:
    """Returns what to say where a worker finds other data than the command has."""
    return (
        f"a worker reads other files of run {run!r} than the command; give all workers the "
        "same log directory, and let the recording end first"
    )
