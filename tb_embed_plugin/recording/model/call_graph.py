"""The call graph of one pass of a model: which layer is called when, and which feeds which."""

from __future__ import annotations

import math
import re
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from tb_embed_plugin.recording.model.call_hooks import call_hooks


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer.

    Attributes:
        layer: The Keras layer.
        number: Its number among the layer's calls in the pass, from 0.
        started: Number of calls that had started before it.
        inputs: For each tensor it took, the index of the call that made it, None for a
            tensor that no layer made.
        shape: Shape of the one tensor that it returned, None where it returned something else.
        made_by: Index of the innermost call that made this tensor: its own as a rule, an
            earlier one's where it hands its input on (Dropout in inference mode).
    """

    layer: Any
    number: int
    started: int
    inputs: tuple[int | None, ...]
    shape: tuple[int, ...] | None
    made_by: int

    @property
    def width(self) -> int:
        """Units where the call returns rows, 0 where its output will be pooled."""
        return 0 if self.shape is None or len(self.shape) != 2 else self.shape[1]


@dataclass
class CallGraph:
    """The calls in one pass of a model over a few samples.

    Attributes:
        calls: The calls, in the order in which they returned.
        outermost: For each call the index of the outermost one that returned the same tensor:
            of a nested model for its last layer.
        outputs: What the model returned: a tensor, or a list, tuple or dict of tensors.
        producers: For each output, in order, the index of the innermost call that made it.
        output_bytes: Bytes of all that the layers returned, each tensor once.
    """

    calls: list[LayerCall] = field(default_factory=list)
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
        """Returns the call with weights behind an output: of the Dense before a Softmax."""
        index = producer
        while index is not None and not self.calls[index].layer.weights:
            index = self.fed_by(index)
        return self.last_weighted_before(len(self.calls)) if index is None else index

    def last_weighted_before(self, index: int) -> int | None:
        """Returns the last call of a layer with weights that had returned before a call."""
        before = len(self.calls)
        if index < len(self.calls):
            before = self.calls[index].started
        earlier = [
            i
            for i, call in enumerate(self.calls[:index])
            if call.layer.weights and call.started < before and call.shape is not None
        ]
        return self.calls[earlier[-1]].made_by if earlier else None

    def has_weights_before(self, index: int) -> bool:
        """Whether a layer with weights was called before the tensor of a call was returned."""
        return any(call.layer.weights for call in self.calls[: index + 1])


def trace_calls(layers: Iterable[Any], run_model: Callable[[], Any]) -> CallGraph:
    """Returns the call graph of one eager pass.

    No tensor is kept alive, so that no more memory is needed than for the pass itself.

    Args:
        layers: The layers whose calls are traced.
        run_model: Runs the pass and returns the model's outputs.
    """
    graph, origins, numbers = CallGraph(), _TensorOrigins(), dict[int, int]()
    n_started = 0

    def begin(layer: Any, inputs: Any) -> Callable[[Any], None]:
        nonlocal n_started
        started, n_started = n_started, n_started + 1
        number = numbers.get(id(layer), 0)
        numbers[id(layer)] = number + 1
        fed_by = tuple(origins.of(tensor) for tensor in _tensors(inputs))

        def end(output: Any) -> None:
            index = len(graph.calls)
            is_tensor = keras.ops.is_tensor(output)
            made_by = origins.of(output) if is_tensor else None
            if made_by is None:
                made_by = index
            elif graph.calls[made_by].started > started:
                graph.outermost[made_by] = index
            for tensor in _tensors(output):
                if origins.add(tensor, index):
                    graph.output_bytes += _size(tensor)
            shape = tuple(output.shape) if is_tensor else None
            graph.calls.append(LayerCall(layer, number, started, fed_by, shape, made_by))
            graph.outermost.append(index)

        return end

    with call_hooks(layers, begin):
        graph.outputs = run_model()
        graph.producers = tuple(origins.of(t) for t in output_tensors(graph.outputs).values())
    return graph


def output_tensors(outputs: Any) -> dict[Any, Any]:
    """Returns a model's outputs by key: position, or name where they are a dict."""
    if isinstance(outputs, dict):
        return dict(outputs)
    return dict(enumerate(outputs if isinstance(outputs, list | tuple) else [outputs]))


class _TensorOrigins:
    """The call that made each tensor, known as long as the tensor lives."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[weakref.ref[Any], int]] = {}

    def add(self, tensor: Any, index: int) -> bool:
        """Notes a tensor; returns False where this call only passed it on."""
        is_new = self._identical(tensor) is None
        if is_new:
            self._made[id(tensor)] = (weakref.ref(tensor), index)
        return is_new

    def of(self, tensor: Any) -> int | None:
        """Returns the index of the call that made `tensor`, perhaps before a cast."""
        if not keras.ops.is_tensor(tensor):
            return None
        index = self._identical(tensor)
        return self._before_cast(tensor) if index is None else index

    def _identical(self, tensor: Any) -> int | None:
        reference, index = self._made.get(id(tensor), (lambda: None, 0))
        return index if reference() is tensor else None

    def _before_cast(self, tensor: Any) -> int | None:
        """Returns the origin of a cast tensor: Keras casts inputs to a layer's precision."""
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
    """Returns a tensor's bytes; one a value where the dtype does not tell."""
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    bits = re.search(r"\d+", dtype)
    sides = [int(side) for side in tensor.shape if side is not None]
    return math.prod(sides) * (int(bits[0]) // 8 if bits else 1)


def _tensors(structure: Any) -> list[Any]:
    return [leaf for leaf in keras.tree.flatten(structure) if keras.ops.is_tensor(leaf)]
