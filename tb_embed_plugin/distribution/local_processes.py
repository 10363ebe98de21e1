"""Worker processes on this machine, which end with us and are renewed where one is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from tb_embed_plugin.distribution.pool import Pool, Result, Share
from tb_embed_plugin.jobs.child_process import end_with_parent, let_threads_sleep
from tb_embed_plugin.process_end import end_of, killed_for_memory
from tb_embed_plugin.projections.threads import cores, one_blas_thread
from tb_embed_plugin.projections.working_memory import LEAST_MB, working_memory


class LocalProcesses(Pool):
    """Processes of this machine, who share the memory and the cores that this one may use.

    They start at once, so that they are ready when this process has tasks for them.

    Args:
        workers: How many, one or more.
        tasks: The module of their tasks, which they import meanwhile.
    """

    def __init__(self, workers: int, tasks: str = __name__) -> None:
        memory = max(LEAST_MB, (working_memory() >> 20) // workers)
        super().__init__(Share(max(1, cores() // workers), memory))
        self._workers, self._tasks = workers, tasks
        self._ends: list[int] = []
        self._start()

    @property
    def workers(self) -> int:
        """How many processes."""
        return self._workers

    def submit(self, work: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Gives a task to the executor, which starts a process for it while it has too few."""
        with _no_interrupts():
            return self.executor.submit(work, *arguments)

    def notice_the_lost(self) -> None:
        """Breaks the executor where a process has ended while it sent a result.

        The executor then waits for the rest, for as long as anybody could send it.
        """
        ended = [code for code in self._codes() if code is not None]
        if ended and not self._ends:
            self._ends = ended
            self._kill()
            # The last one who could send, which is this process.
            results: Any = self.executor._result_queue  # noqa: SLF001 # nothing public ends its wait
            results._writer.close()  # noqa: SLF001 # nothing public ends its wait

    def renew(self) -> str:
        """Starts other processes, and returns how the first of these has ended."""
        if not self._ends:
            time.sleep(_SECONDS_TO_END)
            self._ends = [code for code in self._codes() if code is not None]
        self._kill()
        self.executor.shutdown(cancel_futures=True)
        # Those that the executor itself ends, since another one was killed, come after it.
        ends = sorted(self._ends, key=lambda code: code == -getattr(signal, "SIGTERM", 15))
        words = end_of(ends[0], self._killed_before) if ends else "it did not start"
        self._start()
        return words

    def end(self) -> None:
        """Kills the processes."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self._kill()
        self.executor.shutdown()

    def _start(self) -> None:
        self._killed_before = killed_for_memory()
        self._ends = []
        self._context = _Context()
        self.executor: ProcessPoolExecutor = ProcessPoolExecutor(
            self._workers, self._context, initializer=_begin, initargs=(os.getpid(),)
        )
        # Those who break here are noticed by the first task.
        with suppress(BrokenExecutor):
            for _ in range(self._workers):
                self.submit(_be_ready, self._tasks)

    def _codes(self) -> list[int | None]:
        return [process.exitcode for process in self._context.started if process.pid]

    def _kill(self) -> None:
        for process in self._context.started:
            if process.pid:
                process.kill()
                process.join()


_SECONDS_TO_END = 0.2
"""That processes are given whose executor ends them, so that the exit statuses are theirs."""


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Lets Ctrl-C wait: a process that is half started could not be ended.

    The process inherits that, since Ctrl-C reaches all of a terminal, and is ours to answer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    mask = getattr(signal, "pthread_sigmask", lambda how, signals: None)
    mask(getattr(signal, "SIG_BLOCK", 0), {signal.SIGINT})
    try:
        yield
    finally:
        mask(getattr(signal, "SIG_UNBLOCK", 0), {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


class _Context(SpawnContext):
    """Starts processes that know nothing of ours, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override] # a class in the base # noqa: N802 # the name that multiprocessing calls
        """Returns a process that is not started yet."""
        process = SpawnProcess(*args, **kwargs)
        self.started.append(process)
        return process


def _begin(parent: int) -> None:
    """Is what a worker does first."""
    end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    let_threads_sleep()


def _be_ready(tasks: str) -> None:
    """Imports what the tasks of a module need, and finds the libraries that have threads."""
    import_module(tasks)
    with one_blas_thread():
        pass
