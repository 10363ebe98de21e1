"""The call of `fit` in which a callback finds itself: whether it still runs, when it ends.

Keras tells its callbacks of no exception, and has no hook behind all of them.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import keras

_DEPTH = 6
"""Frames between Keras' list of callbacks and ours: those of classes derived from it."""


class FitCall:
    """One call of `fit`.

    Must be made in a callback's `on_train_begin`.

    Args:
        callback: That callback.
        when_left: Called once the call is left by an exception, as soon as Python has let go
            of it: at once where the exception is caught, a notebook keeps it longer.
    """

    def __init__(self, callback: Any, when_left: Callable[[], None]) -> None:
        frame, callbacks = _caller(sys._getframe(1))  # noqa: SLF001 # Python's own name for it
        self._frame = id(frame)
        self._code = frame.f_code
        self._history = _history_behind(callbacks, callback)
        self._finalizer = None if callbacks is None else weakref.finalize(callbacks, when_left)

    @property
    def is_running(self) -> bool:
        """Whether any thread is in this call now."""
        # Not the frame itself is kept, which would keep all that `fit` holds.
        for newest in sys._current_frames().values():  # noqa: SLF001 # as above
            frame: FrameType | None = newest
            while frame is not None:
                if id(frame) == self._frame and frame.f_code is self._code:
                    return True
                frame = frame.f_back
        return False

    def when_ended(self, then: Callable[[], None]) -> bool:
        """Calls `then` behind the other callbacks' `on_train_end`.

        Returns:
            Whether it will; else the callback's own `on_train_end` comes last already.
        """
        history = self._history
        if history is None:
            return False
        own = history.on_train_end

        def chained(logs: Any = None) -> None:
            self.unchain()
            own(logs)
            then()

        history.on_train_end = chained
        return True

    def unchain(self) -> None:
        """Leaves `fit`'s History, which the user is given, as it was."""
        if self._history is not None:
            vars(self._history).pop("on_train_end", None)

    def close(self) -> None:
        """Forgets the call, which has ended."""
        self.unchain()
        if self._finalizer is not None:
            self._finalizer.detach()


def _caller(frame: FrameType) -> tuple[FrameType, Any]:
    """Returns the frame that told the callbacks, and Keras' list of them if there is one."""
    inner: FrameType | None = frame
    for _ in range(_DEPTH):
        if inner is None or inner.f_back is None:
            break
        callbacks = inner.f_locals.get("self")
        if isinstance(callbacks, keras.callbacks.CallbackList):
            return inner.f_back, callbacks
        inner = inner.f_back
    return frame.f_back or frame, None


def _history_behind(callbacks: Any, callback: Any) -> Any:
    """Returns `fit`'s own History where it is told after a callback."""
    told = [] if callbacks is None else list(callbacks.callbacks)
    histories = [i for i, one in enumerate(told) if type(one) is keras.callbacks.History]
    places = [i for i, one in enumerate(told) if one is callback]
    behind = histories and places and histories[-1] > places[-1]
    return told[histories[-1]] if behind else None
