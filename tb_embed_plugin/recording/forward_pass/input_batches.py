"""Batches of the samples' inputs, as the model takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tb_embed_plugin.recording.forward_pass.backends import tensorflow_constant
from tb_embed_plugin.recording.samples.sparse_ragged import RaggedRows, batch_of

MAX_HELD_BYTES = 1 << 26
"""A larger x is not copied for TensorFlow."""

PROBE_SAMPLES = 3
"""Number of samples with which a model is inspected before compilation."""


def fixed_batch_size(model: Any) -> int | None:
    """Returns the batch size that a model requires, None where it takes any.

    A stateful RNN has one: it keeps a state for each sample of a batch.
    """
    inputs = getattr(model, "inputs", None) or []
    sizes = {tensor.shape[0] for tensor in inputs if tensor.shape} - {None}
    return int(min(sizes)) if sizes else None


def probe_batch(x: Any, fixed: int | None) -> Any:
    """Returns tensors of a few samples.

    Args:
        x: The inputs.
        fixed: The batch size that the model requires; samples are repeated to reach it.
    """
    count = min(PROBE_SAMPLES, _count(x)) if fixed is None else fixed
    rows = np.arange(count) % _count(x)
    return keras.tree.map_structure(lambda leaf: _tensor(batch_of(leaf[rows])), x)


def split_into_batches(x: Any, batch_size: int, *, is_fixed: bool = False) -> list[Any]:
    """Returns x in batches: views, or tensors where they are worth their memory.

    TensorFlow copies its array arguments in every call. An x of moderate size is copied once
    instead. Sparse rows stay sparse until their batch is needed.

    Args:
        x: The inputs.
        batch_size: Samples of a batch.
        is_fixed: Whether the last batch must be full too, by repeating samples.
    """
    n_samples = _count(x)
    starts = range(0, n_samples, batch_size)
    leaves = keras.tree.flatten(x)
    as_tensors = (
        keras.backend.backend() == "tensorflow"
        and sum(leaf.nbytes for leaf in leaves) <= MAX_HELD_BYTES
    ) or any(isinstance(leaf, RaggedRows) or leaf.dtype.kind == "O" for leaf in leaves)

    def held(leaf: Any, start: int) -> Any:
        rows: Any = slice(start, start + batch_size)
        if is_fixed and start + batch_size > n_samples:
            rows = np.arange(start, start + batch_size) % n_samples
        batch = leaf[rows]
        return tensorflow_constant(batch_of(batch)) if as_tensors else batch

    return [
        keras.tree.map_structure(lambda leaf, start=start: held(leaf, start), x)
        for start in starts
    ]


def _count(x: Any) -> int:
    return len(keras.tree.flatten(x)[0])


def _tensor(leaf: Any) -> Any:
    """Returns an array as a tensor; texts become TensorFlow's on every backend."""
    if not isinstance(leaf, np.ndarray):
        return leaf
    return (
        tensorflow_constant(leaf)
        if leaf.dtype.kind == "O"
        else keras.ops.convert_to_tensor(leaf)
    )
