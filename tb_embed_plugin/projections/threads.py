"""Blocks of work on all cores, and BLAS on one.

BLAS' own threads share one product and wait for one another by spinning; between two products
all but one are idle. Where the browser or a training wants the cores too, two of them take ten
times as long as one alone. Here each thread takes whole blocks, products and all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")
Result = TypeVar("Result")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS to one thread, in the whole process, while it lasts."""
    with _libraries().limit(limits=1, user_api="blas"):
        yield


def in_threads(work: Callable[[Part], Result], parts: Sequence[Part]) -> Iterator[Result]:
    """Yields `work` of each part, in order.

    Args:
        work: Spends its time in NumPy, which lets other threads run.
        parts: What it is called with.
    """
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(work, parts)
        finally:
            # A caller that stops listening needs no more of it.
            pool.shutdown(cancel_futures=True)


@cache
def _libraries() -> ThreadpoolController:
    """Finds the libraries that have threads, which takes a millisecond."""
    import scipy.linalg  # noqa: F401 # brings a BLAS of its own, to be found with NumPy's

    return ThreadpoolController()
