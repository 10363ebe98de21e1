"""A digest of a model's weights, by which a resumed training is recognized."""

from __future__ import annotations

import hashlib
from typing import Any

from tb_embed_plugin.recording.model.weight_values import weight_reader

MAX_VALUES = 4096
"""Number of values of each variable in the digest, spread evenly over it."""

MAX_TOTAL = 1 << 16
"""Number of values of all variables together: each is a cache line to be fetched."""


def digest_weights(model: Any) -> str:
    """Returns 32 hexadecimal digits that differ where the weights do.

    Moving statistics count; the states of random seeds and of the optimizer do not. The digest
    survives saving and loading of weights by Keras, and a change of the layers' precision:
    floating-point values are compared as float32, bit for bit.

    Args:
        model: A built Keras model.
    """
    if hasattr(model, "jax_state_sync"):
        # In the middle of an epoch the train step holds the weights.
        model.jax_state_sync()
    values = weight_reader(model, MAX_VALUES, MAX_TOTAL)
    content = hashlib.blake2b(repr(values.shapes).encode(), digest_size=16)
    for some in values.read():
        content.update(some.tobytes())
    return content.hexdigest()
