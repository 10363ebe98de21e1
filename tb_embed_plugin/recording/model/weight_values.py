"""Values of a model's variables: a few of each, read within milliseconds."""

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
"""Number of variables up to which they are read one by one, without compilation."""


class WeightReader:
    """A reader of some values of each of a model's variables, spread evenly over it.

    Facts that do not change during a model's life are looked up once: TensorFlow takes as long
    to return a variable's shape as its values.

    Args:
        variables: Keras variables.
        at_most: Number of values of each.

    Attributes:
        shapes: The variables' shapes, in order.
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
        """Yields the present values as flat arrays.

        Those of floating-point variables come first, as float32, then the others. Concatenated
        they do not depend on how they are read.
        """
        if self._together is not None:
            yield self._together()
        else:
            yield from (_read(variable, stride) for variable, stride in self._floats)
        yield from (_read(variable, stride) for variable, stride in self._others)


_known: weakref.WeakKeyDictionary[Any, tuple[tuple[int, ...], WeightReader]] = (
    weakref.WeakKeyDictionary()
)
"""By model: the identities of its variables, and their reader."""


def weight_reader(model: Any, at_most: int, at_most_together: int) -> WeightReader:
    """Returns the reader of a model's weights, made once for each model.

    Args:
        model: A built Keras model.
        at_most: Number of values of each variable.
        at_most_together: Number of values of all variables, but at least one of each.
    """
    weights = model.weights
    key = tuple(map(id, weights))
    known = _known.get(model)
    if known is None or known[0] != key:  # a layer was added, or quantized
        each = max(1, min(at_most, at_most_together // max(1, len(weights))))
        known = _known[model] = key, WeightReader(weights, each)
    return known[1]


def _is_slow(variable: Any) -> bool:
    # TensorFlow takes a twentieth of a millisecond to return one variable.
    return keras.backend.backend() == "tensorflow" or _in_main_memory(variable) is None


def _read(variable: Any, stride: int) -> Values:
    view = _in_main_memory(variable)
    if view is not None:
        return view.reshape(-1)[::stride]
    return np.asarray(keras.ops.convert_to_numpy(_taken(variable.value, stride)))


def _in_main_memory(variable: Any) -> Values | None:
    """Returns a view of a float32 variable in main memory, None where it is elsewhere."""
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
    """Returns a function that reads floating-point variables into one array."""
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
            # NumPy cannot view a tensor without axes.
            return [value if value.shape.rank else tf.reshape(value, (1,)) for value in read]
        taken = [
            _taken(value, stride) for value, (_, stride) in zip(read, strided, strict=True)
        ]
        return tf.concat(taken, 0)

    compiled = tf.function(together, autograph=False)

    def read() -> Values:
        if not is_here:
            return np.asarray(compiled())
        # Main memory is read in place; slices in the graph would take three times as long to
        # compile.
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
