"""Tasks given to workers, few at a time; what a lost worker had is done again.

A task is a function of a module with its arguments, and pure: computed twice it returns the
same. Arrays of activations are no arguments and no results; a task reads its own part of the
files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import Any, Self, TypeVar

from tb_embed_plugin.distribution.pool import Pool, Share
from tb_embed_plugin.errors import WorkerLostError
from tb_embed_plugin.projections.threads import one_blas_thread, use_cores
from tb_embed_plugin.projections.working_memory import use_memory
from tb_embed_plugin.wording import error_words

Result = TypeVar("Result")

TASKS_A_WORKER = 2
"""Given to each worker at a time: the next one waits there while the first is computed."""

LEAST_BATCH = 4
"""Steps of a batch at least: at the end of each, workers wait for one another."""

MOST_LOSSES = 3
"""Times in a row that workers are lost while no task is finished, until we give up."""

_LOOK_EVERY = 1.0
"""Seconds until we look whether workers are there, where none has finished anything."""


class Workers:
    """Computes tasks by a pool, which ends with it.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the pool."""
        self.pool.end()

    def results(
        self, work: Callable[..., Result], tasks: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Result]]:
        """Yields what tasks return with their numbers, as they are finished, in any order.

        Args:
            work: A function of a module.
            tasks: Its arguments, which can be pickled.

        Raises:
            WorkerLostError: Workers end again and again.
            Exception: What a task raises; those that are waiting are not begun then.
        """
        waiting = deque(range(len(tasks)))
        under_way: dict[Future[Result], int] = {}
        losses = 0
        try:
            while waiting or under_way:
                try:
                    self._give(work, tasks, waiting, under_way)
                    if not wait(under_way, _LOOK_EVERY, FIRST_COMPLETED).done:
                        self.pool.notice_the_lost()
                    for future in [future for future in under_way if future.done()]:
                        result = future.result()
                        losses = 0
                        yield under_way.pop(future), result
                except BrokenExecutor:
                    losses += 1
                    ended = self.pool.renew()
                    if losses == MOST_LOSSES:
                        raise WorkerLostError(_lost(ended)) from None
                    waiting.extendleft(sorted(under_way.values(), reverse=True))
                    under_way.clear()
        except self.pool.lost as error:
            self.pool.notice_the_lost()
            raise WorkerLostError(
                f"workers were lost again and again ({error_words(error)}); see their own "
                "messages, or give each more memory"
            ) from error
        finally:
            for future in under_way:
                future.cancel()

    def in_batches(self, steps: Sequence[int]) -> list[Sequence[int]]:
        """Returns steps in batches, where a step is kept once all of its tasks are done.

        Each batch is kept before the next one is begun: so a command that is stopped loses no
        more, and what is in memory does not grow with the number of steps.
        """
        size = max(LEAST_BATCH, self.pool.workers)
        return [steps[start : start + size] for start in range(0, len(steps), size)]

    def in_order(
        self, work: Callable[..., Result], tasks: Sequence[tuple[Any, ...]]
    ) -> Iterator[Result]:
        """Yields what tasks return, in their order; for arguments and errors see `results`."""
        early: dict[int, Result] = {}
        following = 0
        for number, result in self.results(work, tasks):
            early[number] = result
            while following in early:
                yield early.pop(following)
                following += 1

    def _give(
        self,
        work: Callable[..., Result],
        tasks: Sequence[tuple[Any, ...]],
        waiting: deque[int],
        under_way: dict[Future[Result], int],
    ) -> None:
        while waiting and len(under_way) < TASKS_A_WORKER * self.pool.workers:
            task = tasks[waiting[0]]
            future = self.pool.submit(_computed, self.pool.share, work, *task)
            under_way[future] = waiting.popleft()


def call(work: Callable[..., Result], *task: Any) -> Result:
    """Computes a task of tasks of several kinds."""
    return work(*task)


def _computed(share: Share, work: Callable[..., Result], *task: Any) -> Result:
    """Computes a task, in the worker."""
    use_memory(share.memory)
    use_cores(share.cores)
    # With one thread the products of a task are the same on every machine of its kind.
    with one_blas_thread():
        return work(*task)


def _lost(ended: str) -> str:
    return (
        f"a worker has ended {MOST_LOSSES} times while nothing was finished ({ended}); try "
        "again with fewer --workers or a smaller --memory"
    )
