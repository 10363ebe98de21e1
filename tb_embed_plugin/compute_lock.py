"""The lock of the server's computations: one at a time, a few waiting, the next one refused.

A computation here takes up to some seconds of a request. What takes longer is a job, in a
process of its own (`jobs.job_queue`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tb_embed_plugin.errors import BusyError
from tb_embed_plugin.projections.threads import one_blas_thread

MAX_WAITING = 8
"""Requests that may compute or wait for it at a time; the next one is refused."""


class ComputeLock:
    """A lock that lets requests compute one after the other."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MAX_WAITING)
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for this computation's turn, and keeps BLAS to one thread while it lasts.

        Raises:
            BusyError: Too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError(
                f"the server is busy with {MAX_WAITING} computations; try again in a second"
            )
        try:
            # One at a time: the limit holds for the whole process while it lasts.
            with self._one_at_a_time, one_blas_thread():
                yield
        finally:
            self._places.release()
