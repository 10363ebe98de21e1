"""Caches of computed values; requests for one value at the same time cost one computation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import numpy as np

Value = TypeVar("Value")

_OBJECT = 100
"""Bytes of what holds a value, about."""


class Memory:
    """What some caches may hold together: whatever was unused for longest goes first.

    Args:
        most: Bytes; None for no limit.
    """

    def __init__(self, most: int | None = None) -> None:
        self.lock = threading.Lock()
        self._most = most
        self._held: OrderedDict[tuple[int, Hashable], tuple[LruCache[Any], int]] = OrderedDict()
        self._bytes = 0

    @property
    def held(self) -> int:
        """How many bytes the caches hold, about."""
        return self._bytes

    def use(self, cache: LruCache[Any], key: Hashable) -> None:
        """Notes that a value is used; called with the lock, as are the others."""
        self._held.move_to_end((id(cache), key))

    def add(self, cache: LruCache[Any], key: Hashable, size: int) -> None:
        """Counts a new value, and lets go of others that have no room beside it."""
        self._held[id(cache), key] = cache, size
        self._bytes += size
        while self._most is not None and self._bytes > self._most:
            (_, oldest), (of, _) = next(iter(self._held.items()))
            of.drop(oldest)

    def remove(self, cache: LruCache[Any], key: Hashable) -> None:
        """Counts a value no longer."""
        _, size = self._held.pop((id(cache), key))
        self._bytes -= size


class LruCache(Generic[Value]):
    """The values used last, by key.

    Args:
        capacity: Values kept; beyond that the one unused for longest is forgotten.
        memory: What it shares with other caches; no limit if left out.
    """

    def __init__(self, capacity: int, memory: Memory | None = None) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._awaited: dict[Hashable, Future[Value]] = {}
        self._memory = Memory() if memory is None else memory
        self._lock = self._memory.lock

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
                self._memory.use(self, key)
                return self._values[key]
            awaited = self._awaited.get(key)
            if awaited is None:
                computing = self._awaited[key] = Future[Value]()
        if awaited is not None:
            return awaited.result()
        try:
            value = compute()
            self.put(key, value)
        except BaseException as error:
            with self._lock:
                del self._awaited[key]
            computing.set_exception(error)
            raise
        with self._lock:
            del self._awaited[key]
        computing.set_result(value)
        return value

    def find(self, key: Hashable) -> Value | None:
        """Returns the value of `key`, None where it is not remembered."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            self._memory.use(self, key)
            return self._values[key]

    def put(self, key: Hashable, value: Value) -> None:
        """Remembers a value, in place of the one there may be."""
        size = size_of(value)
        with self._lock:
            if key in self._values:
                self.drop(key)
            self._values[key] = value
            self._memory.add(self, key, size)
            while len(self._values) > self._capacity:
                self.drop(next(iter(self._values)))

    def drop(self, key: Hashable) -> None:
        """Forgets a value; called with the memory's lock."""
        del self._values[key]
        self._memory.remove(self, key)


def size_of(value: object) -> int:
    """Returns about how many bytes a value holds: its arrays, bytes and texts, each once."""
    seen: dict[int, object] = {}
    todo, size = [value], 0
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        size += _OBJECT
        match one:
            case np.ndarray():
                size += int(one.nbytes)
            case bytes() | str():
                size += len(one)
            # Copied at once: what it shares with others may grow meanwhile.
            case Mapping():
                todo += list(one.values())
            case list() | tuple():
                todo += list(one)
            case _:
                todo += list(getattr(one, "__dict__", {}).values())
    return size
