"""Axes between classes and groups, against NumPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from tb_embed_plugin.errors import ArgumentError, TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.projections import axes, classes, groups
from tb_embed_plugin.projections.basis import Basis
from tests.planted import Snapshots, class_snapshots, random_rotation, random_snapshots, turned


def by_class(
    snapshots: Snapshots, codes: NDArray[np.integer], kind: str = "class_means", **given: object
) -> Basis:
    chosen = axes.ENGINE.settings({"kind": kind, **given})
    return classes.fit(snapshots.__getitem__, range(len(snapshots)), codes, chosen)


def by_groups(snapshots: Snapshots, *sides: list[int]) -> Basis:
    chosen = axes.ENGINE.settings({"kind": "groups"})
    arrays = [np.array(side, np.int64) for side in sides]
    contrasts = [
        groups.contrast(len(snapshots[0]), minus, plus)
        for minus, plus in zip(arrays[::2], arrays[1::2], strict=True)
    ]
    return groups.fit(
        snapshots.__getitem__, range(len(snapshots)), np.stack(contrasts, 1), chosen
    )


def angle_apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Returns the sine of the largest angle between the spans of two sets of columns."""
    one, other = np.linalg.qr(one)[0], np.linalg.qr(other)[0]
    return float(np.linalg.norm(one - other @ (other.T @ one), 2))


def is_orthonormal(basis: Basis) -> bool:
    return np.allclose(basis.axes.T @ basis.axes, np.eye(basis.axes.shape[1]), atol=1e-10)


def test_class_means_are_the_pca_of_the_means_of_every_step() -> None:
    snapshots, codes = class_snapshots(0)
    basis = by_class(snapshots, codes)
    means = []
    for snapshot in snapshots:
        of_step = np.stack([snapshot[codes == c].astype(np.float64).mean(0) for c in range(4)])
        means.append(of_step - of_step.mean(axis=0))
    expected = PCA(3, svd_solver="full").fit(np.concatenate(means)).components_.T

    for i in range(3):
        assert angle_apart(basis.axes[:, i : i + 1], expected[:, i : i + 1]) < 1e-5
    assert basis.axes.shape == (12, 10)
    assert is_orthonormal(basis)


def test_what_is_left_is_the_pca_of_the_remainder() -> None:
    snapshots, codes = class_snapshots(1)
    basis = by_class(snapshots, codes)
    pooled = np.concatenate(snapshots).astype(np.float64)
    leading = basis.axes[:, :3]
    remainder = pooled - pooled @ leading @ leading.T
    expected = PCA(5, svd_solver="full").fit(remainder).components_

    scores = (pooled - pooled.mean(axis=0)) @ basis.axes
    np.testing.assert_allclose(np.abs(expected @ basis.axes[:, 3:8]), np.eye(5), atol=1e-5)
    np.testing.assert_allclose(basis.variance, scores.var(axis=0), rtol=1e-8)
    assert basis.total_variance == pytest.approx(pooled.var(axis=0).sum(), rel=1e-9)


def test_lda_finds_scikit_learns_directions() -> None:
    snapshots, codes = class_snapshots(2, steps=1)
    basis = by_class(snapshots, codes, "lda", shrinkage=1e-6)
    expected = (
        LinearDiscriminantAnalysis(solver="svd")
        .fit(snapshots[0].astype(float), codes)
        .scalings_
    )

    for k in (1, 2, 3):
        assert angle_apart(basis.axes[:, :k], expected[:, :k]) < 1e-3
    assert is_orthonormal(basis)


@pytest.mark.parametrize("shrinkage", [0.01, 0.3, 1.0])
def test_lda_is_regularised_as_scikit_learn_does(shrinkage: float) -> None:
    snapshots, codes = class_snapshots(3, steps=1, n_classes=2)
    basis = by_class(snapshots, codes, "lda", shrinkage=shrinkage)
    lsqr = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    expected = lsqr.fit(snapshots[0].astype(float), codes).coef_.T

    assert angle_apart(basis.axes[:, :1], expected) < 1e-5


def test_lda_takes_spreads_within_a_step() -> None:
    """A drift of the whole layer is no spread of classes: without it the axes are the same."""
    snapshots, codes = class_snapshots(4)
    basis = by_class(snapshots, codes, "lda")
    still = [s - s.mean(axis=0) for s in snapshots]

    assert angle_apart(basis.axes[:, :3], by_class(still, codes, "lda").axes[:, :3]) < 1e-3


def test_lda_bears_units_that_say_nothing_new() -> None:
    snapshots, codes = class_snapshots(5)
    wide = [np.hstack([s, s[:, :3], np.zeros((len(s), 2), np.float32)]) for s in snapshots]
    basis = by_class(wide, codes, "lda")
    frame = basis.project(wide[-1], 3)

    assert np.isfinite(frame).all()
    guessed = LinearDiscriminantAnalysis().fit(frame, codes).score(frame, codes)
    assert guessed > 0.9


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_samples_without_a_class_take_no_part(kind: str) -> None:
    snapshots, codes = class_snapshots(6)
    strangers = [
        np.vstack([s[:100], np.full((7, 12), 1e4, np.float32), s[100:]]) for s in snapshots
    ]
    some = np.concatenate([codes[:100], np.full(7, -1, np.int32), codes[100:]])

    np.testing.assert_allclose(
        by_class(strangers, some, kind).axes, by_class(snapshots, codes, kind).axes, atol=1e-8
    )


