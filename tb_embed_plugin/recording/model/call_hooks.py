"""Hooks on the calls of single layers, for the time of one pass.

While a pass runs, each layer's `call` is wrapped to hand out what it takes and returns. This
works for Sequential, functional and subclassed models alike, where a second model
`keras.Model(inputs, layer.output)` needs symbolic tensors that many models lack. The wrappers
are gone when the pass is over; the model is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

_CALL_METHODS = ("call", "quantized_call")
"""Methods by which Keras calls a layer; the second one is for int8, int4 and float8."""


@contextmanager
def call_hooks(layers: Iterable[Any], begin: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Calls `begin(layer, inputs)` before each call of a layer, and its result afterwards.

    Args:
        layers: The Keras layers.
        begin: Receives the layer and the structure of its call's arguments; returns a
            function that receives what the call returns.
    """
    unique = list({id(layer): layer for layer in layers}.values())
    inside: set[int] = set()

    def watching(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched_call(*args: Any, **kwargs: Any) -> Any:
            # One of the methods may call the other: that is one call.
            if id(layer) in inside:
                return call(*args, **kwargs)
            inside.add(id(layer))
            try:
                end = begin(layer, (args, kwargs))
                output = call(*args, **kwargs)
            finally:
                inside.discard(id(layer))
            end(output)
            return output

        return watched_call

    with _replaced(
        (layer, name, watching(layer, getattr(layer, name)))
        for layer in unique
        for name in _CALL_METHODS
        if hasattr(layer, name)
    ):
        yield


def without_rematerialization(layers: Iterable[Any]) -> AbstractContextManager[None]:
    """Calls layers of a `keras.RematScope` plainly: only gradients need rematerialization."""

    def as_it_is(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return call

    return _replaced(
        (layer, "rematerialized_call", as_it_is)
        for layer in layers
        if getattr(layer, "_remat_mode", None) is not None
    )


@contextmanager
def _replaced(methods: Iterable[tuple[Any, str, Callable[..., Any]]]) -> Iterator[None]:
    """Replaces methods of single layers inside of the block, each layer and name once."""
    listed = list(methods)
    own = [vars(layer).get(name) for layer, name, _ in listed]
    for layer, name, method in listed:
        # The method of `object`, since Keras tracks attributes set on a layer.
        object.__setattr__(layer, name, method)
    try:
        yield
    finally:
        for (layer, name, _), value in zip(listed, own, strict=True):
            if value is None:
                object.__delattr__(layer, name)
            else:
                object.__setattr__(layer, name, value)
