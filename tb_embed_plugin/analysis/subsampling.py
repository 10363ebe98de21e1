"""The steps and the samples of a layer that are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.stratified_subset import MAX_EXACT, stratified
from tb_embed_plugin.runs.run import Run

MAX_STEPS = 128
"""Steps of a layer that are measured; of more, every second, fourth and so on, and the last."""

MAX_WORK = MAX_EXACT**2 * 512
"""Products of activations that a step's distances may take: 20,000 samples of 512 units; of a
wider layer fewer samples are measured."""


def thinned(steps: Sequence[int], most: int = MAX_STEPS) -> list[int]:
    """Returns all steps, or of more than `most` every second, fourth and so on, and the last.

    So a run that grows keeps most of those that were measured.
    """
    stride = 1
    while len(steps) > most and -(-len(steps) // stride) >= most:
        stride *= 2
    kept = list(steps[::stride])
    return kept if not steps or kept[-1] == steps[-1] else [*kept, steps[-1]]


def trained_steps(run: Run, steps: Sequence[int]) -> list[int]:
    """Returns those of the steps that follow a training."""
    untrained = {
        s.step
        for s in run.step_facts
        if s.iterations == 0 or (s.iterations is None and s.epoch == 0 and not s.batch)
    }
    return [step for step in steps if step not in untrained]


def samples_to_measure(codes: NDArray[np.integer], units: int) -> NDArray[np.int64]:
    """Returns the samples that are measured, ascending: all, or a subset (`metrics.subset`).

    Args:
        codes: Of the samples' labels, int (n_samples,).
        units: Width of the layer.
    """
    return stratified(codes, most_measured(units))


def most_measured(units: int) -> int:
    """Returns how many samples are measured where there are as many or more.

    Args:
        units: Width of the layer.
    """
    return min(MAX_EXACT, math.isqrt(MAX_WORK // units))
