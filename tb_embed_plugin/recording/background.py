"""Writes behind the training: one thread, one task at a time.

The next snapshot waits for the one before it, so that the arrays of two are never held at
once. A thread of the standard library's pool is joined when the interpreter ends, so a
training that dies of an exception still leaves what it had recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Background:
    """Runs one task at a time beside the calling thread."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._task: Future[None] | None = None

    def start(self, task: Callable[[], None]) -> None:
        """Starts a task; the one before must have been waited for."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="tb_embed")
        self._task = self._pool.submit(task)

    def wait(self) -> None:
        """Waits for the task that runs, if there is one.

        Raises:
            Exception: What the task raised, once.
        """
        task, self._task = self._task, None
        if task is not None:
            task.result()

    def close(self) -> None:
        """Waits, and ends the thread.

        Raises:
            Exception: What the task raised.
        """
        pool, self._pool = self._pool, None
        try:
            self.wait()
        finally:
            if pool is not None:
                pool.shutdown()
