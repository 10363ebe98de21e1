"""A digest of a model's weights, by which a resumed training is recognized."""

from __future__ import annotations

from typing import Any

from tb_embed_plugin.recording.model.value_digest import MAX_TOTAL, MAX_VALUES, digest_values
from tb_embed_plugin.recording.model.weight_values import weight_reader


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
    return digest_values(values.shapes, values.read())
