"""A digest of a model's weights: what says whether a training goes on where another ended."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

MAX_VALUES = 4096
"""Values of each variable that are looked at, spread evenly over it."""


def digest_weights(model: Any) -> str:
    """Returns 32 hexadecimal digits that differ where the weights do.

    Moving statistics count, the states of random seeds and of the optimizer do not. It stays
    the same through Keras' files of weights and through a change of the precision in which
    layers compute: floating-point values are compared as float32, bit for bit.

    Args:
        model: A built Keras model.
    """
    if hasattr(model, "jax_state_sync"):
        # In the middle of a training the weights are in the train step's own hands.
        model.jax_state_sync()
    content = hashlib.blake2b(digest_size=16)
    for variable in model.weights:
        content.update(repr(tuple(variable.shape)).encode())
        content.update(_values(variable).tobytes())
    return content.hexdigest()


def _values(variable: Any) -> NDArray[np.generic]:
    value, n_values = variable.value, math.prod(variable.shape)
    if n_values > MAX_VALUES:
        flat = keras.ops.reshape(value, (-1,))
        value = flat[:: -(-n_values // MAX_VALUES)]  # a few kilobytes leave the device
    dtype = keras.backend.standardize_dtype(variable.dtype)
    if dtype != "float32" and keras.backend.is_float_dtype(dtype):
        value = keras.ops.cast(value, "float32")
    return np.ascontiguousarray(keras.ops.convert_to_numpy(value))
