"""Work on several things at a time, for which the end of the process does not wait.

It would for the threads of a `ThreadPoolExecutor`: minutes, where a storage does not answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], things: Sequence[T], at_a_time: int) -> list[R]:
    """Returns what some work gives for each of several things.

    Args:
        work: Called by several threads.
        things: What it is called with.
        at_a_time: How many threads there are.

    Raises:
        Exception: The first that the work has raised, after all of it is done.
    """
    done: list[Future[R]] = [Future() for _ in things]
    waiting = iter(list(zip(things, done, strict=True)))
    taking = threading.Lock()

    def take() -> None:
        while True:
            with taking:
                following = next(waiting, None)
            if following is None:
                return
            thing, result = following
            try:
                result.set_result(work(thing))
            except BaseException as error:  # noqa: BLE001 # raised by who waits for the result
                result.set_exception(error)

    threads = [
        threading.Thread(target=take, daemon=True) for _ in range(min(at_a_time, len(things)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [result.result() for result in done]
