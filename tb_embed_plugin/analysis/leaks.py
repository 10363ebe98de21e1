"""Samples of one recorded set that stand in another: test samples that were trained on.

What the same network maps to the same place at every step is the same input, or all but the
same; so both sets are recorded by the same training, each in a run of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics import neighbor_distances
from tb_embed_plugin.projections.neighbor_parts import Space

NEIGHBORS = neighbor_distances.NEIGHBORS

BLOCK_ROWS = 1 << 14
"""Samples here whose like is searched for at a time: for each block all rows there are read."""


@dataclass(frozen=True)
class Leaks:
    """Samples that stand in another set, the surest first.

    Attributes:
        samples: int64 (n_found,).
        same_as: The sample of the other set that each repeats, int64 (n_found,).
        closeness: float64 (n_found,), 1 where both are one point of the layer.
    """

    samples: NDArray[np.int64]
    same_as: NDArray[np.int64]
    closeness: NDArray[np.float64]


def leaks(here: LayerMetrics, there: LayerMetrics) -> Leaks:
    """Returns the samples here whose like is there, by the rule for near duplicates.

    The nearest sample there is at most a tenth as far as the 15th, at the first and at the last
    trained step that both have. All samples that are shown count, not only those that are
    measured. O(n_here n_there n_units), in blocks.

    Raises:
        UnsuitableDataError: The layers differ in width, share no trained step, or there are
            fewer than 16 samples there.
        EmbedError: A snapshot cannot be read.
    """
    steps = sorted(set(here.trained) & set(there.trained))
    names = f"{here.run.name!r} and {there.run.name!r}"
    if here.facts.units != there.facts.units:
        raise UnsuitableDataError(
            f"the layers of {names} have {here.facts.units} and {there.facts.units} units; "
            "name the same layer of the same training in both"
        )
    if not steps:
        raise UnsuitableDataError(
            f"{names} have no step in common that follows a training; record both sets by "
            "the same training"
        )
    if len(there.facts.shown) <= NEIGHBORS:
        raise UnsuitableDataError(
            f"{there.run.name!r} holds {len(there.facts.shown)} samples, and more than "
            f"{NEIGHBORS} are needed to say what is near; ask the larger set's layer"
        )
    away = [_nearest(here, there, step) for step in dict.fromkeys([steps[0], steps[-1]])]
    closeness = neighbor_distances.closeness(
        np.stack([nearest for _, nearest, _ in away]),
        np.stack([isolation for _, _, isolation in away]),
    )
    found = np.flatnonzero(~np.isnan(closeness))
    found = found[np.argsort(-closeness[found], kind="stable")]
    return Leaks(
        samples=here.facts.shown[found],
        same_as=there.facts.shown[away[-1][0][found]],
        closeness=closeness[found],
    )


def _nearest(
    here: LayerMetrics, there: LayerMetrics, step: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns the nearest sample there of each here, its distance and that of the 15th."""
    rows, others = (
        one.facts.shown_rows(one.run.snapshot(one.facts.name, step)) for one in (here, there)
    )
    space = Space.of(others)
    found = [
        space.nearest_to(rows[start : start + BLOCK_ROWS], NEIGHBORS)
        for start in range(0, len(rows), BLOCK_ROWS)
    ]
    places, away = (
        np.concatenate([getattr(one, name) for one in found])
        for name in ("indices", "distances")
    )
    return places[:, 0].astype(np.int64), away[:, 0], away[:, -1]
