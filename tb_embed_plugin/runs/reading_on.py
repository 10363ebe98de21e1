"""The runs that a listing did not wait for, read one after another on a thread of its own.

Reading what others wrote holds Python's lock, which every request needs: so it rests after each
run for as long as that took, or a tenth of a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from tb_embed_plugin.runs.openings import TooSlowError

_LONGEST_REST = 0.1
"""Seconds between two runs."""


class ReadingOn:
    """Reads runs in order, until there are none left.

    Args:
        read: Reads the run of a name and a directory, and keeps it.
    """

    def __init__(self, read: Callable[[str, Path], object]) -> None:
        self._read = read
        self._waiting: deque[tuple[str, Path]] = deque()
        self._is_reading = False
        self._lock = threading.Lock()

    def take(self, runs: Iterable[tuple[str, Path]]) -> None:
        """Reads these from now on, and no others."""
        with self._lock:
            self._waiting = deque(runs)
            if self._waiting and not self._is_reading:
                self._is_reading = True
                threading.Thread(target=self._read_all, daemon=True).start()

    def _read_all(self) -> None:
        while (run := self._next()) is not None:
            began = time.monotonic()
            try:
                self._read(*run)
            except TooSlowError:
                pass  # it goes on, and the next listing says so
            except Exception:  # one that breaks us must not keep the others
                logging.getLogger(__name__).exception("a run cannot be read")
            time.sleep(min(time.monotonic() - began, _LONGEST_REST))

    def _next(self) -> tuple[str, Path] | None:
        with self._lock:
            self._is_reading = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None
