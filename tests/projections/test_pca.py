"""PCA over steps, against plain float64 NumPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tb_embed_plugin.errors import TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.basis import Basis
from tests.planted import random_snapshots


def reference(
    snapshots: list[NDArray[np.float32]], components: int
) -> list[NDArray[np.float64]]:
    """The definition, written down: SVD of all centred rows, largest entry positive."""
    pooled = np.concatenate(snapshots).astype(np.float64)
    mean = pooled.mean(axis=0)
    axes = np.linalg.svd(pooled - mean, full_matrices=False)[2][:components]
    largest = [axis[np.argmax(np.abs(axis))] for axis in axes]
    axes = axes * np.sign(largest)[:, np.newaxis]
    return [(snapshot - mean) @ axes.T for snapshot in snapshots]


def fit(snapshots: list[NDArray[np.float32]]) -> Basis:
    return pca.fit(snapshots.__getitem__, range(len(snapshots)))


@pytest.mark.parametrize("components", [2, 3, 10])
@pytest.mark.parametrize("offset", [0, 1000])
def test_frames_equal_the_definition(components: int, offset: float) -> None:
    snapshots = random_snapshots(0, offset=offset)
    basis = fit(snapshots)

    for snapshot, expected in zip(snapshots, reference(snapshots, components), strict=True):
        frame = basis.project(snapshot, components)
        assert frame.dtype == np.float32
        assert np.abs(frame - expected).max() <= 1e-4 * np.ptp(expected)


def test_variance_equals_scikit_learns() -> None:
    snapshots = random_snapshots(1)
    basis = fit(snapshots)
    expected = PCA(10).fit(np.concatenate(snapshots).astype(np.float64))

    np.testing.assert_allclose(basis.shares(10), expected.explained_variance_ratio_, rtol=1e-9)


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=25)
def test_rotating_the_layer_changes_only_signs(seed: int, steps: int) -> None:
    snapshots = random_snapshots(seed, steps)
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(12, 12)))[0]
    rotated = [(s.astype(np.float64) @ rotation).astype(np.float32) for s in snapshots]

    frame = fit(snapshots).project(snapshots[0], 2)
    turned = fit(rotated).project(rotated[0], 2)
    np.testing.assert_allclose(np.abs(frame), np.abs(turned), atol=2e-3 * float(np.ptp(frame)))


@given(st.integers(0, 2**32))
@settings(max_examples=15)
def test_order_copies_and_constant_units_change_nothing(seed: int) -> None:
    snapshots = random_snapshots(seed)
    order = np.random.default_rng(seed).permutation(200)
    frame = fit(snapshots).project(snapshots[0], 2)
    tolerance = 1e-3 * float(np.ptp(frame))

    shuffled = [s[order] for s in snapshots]
    other = fit(shuffled).project(shuffled[0], 2)
    np.testing.assert_allclose(other, frame[order], atol=tolerance)
    twice = [np.vstack([s, s]) for s in snapshots]
    np.testing.assert_allclose(fit(twice).project(snapshots[0], 2), frame, atol=tolerance)
    wider = [np.hstack([np.full((200, 1), 8, np.float32), s]) for s in snapshots]
    np.testing.assert_allclose(fit(wider).project(wider[0], 2), frame, atol=tolerance)


def test_copies_of_one_snapshot_do_not_move() -> None:
    snapshot = random_snapshots(2)[0]
    once = fit([snapshot])
    copies = fit([snapshot] * 4)

    np.testing.assert_allclose(
        copies.project(snapshot, 3), once.project(snapshot, 3), atol=1e-5
    )
    np.testing.assert_allclose(copies.shares(3), once.shares(3), rtol=1e-9)


def test_small_blocks_give_the_same_basis(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = random_snapshots(3)
    whole = fit(snapshots)
    monkeypatch.setattr("tb_embed_plugin.snapshot.BLOCK_VALUES", 12 * 7)
    small = fit(snapshots)

    np.testing.assert_allclose(small.axes, whole.axes, atol=1e-10)
    np.testing.assert_allclose(
        small.project(snapshots[0], 3), whole.project(snapshots[0], 3), atol=1e-5
    )


def test_variance_shown_of_a_frame_is_about_its_own_mean() -> None:
    snapshots = random_snapshots(4)
    basis = fit(snapshots)
    moved = snapshots[0] + np.float32(3)
    own = moved.astype(np.float64) - moved.mean(axis=0, dtype=np.float64)
    expected = ((own @ basis.axes[:, :2]) ** 2).sum() / (own**2).sum()

    assert basis.variance_shown(moved, 2) == pytest.approx(expected, rel=1e-9)


def test_a_layer_narrower_than_the_components_is_padded() -> None:
    snapshot = random_snapshots(5, units=2)[0]
    basis = fit([snapshot])

    assert not basis.project(snapshot, 3)[:, 2].any()
    assert basis.shares(3)[2] == 0
    assert basis.shares(3).sum() == pytest.approx(1)


def test_constant_activations_have_no_variance_to_show() -> None:
    snapshot = np.full((10, 4), 3, np.float32)
    basis = fit([snapshot])

    assert not basis.project(snapshot, 2).any()
    assert not basis.shares(2).any()
    assert basis.variance_shown(snapshot, 2) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_by_step(value: float) -> None:
    snapshots = random_snapshots(6)
    snapshots[1][5, 3] = value

    with pytest.raises(UnsuitableDataError, match="step 7 "):
        pca.fit({3: snapshots[0], 7: snapshots[1]}.__getitem__, [3, 7])
    snapshots[1][0] = value
    with pytest.raises(UnsuitableDataError, match="step 7 "):
        pca.fit({7: snapshots[1]}.__getitem__, [7])


def test_too_wide_a_layer_is_refused() -> None:
    with pytest.raises(TooMuchAskedError, match="5000 units, but at most 4096"):
        fit([np.zeros((1, 5000), np.float32)])
