"""What a model does in one pass: which layer is called when, and who feeds whom.

While a pass runs, each layer's `call` is wrapped to hand out what it takes and returns. This
works for Sequential, functional and subclassed models alike, where a second model
`keras.Model(inputs, layer.output)` needs symbolic tensors that many models lack. The wrappers
are gone when the pass is over; the model is unchanged.
"""

from __future__ import annotations

import math
import re
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

_DOORS = ("call", "quantized_call")
"""By which Keras enters a layer; by the second one those of int8, int4 and float8."""


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    Attributes:
        layer: The Keras layer.
        number: Which of its calls in the pass, from 0.
        begun: How many calls had begun before it.
        inputs: For each tensor it took, the index of the call that made it, None for a
            tensor that no layer made.
        shape: Shape of the one tensor that it returned, None where it returned something else.
        made_by: Index of the innermost call that made this tensor: its own as a rule, an
            earlier one's where it hands its input on (Dropout in inference mode).
    """

    layer: Any
    number: int
    begun: int
    inputs: tuple[int | None, ...]
    shape: tuple[int, ...] | None
    made_by: int

    @property
    def width(self) -> int:
        """Values a sample where the call yields rows, 0 where its output will be pooled."""
        return 0 if self.shape is None or len(self.shape) != 2 else self.shape[1]


@dataclass
class Survey:
    """One pass of a model over a few samples.

    Attributes:
        calls: In the order in which they returned.
        outermost: For each call the index of the outermost one that returned the same tensor:
            of a nested model for its last layer.
        outputs: What the model returned: a tensor, or a list, tuple or dict of tensors.
        producers: For each output, in order, the index of the innermost call that made it.
        output_bytes: Bytes of all that the layers returned, each tensor once.
    """

    calls: list[Call] = field(default_factory=list)
    outermost: list[int] = field(default_factory=list)
    outputs: Any = None
    producers: tuple[int | None, ...] = ()
    output_bytes: int = 0

    def calls_of(self, layer: Any) -> list[int]:
        """Returns the indices of a layer's calls, in the order in which they were made."""
        return [i for i, call in enumerate(self.calls) if call.layer is layer]

    def fed_by(self, index: int | None) -> int | None:
        """Returns the call that made the first tensor that a layer made for this call."""
        inputs = () if index is None else self.calls[index].inputs
        return next((made for made in inputs if made is not None), None)

    def output_layer(self, producer: int | None) -> int | None:
        """Returns the call with weights behind an output: Dense before a Softmax, say."""
        index = producer
        while index is not None and not self.calls[index].layer.weights:
            index = self.fed_by(index)
        return self.weighted_before(len(self.calls)) if index is None else index

    def weighted_before(self, index: int) -> int | None:
        """Returns the last call of a layer with weights that had returned before a call."""
        before = len(self.calls)
        if index < len(self.calls):
            before = self.calls[index].begun
        earlier = [
            i
            for i, call in enumerate(self.calls[:index])
            if call.layer.weights and call.begun < before and call.shape is not None
        ]
        return self.calls[earlier[-1]].made_by if earlier else None

    def is_behind_weights(self, index: int) -> bool:
        """Whether any layer with weights had worked before the tensor of a call was there."""
        return any(call.layer.weights for call in self.calls[: index + 1])


