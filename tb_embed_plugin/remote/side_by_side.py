"""Work on several things at a time, for which the end of the process does not wait.

It would for the threads of a `ThreadPoolExecutor`: minutes, where a storage does not answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
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
        Exception: The first that the work has raised. What was begun before it is done by
            then; the rest is not begun.
    """
    results: dict[int, R] = {}
    errors: list[BaseException] = []
    waiting = iter(list(enumerate(things)))
    taking = threading.Lock()

    def take() -> None:
        while True:
            with taking:
                following = None if errors else next(waiting, None)
            if following is None:
                return
            number, thing = following
            try:
                results[number] = work(thing)
            except BaseException as error:  # noqa: BLE001 # raised by who waits for the results
                errors.append(error)

    threads = [
        threading.Thread(target=take, daemon=True) for _ in range(min(at_a_time, len(things)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(things))]
