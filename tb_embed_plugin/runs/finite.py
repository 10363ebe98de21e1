"""Which samples of a layer are hidden because some of its snapshots hold NaN or infinity there.

Few such rows cost these samples, at all steps, so that frames stay comparable; a snapshot in
which most rows are not finite is left out instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

MOST_HIDDEN = 0.5
"""Share of a layer's samples that may be hidden."""

Rows = tuple[int, ...] | None
"""Rows that are not finite, ascending; None where they are too many to be hidden."""

HiddenAt = tuple[tuple[int, tuple[int, ...]], ...]
"""Steps, ascending, each with the samples that are not finite there."""


def not_finite_rows(values: NDArray[np.float32]) -> Rows:
    """Returns the rows of a snapshot, float32 (n_samples, n_units), that are not finite."""
    finite = np.isfinite(values).all(axis=1)
    rows = np.flatnonzero(~finite)
    return None if len(rows) > MOST_HIDDEN * len(values) else tuple(rows.tolist())


def divided(rows_at: Mapping[int, Rows], n_samples: int) -> tuple[frozenset[int], HiddenAt]:
    """Returns which steps are left out, and what is hidden for the sake of the others.

    Steps with few such rows go first; one that would hide too many samples, together with
    those before, is left out.

    Args:
        rows_at: What is not finite at each step that holds NaN or infinity.
        n_samples: Rows of each snapshot.
    """
    hidden: set[int] = set()
    kept: dict[int, tuple[int, ...]] = {}
    for step, rows in sorted(rows_at.items(), key=lambda item: (len(item[1] or ()), item[0])):
        if rows is not None and len(hidden.union(rows)) <= MOST_HIDDEN * n_samples:
            hidden.update(rows)
            kept[step] = rows
    return frozenset(rows_at.keys() - kept.keys()), tuple(sorted(kept.items()))
