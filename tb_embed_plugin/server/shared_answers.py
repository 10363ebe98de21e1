"""Answers that are under way: who asks the same meanwhile is answered by the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from tb_embed_plugin import compute_queue
from tb_embed_plugin.errors import BusyError

Answer = TypeVar("Answer")


class SharedAnswers(Generic[Answer]):
    """The questions that are being answered."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Future[Answer]] = {}
        self._lock = threading.Lock()

    def answer(self, question: Hashable, work: Callable[[Future[Answer]], None]) -> Answer:
        """Returns the answer to a question, for which `work` is called once at a time.

        Args:
            question: Equal where the answer is.
            work: Gives its future the answer, now or later, or an exception.

        Raises:
            BusyError: It took too long; the question goes on, and may be joined again.
            Exception: What `work` gave, to all who asked.
        """
        with self._lock:
            awaited = self._asked.get(question)
            if awaited is None:
                coming = self._asked[question] = Future[Answer]()
        if awaited is None:
            awaited = coming
            awaited.add_done_callback(lambda _: self._forget(question))
            work(awaited)
        try:
            return awaited.result(compute_queue.WAIT_SECONDS)
        except TimeoutError as error:
            raise BusyError(
                f"the server is still at work on this after {compute_queue.WAIT_SECONDS:g} "
                "seconds; try again in a second"
            ) from error

    def _forget(self, question: Hashable) -> None:
        with self._lock:
            self._asked.pop(question, None)
