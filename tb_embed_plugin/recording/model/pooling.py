"""Pooling of activations of any rank to (n_samples, n_units), inside the traced pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

# Keras has no public name for a tensor's mask that works on all backends.
from keras.src.backend import get_keras_mask

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.model.masks import mask_of
from tb_embed_plugin.recording.model.pooling_choice import REMEDY, Pooling


def pool(
    output: Any,
    how: Pooling,
    *,
    channels_first: bool,
    name: str,
    mask: Any = None,
    padding: Any = None,
) -> Any:
    """Returns a tensor (n_samples, n_units) of the dtype of `output`.

    Rows stay as they are and single values become one column, unless `how` is a function.
    Masked tokens, by Keras after Embedding(mask_zero=True) or by `mask`, are left out.

    Args:
        output: The layer's output: (n_samples, ..., n_units) as a rule. Of several tensors,
            as an LSTM returns them with its state, it is the first, unless `how` is a function.
        how: "auto" and "mean" average over all axes but the first and the channels; "first"
            and "last" take a token of a sequence (n_samples, n_tokens, n_units).
        channels_first: Whether the channels are the second axis, not the last.
        name: The layer's name, for the message.
        mask: Truth values (n_samples, n_tokens), None to use Keras' own mask.
        padding: The mask of the model's tokens where Keras has lost it, None where unknown.

    Raises:
        MisuseError: `how` does not fit the output, or its numbers are complex.
    """
    if callable(how):
        rows = how(output)
        if keras.ops.is_tensor(rows):
            _check_real(rows, name)
        return rows
    tensor = _first_tensor(output)
    if tensor is None:
        raise MisuseError(
            f"layer {name!r} returns {type(output).__name__}, and no tensor; {REMEDY}"
        )
    output = tensor
    _check_real(output, name)
    rank = len(output.shape)
    if rank <= 2:
        return keras.ops.reshape(output, (-1, 1)) if rank == 1 else output
    if how == "flatten":
        return _flatten(output)
    if rank == 3:
        given = mask_of(output, mask)
        mask = get_keras_mask(output) if given is None else given
        mask = mask_of(output, padding) if mask is None else mask
    else:
        mask = None
    if how in ("auto", "mean"):
        return _mean(output, mask, channels_first=channels_first)
    if rank != 3:
        raise MisuseError(
            f"layer {name!r} returns {tuple(output.shape)}, but pooling={how!r} needs a "
            "sequence (n_samples, n_tokens, n_units); pass pooling='mean' or 'flatten', "
            "or a function"
        )
    if channels_first:
        output = keras.ops.swapaxes(output, 1, 2)
    return _token(output, mask, last=how == "last")


def _first_tensor(structure: Any) -> Any:
    """Returns the first tensor, of a dict in its own order: Keras flattens it by its keys."""
    if keras.ops.is_tensor(structure):
        return structure
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, list | tuple):
        found = map(_first_tensor, structure)
        return next((tensor for tensor in found if tensor is not None), None)
    return None


def _flatten(output: Any) -> Any:
    width = 1
    for side in output.shape[1:]:
        width *= side
    return keras.ops.reshape(output, (-1, width))


def _mean(output: Any, mask: Any, *, channels_first: bool) -> Any:
    # Thousands of values in half precision would add up to infinity.
    values = keras.ops.cast(output, "float32")
    rank = len(output.shape)
    if mask is not None and not channels_first:
        weights = keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
        kept = keras.ops.maximum(keras.ops.sum(weights, axis=1), 1)
        return keras.ops.sum(values * weights, axis=1) / kept
    axes = range(2, rank) if channels_first else range(1, rank - 1)
    return keras.ops.mean(values, axis=tuple(axes))


def _token(output: Any, mask: Any, *, last: bool) -> Any:
    if mask is None:
        return output[:, -1] if last else output[:, 0]
    kept = keras.ops.cast(mask, "int32")
    if last:
        tokens = output.shape[1]
        index = tokens - 1 - keras.ops.argmax(keras.ops.flip(kept, axis=1), axis=1)
    else:
        index = keras.ops.argmax(kept, axis=1)
    index = keras.ops.reshape(index, (-1, 1, 1))
    return keras.ops.squeeze(keras.ops.take_along_axis(output, index, axis=1), axis=1)


def _check_real(tensor: Any, name: str) -> None:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype.startswith("complex"):
        raise MisuseError(
            f"layer {name!r} returns {dtype}, not real numbers; pass a function as pooling, "
            "such as lambda output: keras.ops.abs(output)"
        )
