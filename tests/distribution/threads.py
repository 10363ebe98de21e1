"""A pool of threads: tasks in this process, which are quick to give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tb_embed_plugin.distribution.pool import Pool, Share
from tb_embed_plugin.projections.threads import cores


class Threads(Pool):
    """Threads of this process.

    Args:
        workers: How many, one or more.
        memory: As in `Share`.
    """

    def __init__(self, workers: int, memory: int | None = None) -> None:
        super().__init__(Share(max(1, cores() // workers), memory))
        self._workers = workers
        self.executor = ThreadPoolExecutor(workers)

    @property
    def workers(self) -> int:
        """How many threads."""
        return self._workers

    def notice_the_lost(self) -> None:
        """Threads are not lost."""

    def renew(self) -> str:
        """Threads do not break."""
        raise NotImplementedError

    def end(self) -> None:
        """Waits for what is under way: a thread cannot be ended."""
        self.executor.shutdown(cancel_futures=True)
