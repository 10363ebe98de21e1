"""Input arrays: x in all its forms, read as arrays.

A model's input is one array or, with several inputs, a list, tuple or dict of arrays whose
row i belongs to sample i. Arrays, data frames and structures of them are taken as they are,
without a copy; batches are read by `batched_inputs`. An array holds numbers or texts,
or is sparse or ragged. Nothing here imports TensorFlow, PyTorch or pandas: their objects are
recognized by their attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.sparse_ragged import (
    RaggedRows,
    SparseRows,
    read_sparse_or_ragged,
)
from tb_embed_plugin.wording import listed

Rows = NDArray[np.intp]
"""Ascending numbers of chosen samples."""

InputArray = NDArray[Any] | SparseRows | RaggedRows
"""One input: numbers, or texts as objects, (n_samples, ...); or its sparse or ragged rows."""

_HASHED_BYTES = 1 << 24
"""Rows that are not contiguous are copied in blocks of this size, never all of x."""


class Digest(Protocol):
    """A hash object of `hashlib`."""

    def update(self, data: Any, /) -> None:
        """Takes more bytes."""


@dataclass(frozen=True)
class Inputs:
    """Samples that are counted but not yet taken.

    Attributes:
        count: Number of samples.
        y: The labels or targets of a source of batches, (count, ...); else None.
        take: Returns the chosen rows, all for None, as the model takes them: an array, or a
            list, tuple or dict of arrays, each (n_chosen, ...). Raises `UnorderedError`
            where a source gives another order, or other samples, than the first time.
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
        MisuseError: They are not numeric, empty, or of different lengths.
    """
    structure = convert_inputs(x, floatx)
    count = count_rows(structure)
    if count == 0:
        raise MisuseError(
            f"x has no samples ({describe_arrays(structure)}); pass the inputs of at least "
            "one sample"
        )

    def take(rows: Rows | None) -> Any:
        return structure if rows is None else map_arrays(lambda array: array[rows], structure)

    return Inputs(count, None, take)


def convert_inputs(x: Any, floatx: str) -> Any:
    """Returns x with every leaf as an array of numbers, floating point as `floatx`.

    Raises:
        MisuseError: A leaf is no array of numbers.
    """
    if isinstance(x, Mapping) and x:
        return {name: convert_inputs(leaf, floatx) for name, leaf in x.items()}
    if isinstance(x, list | tuple) and x and all(_is_input(leaf) for leaf in x):
        leaves = [convert_inputs(leaf, floatx) for leaf in x]
        return tuple(leaves) if isinstance(x, tuple) else leaves
    return _convert_array(x, floatx)


def arrays_of(structure: Any) -> Iterator[tuple[str, InputArray]]:
    """Yields each array of a structure with its place in it, such as `['a'][0]`."""
    if isinstance(structure, np.ndarray | SparseRows | RaggedRows):
        yield "", structure
        return
    named = structure.items() if isinstance(structure, dict) else enumerate(structure)
    for name, leaf in named:
        for place, array in arrays_of(leaf):
            yield f"[{name!r}]{place}", array


def map_arrays(change: Callable[[Any], Any], structure: Any) -> Any:
    """Returns the same structure with `change` applied to each array."""
    if isinstance(structure, np.ndarray | SparseRows | RaggedRows):
        return change(structure)
    if isinstance(structure, dict):
        return {name: map_arrays(change, leaf) for name, leaf in structure.items()}
    return type(structure)(map_arrays(change, leaf) for leaf in structure)


def hash_array(digest: Digest, array: InputArray) -> None:
    """Feeds an array's content to a hash."""
    if not isinstance(array, np.ndarray):
        for part in array.parts():
            hash_array(digest, part)
    elif array.dtype.kind == "O":
        for text in array.reshape(-1):
            digest.update(repr(text).encode())
    else:
        rows = max(1, _HASHED_BYTES * len(array) // max(1, array.nbytes))
        for start in range(0, len(array), rows):
            block = np.ascontiguousarray(array[start : start + rows])
            digest.update(block.reshape(-1).view(np.uint8).data)


def count_rows(structure: Any) -> int:
    """Returns the length that all arrays of a structure share.

    Raises:
        MisuseError: They differ in length.
    """
    lengths = {len(array) for _, array in arrays_of(structure)}
    if len(lengths) != 1:
        raise MisuseError(
            f"the inputs differ in length ({describe_arrays(structure)}); pass as many "
            "rows to each input, or np.stack(x) where x is a list of samples"
        )
    return lengths.pop()


def describe_arrays(structure: Any) -> str:
    """Returns shapes and dtypes for a message."""
    return ", ".join(
        f"x{place} of shape {array.shape} and dtype {array.dtype}"
        for place, array in arrays_of(structure)
    )


def as_array(value: Any) -> NDArray[Any]:
    """Returns a tensor of any library as a NumPy array, without a copy where possible.

    Raises:
        MisuseError: NumPy cannot read it.
    """
    if hasattr(value, "detach"):  # PyTorch's, which may track gradients on another device
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # unknown to NumPy
            value = value.float()
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:  # rows of different lengths, for instance
        raise MisuseError(
            f"a value of type {type(value).__name__} cannot be read as an array of numbers "
            f"({error}); pad or convert it to one array"
        ) from error


def is_data_frame(value: Any) -> bool:
    """Whether `value` is a data frame, of pandas or a library with the same methods."""
    return hasattr(value, "to_numpy") and hasattr(value, "columns")


def _is_input(leaf: Any) -> bool:
    """Whether a list's member is an input of its own, and not a sample, number or text."""
    if read_sparse_or_ragged(leaf) is not None:
        return True
    if isinstance(leaf, Mapping):
        return True
    if isinstance(leaf, list | tuple):
        return bool(leaf) and all(_is_input(member) for member in leaf)
    return is_data_frame(leaf) or len(getattr(leaf, "shape", ())) > 0


def _convert_array(x: Any, floatx: str) -> InputArray:
    rows = read_sparse_or_ragged(x)
    if isinstance(rows, SparseRows):
        return SparseRows(rows.matrix.astype(_model_dtype(rows.dtype, floatx)))
    if isinstance(rows, RaggedRows):
        return RaggedRows(rows.kind, _texts_or_numbers(rows.values, x, floatx), rows.lengths)
    if rows is None:
        rows = _table(x, floatx) if is_data_frame(x) else as_array(x)
    if hasattr(x, "to_numpy") and rows.ndim == 1:  # a Series, which Keras takes as a column
        rows = rows[:, np.newaxis]
    return _texts_or_numbers(rows, x, floatx)


def _texts_or_numbers(array: NDArray[Any], x: Any, floatx: str) -> NDArray[Any]:
    """Returns an array of numbers as Keras takes them, or of texts as `str` objects.

    Raises:
        MisuseError: It holds something else.
    """
    if array.ndim and array.dtype.kind in "SUOT":
        texts = [_text(value) for value in array.reshape(-1)]
        if all(text is not None for text in texts):
            return np.array(texts, object).reshape(array.shape)
    dtype = _model_dtype(array.dtype, floatx)
    if dtype is None or array.ndim < 1:
        raise MisuseError(
            "x must be an array of numbers or texts (n_samples, ...), not of type "
            f"{type(x).__name__} of shape {array.shape} and dtype {array.dtype}; pass the "
            "inputs as NumPy arrays"
        )
    return array.astype(dtype, copy=False)


def _model_dtype(dtype: np.dtype[Any], floatx: str) -> np.dtype[Any] | None:
    """Returns the dtype in which Keras takes numbers, None for other dtypes."""
    # The small floats of JAX and TensorFlow have a dtype kind of their own.
    if dtype.kind == "f" or dtype.name.startswith(("bfloat", "float")):
        return np.dtype(floatx)
    return dtype if dtype.kind in "biu" else None


def _text(value: Any) -> str | None:
    """Returns a text, None for other values; TensorFlow's texts are bytes."""
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    return str(value) if isinstance(value, str) else None


def _table(frame: Any, floatx: str) -> NDArray[Any]:
    """Returns a data frame's values; columns of several types become floating point."""
    array = np.asarray(frame.to_numpy())
    if array.dtype.kind != "O":
        return array
    if any(getattr(dtype, "kind", "O") not in "biuf" for dtype in frame.dtypes):
        raise MisuseError(
            "x is a data frame with columns of "
            f"{listed(sorted({str(dtype) for dtype in frame.dtypes}))}, not only numbers; "
            "drop the others, or encode them as numbers"
        )
    return np.asarray(frame.to_numpy(dtype=floatx, na_value=np.nan))