@pytest.mark.parametrize("kind", ["class_means", "lda"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=15)
def test_rotated_units_and_shuffled_samples_change_only_signs(kind: str, seed: int) -> None:
    snapshots, codes = class_snapshots(seed)
    order = np.random.default_rng(seed).permutation(len(codes))
    other = [s[order] for s in turned(snapshots, random_rotation(seed, 12))]
    one = by_class(snapshots, codes, kind).project(snapshots[-1], 2)[order]
    two = by_class(other, codes[order], kind).project(other[-1], 2)

    np.testing.assert_allclose(np.abs(one), np.abs(two), atol=2e-2 * float(np.ptp(one)))


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_copies_of_steps_and_of_rows_change_nothing(kind: str) -> None:
    snapshots, codes = class_snapshots(7, steps=1)
    once = by_class(snapshots, codes, kind)
    copies = by_class([np.vstack([snapshots[0]] * 2)] * 3, np.tile(codes, 2), kind)

    np.testing.assert_allclose(copies.axes, once.axes, atol=1e-7)


def test_two_classes_have_one_axis_of_their_own() -> None:
    snapshots, codes = class_snapshots(8, n_classes=2)
    basis = by_class(snapshots, codes)
    frame = basis.project(snapshots[-1], 10)
    gap = np.abs(frame[codes == 0].mean(axis=0) - frame[codes == 1].mean(axis=0))

    assert frame.shape == (300, 10)
    assert gap[0] > 20 * gap[1:].max()


def test_more_classes_than_units_leave_nothing_to_complete() -> None:
    snapshots, codes = class_snapshots(9, units=3, n_classes=8)
    for kind in ("class_means", "lda"):
        basis = by_class(snapshots, codes, kind)
        assert basis.axes.shape == (3, 3)
        assert is_orthonormal(basis)


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_what_cannot_be_separated_is_refused_with_the_remedy(kind: str) -> None:
    snapshots, codes = class_snapshots(10)
    with pytest.raises(
        UnsuitableDataError, match="1 classes, but class axes need at least two"
    ):
        by_class(snapshots, np.where(codes == 0, 0, -1), kind)
    with pytest.raises(UnsuitableDataError, match=r"0 classes, but .*choose another"):
        by_class(snapshots, np.full(300, -1), kind)
    halves = [np.vstack([s[:150], s[:150]]) for s in snapshots]
    with pytest.raises(UnsuitableDataError, match="the means of all"):
        by_class(halves, np.repeat([0, 1], 150), kind)
    with pytest.raises(TooMuchAskedError, match="1500 classes, but at most 1000"):
        by_class(random_snapshots(0, samples=1500), np.arange(1500), kind)


def test_lda_of_classes_that_are_points_is_refused() -> None:
    points = [np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)]
    with pytest.raises(UnsuitableDataError, match="use the kind class_means"):
        by_class(points, np.repeat([0, 1, 2], 5), "lda")


def test_axes_run_from_group_to_group() -> None:
    snapshots, codes = class_snapshots(11)
    sides = [np.flatnonzero(codes == c).tolist() for c in range(4)]
    basis = by_groups(snapshots, *sides)
    means = np.stack(
        [np.mean([s[side].astype(float).mean(0) for s in snapshots], 0) for side in sides]
    )
    right, up = means[1] - means[0], means[3] - means[2]
    first = right / np.linalg.norm(right)
    second = up - first * (first @ up)

    np.testing.assert_allclose(basis.axes[:, 0], first, atol=1e-6)
    np.testing.assert_allclose(basis.axes[:, 1], second / np.linalg.norm(second), atol=1e-6)
    assert basis.axes.shape == (12, 10)
    assert is_orthonormal(basis)


def test_an_axis_separates_planted_groups() -> None:
    rng = np.random.default_rng(12)
    cloud = (rng.normal(size=(200, 30)) * np.geomspace(3, 1, 30)).astype(np.float32)
    cloud[:50, 25] -= 8
    cloud[50:100, 25] += 8
    first, second = list(range(50)), list(range(50, 100))
    frame = by_groups([cloud], first, second).project(cloud, 2)
    swapped = by_groups([cloud], second, first).project(cloud, 2)

    assert frame[:50, 0].max() < frame[50:100, 0].min()
    np.testing.assert_allclose(swapped[:, 0], -frame[:, 0], atol=1e-4)


def test_groups_that_give_no_axis_are_refused_with_the_remedy() -> None:
    snapshots = random_snapshots(13)
    with pytest.raises(ArgumentError, match="0 samples on one side and 2 on the other"):
        by_groups(snapshots, [], [1, 2])
    with pytest.raises(UnsuitableDataError, match="have the same mean"):
        by_groups(snapshots, [1, 2], [2, 1])
    with pytest.raises(UnsuitableDataError, match="the axes have the same direction"):
        by_groups(snapshots, [1], [2], [2], [1])
    with pytest.raises(UnsuitableDataError, match="have the same mean"):
        by_groups([np.zeros((5, 3), np.float32)], [0], [1])


def test_axes_of_a_layer_that_lies_in_a_plane_are_orthonormal() -> None:
    flat = np.zeros((20, 6), np.float32)
    flat[:, :2] = np.random.default_rng(14).normal(size=(20, 2))
    for basis in (
        by_groups([flat], [0, 1], [2, 3]),
        by_class([flat], np.arange(20) % 3),
        by_class([flat], np.arange(20) % 3, "lda"),
    ):
        assert basis.axes.shape == (6, 6)
        assert is_orthonormal(basis)
        assert basis.shares(10).sum() == pytest.approx(1)
