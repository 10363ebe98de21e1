"""Blocks of work on all cores.

BLAS' own threads share one product and wait for one another by spinning; between two products
all but one are idle. Here each thread takes whole blocks, products and all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Part = TypeVar("Part")
Result = TypeVar("Result")


def in_threads(work: Callable[[Part], Result], parts: Sequence[Part]) -> Iterator[Result]:
    """Yields `work` of each part, in order.

    Args:
        work: Spends its time in NumPy, which lets other threads run.
        parts: What it is called with.
    """
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(work, parts)
        finally:
            # Whoever stops listening wants no more of it.
            pool.shutdown(cancel_futures=True)
