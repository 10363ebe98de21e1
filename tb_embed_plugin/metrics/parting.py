"""When two trainings of the same samples part: by more than what two seeds differ in.

Two seeds have other units and other pictures, but move alike: as fast, step by step, while they
learn the same at the same rate. Two trainings that were one and the same part where their
neighborhoods do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LEAST_RATIO = 2.0
"""One moves so many times as fast as the other, at least."""

BEFORE_FACTOR = 3.0
"""Times what they differed by at the steps before, at least, in logarithms."""

UNEVEN_SIGMAS = 3.0
"""Standard deviations of how unevenly each moves around there, at least."""

SEED_FACTOR = 2.5
"""Times what two seeds differ by at any step, where a third run shows that."""

SAME = 0.01
"""Share of neighbors that differ between two pictures that are the same."""

OWN_SHARE = 0.1
"""Of what changes in a step anyway, that also differs between two pictures that are."""

_LEAST_DISPLACEMENT, _LEAST_CHURN = 0.01, 0.02
"""What moves less stands still, and by how much less is noise."""

_WINDOW = 3
_SIGMA = 1.4826


@dataclass(frozen=True)
class Motion:
    """How a training moves from each step to the next, float64 (n_steps - 1,) each.

    Attributes:
        displacement: Mean way of a sample over the radius of the later step.
        churn: Mean share of a sample's neighbors that are others at the later step.
    """

    displacement: NDArray[np.float64]
    churn: NDArray[np.float64]

    @property
    def log_speed(self) -> NDArray[np.float64]:
        """Logarithm of the geometric mean of both."""
        displacement = np.maximum(self.displacement, _LEAST_DISPLACEMENT)
        churn = np.maximum(self.churn, _LEAST_CHURN)
        return np.asarray((np.log(displacement) + np.log(churn)) / 2)


@dataclass(frozen=True)
class Parted:
    """Where two trainings part.

    Attributes:
        kind: `same` where they were one and the same before, else `speed`.
        index: The first step at which they differ.
        value: Share of neighbors that differ there; or how many times as fast the faster one
            moves.
        threshold: What it was held against.
    """

    kind: Literal["same", "speed"]
    index: int
    value: float
    threshold: float


def log_ratio(here: Motion, there: Motion) -> NDArray[np.float64]:
    """Returns how much faster one moves than the other, in logarithms, (n_steps - 1,)."""
    return here.log_speed - there.log_speed


def part(
    apart: NDArray[np.float64], here: Motion, there: Motion, seed: Motion | None = None
) -> Parted | None:
    """Returns where two trainings part, None where they do not.

    Args:
        apart: Share of neighbors that differ between them, float64 (n_steps,).
        here: How the one moves.
        there: How the other does.
        seed: How a third one moves that differs from the first by its seed alone.
    """
    if _were_same(apart, here, there):
        limits = np.maximum(SAME, OWN_SHARE * np.minimum(here.churn, there.churn))
        found = np.flatnonzero(apart[1:] > limits)
        if not len(found):
            return None
        at = int(found[0])
        return Parted("same", at + 1, float(apart[at + 1]), float(limits[at]))
    ratio = np.abs(log_ratio(here, there))
    limits = np.maximum(
        np.log(LEAST_RATIO),
        _usual(ratio, here, there) if seed is None else _of_seeds(here, seed, len(ratio)),
    )
    found = np.flatnonzero(ratio > limits)
    if not len(found):
        return None
    at = int(found[0])
    return Parted("speed", at + 1, float(np.exp(ratio[at])), float(np.exp(limits[at])))


def _were_same(apart: NDArray[np.float64], here: Motion, there: Motion) -> bool:
    """Whether they were the same once they had moved.

    The same weights to begin with show nothing: two seeds may start from those, too.
    """
    moved = np.minimum(here.churn[:1], there.churn[:1])
    return bool(apart[0] <= SAME and (moved > 2 * SAME).all() and apart[1] <= SAME)


def _usual(ratio: NDArray[np.float64], here: Motion, there: Motion) -> NDArray[np.float64]:
    """Returns what each step is held against where nobody shows what two seeds differ in."""
    before = np.concatenate([[0.0], np.fmax.accumulate(ratio)[:-1]])
    return np.maximum(BEFORE_FACTOR * before, UNEVEN_SIGMAS * _unevenness(here, there))


def _unevenness(here: Motion, there: Motion) -> NDArray[np.float64]:
    """Returns the standard deviation of a ratio by how each moves in the steps around.

    By second differences, of which a bend is none and a jump few.
    """
    bends = np.abs([np.diff(each.log_speed, 2) for each in (here, there)])
    steps = len(here.churn)
    places = np.arange(1, steps - 1)
    sigmas = np.zeros(steps)
    for step in range(steps if len(places) else 0):
        near = bends[:, np.abs(places - step) <= _WINDOW]
        # The second difference of independent noise has six times its variance, a ratio twice.
        sigmas[step] = _SIGMA * np.median(near) / np.sqrt(3)
    return sigmas


def _of_seeds(here: Motion, seed: Motion, steps: int) -> NDArray[np.float64]:
    return np.full(steps, SEED_FACTOR * float(np.nanmax(np.abs(log_ratio(here, seed)))))
