"""A background thread that writes files while the training goes on, one task at a time.

The next snapshot waits for the previous one, so that the arrays of only one are in memory. A
thread of the standard library's pool is joined when the interpreter ends, so a training that
ends with an exception still leaves its recorded snapshots.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class BackgroundThread:
    """A thread that runs one task at a time."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._task: Future[None] | None = None

    def start(self, task: Callable[[], None]) -> None:
        """Starts a task; the caller must have waited for the previous one."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="tb_embed")
        self._task = self._pool.submit(task)

    def wait(self) -> None:
        """Waits for the running task, if there is one.

        Raises:
            Exception: The task's exception, raised once.
        """
        task, self._task = self._task, None
        if task is not None:
            task.result()

    def close(self) -> None:
        """Waits, and ends the thread.

        Raises:
            Exception: The task's exception.
        """
        pool, self._pool = self._pool, None
        try:
            self.wait()
        finally:
            if pool is not None:
                pool.shutdown()
