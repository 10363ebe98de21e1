"""Worker processes on this machine, which end with us and are renewed where one is killed."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from tb_embed_plugin.distribution.pool import Pool, Share
from tb_embed_plugin.jobs.child_process import end_with_parent, let_threads_sleep
from tb_embed_plugin.process_end import end_of, killed_for_memory
from tb_embed_plugin.projections.threads import cores
from tb_embed_plugin.projections.working_memory import working_memory


class LocalProcesses(Pool):
    """Processes of this machine.

    Args:
        workers: How many, one or more.
        memory: As in `Share`; what this process may work in, in equal parts, by default.
    """

    def __init__(self, workers: int, memory: int | None = None) -> None:
        each = max(1, cores() // workers)
        super().__init__(Share(each, memory or (working_memory() >> 20) // workers))
        self._workers = workers
        self._start()

    @property
    def workers(self) -> int:
        """How many processes."""
        return self._workers

    def renew(self) -> str:
        """Starts other processes, and returns how the first of these has ended."""
        codes = self._kill()
        # Those that the pool itself has ended, since another one was killed, come after it.
        ends = sorted(codes, key=lambda code: code == -getattr(signal, "SIGTERM", 15))
        words = end_of(ends[0], self._killed_before) if ends else "it did not start"
        self.executor.shutdown(cancel_futures=True)
        self._start()
        return words

    def end(self) -> None:
        """Kills the processes."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self._kill()
        self.executor.shutdown()

    def _start(self) -> None:
        self._killed_before = killed_for_memory()
        self._context = _Context()
        self.executor = ProcessPoolExecutor(
            self._workers, self._context, initializer=_begin, initargs=(os.getpid(),)
        )

    def _kill(self) -> list[int]:
        """Kills those that are left, and returns how the others had ended by themselves."""
        codes = []
        for process in self._context.started:
            if process.pid is None:
                continue
            process.join(_SECONDS_TO_END)
            if process.exitcode is None:
                process.kill()
                process.join()
            else:
                codes.append(process.exitcode)
        return codes


_SECONDS_TO_END = 0.2
"""That a process which is ending is given, so that its exit status is its own."""


class _Context(SpawnContext):
    """Starts processes that know nothing of ours, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override] # noqa: N802 # the name that multiprocessing calls
        """Returns a process that is not started yet."""
        process = SpawnProcess(*args, **kwargs)
        self.started.append(process)
        return process


def _begin(parent: int) -> None:
    """Is what a worker does first."""
    end_with_parent(parent)
    # Ctrl-C reaches all processes of a terminal; ours ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    let_threads_sleep()
