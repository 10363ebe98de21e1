"""The arguments that say by how many processes, or by which cluster, a command computes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tb_embed_plugin.errors import ArgumentError

if TYPE_CHECKING:
    from tb_embed_plugin.distribution.pool import Pool
    from tb_embed_plugin.distribution.workers import Workers

RESUMES = "stopped; what is finished is kept, and the same command resumes"
"""What is said after Ctrl-C."""


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="compute by so many processes of this machine",
    )
    who.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="compute by the workers of a Dask scheduler, which see LOGDIR under the same path",
    )


@contextmanager
def workers_of(options: argparse.Namespace, tasks: str) -> Iterator[Workers | None]:
    """Yields the workers that the arguments name, None where they name none.

    Args:
        options: The arguments.
        tasks: The module of `distribution` that holds their tasks; processes import it while
            this one is still busy itself.

    Raises:
        ArgumentError: There can be no such workers.
    """
    make = _pool(options, f"tb_embed_plugin.distribution.{tasks}")
    if make is None:
        yield None
        return
    from tb_embed_plugin.distribution.workers import Workers

    options.stopped = RESUMES
    with Workers(make()) as workers:
        yield workers


def roots_of(logdir: Path) -> tuple[tuple[str, str], ...]:
    """Returns a command's log directory as workers find it."""
    return ((str(logdir.absolute()), ""),)


def _pool(options: argparse.Namespace, tasks: str) -> Callable[[], Pool] | None:
    if options.scheduler is not None:
        from tb_embed_plugin.distribution.dask_cluster import DaskCluster

        (logdir, _) = roots_of(options.logdir)[0]
        return lambda: DaskCluster(options.scheduler, logdir, options.memory, _say)
    if options.workers is None:
        return None
    if options.workers < 1:
        raise ArgumentError(
            f"--workers must be 1 or more, not {options.workers}; leave it out to compute by "
            "this process"
        )
    from tb_embed_plugin.distribution.local_processes import LocalProcesses

    return lambda: LocalProcesses(options.workers, tasks)


def _say(said: str) -> None:
    sys.stderr.write(f"{said}\n")
