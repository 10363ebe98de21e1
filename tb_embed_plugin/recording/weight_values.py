"""Reads a few values of each of a model's variables, in milliseconds even of hundreds."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.generic]

FEW = 64
"""Up to so many variables are read one by one, which needs nothing compiled."""


class WeightValues:
    """Some values of each of a model's variables, spread evenly over it.

    What does not change while a model lives is found out once: TensorFlow takes as long to
    tell a variable's shape as to read it.

    Args:
        variables: Of Keras.
        at_most: Values of each.

    Attributes:
        shapes: Of the variables, in their order.
    """

    def __init__(self, variables: Sequence[Any], at_most: int) -> None:
        self.shapes = [tuple(variable.shape) for variable in variables]
        strides = [max(1, -(-math.prod(shape) // at_most)) for shape in self.shapes]
        strided = list(zip(variables, strides, strict=True))
        self._floats = [(v, stride) for v, stride in strided if "float" in v.dtype]
        self._others = [(v, stride) for v, stride in strided if "float" not in v.dtype]
        self._together: Callable[[], Values] | None = None
        if len(self._floats) > FEW and _is_slow(self._floats[0][0]):
            self._together = _compile(self._floats)

    def read(self) -> Iterator[Values]:
        """Yields the values of now as flat arrays.

        First those of floating-point variables, as float32, then the others. Joined they do
        not depend on how they are read.
        """
        if self._together is not None:
            yield self._together()
        else:
            yield from (_read(variable, stride) for variable, stride in self._floats)
        yield from (_read(variable, stride) for variable, stride in self._others)


_known: weakref.WeakKeyDictionary[Any, tuple[tuple[int, ...], WeightValues]] = (
    weakref.WeakKeyDictionary()
)
"""By model: for which variables, and what reads them."""


def weight_values(model: Any, at_most: int, at_most_together: int) -> WeightValues:
    """Returns what reads values of each of `model.weights`, made once a model.

    Args:
        model: A built Keras model.
        at_most: Values of each variable.
        at_most_together: Values of all variables, but one of each.
    """
    weights = model.weights
    key = tuple(map(id, weights))
    known = _known.get(model)
    if known is None or known[0] != key:  # a layer was added, or quantized
        each = max(1, min(at_most, at_most_together // max(1, len(weights))))
        known = _known[model] = key, WeightValues(weights, each)
    return known[1]


def _is_slow(variable: Any) -> bool:
    # TensorFlow takes a twentieth of a millisecond to hand out one variable.
    return keras.backend.backend() == "tensorflow" or _in_main_memory(variable) is None


def _read(variable: Any, stride: int) -> Values:
    view = _in_main_memory(variable)
    if view is not None:
        return view.reshape(-1)[::stride]
    return np.asarray(keras.ops.convert_to_numpy(_taken(variable.value, stride)))


def _in_main_memory(variable: Any) -> Values | None:
    """Returns a float32 variable as it lies in main memory, None where it does not."""
    if variable.dtype != "float32":
        return None
    value = variable.value
    match keras.backend.backend():
        case "tensorflow":
            tensor = value.value()
            return np.asarray(memoryview(tensor)) if "CPU" in tensor.device else None
        case "jax":
            devices = value.devices()
            is_here = len(devices) == 1 and next(iter(devices)).platform == "cpu"
            return np.asarray(value) if is_here else None
        case _:
            is_here = value.device.type == "cpu"
            return np.asarray(value.detach().numpy()) if is_here else None


def _compile(strided: Sequence[tuple[Any, int]]) -> Callable[[], Values]:
    """Returns what gives the values of floating-point variables in one array."""
    if keras.backend.backend() == "tensorflow":
        return _compile_for_tensorflow(strided)

    def together(values: Sequence[Any]) -> Any:
        return keras.ops.concatenate(
            [_taken(value, stride) for value, (_, stride) in zip(values, strided, strict=True)]
        )

    if keras.backend.backend() == "jax":
        import jax

        together = jax.jit(together)

    def read() -> Values:
        taken = together([variable.value for variable, _ in strided])
        return np.asarray(keras.ops.convert_to_numpy(taken))

    return read


def _compile_for_tensorflow(strided: Sequence[tuple[Any, int]]) -> Callable[[], Values]:
    import tensorflow as tf

    is_here = "CPU" in strided[0][0].value.device

    def together() -> Any:
        # A gather from the variable itself would be faster here, but after one TensorFlow
        # copies the variable whenever it is read: the training would need its weights twice.
        read = [variable.value.value() for variable, _ in strided]
        if is_here:
            # NumPy takes no tensor without axes as an array.
            return [value if value.shape.rank else tf.reshape(value, (1,)) for value in read]
        taken = [
            _taken(value, stride) for value, (_, stride) in zip(read, strided, strict=True)
        ]
        return tf.concat(taken, 0)

    compiled = tf.function(together, autograph=False)

    def read() -> Values:
        if not is_here:
            return np.asarray(compiled())
        # Main memory is read where it lies; slices in the graph would compile for three times
        # as long.
        pairs = zip(compiled(), strided, strict=True)
        return np.concatenate(
            [
                np.asarray(value).reshape(-1)[::stride].astype(np.float32, copy=False)
                for value, (_, stride) in pairs
            ]
        )

    return read


def _taken(value: Any, stride: int) -> Any:
    taken = keras.ops.reshape(value, (-1,))[::stride]
    is_float = "float" in keras.backend.standardize_dtype(value.dtype)
    return keras.ops.cast(taken, "float32") if is_float else taken
