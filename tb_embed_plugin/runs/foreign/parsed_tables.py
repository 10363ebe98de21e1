"""The tables of numbers that were parsed last, since parsing one is slow."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

MAX_PARSED_BYTES = 1 << 29
"""Parsed tables kept, all files together; those used last."""


class _Parsed:
    """The tables parsed last, as many as `MAX_PARSED_BYTES` holds."""

    def __init__(self) -> None:
        self._arrays: OrderedDict[Hashable, NDArray[np.float32]] = OrderedDict()
        self._under_way: dict[Hashable, threading.Lock] = {}
        self._size = 0
        self._lock = threading.Lock()

    def get(
        self, key: Hashable, parse: Callable[[], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Returns a table; only those who ask for the same one wait while it is parsed."""
        with self._lock:
            under_way = self._under_way.setdefault(key, threading.Lock())
        with under_way:
            try:
                known = self._known(key)
                return self._keep(key, parse()) if known is None else known
            finally:
                with self._lock:
                    self._under_way.pop(key, None)

    def _known(self, key: Hashable) -> NDArray[np.float32] | None:
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def _keep(self, key: Hashable, array: NDArray[np.float32]) -> NDArray[np.float32]:
        with self._lock:
            if key not in self._arrays:
                self._size += array.nbytes
            self._arrays[key] = array
            while self._size > MAX_PARSED_BYTES:
                self._size -= self._arrays.popitem(last=False)[1].nbytes
        return array


parsed_tables = _Parsed()
