"""The call of `fit` that a callback belongs to: whether it still runs, and its end.

Keras does not report exceptions to callbacks, and has no hook after all of them.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import keras

_DEPTH = 6
"""Stack frames between Keras' list of callbacks and ours, those of derived classes."""


class FitCall:
    """One call of `fit`.

    Must be created in a callback's `on_train_begin`.

    Args:
        callback: That callback.
        on_exception: Called after an exception has ended the call, as soon as Python releases
            it: at once where the exception is caught; a notebook keeps it longer.
    """

    def __init__(self, callback: Any, on_exception: Callable[[], None]) -> None:
        frame, callbacks = _caller(sys._getframe(1))  # noqa: SLF001 # Python's own name for it
        self._frame = id(frame)
        self._code = frame.f_code
        self._history = _history_behind(callbacks, callback)
        self._finalizer = (
            None if callbacks is None else weakref.finalize(callbacks, on_exception)
        )

    @property
    def is_running(self) -> bool:
        """Whether any thread is in this call now."""
        # The frame itself is not kept: it would keep alive all that `fit` holds.
        for newest in sys._current_frames().values():  # noqa: SLF001 # as above
            frame: FrameType | None = newest
            while frame is not None:
                if id(frame) == self._frame and frame.f_code is self._code:
                    return True
                frame = frame.f_back
        return False

    def call_at_end(self, then: Callable[[], None]) -> bool:
        """Calls `then` after the other callbacks' `on_train_end`.

        Returns:
            Whether it will be called; else the callback's own `on_train_end` is the last.
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
        """Restores `fit`'s History, which the user receives."""
        if self._history is not None:
            vars(self._history).pop("on_train_end", None)

    def close(self) -> None:
        """Forgets the call, which has ended."""
        self.unchain()
        if self._finalizer is not None:
            self._finalizer.detach()


def _caller(frame: FrameType) -> tuple[FrameType, Any]:
    """Returns the frame that called the callbacks, and Keras' list of them if there is one."""
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
    """Returns `fit`'s own History where it comes after a callback."""
    ordered = [] if callbacks is None else list(callbacks.callbacks)
    histories = [i for i, one in enumerate(ordered) if type(one) is keras.callbacks.History]
    places = [i for i, one in enumerate(ordered) if one is callback]
    behind = histories and places and histories[-1] > places[-1]
    return ordered[histories[-1]] if behind else None
