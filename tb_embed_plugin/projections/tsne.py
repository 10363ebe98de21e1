"""t-SNE in which a frame starts from its neighbour in time: openTSNE on exact neighbours.

Started from the neighbour's frame, a few dozen iterations are enough, and what has not changed
in the layer hardly moves on screen (docs/architecture.md has the numbers). t-SNE: van der
Maaten & Hinton 2008; repulsion by Barnes & Hut's tree, van der Maaten 2014.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import (
    Codes,
    Engine,
    Parameter,
    Report,
    Settings,
)
from tb_embed_plugin.projections.neighbors import METRIC, Metric, nearest
from tb_embed_plugin.projections.start import (
    MIN_SAMPLES,
    SEED,
    check_samples,
    principal,
    rescaled,
)

THETA = 0.8
"""How coarse the tree may be: 0 is exact, openTSNE's own default 0.5."""

EARLY_EXAGGERATION = 12
EARLY_ITERATIONS = 150
ITERATIONS = 350
"""Of a first frame: from PCA's positions two thirds of t-SNE's usual ones are enough."""

WARM_ITERATIONS = 50
"""Of a frame that starts from another."""

START_SPREAD = 1e-4
"""Standard deviation of a first frame's start, small so that clusters can still pass."""

THREADED_SAMPLES = 5_000
"""Fewer are done by one thread: several wait for one another by spinning, and where other
programs want the cores too, 300 samples took two threads 20 times as long as one."""

_NEIGHBORS_SHARE = 0.1
"""Of a frame's work, the part that finding neighbours is taken for in reports."""


class TSNE:
    """The engine `tsne`; without state."""

    facts = Engine(
        name="tsne",
        title="t-SNE",
        version=3,
        least_samples=MIN_SAMPLES,
        components=(2,),
        parameters=(
            Parameter(
                name="perplexity",
                type="number",
                default=30.0,
                low=2,
                high=100,
                meaning="How many neighbors count, softly; at most a third of the samples.",
            ),
            METRIC,
            Parameter(
                name="exaggeration",
                type="number",
                default=1.0,
                low=1,
                high=12,
                meaning="How much more neighbors attract: more gives tighter clusters.",
            ),
            Parameter(
                name="refine",
                type="integer",
                default=0,
                low=0,
                high=2000,
                meaning="Iterations added to each frame.",
            ),
            SEED,
        ),
    )

    def frame(
        self,
        snapshot: NDArray[np.float32],
        before: NDArray[np.float32] | None,
        settings: Settings,
        components: int,
        report: Report,
        codes: Codes | None = None,
    ) -> NDArray[np.float32]:
        """Returns a frame; see `LayoutEngine.frame`."""
        check_samples(len(snapshot), self.facts.title)
        snapshot = rescaled(snapshot)
        refine = int(settings["refine"])
        exaggeration = float(settings["exaggeration"])
        if before is None:
            start = principal(snapshot, components, START_SPREAD, int(settings["seed"]))
            phases = [
                (EARLY_ITERATIONS, float(EARLY_EXAGGERATION)),
                (ITERATIONS + refine, exaggeration),
            ]
        else:
            start = before.astype(np.float64)
            phases = [(WARM_ITERATIONS + refine, exaggeration)]
        return _optimize(snapshot, start, settings, phases, report)


def _optimize(
    snapshot: NDArray[np.float32],
    start: NDArray[np.float64],
    settings: Settings,
    phases: list[tuple[int, float]],
    report: Report,
) -> NDArray[np.float32]:
    """Runs phases of iterations, each with its exaggeration, from a start."""
    from openTSNE import TSNEEmbedding

    threads = (os.cpu_count() or 1) if len(snapshot) >= THREADED_SAMPLES else 1
    embedding = TSNEEmbedding(
        start,
        _affinities(
            snapshot, settings, threads, lambda share: report(_NEIGHBORS_SHARE * share)
        ),
        negative_gradient_method="bh",
        theta=THETA,
        n_jobs=threads,
    )
    total = sum(iterations for iterations, _ in phases)
    done = 0
    for iterations, exaggeration in phases:
        embedding = embedding.optimize(
            iterations,
            inplace=True,
            exaggeration=exaggeration,
            callbacks=[_teller(report, done, total)],
            callbacks_every_iters=_iterations_between_reports(len(snapshot)),
        )
        done += iterations
    report(1.0)
    return np.asarray(embedding, np.float32)


def _affinities(
    snapshot: NDArray[np.float32], settings: Settings, threads: int, report: Report
) -> Any:
    """Returns openTSNE's affinities of a snapshot, from its exact neighbours."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    perplexity = float(settings["perplexity"])
    near = nearest(snapshot, round(3 * perplexity), cast("Metric", settings["metric"]), report)
    return PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(near.indices, near.distances),
        perplexity=min(perplexity, near.indices.shape[1] / 3),
        n_jobs=threads,
    )


def _teller(
    report: Report, done: int, total: int
) -> Callable[[int, float, NDArray[np.float64]], bool]:
    def tell(iteration: int, error: float, embedding: NDArray[np.float64]) -> bool:
        share = (done + iteration) / total
        report(_NEIGHBORS_SHARE + (1 - _NEIGHBORS_SHARE) * share)
        return False  # go on

    return tell


def _iterations_between_reports(samples: int) -> int:
    """Returns how many iterations take some tenths of a second; each report costs one more."""
    return min(max(1, 100_000 // samples), 10)
