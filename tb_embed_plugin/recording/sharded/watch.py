"""A thread that looks at the shared folder again and again, behind the training."""

from __future__ import annotations

import threading
from collections.abc import Callable

INTERVAL_SECONDS = 0.2
"""Between two looks of a few workers; each costs a look some calls of the file system."""

WORKERS_A_SECOND = 500
"""How many are looked at in a second where there are more."""


class Watch:
    """A thread that looks until there is nothing more to look for.

    Args:
        look: Looks once, and says whether that was the last time; raises nothing.
        workers: How many workers are looked at.
    """

    def __init__(self, look: Callable[[], bool], workers: int = 1) -> None:
        self._look = look
        self._interval = max(INTERVAL_SECONDS, workers / WORKERS_A_SECOND)
        self._closing = threading.Event()
        # A process that ends must not wait for what other processes may never write.
        self._thread = threading.Thread(target=self._run, name="tb_embed-parts", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the present look."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._look() and not self._closing.wait(self._interval):
            pass
