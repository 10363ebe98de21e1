"""Blocks of work on all cores, and BLAS on one.

BLAS' own threads share one product and wait for one another by spinning; between two products
all but one are idle. Where the browser or a training wants the cores too, two of them take ten
times as long as one alone. Here each thread takes whole blocks, products and all.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from tb_embed_plugin.projections.working_memory import working_memory

Part = TypeVar("Part")
Result = TypeVar("Result")


class _Limit:
    """The limit on BLAS' threads, of the whole process: lifted by the last who wants it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._lift: Callable[[], None] | None = None

    def set(self) -> None:
        with self._lock:
            if self._wanted == 0:
                # SciPy brings a BLAS of its own, which most commands never import.
                libraries = _libraries(with_scipy="scipy.linalg" in sys.modules)
                limit = libraries.limit(limits=1, user_api="blas")
                self._lift = limit.restore_original_limits
            self._wanted += 1

    def lift(self) -> None:
        with self._lock:
            self._wanted -= 1
            if self._wanted == 0 and self._lift is not None:
                self._lift()


_LIMIT = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS to one thread, in the whole process, while it lasts."""
    _LIMIT.set()
    try:
        yield
    finally:
        _LIMIT.lift()


class _Setting:
    """What was said, None where nothing was."""

    cores: int | None = None


def use_cores(most: int | None) -> None:
    """Sets how many cores this process uses at most; None for all that it may."""
    _Setting.cores = most


def cores() -> int:
    """Returns how many cores this process uses: of its machine, container or affinity."""
    return 1 if _Setting.cores == 1 else min(_all_cores(), _Setting.cores or _all_cores())


@cache
def _all_cores() -> int:
    from joblib import cpu_count  # takes a tenth of a second

    count: int = cpu_count()
    return count


def in_threads(
    work: Callable[[Part], Result], parts: Sequence[Part], bytes_each: int = 0
) -> Iterator[Result]:
    """Yields `work` of each part, in order.

    Args:
        work: Spends its time in NumPy, which lets other threads run.
        parts: What it is called with.
        bytes_each: What it needs for one part; no more are under way at a time than fit into
            the working memory, one at least.
    """
    threads = cores()
    if bytes_each:
        threads = max(1, min(threads, working_memory() // bytes_each))
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(work, parts)
        finally:
            # A caller that stops listening needs no more of it.
            pool.shutdown(cancel_futures=True)


@cache
def _libraries(*, with_scipy: bool) -> ThreadpoolController:
    """Finds the libraries that have threads, which takes some milliseconds.

    Args:
        with_scipy: Whether SciPy's is there, so that they are found anew once it is.
    """
    return ThreadpoolController()
