"""What is being opened right now: nobody waits for it longer than it may take.

A disk that does not answer, or files made so that reading them takes forever, would else keep
everybody who lists the runs. Each thing is opened by a thread of its own, once however many ask
for it, and goes on when nobody waits any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_UNDER_WAY = 32
"""Threads that may be opening something."""


class TooSlowError(Exception):
    """It is not open yet."""


@dataclass
class _Opening(Generic[T]):
    began: float
    ended: threading.Event = field(default_factory=threading.Event)
    results: list[T] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


class Openings:
    """Opens things, and waits for them.

    Args:
        seconds: That a thing may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._under_way: dict[Hashable, _Opening[object]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, open_it: Callable[[], T]) -> T:
        """Returns what `open_it` does, shared by all who ask by the same key meanwhile.

        Raises:
            TooSlowError: It takes longer than `seconds`, which count from its beginning, or too
                many others are under way. It goes on, and what it keeps is there later.
            Exception: What `open_it` raises.
        """
        opening = self._begun(key, open_it)
        if not opening.ended.wait(max(0.0, opening.began + self.seconds - time.monotonic())):
            raise TooSlowError
        if opening.errors:
            raise opening.errors[0]
        return opening.results[0]

    def _begun(self, key: Hashable, open_it: Callable[[], T]) -> _Opening[T]:
        with self._lock:
            # One key, one type.
            opening: _Opening[T] | None = self._under_way.get(key)  # type: ignore[assignment]
            if opening is None:
                if len(self._under_way) >= MAX_UNDER_WAY:
                    raise TooSlowError
                opening = _Opening(time.monotonic())
                self._under_way[key] = opening  # type: ignore[assignment] # as above
                threading.Thread(
                    target=self._open, args=(key, opening, open_it), daemon=True
                ).start()
            return opening

    def _open(self, key: Hashable, opening: _Opening[T], open_it: Callable[[], T]) -> None:
        try:
            opening.results.append(open_it())
        except BaseException as error:  # noqa: BLE001 # told to those who wait
            opening.errors.append(error)
        finally:
            with self._lock:
                del self._under_way[key]
            opening.ended.set()
