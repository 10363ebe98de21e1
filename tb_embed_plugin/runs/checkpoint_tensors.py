"""Says what the tensors of a checkpoint are that no layer can be made of."""

from __future__ import annotations

import math

from tb_embed_plugin.runs.checkpoint import NUMBER_TYPES
from tb_embed_plugin.runs.tensor_entries import TensorEntry

_STRING = 7
_COMPLEX = frozenset({8, 18})
"""Members of TensorFlow's DataType: complex64 and complex128."""


def described(entry: TensorEntry) -> str:
    """Returns what a tensor is that is no matrix of numbers, and what to do about it."""
    if entry.dtype == _STRING:
        return f"a tensor of texts of shape {entry.shape}; put texts into the metadata"
    if entry.dtype in _COMPLEX:
        return (
            f"a tensor of complex numbers of shape {entry.shape}; save its real and its "
            "imaginary part, or its magnitude"
        )
    if entry.dtype not in NUMBER_TYPES:
        return f"of TensorFlow's type {entry.dtype}, not of numbers; save it as float32"
    return _shape_described(entry.shape)


def _shape_described(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a single number; save a tensor with a row a sample"
    if 0 in shape:
        return f"an empty tensor of shape {shape}; save one with a row a sample"
    if len(shape) == 1:
        return f"a vector of shape {shape}; reshape it to {(*shape, 1)}, one unit a sample"
    rows, units = shape[0], math.prod(shape[1:])
    return f"a tensor of shape {shape}; flatten it to {(rows, units)}, a row a sample"
