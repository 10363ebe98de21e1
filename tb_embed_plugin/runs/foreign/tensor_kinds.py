"""Descriptions of tensors that cannot be shown as a layer, the same for all formats."""

from __future__ import annotations

import math
from typing import Literal

Kind = Literal["numbers", "texts", "complex"]


def described(kind: Kind | None, shape: tuple[int, ...], type_name: str) -> str:
    """Returns what a tensor is that is no matrix of numbers, and what to do about it.

    Args:
        kind: What its values are, None for another type.
        shape: Its shape.
        type_name: What its format calls the type of its values.
    """
    if kind == "texts":
        return f"a tensor of texts of shape {shape}; put texts into the metadata"
    if kind == "complex":
        return (
            f"a tensor of complex numbers of shape {shape}; save its real and its "
            "imaginary part, or its magnitude"
        )
    if kind is None:
        return f"of {type_name}, not of numbers; save it as float32"
    return _shape_described(shape)


def _shape_described(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a single number; save a tensor with a row per sample"
    if 0 in shape:
        return f"an empty tensor of shape {shape}; save one with a row per sample"
    if len(shape) == 1:
        return f"a vector of shape {shape}; reshape it to {(*shape, 1)}, one unit per sample"
    rows, units = shape[0], math.prod(shape[1:])
    return f"a tensor of shape {shape}; flatten it to {(rows, units)}, a row per sample"
