"""Which samples of a layer are hidden because some of its snapshots hold NaN or infinity there.

Few such rows cost these samples, at all steps, so that frames stay comparable; a snapshot in
which most rows are not finite is left out instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tb_embed_plugin.snapshot import Snapshot, row_blocks

MOST_HIDDEN = 0.5
"""Share of a layer's samples that may be hidden."""

Rows = tuple[int, ...] | None
"""Rows that are not finite, ascending; None where they are too many to be hidden."""

HiddenAt = tuple[tuple[int, tuple[int, ...]], ...]
"""Steps, ascending, each with the samples that are not finite there."""


def not_finite_rows(snapshot: Snapshot) -> Rows:
    """Returns the rows of a snapshot that are not finite.

    Raises:
        UnreadableError: It cannot be read any more.
    """
    found: list[int] = []
    for rows, block in row_blocks(snapshot):
        found += (rows.start + np.flatnonzero(~np.isfinite(block).all(axis=1))).tolist()
    return None if len(found) > MOST_HIDDEN * len(snapshot) else tuple(found)


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
