"""Partitions of a snapshot: rows that are summed up apart, here or by another process.

How large one is depends on the width of the layer alone, and sums are merged in the order of
the partitions: whoever computes them, the result is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.moments import Moments, Spread
from tb_embed_plugin.snapshot import rows_of_a_block

PARTITION_VALUES = 1 << 24
"""Activations of a partition: 64 MiB as they are recorded."""

LEAST_ROWS = 16
"""Rows a unit at least: the sums of a partition are then an eighth of what is read for them."""


def partition_height(units: int) -> int:
    """Returns the rows of a partition, a multiple of those of a block."""
    block = rows_of_a_block(units)
    rows = max(PARTITION_VALUES // units, LEAST_ROWS * units)
    return max(1, rows // block) * block


def partitions(samples: int, units: int) -> list[slice]:
    """Returns the rows of a snapshot in partitions, of which the last may be smaller."""
    height = partition_height(units)
    return [slice(start, min(start + height, samples)) for start in range(0, samples, height)]


Sums = TypeVar("Sums", Moments, Spread)


def merged(parts: Iterable[Sums]) -> Sums:
    """Returns the sums of all rows; those of partitions are given in their order.

    The first ones are added to, the others stay as they are.

    Args:
        parts: The sums of one partition or more, some of which may have no rows.
    """
    given = iter(parts)
    total = next(given)
    for part in given:
        if not total.count:
            total = part
        elif part.count:
            total.merge(part)
    return total


def moments_of(blocks: Iterable[tuple[slice, NDArray[np.float64]]], units: int) -> Moments:
    """Returns the moments of rows that are given block by block, as `row_blocks` yields them.

    Args:
        blocks: The rows of one snapshot or of several, one after the other, each float64
            (n_rows, n_units).
        units: Width of the layer.
    """
    return merged(_parts(blocks, partition_height(units)))


def _parts(
    blocks: Iterable[tuple[slice, NDArray[np.float64]]], height: int
) -> Iterator[Moments]:
    part = Moments()
    for rows, block in blocks:
        if rows.start % height == 0 and part.count:
            yield part
            part = Moments()
        part.add(block)
    yield part
