"""t-SNE in which a frame starts from its neighbor in time: openTSNE on exact neighbors.

Started from the neighbor's frame, a few dozen iterations are enough, and what has not changed
in the layer hardly moves on screen (docs/choices.md has the numbers). t-SNE: van der
Maaten & Hinton 2008; repulsion by Barnes & Hut's tree, van der Maaten 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections import landmarks
from tb_embed_plugin.projections.cell_question import CellNeighbors
from tb_embed_plugin.projections.descent import descend
from tb_embed_plugin.projections.engine import (
    Codes,
    Engine,
    FrameSeconds,
    Library,
    Parameter,
    Report,
    Settings,
)
from tb_embed_plugin.projections.initial_positions import MIN_SAMPLES, SEED
from tb_embed_plugin.projections.neighbor_layout import (
    LayoutInput,
    NeighborLayout,
    Optimize,
)
from tb_embed_plugin.projections.neighbors import METRIC, Neighbors
from tb_embed_plugin.projections.threads import cores

THETA = 0.8
"""How coarse the tree may be: 0 is exact, openTSNE's own default 0.5."""

EARLY_EXAGGERATION = 12
EARLY_ITERATIONS = 150
ITERATIONS = 350
"""Of a first frame: from PCA's positions two thirds of t-SNE's usual ones are enough."""

WARM_ITERATIONS = 50
"""Of a frame that starts from another."""

THREADED_SAMPLES = 5_000
"""Fewer are done by one thread: several wait for one another by spinning, and where other
programs want the cores too, 300 samples took two threads 20 times as long as one."""


PLACED_PERPLEXITY = 10.0
"""Of samples that are placed among landmarks, which know where in the picture they belong."""

PLACING_ITERATIONS = 30
WARM_PLACING_ITERATIONS = 20
PLACING_RATE = 2.0
WARM_PLACING_RATE = 0.25
"""Learning rates as multiples of t-SNE's own: with a large one few iterations come as far as
twice as many; with a small one samples hardly move that are in their places already."""

INTERPOLATION = {"n_interpolation_points": 3, "min_num_intervals": 50, "ints_in_interval": 2}
"""The grid by which samples repel one another, with intervals twice as wide as openTSNE's own:
as much is kept, and the grid, which grows with the layout's area, takes a quarter."""


class TSNE(NeighborLayout):
    """The engine `tsne`."""

    start_spread = 1e-4  # so small that clusters can still pass
    neighbors_share = 0.1
    placed_neighbors = 30
    growth = 0.5

    facts = Engine(
        name="tsne",
        title="t-SNE",
        version=3,
        least_samples=MIN_SAMPLES,
        components=(2,),
        libraries=(Library("openTSNE", "openTSNE"),),
        seconds=FrameSeconds(first=9.5, following=1.2, iteration=0.018),
        parameters=(
            Parameter(
                name="perplexity",
                type="number",
                default=30.0,
                low=2,
                high=100,
                meaning=(
                    "Effective number of neighbors; at most a third of the samples, and "
                    f"{PLACED_PERPLEXITY:.0f} for those that are placed among landmarks."
                ),
            ),
            METRIC,
            Parameter(
                name="exaggeration",
                type="number",
                default=1.0,
                low=1,
                high=12,
                meaning="Factor on the attraction of neighbors: more gives tighter clusters.",
            ),
            Parameter(
                name="refine",
                type="integer",
                default=0,
                low=0,
                high=2000,
                meaning="Iterations added to each frame; with landmarks, to theirs alone.",
            ),
            SEED,
            landmarks.PARAMETER,
        ),
    )

    def n_neighbors(self, settings: Settings) -> int:
        """Returns three times the perplexity, beyond which affinities are next to nothing."""
        return round(3 * float(settings["perplexity"]))

    def optimizer(self, settings: Settings, codes: Codes | None) -> Optimize:
        """Returns openTSNE's."""
        return _by_opentsne


def _by_opentsne(given: LayoutInput) -> NDArray[np.float32]:
    return _laid_out(given) if given.landmarks is None else _placed(given)


def _placed(given: LayoutInput) -> NDArray[np.float32]:
    """Moves samples by openTSNE's own gradients, which its optimizers apply to all of them."""
    from openTSNE.tsne import kl_divergence_fft

    threads = cores()
    affinities = _joint(_affinities(given.near, PLACED_PERPLEXITY, threads, joint=False).P)
    exaggeration = float(given.settings["exaggeration"])
    if exaggeration != 1:
        affinities *= exaggeration

    def gradient(frame: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = kl_divergence_fft(
            frame, affinities, 1, INTERPOLATION, n_jobs=threads
        )[1]
        return found

    iterations = WARM_PLACING_ITERATIONS if given.warm else PLACING_ITERATIONS
    rate = WARM_PLACING_RATE if given.warm else PLACING_RATE
    return descend(given, gradient, iterations, rate * len(given.start) / exaggeration)


def _laid_out(given: LayoutInput) -> NDArray[np.float32]:
    from openTSNE import TSNEEmbedding

    samples = len(given.start)
    threads = cores() if samples >= THREADED_SAMPLES else 1
    embedding = TSNEEmbedding(
        given.start,
        _affinities(given.near, float(given.settings["perplexity"]), threads),
        negative_gradient_method="bh",
        theta=THETA,
        n_jobs=threads,
    )
    phases = _phases(given)
    total = sum(iterations for iterations, _ in phases)
    done = 0
    for iterations, exaggeration in phases:
        embedding = embedding.optimize(
            iterations,
            inplace=True,
            exaggeration=exaggeration,
            callbacks=[_teller(given.report, done, total)],
            callbacks_every_iters=_iterations_between_reports(samples),
        )
        done += iterations
    return np.asarray(embedding, np.float32)


def _phases(given: LayoutInput) -> list[tuple[int, float]]:
    """Returns numbers of iterations, each with its exaggeration."""
    refine = int(given.settings["refine"])
    exaggeration = float(given.settings["exaggeration"])
    if given.warm:
        return [(WARM_ITERATIONS + refine, exaggeration)]
    return [
        (EARLY_ITERATIONS, float(EARLY_EXAGGERATION)),
        (ITERATIONS + refine, exaggeration),
    ]


def _joint(conditional: Any) -> Any:
    """Returns symmetric affinities that sum to one; openTSNE makes two copies more."""
    joint = conditional + conditional.T
    joint.data /= joint.data.sum()
    return joint


def _affinities(
    near: Neighbors | CellNeighbors, perplexity: float, threads: int, *, joint: bool = True
) -> Any:
    """Returns openTSNE's affinities, symmetric ones unless `joint` is false."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    return PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(near.indices, near.distances),
        perplexity=min(perplexity, near.indices.shape[1] / 3),
        symmetrize=joint,
        n_jobs=threads,
    )


def _teller(
    report: Report, done: int, total: int
) -> Callable[[int, float, NDArray[np.float64]], bool]:
    def tell(iteration: int, error: float, embedding: NDArray[np.float64]) -> bool:
        report((done + iteration) / total)
        return False  # go on

    return tell


def _iterations_between_reports(samples: int) -> int:
    """Returns how many iterations take some tenths of a second; each report costs one more."""
    return min(max(1, 100_000 // samples), 10)
