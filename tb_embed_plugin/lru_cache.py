"""A cache of computed values; requests for one value at the same time cost one computation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LruCache(Generic[Value]):
    """The values used last, by key.

    Args:
        capacity: Values kept; beyond that the one unused for longest is forgotten.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        # Held while computing too, so that nobody computes what another is about to have.
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Returns the value of `key`, calling `compute` if it is not remembered.

        Raises:
            Exception: What `compute` raises; nothing is remembered then.
        """
        with self._lock:
            if key not in self._values:
                self._values[key] = compute()
            self._values.move_to_end(key)
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)
            return self._values[key]
