"""Layers carried onto one another: planted rotations and subspaces, SciPy as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from sklearn.cross_decomposition import CCA

from tb_embed_plugin.errors import TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.projections.alignment import LayerMap, map_layer
from tests.kernels import biased_cka, debiased_cka
from tests.planted import Snapshots, random_rotation, random_snapshots, turned


def carry(one: Snapshots, other: Snapshots) -> LayerMap:
    steps = [(step, step) for step in range(len(one))]
    return map_layer(steps, one.__getitem__, other.__getitem__)


@given(st.integers(0, 2**32), st.sampled_from([0, 300]))
@settings(max_examples=20)
def test_a_planted_rotation_is_recovered(seed: int, offset: float) -> None:
    there = random_snapshots(seed, offset=offset)
    here = [s + np.float32(5) for s in turned(there, random_rotation(seed, 12).T)]
    found = carry(here, there)

    assert (found.method, found.dimensions) == ("procrustes", 12)
    for step, match in enumerate(found.steps):
        size = float(np.ptp(there[step]))
        assert np.abs(found.carry(here[step]) - there[step]).max() <= 1e-5 * (size + offset)
        assert (match.step, match.onto_step) == (step, step)
        assert match.cka == pytest.approx(1, abs=1e-6)
        assert match.residual is not None
        assert match.residual <= 1e-5 * (1 + offset)


def test_residual_and_cka_equal_the_definitions() -> None:
    there, here = random_snapshots(1), random_snapshots(2, steps=2)
    found = map_layer([(0, 2), (1, 0)], here.__getitem__, there.__getitem__)
    rows = np.concatenate([here[0], here[1]]).astype(np.float64)
    onto = np.concatenate([there[2], there[0]]).astype(np.float64)
    centred, target = rows - rows.mean(axis=0), onto - onto.mean(axis=0)
    rotation = orthogonal_procrustes(centred, target)[0]
    left = centred @ rotation - target

    np.testing.assert_allclose(found.matrix, rotation, atol=1e-8)
    for i, match in enumerate(found.steps):
        part = slice(200 * i, 200 * i + 200)
        expected = np.linalg.norm(left[part]) / np.linalg.norm(target[part])
        assert match.residual == pytest.approx(expected, rel=1e-9)
        assert match.cka == pytest.approx(debiased_cka(rows[part], onto[part]), rel=1e-9)
        assert match.cka_biased == pytest.approx(biased_cka(rows[part], onto[part]), rel=1e-9)


def test_one_map_for_all_steps_keeps_every_distance_in_time() -> None:
    here, there = random_snapshots(3), random_snapshots(4)
    found = carry(here, there)
    carried = [found.carry(s) for s in here]

    for one, other in ((0, 1), (1, 2)):
        np.testing.assert_allclose(
            np.linalg.norm(carried[other] - carried[one], axis=1),
            np.linalg.norm(here[other] - here[one], axis=1),
            rtol=1e-4,
        )


def test_copies_of_one_snapshot_stay_copies() -> None:
    here, there = random_snapshots(5)[:1] * 3, random_snapshots(6)
    found = carry(here, there)

    np.testing.assert_array_equal(found.carry(here[0]), found.carry(here[2]))


def planted_subspace(seed: int, noise: float = 0.1) -> tuple[Snapshots, Snapshots]:
    """Layers of 12 and 20 units that share 4 directions and nothing else."""
    rng = np.random.default_rng(seed)
    sides: tuple[Snapshots, Snapshots] = ([], [])
    maps = [rng.normal(size=(4, units)) for units in (12, 20)]
    own = [rng.normal(size=(3, units)) for units in (12, 20)]
    for _ in range(2):
        shared = rng.normal(size=(500, 4))
        for side, there, alone in zip(sides, maps, own, strict=True):
            rows = shared @ there + rng.normal(size=(500, 3)) @ alone
            side.append((rows + noise * rng.normal(size=rows.shape)).astype(np.float32))
    return sides


def test_a_planted_common_subspace_is_recovered() -> None:
    here, there = planted_subspace(0)
    found = carry(here, there)

    assert (found.method, found.dimensions) == ("cca", 4)
    assert found.correlations is not None
    assert found.correlations.min() > 0.98
    carried = np.concatenate([found.carry(s) for s in here])
    onto = np.concatenate(there).astype(np.float64)
    # What the four directions can say of the other layer, by least squares on the truth.
    shared = np.linalg.svd(carried - carried.mean(axis=0), full_matrices=False)[0][:, :4]
    centred = onto - onto.mean(axis=0)
    said = shared @ (shared.T @ centred)
    assert np.linalg.norm(carried - carried.mean(axis=0) - said) < 0.1 * np.linalg.norm(said)


def test_canonical_correlations_equal_scikit_learns() -> None:
    here, there = planted_subspace(1, noise=0.5)
    found = carry(here, there)
    one, other = (np.concatenate(side).astype(np.float64) for side in (here, there))
    x, y = CCA(4, tol=1e-10, max_iter=5000).fit_transform(one, other)
    expected = [np.corrcoef(x[:, i], y[:, i])[0, 1] for i in range(4)]

    assert found.correlations is not None
    np.testing.assert_allclose(found.correlations, expected, atol=0.02)


def test_layers_that_share_nothing_are_refused_with_the_reason() -> None:
    here, there = random_snapshots(7, samples=500), random_snapshots(8, samples=500, units=15)
    with pytest.raises(
        UnsuitableDataError,
        match=r"of 12 and 15 units share no subspace: the best correlation is 0\.\d+",
    ):
        carry(here, there)


def test_too_few_samples_for_layers_of_different_width_are_refused() -> None:
    rng = np.random.default_rng(9)
    here = [rng.normal(size=(20, 12)).astype(np.float32)]
    there = [rng.normal(size=(20, 15)).astype(np.float32)]
    with pytest.raises(UnsuitableDataError, match="20 samples are too few"):
        carry(here, there)


def test_layers_without_variance_say_none() -> None:
    point = [np.full((30, 12), 2, np.float32)]
    found = carry(random_snapshots(10, steps=1, samples=30), point)

    assert [(m.residual, m.cka, m.cka_biased) for m in found.steps] == [(None, None, None)]
    with pytest.raises(UnsuitableDataError, match="the best correlation is none"):
        carry([np.full((30, 5), 2, np.float32)], point)


def test_what_cannot_be_aligned_is_refused() -> None:
    here, there = random_snapshots(11), random_snapshots(12)
    there[1][3, 3] = np.inf
    with pytest.raises(UnsuitableDataError, match="step 1 "):
        carry(here, there)
    wide = [np.zeros((2, 3000), np.float32)]
    with pytest.raises(TooMuchAskedError, match="3000 units, but at most 2048"):
        carry(wide, wide)


def test_small_blocks_give_the_same_map(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = random_snapshots(13), random_snapshots(14)
    whole = carry(here, there)
    monkeypatch.setattr("tb_embed_plugin.snapshot.BLOCK_VALUES", 24 * 7)
    small = carry(here, there)

    np.testing.assert_allclose(small.matrix, whole.matrix, atol=1e-9)
    np.testing.assert_allclose(small.carry(here[0]), whole.carry(here[0]), atol=1e-4)
