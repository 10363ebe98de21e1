"""Masks of a sequence's tokens, where Keras itself does not know the padding.

Keras' own masks come from `Embedding(mask_zero=True)` and `Masking`. Models such as
KerasHub's take the mask as an input instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.model.call_graph import CallGraph
from tb_embed_plugin.recording.model.pooling_choice import MASK_INPUTS
from tb_embed_plugin.recording.samples.input_arrays import as_array
from tb_embed_plugin.wording import did_you_mean

Mask = str | Callable[[Any], Any] | Any
"""A key of the inputs, a function of a batch, or an array (n_samples, n_tokens)."""

_INPUTS, _MASK = "inputs", "mask"


def attach_mask(
    x: Any, mask: Any, count: int, input_names: Sequence[str] = ()
) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
    """Returns x in the form that is batched, and a function that splits a batch of it.

    Args:
        x: The samples' inputs.
        mask: As in `EmbeddingCheckpoint`; None to find it by its name.
        count: Number of samples.
        input_names: The names of the model's inputs, in order.

    Returns:
        x, with the mask beside it where that is an array; and a function from a batch to the
        model's inputs and the mask (n_samples, n_tokens), nonzero for tokens that count, or
        None.

    Raises:
        MisuseError: x has no such input, or the array does not fit x.
    """
    if mask is None:
        keys: dict[str, Any] = {}
        if isinstance(x, Mapping):
            keys = {name: name for name in x}
        elif isinstance(x, list | tuple) and len(x) == len(input_names):
            keys = {name: i for i, name in enumerate(input_names)}
        key = next((keys[name] for name in MASK_INPUTS if name in keys), None)
        return x, lambda batch: (batch, None if key is None else batch[key])
    if isinstance(mask, str):
        if not isinstance(x, Mapping) or mask not in x:
            known = list(x) if isinstance(x, Mapping) else "no names, since x is not a dict"
            raise MisuseError(
                f"x has no input {mask!r} for mask= (it has {known}); pass one of its keys, an "
                "array (n_samples, n_tokens), or a function of a batch"
                f"{did_you_mean(mask, x if isinstance(x, Mapping) else ())}"
            )
        return x, lambda batch: (batch, batch[mask])
    if callable(mask):
        return x, lambda batch: (batch, mask(batch))
    array = as_array(mask)
    if array.ndim != 2 or len(array) != count:
        raise MisuseError(
            f"mask has shape {array.shape} but x has {count} samples; pass an array "
            "(n_samples, n_tokens), nonzero where a token counts"
        )
    return {_INPUTS: x, _MASK: array != 0}, lambda batch: (batch[_INPUTS], batch[_MASK])


def mask_of(output: Any, mask: Any) -> Any:
    """Returns a mask where it fits a sequence (n_samples, n_tokens, n_units).

    Args:
        output: The output of a layer.
        mask: A mask (n_samples, n_tokens), None for none.

    Returns:
        The mask as truth values; None where there is none, or it has another number of tokens.
    """
    if mask is None or len(mask.shape) != 2 or mask.shape[1] != output.shape[1]:
        return None
    return keras.ops.not_equal(mask, 0)


def padding_source(graph: CallGraph) -> Any:
    """Returns the layer that tells the padding of a model's tokens, None where none does.

    Keras takes the mask off again in MultiHeadAttention, and off what is added to its output,
    so that a transformer's layers have none. It can be told anew where the model has one
    source of a mask, which is called once.

    Args:
        graph: The calls of one pass.
    """
    sources = [call.layer for call in graph.calls if _makes_mask(call.layer)]
    return sources[0] if len(sources) == 1 else None


def padding_of(source: Any, arguments: tuple[Any, Any]) -> Any:
    """Returns the mask (n_samples, n_tokens) that a layer makes of its input.

    Args:
        source: What `padding_source` returned.
        arguments: Those of its call, by position and by name.
    """
    by_position, by_name = arguments
    inputs = by_position[0] if by_position else next(iter(by_name.values()))
    return source.compute_mask(inputs)


def _makes_mask(layer: Any) -> bool:
    is_embedding = isinstance(layer, keras.layers.Embedding) and layer.mask_zero
    return is_embedding or isinstance(layer, keras.layers.Masking)


def check_mask_fits(mask: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raises where a requested mask fits none of the recorded layers.

    Args:
        mask: The mask of a few samples.
        shapes: The shape of each layer's output for them.

    Raises:
        MisuseError: No layer returns as many tokens.
    """
    shape = tuple(np.shape(mask))
    if any(len(s) == 3 and len(shape) == 2 and s[1] == shape[1] for s in shapes.values()):
        return
    raise MisuseError(
        f"mask has shape {shape} for {shape[0] if shape else 0} samples, but no recorded "
        f"layer returns a sequence of as many tokens: {dict(shapes)}; pass a mask "
        "(n_samples, n_tokens) of such a layer, or leave it out"
    )
