"""Where two trainings part: rates that change, seeds that do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tb_embed_plugin.metrics.parting import Motion, log_ratio, part

STEPS = 8
FAR = np.full(STEPS, 0.6)
"""Share of neighbors in which two seeds differ."""


def motion(speeds: NDArray[np.float64]) -> Motion:
    return Motion(speeds, np.minimum(1.0, 2 * speeds))


def of_seed(seed: int, noise: float = 0.1) -> NDArray[np.float64]:
    """Returns speeds that fall while a training goes on, not evenly."""
    rng = np.random.default_rng(seed)
    usual = 0.4 * np.exp(-0.2 * np.arange(STEPS - 1))
    return np.asarray(usual * np.exp(noise * rng.normal(size=STEPS - 1)))


@given(st.integers(0, 10**6), st.integers(0, STEPS - 2), st.sampled_from([0.1, 10]))
def test_a_speed_that_changes_is_named_from_its_first_step_on(
    seed: int, at: int, factor: float
) -> None:
    # Slow enough to become ten times as fast: a sample moves no farther than the layer is wide.
    here = of_seed(seed) / (8 if factor > 1 else 1)
    there = of_seed(seed + 1) / (8 if factor > 1 else 1)
    here[at:] = np.minimum(here[at:] * factor, 0.5)
    ratio = np.exp(np.abs(log_ratio(motion(here), motion(there))))
    found = part(FAR, motion(here), motion(there))
    assert found is not None
    assert (found.kind, found.index) == ("speed", at + 1)
    assert found.value == pytest.approx(ratio[at])
    assert found.value > found.threshold >= 2


@given(st.integers(0, 10**6))
def test_two_seeds_do_not_part(seed: int) -> None:
    here, there, third = (motion(of_seed(seed + i)) for i in range(3))
    assert part(FAR, here, there) is None
    assert part(FAR, here, there, third) is None


def test_a_third_run_says_what_a_seed_does() -> None:
    rng = np.random.default_rng(0)
    here = of_seed(0, noise=0) / 4
    there = here * 2.5
    uneven = here * np.exp(rng.normal(size=STEPS - 1))
    assert part(FAR, motion(here), motion(there)) is not None
    assert part(FAR, motion(here), motion(there), motion(here * 1.1)) is not None
    assert part(FAR, motion(here), motion(there), motion(uneven)) is None


@pytest.mark.parametrize("at", [2, STEPS - 1])
def test_what_was_the_same_parts_where_neighbors_do(at: int) -> None:
    here = motion(of_seed(0))
    apart = np.zeros(STEPS)
    apart[at:] = 0.2
    found = part(apart, here, here)
    assert found is not None
    assert (found.kind, found.index, found.value) == ("same", at, 0.2)
    # A graphics card's rounding is less than a tenth of what changes anyway.
    assert part(apart / 20, here, here) is None


def test_what_only_began_alike_is_judged_as_seeds_are() -> None:
    # Two seeds that begin with the same weights, as fine-tuning does.
    apart = np.concatenate([[0.0], FAR[1:]])
    assert part(apart, motion(of_seed(0)), motion(of_seed(1))) is None
    # Nor has anybody moved who stands still.
    still = of_seed(0)
    still[0] = 0.0
    apart[1] = 0.0
    assert part(apart, motion(still), motion(still)) is None


def test_whoever_stands_still_is_no_slower_than_another_who_does() -> None:
    here, there = (np.full(STEPS - 1, speed) for speed in (1e-3, 1e-9))
    assert part(FAR, motion(here), motion(there)) is None
    assert part(FAR[:2], motion(here[:1]), motion(there[:1])) is None
