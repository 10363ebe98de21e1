"""A source of batches that shuffles: its samples in an order of their own.

Whoever reads such a source meets the same samples in another order each time. They are put
into the order of their hashes, equal ones into that of their labels, which is the same in each
reading, process and run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.batch_parts import (
    concatenated_labels,
    hash_rows,
    labels_of_batch,
)
from tb_embed_plugin.recording.samples.input_arrays import (
    Inputs,
    Rows,
    count_rows,
)
from tb_embed_plugin.recording.samples.row_buffer import RowBuffer

Reading = Callable[[], Iterator[tuple[Any, Any]]]
"""A reading of a source from its start: x as arrays and y as it came, of every batch."""


class UnorderedError(MisuseError):
    """The second reading of a source gave another order, or other samples.

    Args:
        by_content: Returns the samples in the order of their hashes. Raises `MisuseError`
            where it does not give the same samples each time.
    """

    def __init__(self, by_content: Callable[[], Inputs]) -> None:
        super().__init__(
            "x gives its samples in another order each time it is read, so nothing passed "
            "beside it (labels, metadata, images, mask) can be told to belong to them; pass "
            "labels in the batches of x, or x without shuffling (shuffle=False in "
            "image_dataset_from_directory and DataLoader, reshuffle_each_iteration=False in "
            "dataset.shuffle)"
        )
        self.by_content = by_content


def inputs_by_content(read: Reading, count: int, restore: Callable[[], None]) -> Inputs:
    """Returns the samples of a source in the order of their hashes.

    Args:
        read: Reads the source.
        count: Samples that it gave before.
        restore: Restores the random state from before any reading.

    Raises:
        MisuseError: It gives another number of samples.
    """
    hashes: list[bytes] = []
    labels: list[NDArray[Any] | None] = []
    for x, y in read():
        hashes += hash_rows(x)
        labels.append(labels_of_batch(y, count_rows(x)))
    if len(hashes) != count:
        raise other_samples_error()
    y = concatenated_labels(labels)
    labels_too = hashes if y is None else list(zip(hashes, hash_rows(y), strict=True))
    order = sorted(range(count), key=labels_too.__getitem__)
    in_order = [hashes[row] for row in order]

    def take(rows: Rows | None) -> Any:
        chosen = np.arange(count) if rows is None else rows
        try:
            return _take(read, in_order, chosen)
        finally:
            restore()

    return Inputs(count, None if y is None else y[order], take)


def other_samples_error() -> MisuseError:
    """Returns the error for a source that gives other samples each time."""
    return MisuseError(
        "x gives other samples the second time it is read, but the same samples are recorded "
        "each time; pass it without random augmentation and without leaving out the last batch "
        "(drop_remainder, drop_last), or pass the samples as arrays"
    )


def _take(read: Reading, hashes: list[bytes], chosen: Rows) -> Any:
    """Reads the source again and returns the chosen samples of all hashes, in their order.

    Raises:
        MisuseError: It gives other samples, be they chosen or not.
    """
    wanted: dict[bytes, list[int]] = {}
    for position, row in enumerate(chosen):
        wanted.setdefault(hashes[row], []).append(position)
    buffer, seen = RowBuffer(len(chosen)), list[bytes]()
    for x, _ in read():
        digests = hash_rows(x)
        seen += digests
        rows, positions = list[int](), list[int]()
        for row, digest in enumerate(digests):
            if wanted.get(digest):
                rows.append(row)
                positions.append(wanted[digest].pop(0))
        buffer.add(x, np.array(rows, np.intp), np.array(positions, np.intp))
    if sorted(seen) != hashes:
        raise other_samples_error()
    return buffer.inputs()
