"""Blocks of work on several threads, as many as BLAS may use.

BLAS' own threads share one product and wait for one another by spinning; between two products
all but one are idle. Here each thread takes whole blocks, products and all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")
Result = TypeVar("Result")


def in_threads(work: Callable[[Part], Result], parts: Sequence[Part]) -> Iterator[Result]:
    """Yields `work` of each part, in order.

    Args:
        work: Spends its time in NumPy, which lets other threads run.
        parts: What it is called with.
    """
    blas = ThreadpoolController().select(user_api="blas")
    workers = max((library.num_threads for library in blas.lib_controllers), default=1)
    if workers == 1 or len(parts) == 1:
        yield from map(work, parts)
        return
    with blas.limit(limits=1):
        pool = ThreadPoolExecutor(workers)
        try:
            yield from pool.map(work, parts)
        finally:
            # Whoever stops listening wants no more of it.
            pool.shutdown(cancel_futures=True)