@contextmanager
def watched(layers: Iterable[Any], begin: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Calls `begin(layer, inputs)` before each call of each layer, and what it returned after.

    Args:
        layers: The Keras layers.
        begin: Is given the layer and a structure of all that its call takes; returns a
            function that is given what the call returns.
    """
    unique = list({id(layer): layer for layer in layers}.values())
    inside: set[int] = set()

    def watching(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched_call(*args: Any, **kwargs: Any) -> Any:
            # One door may lead to the other: that is one call.
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
        for name in _DOORS
        if hasattr(layer, name)
    ):
        yield


def without_rematerialization(layers: Iterable[Any]) -> AbstractContextManager[None]:
    """Lets layers of a `keras.RematScope` be called plainly: only a gradient needs more."""

    def as_it_is(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return call

    return _replaced(
        (layer, "rematerialized_call", as_it_is)
        for layer in layers
        if getattr(layer, "_remat_mode", None) is not None
    )


@contextmanager
def _replaced(methods: Iterable[tuple[Any, str, Callable[..., Any]]]) -> Iterator[None]:
    """Replaces methods of single layers, each layer and name once, inside of the block."""
    listed = list(methods)
    own = [vars(layer).get(name) for layer, name, _ in listed]
    for layer, name, method in listed:
        # object's own, since Keras tracks what is set on a layer.
        object.__setattr__(layer, name, method)
    try:
        yield
    finally:
        for (layer, name, _), value in zip(listed, own, strict=True):
            if value is None:
                object.__delattr__(layer, name)
            else:
                object.__setattr__(layer, name, value)


def survey_calls(layers: Iterable[Any], run_model: Callable[[], Any]) -> Survey:
    """Runs a model once, eagerly, and says what its layers did.

    No tensor is kept alive for it, so that it needs no more memory than the pass itself.

    Args:
        layers: The layers to watch.
        run_model: Runs the pass and returns the model's outputs.
    """
    survey, makers, numbers = Survey(), _Makers(), dict[int, int]()
    begun = 0

    def begin(layer: Any, inputs: Any) -> Callable[[Any], None]:
        nonlocal begun
        started, begun = begun, begun + 1
        number = numbers.get(id(layer), 0)
        numbers[id(layer)] = number + 1
        fed_by = tuple(makers.of(tensor) for tensor in _tensors(inputs))

        def end(output: Any) -> None:
            index = len(survey.calls)
            is_tensor = keras.ops.is_tensor(output)
            made_by = makers.of(output) if is_tensor else None
            if made_by is None:
                made_by = index
            elif survey.calls[made_by].begun > started:
                survey.outermost[made_by] = index
            for tensor in _tensors(output):
                if makers.add(tensor, index):
                    survey.output_bytes += _size(tensor)
            shape = tuple(output.shape) if is_tensor else None
            survey.calls.append(Call(layer, number, started, fed_by, shape, made_by))
            survey.outermost.append(index)

        return end

    with watched(layers, begin):
        survey.outputs = run_model()
        survey.producers = tuple(makers.of(t) for t in output_tensors(survey.outputs).values())
    return survey


def output_tensors(outputs: Any) -> dict[Any, Any]:
    """Returns a model's outputs by key: position, or name where they are a dict."""
    if isinstance(outputs, dict):
        return dict(outputs)
    return dict(enumerate(outputs if isinstance(outputs, list | tuple) else [outputs]))


class _Makers:
    """Which call made a tensor, known as long as the tensor lives."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[weakref.ref[Any], int]] = {}

    def add(self, tensor: Any, index: int) -> bool:
        """Notes a tensor unless an earlier call made it and this one handed it on."""
        is_new = self._identical(tensor) is None
        if is_new:
            self._made[id(tensor)] = (weakref.ref(tensor), index)
        return is_new

    def of(self, tensor: Any) -> int | None:
        """Returns the index of the call that made `tensor`, before a cast perhaps."""
        if not keras.ops.is_tensor(tensor):
            return None
        index = self._identical(tensor)
        return self._before_cast(tensor) if index is None else index

    def _identical(self, tensor: Any) -> int | None:
        reference, index = self._made.get(id(tensor), (lambda: None, 0))
        return index if reference() is tensor else None

    def _before_cast(self, tensor: Any) -> int | None:
        """Keras casts a layer's inputs to its own precision, which makes new tensors."""
        for reference, index in reversed(self._made.values()):
            made = reference()
            if made is None or not _may_be_cast(made, tensor):
                continue
            cast = keras.ops.cast(made, tensor.dtype)
            if np.array_equal(
                keras.ops.convert_to_numpy(cast), keras.ops.convert_to_numpy(tensor)
            ):
                return index
        return None


def _may_be_cast(made: Any, tensor: Any) -> bool:
    dtypes = [keras.backend.standardize_dtype(t.dtype) for t in (made, tensor)]
    return (
        tuple(made.shape) == tuple(tensor.shape)
        and dtypes[0] != dtypes[1]
        and all(keras.backend.is_float_dtype(dtype) for dtype in dtypes)
    )


def _size(tensor: Any) -> int:
    """Returns a tensor's bytes; at least one a value where the dtype does not say."""
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    bits = re.search(r"\d+", dtype)
    sides = [int(side) for side in tensor.shape if side is not None]
    return math.prod(sides) * (int(bits[0]) // 8 if bits else 1)


def _tensors(structure: Any) -> list[Any]:
    return [leaf for leaf in keras.tree.flatten(structure) if keras.ops.is_tensor(leaf)]
