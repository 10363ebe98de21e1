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

_compiled: weakref.WeakKeyDictionary[Any, tuple[tuple[int, ...], Callable[[], Any]]] = (
    weakref.WeakKeyDictionary()
)
"""By model: for which variables, and what reads them together."""


def read_values(model: Any, at_most: int) -> Iterator[Values]:
    """Yields values of each of `model.weights`, spread evenly over it, as flat arrays.

    First those of floating-point variables, as float32, then the others. Joined they do not
    depend on how they are read.

    Args:
        model: A built Keras model.
        at_most: Values of each variable.
    """
    floats = [v for v in model.weights if "float" in v.dtype]
    if len(floats) > FEW and _is_slow(floats[0]):
        yield read_together(model, floats, at_most)
    else:
        yield from (_read(variable, at_most) for variable in floats)
    yield from (_read(v, at_most) for v in model.weights if "float" not in v.dtype)


def read_together(model: Any, variables: Sequence[Any], at_most: int) -> Values:
    """Returns values of floating-point variables, by a function that is compiled once a model.

    Args:
        model: Whose they are.
        variables: Of Keras.
        at_most: Values of each.
    """
    key = (at_most, *map(id, variables))
    known = _compiled.get(model)
    if known is None or known[0] != key:  # a layer was added, or quantized
        known = _compiled[model] = key, _compile(variables, at_most)
    return np.asarray(keras.ops.convert_to_numpy(known[1]()))


def _is_slow(variable: Any) -> bool:
    # TensorFlow takes a twentieth of a millisecond to hand out one variable.
    return keras.backend.backend() == "tensorflow" or _in_main_memory(variable) is None


def _read(variable: Any, at_most: int) -> Values:
    view = _in_main_memory(variable)
    if view is not None:
        return view.reshape(-1)[:: _stride(variable, at_most)]
    return np.asarray(keras.ops.convert_to_numpy(_taken(variable, variable.value, at_most)))


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


def _compile(variables: Sequence[Any], at_most: int) -> Callable[[], Any]:
    """Returns what gives the values of floating-point variables in one tensor."""
    if keras.backend.backend() == "tensorflow":
        return _compile_for_tensorflow(variables, at_most)

    def together(values: Sequence[Any]) -> Any:
        return keras.ops.concatenate(
            [_taken(v, value, at_most) for v, value in zip(variables, values, strict=True)]
        )

    if keras.backend.backend() == "jax":
        import jax

        together = jax.jit(together)
    return lambda: together([variable.value for variable in variables])


def _compile_for_tensorflow(variables: Sequence[Any], at_most: int) -> Callable[[], Any]:
    import tensorflow as tf

    def gathered(variable: Any) -> Any:
        shape = tuple(variable.shape)
        if not shape:
            return tf.cast(tf.reshape(variable.value.value(), [1]), tf.float32)
        places = np.arange(0, math.prod(shape), _stride(variable, at_most))
        # Slices of a reshaped variable would make a graph that compiles three times as long.
        (here, *_) = tf.distribute.get_strategy().experimental_local_results(variable.value)
        indices = np.transpose(np.unravel_index(places, shape))
        taken = tf.raw_ops.ResourceGatherNd(
            resource=here.handle, indices=indices, dtype=variable.dtype
        )
        return tf.cast(taken, tf.float32)

    together: Callable[[], Any] = tf.function(
        lambda: tf.concat([gathered(variable) for variable in variables], 0), autograph=False
    )
    return together


def _taken(variable: Any, value: Any, at_most: int) -> Any:
    taken = keras.ops.reshape(value, (-1,))[:: _stride(variable, at_most)]
    return keras.ops.cast(taken, "float32") if "float" in variable.dtype else taken


def _stride(variable: Any, at_most: int) -> int:
    size: int = math.prod(variable.shape)
    return max(1, -(-size // at_most))
