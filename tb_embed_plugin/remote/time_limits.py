"""Limits on how long a whole answer takes, for libraries that limit only each silence."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""Between two looks for answers that take too long."""


def in_time(work: Callable[[], T], seconds: float) -> T:
    """Returns what some work gives, done by a thread that is left alone where it is late.

    Raises:
        TimeoutError: It is late.
        Exception: What the work has raised.
    """
    given: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            given.append(work())
        except BaseException as error:  # noqa: BLE001 # raised by who waits for it
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not given:
        raise TimeoutError(f"no whole answer within {seconds:.0f} s")
    return given[0]


class BodyLimits:
    """Ends bodies of botocore's that take too long to read; one thread looks after all."""

    def __init__(self) -> None:
        self._ends: dict[object, tuple[float, Any]] = {}
        self._changing = threading.Lock()
        self._is_looking = False

    @contextlib.contextmanager
    def within(self, body: Any, seconds: float) -> Iterator[None]:
        """Lets the body's read that is done meanwhile fail once it takes too long."""
        reading = object()
        with self._changing:
            self._ends[reading] = (time.monotonic() + seconds, body)
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, daemon=True).start()
        try:
            yield
        finally:
            with self._changing:
                del self._ends[reading]

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._changing:
                if not self._ends:
                    self._is_looking = False
                    return
                now = time.monotonic()
                late = [body for end, body in self._ends.values() if end < now]
            for body in late:
                # It may just have ended by itself.
                with contextlib.suppress(AttributeError):
                    # The next silence ends it, however short.
                    body.set_socket_timeout(1e-3)
