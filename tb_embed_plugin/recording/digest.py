"""A digest of a model's weights: what says whether a training goes on where another ended."""

from __future__ import annotations

import hashlib
from typing import Any

from tb_embed_plugin.recording.weight_values import weight_values

MAX_VALUES = 4096
"""Values of each variable that are looked at, spread evenly over it."""

MAX_TOTAL = 1 << 16
"""Values of all variables together: each of them is a line of memory to be fetched."""


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
    values = weight_values(model, MAX_VALUES, MAX_TOTAL)
    content = hashlib.blake2b(repr(values.shapes).encode(), digest_size=16)
    for some in values.read():
        content.update(some.tobytes())
    return content.hexdigest()
