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
        self._size = 0
        # Held while parsing too, so that nobody parses what another is about to have.
        self._lock = threading.Lock()

    def get(
        self, key: Hashable, parse: Callable[[], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        with self._lock:
            array = self._arrays.get(key)
            if array is None:
                array = self._arrays[key] = parse()
                self._size += array.nbytes
            self._arrays.move_to_end(key)
            while self._size > MAX_PARSED_BYTES:
                self._size -= self._arrays.popitem(last=False)[1].nbytes
            return array


parsed_tables = _Parsed()
