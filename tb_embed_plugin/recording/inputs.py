"""x in all its forms, read as arrays.

A model's input is one array or, with several inputs, a list, tuple or dict of arrays whose
row i belongs to sample i. Arrays, data frames and structures of them are taken as they are,
without a copy; what comes in batches is read by `batches`. Nothing here imports TensorFlow,
PyTorch or pandas: their objects are known by what they can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError

Rows = NDArray[np.intp]
"""Ascending numbers of chosen samples."""


@dataclass(frozen=True)
class Inputs:
    """Samples that are counted but not yet taken.

    Attributes:
        count: How many there are.
        y: What a source of batches gave beside x, (count, ...); else None.
        take: Returns the chosen rows, all for None, as the model takes them: an array, or a
            list, tuple or dict of arrays, each (n_chosen, ...). Raises `MisuseError` where
            a source gives other samples than the first time.
    """

    count: int
    y: NDArray[np.generic] | None
    take: Callable[[Rows | None], Any]


def array_inputs(x: Any, floatx: str) -> Inputs:
    """Reads array-likes, data frames, and lists, tuples or dicts of them.

    A list or tuple whose members are arrays is several inputs, as Keras takes it; one of
    numbers, or of lists of numbers, is one input.

    Args:
        x: Numbers, (n_samples, ...) each.
        floatx: The dtype for floating-point inputs, Keras' own.

    Raises:
        MisuseError: They are no numbers, none at all, or of different lengths.
    """
    structure = convert(x, floatx)
    count = count_rows(structure)
    if count == 0:
        raise MisuseError(
            "expected x with a sample or more; received "
            f"{describe(structure)}; pass the inputs of one sample at least"
        )

    def take(rows: Rows | None) -> Any:
        return structure if rows is None else map_arrays(lambda array: array[rows], structure)

    return Inputs(count, None, take)


def convert(x: Any, floatx: str) -> Any:
    """Returns x with every leaf as an array of numbers, floating point as `floatx`.

    Raises:
        MisuseError: A leaf is no array of numbers.
    """
    if isinstance(x, Mapping) and x:
        return {name: convert(leaf, floatx) for name, leaf in x.items()}
    if isinstance(x, list | tuple) and x and all(_is_input(leaf) for leaf in x):
        leaves = [convert(leaf, floatx) for leaf in x]
        return tuple(leaves) if isinstance(x, tuple) else leaves
    return _convert_array(x, floatx)


def arrays_of(structure: Any) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Yields each array of a structure with its place in it, `['a'][0]` say."""
    if isinstance(structure, np.ndarray):
        yield "", structure
        return
    named = structure.items() if isinstance(structure, dict) else enumerate(structure)
    for name, leaf in named:
        for place, array in arrays_of(leaf):
            yield f"[{name!r}]{place}", array


def map_arrays(
    change: Callable[[NDArray[np.generic]], NDArray[np.generic]], structure: Any
) -> Any:
    """Returns the same structure with `change` applied to each array."""
    if isinstance(structure, np.ndarray):
        return change(structure)
    if isinstance(structure, dict):
        return {name: map_arrays(change, leaf) for name, leaf in structure.items()}
    return type(structure)(map_arrays(change, leaf) for leaf in structure)


def count_rows(structure: Any) -> int:
    """Returns the length that all arrays of a structure share.

    Raises:
        MisuseError: They differ in length.
    """
    lengths = {len(array) for _, array in arrays_of(structure)}
    if len(lengths) != 1:
        raise MisuseError(
            f"expected inputs of one length, a row a sample; received {describe(structure)}; "
            "pass as many rows to each input, or np.stack(x) where x is a list of samples"
        )
    return lengths.pop()


def describe(structure: Any) -> str:
    """Returns shapes and dtypes for a message."""
    return ", ".join(
        f"x{place} of shape {array.shape} and dtype {array.dtype}"
        for place, array in arrays_of(structure)
    )


def as_array(value: Any) -> NDArray[Any]:
    """Returns a tensor of any library as NumPy's, without a copy where that can be."""
    if hasattr(value, "detach"):  # PyTorch's, which may track gradients on another device
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # unknown to NumPy
            value = value.float()
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:  # rows of different lengths, say
        raise MisuseError(
            f"expected an array of numbers; received {type(value).__name__}, which NumPy "
            f"cannot read ({error}); pad or convert it to one array"
        ) from error


def is_frame(value: Any) -> bool:
    """Whether `value` is a data frame, pandas' or one that acts alike."""
    return hasattr(value, "to_numpy") and hasattr(value, "columns")


def _is_input(leaf: Any) -> bool:
    """Whether a list's member is an input of its own, and not a sample or a number."""
    if isinstance(leaf, Mapping):
        return True
    if isinstance(leaf, list | tuple):
        return bool(leaf) and all(_is_input(member) for member in leaf)
    return is_frame(leaf) or len(getattr(leaf, "shape", ())) > 0


def _convert_array(x: Any, floatx: str) -> NDArray[np.generic]:
    array = _table(x, floatx) if is_frame(x) else as_array(x)
    if hasattr(x, "to_numpy") and array.ndim == 1:  # a Series, which Keras takes as a column
        array = array[:, np.newaxis]
    # The small floats of JAX and TensorFlow are of a kind of their own.
    floating = array.dtype.kind == "f" or array.dtype.name.startswith(("bfloat", "float"))
    if not (floating or array.dtype.kind in "biu") or array.ndim < 1:
        raise MisuseError(
            "expected x as an array of numbers (n_samples, ...); received "
            f"{type(x).__name__} of shape {array.shape} and dtype {array.dtype}; "
            "pass the inputs as NumPy arrays"
        )
    return array.astype(floatx, copy=False) if floating else array


def _table(frame: Any, floatx: str) -> NDArray[Any]:
    """Returns a data frame's values; columns of several types become floating point."""
    array = np.asarray(frame.to_numpy())
    if array.dtype.kind != "O":
        return array
    if any(getattr(dtype, "kind", "O") not in "biuf" for dtype in frame.dtypes):
        raise MisuseError(
            "expected x as a data frame of numbers; received columns of "
            f"{sorted({str(dtype) for dtype in frame.dtypes})}; drop the others, or encode "
            "them as numbers"
        )
    return np.asarray(frame.to_numpy(dtype=floatx, na_value=np.nan))
