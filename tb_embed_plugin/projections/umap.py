"""UMAP in which a frame starts from its neighbor in time, with a small learning rate.

At the usual learning rate of 1 the optimizer's random negatives move identical data by a
twentieth of the layout, at 0.1 by a hundredth. So the less the layer has changed, the smaller
is a frame's learning rate (docs/choices.md). UMAP: McInnes, Healy & Melville 2018.

Two libraries do it. `scranpy` holds umappp, which is compiled; where it has no wheels, and for
a supervised layout, which it cannot make, it is `umap-learn`. Neither can be interrupted while
it iterates, so `report` is called before and after; a worker that must end sooner is killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections import landmarks
from tb_embed_plugin.projections.engine import (
    Codes,
    Engine,
    FrameSeconds,
    Library,
    Parameter,
    Settings,
)
from tb_embed_plugin.projections.initial_positions import MIN_SAMPLES, SEED
from tb_embed_plugin.projections.neighbor_layout import (
    LayoutInput,
    NeighborLayout,
    Optimize,
)
from tb_embed_plugin.projections.neighbors import METRIC
from tb_embed_plugin.projections.threads import cores

MOST_EPOCHS = 500
LEAST_EPOCHS = 100
SAMPLE_EPOCHS = 1_000_000
"""Passes of a first frame: UMAP's usual 500 for few samples, fewer for more, so that what an
optimizer on one core does takes about as long; 100 from 10,000 samples on."""

WARM_SHARE = 5
WARM_LEARNING_RATE = 0.07
"""A frame that starts from another takes a fifth of the passes, at this learning rate times
the share of the layer's neighbors that have changed: where few have, the random negatives would
move samples more than the layer does, and where all have, the frame must follow."""

PLACING_EPOCHS = 10
WARM_PLACING_EPOCHS = 5
PLACING_LEARNING_RATE = 0.3
"""Passes that place samples among landmarks; these move along by a sixtieth of the layout."""

TARGET_DISTANCE = 5.0
"""How far apart unequal labels pull, umap-learn's for a target weight of one half."""


class UMAP(NeighborLayout):
    """The engine `umap`."""

    start_spread = 5.0
    neighbors_share = 0.2
    placed_neighbors = 15
    growth = 0.0

    facts = Engine(
        name="umap",
        title="UMAP",
        version=4,
        least_samples=MIN_SAMPLES,
        components=(2, 3),
        libraries=(Library("scranpy", "scranpy"), Library("umap-learn", "umap")),
        seconds=FrameSeconds(first=1.6, following=0.25),
        parameters=(
            Parameter(
                name="neighbors",
                type="integer",
                default=15,
                low=2,
                high=200,
                meaning=(
                    "Number of neighbors: few show detail, many the large picture; at most "
                    f"{placed_neighbors} for samples that are placed among landmarks."
                ),
            ),
            Parameter(
                name="min_dist",
                type="number",
                default=0.1,
                low=0,
                high=0.99,
                meaning="Smallest distance between neighbors on screen.",
            ),
            METRIC,
            Parameter(
                name="target",
                type="column",
                default="",
                meaning="A column whose categories are separated as well; needs umap-learn.",
            ),
            SEED,
            landmarks.PARAMETER,
        ),
    )

    def n_neighbors(self, settings: Settings) -> int:
        """Returns the setting of that name."""
        return int(settings["neighbors"])

    def optimizer(self, settings: Settings, codes: Codes | None) -> Optimize:
        """Returns umappp's, or that of umap-learn where the former cannot be had."""
        return _by_umap_learn if _needs_umap_learn(settings, codes) else _by_umappp


@dataclass(frozen=True)
class _Schedule:
    """Passes over the edges of the neighbors' graph, and the learning rate of the first."""

    epochs: int
    learning_rate: float


def _schedule(given: LayoutInput) -> _Schedule:
    if given.landmarks is not None:
        if given.warm:
            return _Schedule(WARM_PLACING_EPOCHS, WARM_LEARNING_RATE * given.changed())
        return _Schedule(PLACING_EPOCHS, PLACING_LEARNING_RATE)
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, SAMPLE_EPOCHS // len(given.start)))
    if given.warm:
        return _Schedule(epochs // WARM_SHARE, WARM_LEARNING_RATE * given.changed())
    return _Schedule(epochs, 1.0)


def _needs_umap_learn(settings: Settings, codes: Codes | None) -> bool:
    """Returns whether umap-learn is to be used: for a target, or where scranpy is not there.

    Raises:
        ArgumentError: A target is wanted, but its categories or umap-learn are missing.
    """
    target = settings["target"]
    if not target:
        return find_spec("scranpy") is None
    if codes is None:
        raise ArgumentError(
            f"the target column {target!r} has no categories; choose another column, or "
            "leave the target out"
        )
    if find_spec("umap") is None:
        raise ArgumentError(
            f"scranpy's UMAP cannot be supervised by the target {target!r}; leave it out, "
            "or install umap-learn"
        )
    return True


def _by_umappp(given: LayoutInput) -> NDArray[np.float32]:
    from knncolle import FindKnnResults
    from scranpy import run_umap

    near, start, settings, schedule = given.near, given.start, given.settings, _schedule(given)
    frame = run_umap(
        FindKnnResults(near.indices, near.distances),
        num_dim=start.shape[1],
        min_dist=settings["min_dist"],
        initialize_method="none",
        initial_coordinates=start,
        num_epochs=schedule.epochs,
        learning_rate=schedule.learning_rate,
        optimize_seed=settings["seed"],
        num_threads=cores(),
    )
    return np.ascontiguousarray(frame, np.float32)


def _by_umap_learn(given: LayoutInput) -> NDArray[np.float32]:
    """Does what `_by_umappp` does, through umap-learn's own parts.

    `UMAP(init=array)` would stretch the start to a square, which moves everything; the parts
    do not.
    """
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import (
        discrete_metric_simplicial_set_intersection,
        find_ab_params,
        fuzzy_simplicial_set,
        make_epochs_per_sample,
    )

    near, start, settings, schedule = given.near, given.start, given.settings, _schedule(given)
    samples = len(start)
    random_state = np.random.RandomState(int(settings["seed"]))
    graph, _, _ = fuzzy_simplicial_set(
        start,
        near.indices.shape[1] + 1,
        random_state,
        "euclidean",
        # umap-learn counts a sample as its own nearest neighbor.
        knn_indices=np.column_stack([np.arange(samples, dtype=np.int32), near.indices]),
        knn_dists=np.column_stack([np.zeros(samples), near.distances]).astype(np.float32),
    )
    if settings["target"]:
        graph = discrete_metric_simplicial_set_intersection(
            graph, given.codes, far_dist=TARGET_DISTANCE
        )
    edges = graph.tocoo()
    edges.data[edges.data < edges.data.max() / schedule.epochs] = 0  # never sampled
    edges.eliminate_zeros()
    frame = start.astype(np.float32)
    a, b = find_ab_params(1.0, settings["min_dist"])
    optimized: NDArray[np.float32] = optimize_layout_euclidean(
        frame,
        frame,
        edges.row,
        edges.col,
        schedule.epochs,
        samples,
        make_epochs_per_sample(edges.data, schedule.epochs),
        a,
        b,
        random_state.randint(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64),
        initial_alpha=schedule.learning_rate,
        move_other=True,
    )
    return optimized
