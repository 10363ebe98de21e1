"""Batched inputs: x as a `tf.data.Dataset`, `keras.utils.PyDataset` or `DataLoader`.

A source is read twice. The first reading counts the samples, keeps their labels and a hash
of every batch; the second takes the chosen rows into arrays of the final size and compares
the hashes. So no more than those arrays and one batch are in memory, and a source that
shuffles is noticed before anything is recorded.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.input_arrays import (
    Inputs,
    Rows,
    array_inputs,
    arrays_of,
    as_array,
    convert_inputs,
    count_rows,
    hash_array,
)
from tb_embed_plugin.recording.samples.row_buffer import RowBuffer

MAX_UNCOUNTED_SAMPLES = 100_000
"""Limit for a source that does not know its number of samples: it may never end."""

_INFINITE = -1
"""The value of `tf.data.Dataset.cardinality` for an infinite dataset."""

_BOUND_REMEDY = (
    "limit it, with dataset.take(n_batches) or itertools.islice, or pass the samples as arrays"
)


def read_inputs(x: Any, floatx: str) -> Inputs:
    """Reads x in any of its forms.

    Args:
        x: As `EmbeddingCheckpoint` takes it.
        floatx: The dtype for floating-point inputs, Keras' own.

    Raises:
        MisuseError: It cannot be read, has no end, or its batches do not fit each other.
    """
    iterate = _batch_source(x)
    return array_inputs(x, floatx) if iterate is None else _batched_inputs(iterate, floatx)


@dataclass(frozen=True)
class BatchSource:
    """A source of batches: its iterator, whether its length is known, its random generator."""

    iterate: Callable[[], Iterator[Any]]
    counted: bool
    generator: Any = None


def _batch_source(x: Any) -> BatchSource | None:
    """Returns x as a source of batches, None where it is arrays."""
    if hasattr(x, "__next__"):
        raise MisuseError(
            f"x is of type {type(x).__name__}, which can be read only once; pass arrays, a "
            "tf.data.Dataset, a PyDataset or a DataLoader"
        )
    if hasattr(x, "cardinality"):  # tf.data.Dataset
        cardinality = int(x.cardinality())
        _refuse_infinite(x, infinite=cardinality == _INFINITE)
        return BatchSource(lambda: iter(x), counted=cardinality >= 0)
    if hasattr(x, "num_batches") and hasattr(x, "__getitem__"):  # keras.utils.PyDataset
        n_batches = x.num_batches
        _refuse_infinite(x, infinite=n_batches is None)
        return BatchSource(lambda: (x[i] for i in range(n_batches)), counted=True)
    is_array = any(hasattr(x, name) for name in ("shape", "__array__", "to_numpy"))
    if is_array or isinstance(x, Sequence | Mapping) or not hasattr(x, "__iter__"):
        return None
    # A DataLoader, or an iterable like it.
    generator = getattr(x, "generator", None)
    return BatchSource(lambda: iter(x), counted=_has_length(x), generator=generator)


def _has_length(x: Any) -> bool:
    try:
        len(x)
    except TypeError:  # also where a DataLoader's dataset has none
        return False
    return True


def _refuse_infinite(x: Any, *, infinite: bool) -> None:
    if infinite:
        raise MisuseError(
            f"x is an infinite {type(x).__name__}, but the same samples are recorded each "
            f"time; {_BOUND_REMEDY}"
        )


def _batched_inputs(source: BatchSource, floatx: str) -> Inputs:
    count = 0
    hashes: list[bytes] = []
    labels: list[NDArray[Any] | None] = []
    restore_random_state = _random_state(source)
    for x, y in _converted(source, floatx):
        rows = count_rows(x)
        hashes.append(_hash(x))
        labels.append(_labels(y, rows))
        count += rows
        if not source.counted and count > MAX_UNCOUNTED_SAMPLES:
            raise MisuseError(
                f"x has more than {MAX_UNCOUNTED_SAMPLES} samples and no known end; "
                f"{_BOUND_REMEDY}; a tf.data.Dataset with an end can declare it with "
                "tf.data.experimental.assert_cardinality(n_batches)"
            )
    if count == 0:
        raise MisuseError(
            "x has no samples; pass another source, or one that can be iterated again"
        )

    def take(rows: Rows | None) -> Any:
        try:
            return _take(source, floatx, hashes, np.arange(count) if rows is None else rows)
        finally:
            restore_random_state()

    return Inputs(count, _concatenated(labels), take)


def _take(source: BatchSource, floatx: str, hashes: Sequence[bytes], rows: Rows) -> Any:
    """Reads the source again and returns its `rows`.

    Raises:
        MisuseError: It gives other batches than those of `hashes`.
    """
    buffer, start = RowBuffer(len(rows)), 0
    expected = iter(hashes)
    for x, _ in _converted(source, floatx):
        if _hash(x) != next(expected, None):
            _refuse_unordered()
        stop = start + count_rows(x)
        first, last = np.searchsorted(rows, [start, stop])
        buffer.add(x, rows[first:last] - start)
        start = stop
    if next(expected, None) is not None:
        _refuse_unordered()
    return buffer.inputs()


def _refuse_unordered() -> None:
    raise MisuseError(
        "x gives other samples the second time it is read, but the same samples in the "
        "same order are needed; pass it without shuffling (DataLoader(shuffle=False), "
        "dataset.shuffle(..., seed=0, reshuffle_each_iteration=False)) and without random "
        "augmentation"
    )


def _converted(source: BatchSource, floatx: str) -> Iterator[tuple[Any, Any]]:
    """Yields x as arrays and y as it came, of every batch."""
    for element in source.iterate():
        x, y = _unpack(element)
        yield convert_inputs(x, floatx), y


def _unpack(element: Any) -> tuple[Any, Any]:
    """Splits a batch as Keras does: x, (x,), (x, y) or (x, y, sample_weight)."""
    if not isinstance(element, list | tuple):
        return element, None
    if not 1 <= len(element) <= 3:
        raise MisuseError(
            f"the batches of x have {len(element)} parts, but must be x, (x, y) or (x, y, "
            "sample_weight); pass several inputs as ((a, b), y) or ((a, b),)"
        )
    return element[0], element[1] if len(element) > 1 else None


def _labels(y: Any, rows: int) -> NDArray[Any] | None:
    """Returns y as an array (rows, ...), None for the targets of several outputs."""
    if y is None or isinstance(y, Mapping | list | tuple):
        return None
    labels = as_array(y)
    if labels.ndim == 0 or len(labels) != rows:
        raise MisuseError(
            f"y has shape {labels.shape} in a batch of {rows} samples; batch the source as "
            "for fit, with dataset.batch(256), for instance"
        )
    return labels


def _concatenated(labels: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    known = [batch for batch in labels if batch is not None]
    same = len(known) == len(labels) and len({batch.shape[1:] for batch in known}) == 1
    return np.concatenate(known) if same else None


def _hash(x: Any) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for place, array in arrays_of(x):
        digest.update(f"{place} {array.shape} {array.dtype}".encode())
        hash_array(digest, array)
    return digest.digest()


def _random_state(source: BatchSource) -> Callable[[], None]:
    """Returns a function that restores the present state of PyTorch's random generators.

    A DataLoader draws a number whenever it is read, so the weights would differ from those of
    a training without the callback. The state is not restored between the two readings, so
    that a source that shuffles is noticed.
    """
    torch = sys.modules.get("torch")
    generators = [g for g in (torch and torch.default_generator, source.generator) if g]
    states = [generator.get_state() for generator in generators]

    def restore() -> None:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)

    return restore
