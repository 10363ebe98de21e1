"""Pools of workers: any `concurrent.futures.Executor`, its width, and how it is renewed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Share:
    """What one task may use of its machine.

    Attributes:
        cores: Threads that compute.
        memory: Megabytes that are worked in, None for a share of the worker's machine.
    """

    cores: int
    memory: int | None


class Pool(ABC):
    """Workers that are there until `end`.

    Args:
        share: What each task may use.

    Attributes:
        executor: To which tasks are given; another one after `renew`.
        lost: The errors that say that workers are lost for good.
    """

    executor: Executor
    lost: tuple[type[Exception], ...] = ()

    def __init__(self, share: Share) -> None:
        self.share = share

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many tasks are computed at a time, one or more."""

    def submit(self, work: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Gives a task to the executor."""
        return self.executor.submit(work, *arguments)

    @abstractmethod
    def notice_the_lost(self) -> None:
        """Breaks the executor where a worker is lost and it does not notice by itself.

        Raises:
            WorkerLostError: All are lost, and cannot be replaced from here.
        """

    @abstractmethod
    def renew(self) -> str:
        """Puts a whole executor in the place of a broken one; returns how that has ended."""

    @abstractmethod
    def end(self) -> None:
        """Ends the workers at once, whatever they are computing."""
