"""A cache of computed values; requests for one value at the same time cost one computation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
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
        self._awaited: dict[Hashable, Future[Value]] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        """Whether the value of `key` is remembered, or somebody computes it."""
        with self._lock:
            return key in self._values or key in self._awaited

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Returns the value of `key`, calling `compute` if it is not remembered.

        Who asks while another one computes it waits for that; other values are no matter.

        Raises:
            Exception: What `compute` raises, to all who wait; nothing is remembered then.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            awaited = self._awaited.get(key)
            if awaited is None:
                computing = self._awaited[key] = Future[Value]()
        if awaited is not None:
            return awaited.result()
        try:
            value = compute()
        except BaseException as error:
            self._forget(key)
            computing.set_exception(error)
            raise
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)
            del self._awaited[key]
        computing.set_result(value)
        return value

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            del self._awaited[key]
