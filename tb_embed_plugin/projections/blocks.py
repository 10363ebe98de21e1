"""Snapshots a block of rows at a time: float64 where it counts, at no memory's cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.snapshot import LazyRows, Snapshot, is_finite, row_blocks

SnapshotOf = Callable[[int], Snapshot]
"""Gives the snapshot of a step, float32 (n_samples, n_units); may be called more than once."""


def blocks(snapshot: Snapshot) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yields the rows of a snapshot as float64 (n_rows, n_units), and which rows they are."""
    for rows, block in row_blocks(snapshot):
        yield rows, block.astype(np.float64)


def check_finite(step: int, values: NDArray[np.floating] | LazyRows) -> None:
    """Raises where a snapshot, or what was made from it, cannot be drawn.

    Raises:
        UnsuitableDataError: `values` holds NaN or infinity; the message names the step.
    """
    finite = is_finite(values) if isinstance(values, LazyRows) else np.isfinite(values).all()
    if not finite:
        raise UnsuitableDataError(
            f"step {step} holds NaN or infinity; leave it out of basis_steps and steps"
        )


def check_width(
    units: int,
    most: int = MAX_UNITS,
    remedy: str = "record a narrower layer, or a pooled one",
) -> None:
    """Raises where a layer is too wide for an n_units x n_units matrix.

    Args:
        units: Its width.
        most: What is allowed.
        remedy: What to do about a wider one.

    Raises:
        TooMuchAskedError: It is wider than `most`.
    """
    if units > most:
        raise TooMuchAskedError(
            f"the layer has {units} units, but at most {most} are allowed; {remedy}"
        )
