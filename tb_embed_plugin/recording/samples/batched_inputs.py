"""Batched inputs: x as a `tf.data.Dataset`, `keras.utils.PyDataset` or `DataLoader`.

A source is read twice. The first reading counts the samples, keeps their labels and a hash
of every batch; the second takes the chosen rows into arrays of the final size and compares
the hashes. So no more than those arrays and one batch are in memory, and a source that
shuffles is noticed before anything is recorded: it is read twice more (`shuffled_source`).
"""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.batch_parts import (
    concatenated_labels,
    hash_batch,
    labels_of_batch,
    unpacked,
)
from tb_embed_plugin.recording.samples.input_arrays import (
    Inputs,
    Rows,
    array_inputs,
    convert_inputs,
    count_rows,
)
from tb_embed_plugin.recording.samples.row_buffer import RowBuffer
from tb_embed_plugin.recording.samples.shuffled_source import UnorderedError, inputs_by_content

MAX_UNCOUNTED_SAMPLES = 100_000
"""Limit for a source that does not know its number of samples: it may never end."""

_INFINITE = -1
"""The value of `tf.data.Dataset.cardinality` for an infinite dataset."""

_BOUND_REMEDY = (
    "limit it, with dataset.take(n_batches) or itertools.islice, or pass the samples as arrays"
)


class _OtherBatchesError(Exception):
    """The second reading differs from the first."""


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


def read_all(x: Any, floatx: str) -> Any:
    """Returns all samples of x, those of a source that shuffles in the order of their hashes.

    Raises:
        MisuseError: As in `read_inputs`.
    """
    try:
        return read_inputs(x, floatx).take(None)
    except UnorderedError as unordered:
        return unordered.by_content().take(None)


@dataclass(frozen=True)
class BatchSource:
    """A source of batches: its iterator, whether its length is known, its random generator."""

    iterate: Callable[[], Iterator[Any]]
    counted: bool
    generator: Any = None


def _batch_source(x: Any) -> BatchSource | None:
    """Returns x as a source of batches, None where it is arrays."""
    is_dataset = hasattr(x, "num_batches") and hasattr(x, "__getitem__")
    if hasattr(x, "__next__") and not is_dataset:
        raise MisuseError(
            f"x is of type {type(x).__name__}, which can be read only once; pass arrays, a "
            "tf.data.Dataset, a PyDataset or a DataLoader"
        )
    if hasattr(x, "cardinality"):  # tf.data.Dataset
        cardinality = int(x.cardinality())
        _refuse_infinite(x, infinite=cardinality == _INFINITE)
        return BatchSource(lambda: iter(x), counted=cardinality >= 0)
    if is_dataset:  # keras.utils.PyDataset, of which Keras' ImageDataGenerator makes iterators
        _refuse_infinite(x, infinite=x.num_batches is None)
        return BatchSource(_dataset_reading(x), counted=True)
    is_array = any(hasattr(x, name) for name in ("shape", "__array__", "to_numpy"))
    if is_array or isinstance(x, Sequence | Mapping) or not hasattr(x, "__iter__"):
        return None
    # A DataLoader, or an iterable like it.
    generator = getattr(x, "generator", None)
    return BatchSource(lambda: iter(x), counted=_has_length(x), generator=generator)


def _dataset_reading(x: Any) -> Callable[[], Iterator[Any]]:
    """Returns a function that reads a `PyDataset` from its start.

    An iterator of `ImageDataGenerator` counts the batches that it gives, which seeds those
    that follow, and keeps its order for an epoch: a copy of it is read, in a new order each
    time, so that one that shuffles is noticed and the training meets the batches that it would.
    """
    is_iterator = hasattr(x, "__next__")
    read = copy.copy(x) if is_iterator else x

    def batches() -> Iterator[Any]:
        if is_iterator:
            read.on_epoch_end()
        return (read[i] for i in range(read.num_batches))

    return batches


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
        hashes.append(hash_batch(x))
        labels.append(labels_of_batch(y, rows))
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
        except _OtherBatchesError:
            read = partial(_converted, source, floatx)
            raise UnorderedError(
                partial(inputs_by_content, read, count, restore_random_state)
            ) from None
        finally:
            restore_random_state()

    return Inputs(count, concatenated_labels(labels), take)


def _take(source: BatchSource, floatx: str, hashes: Sequence[bytes], rows: Rows) -> Any:
    """Reads the source again and returns its `rows`.

    Raises:
        _OtherBatchesError: It gives other batches than those of `hashes`.
    """
    buffer, start = RowBuffer(len(rows)), 0
    expected = iter(hashes)
    for x, _ in _converted(source, floatx):
        if hash_batch(x) != next(expected, None):
            raise _OtherBatchesError
        stop = start + count_rows(x)
        first, last = np.searchsorted(rows, [start, stop])
        buffer.add(x, rows[first:last] - start)
        start = stop
    if next(expected, None) is not None:
        raise _OtherBatchesError
    return buffer.inputs()


def _converted(source: BatchSource, floatx: str) -> Iterator[tuple[Any, Any]]:
    """Yields x as arrays and y as it came, of every batch."""
    for element in source.iterate():
        x, y = unpacked(element)
        yield convert_inputs(x, floatx), y


def _random_state(source: BatchSource) -> Callable[[], None]:
    """Returns a function that restores the present state of the random generators.

    A DataLoader draws a number of PyTorch's whenever it is read, other sources draw Python's or
    NumPy's, so the weights would differ from those of a training without the callback. The
    state is not restored between the two readings, so that a source that shuffles is noticed.
    """
    torch = sys.modules.get("torch")
    generators = [g for g in (torch and torch.default_generator, source.generator) if g]
    states = [generator.get_state() for generator in generators]
    of_python = random.getstate()
    of_numpy = np.random.get_state()  # noqa: NPY002 # the one that sources may draw from

    def restore() -> None:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002 # as above

    return restore
