"""The parts of a batch: its labels, and hashes of its samples."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.input_arrays import (
    arrays_of,
    as_array,
    count_rows,
    hash_array,
    map_arrays,
)


def unpacked(element: Any) -> tuple[Any, Any]:
    """Splits a batch as Keras does: x, (x,), (x, y) or (x, y, sample_weight).

    Raises:
        MisuseError: It has more parts.
    """
    if not isinstance(element, list | tuple):
        return element, None
    if not 1 <= len(element) <= 3:
        raise MisuseError(
            f"the batches of x have {len(element)} parts, but must be x, (x, y) or (x, y, "
            "sample_weight); pass several inputs as ((a, b), y) or ((a, b),)"
        )
    return element[0], element[1] if len(element) > 1 else None


def labels_of_batch(y: Any, rows: int) -> NDArray[Any] | None:
    """Returns y as an array (rows, ...), None for the targets of several outputs.

    Raises:
        MisuseError: It has another number of rows.
    """
    if y is None or isinstance(y, Mapping | list | tuple):
        return None
    labels = as_array(y)
    if labels.ndim == 0 or len(labels) != rows:
        raise MisuseError(
            f"y has shape {labels.shape} in a batch of {rows} samples; batch the source as "
            "for fit, with dataset.batch(256), for instance"
        )
    return labels


def concatenated_labels(labels: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    """Returns the labels of all batches, None where they have none or differ in shape."""
    known = [batch for batch in labels if batch is not None]
    same = len(known) == len(labels) and len({batch.shape[1:] for batch in known}) == 1
    return np.concatenate(known) if same else None


def hash_batch(x: Any) -> bytes:
    """Returns a hash of all samples of a batch."""
    digest = hashlib.blake2b(digest_size=16)
    for place, array in arrays_of(x):
        digest.update(f"{place} {array.shape} {array.dtype}".encode())
        hash_array(digest, array)
    return digest.digest()


def hash_rows(x: Any) -> list[bytes]:
    """Returns a hash of each sample of a batch."""
    return [hash_batch(_row(x, number)) for number in range(count_rows(x))]


def _row(x: Any, number: int) -> Any:
    only = np.array([number])
    return map_arrays(lambda array: array[only], x)
