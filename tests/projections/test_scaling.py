"""What is done to activations before PCA, against plain float64 NumPy and scikit-learn."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.basis import Basis
from tests.planted import Snapshots, random_rotation, random_snapshots, turned

OPTIONS = ("equal_steps", "standardize", "spherize")
ABOUT_STEPS = ("axes_within_steps", "center_steps")


def fit(snapshots: Snapshots, **options: bool) -> Basis:
    return pca.fit(snapshots.__getitem__, range(len(snapshots)), {**pca.POOLED, **options})


def growing(seed: int, offset: float = 0) -> Snapshots:
    """Clouds that grow threefold from step to step and drift, as activations do."""
    return [
        snapshot * np.float32(3**step) + np.float32(offset + step)
        for step, snapshot in enumerate(random_snapshots(seed))
    ]


def reference(snapshots: Snapshots, options: dict[str, bool]) -> list[NDArray[np.float64]]:
    """The documented definition, in scikit-learn's words where it has them."""
    rows = [snapshot.astype(np.float64) for snapshot in snapshots]
    if options["equal_steps"]:
        radii = [np.sqrt(((x - x.mean(0)) ** 2).sum(axis=1).mean()) for x in rows]
        radius = np.sqrt(np.mean(np.square(radii)))
        rows = [
            (x - x.mean(0)) * radius / r + x.mean(0) for x, r in zip(rows, radii, strict=True)
        ]
    pooled = np.concatenate(rows)
    scaler = StandardScaler(with_std=options["standardize"]).fit(pooled)
    rows = [scaler.transform(x) for x in rows]
    if options["spherize"]:
        rows = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in rows]
    within = [x - x.mean(axis=0) for x in rows]
    basis_rows = np.concatenate(within if options["axes_within_steps"] else rows)
    fitted = PCA(min(10, pooled.shape[1]), svd_solver="full").fit(basis_rows)
    signs = [np.sign(axis[np.argmax(np.abs(axis))]) for axis in fitted.components_]
    if options["center_steps"]:
        return [x @ fitted.components_.T * signs for x in within]
    mean = np.concatenate(rows).mean(axis=0)
    return [(x - mean) @ fitted.components_.T * signs for x in rows]


@pytest.mark.parametrize("offset", [0, 500])
@pytest.mark.parametrize("values", list(product([False, True], repeat=5)))
def test_frames_equal_the_definition(values: tuple[bool, ...], offset: float) -> None:
    options = dict(zip(OPTIONS + ABOUT_STEPS, values, strict=True))
    snapshots = growing(0, offset)
    basis = fit(snapshots, **options)

    for snapshot, expected in zip(snapshots, reference(snapshots, options), strict=True):
        frame = basis.project(snapshot, 10)
        assert np.abs(frame - expected).max() <= 2e-4 * np.ptp(expected)


def test_variance_shown_is_that_of_the_scaled_rows() -> None:
    snapshots = [s[:, :8] for s in growing(1)]
    options = dict.fromkeys(OPTIONS + ABOUT_STEPS, True)
    variance = reference(snapshots, options)[1].var(axis=0)

    shown = fit(snapshots, **options).variance_shown(snapshots[1], 2)
    assert shown == pytest.approx(variance[:2].sum() / variance.sum(), rel=1e-4)


def test_equal_steps_makes_all_frames_equally_large() -> None:
    snapshots = [s[:, :8] for s in growing(2)]
    basis = fit(snapshots, equal_steps=True)
    spreads = [float(basis.project(s, 8).var(axis=0).sum()) for s in snapshots]

    np.testing.assert_allclose(spreads, spreads[0], rtol=1e-4)


def test_a_step_outside_of_the_basis_is_scaled_too() -> None:
    snapshots = growing(3)
    chosen = {**pca.POOLED, "equal_steps": True}
    basis = pca.fit(snapshots.__getitem__, [0], chosen)
    own, later = (basis.project(snapshots[0] * np.float32(k), 10) for k in (1, 100))
    centred = later - later.mean(axis=0)

    np.testing.assert_allclose(centred, own - own.mean(axis=0), atol=1e-3 * float(np.ptp(own)))


def test_a_constant_unit_stays_where_it_is() -> None:
    snapshots = [np.hstack([s, np.full((200, 1), 7.3, np.float32)]) for s in growing(4)]
    basis = fit(snapshots, standardize=True)
    without = fit([s[:, :-1] for s in snapshots], standardize=True)

    frames = [basis.project(snapshots[0], 3), without.project(snapshots[0][:, :-1], 3)]
    np.testing.assert_allclose(frames[0], frames[1], atol=1e-4)


def test_copies_of_one_snapshot_do_not_move() -> None:
    snapshot = random_snapshots(5)[0]
    for values in product([False, True], repeat=3):
        options = dict(zip(OPTIONS, values, strict=True))
        once, copies = fit([snapshot], **options), fit([snapshot] * 4, **options)
        np.testing.assert_allclose(
            copies.project(snapshot, 3), once.project(snapshot, 3), atol=1e-4
        )


@given(st.integers(0, 2**32), st.sets(st.sampled_from(["equal_steps", "spherize"])))
@settings(max_examples=25)
def test_rotating_the_layer_changes_only_signs(seed: int, chosen: set[str]) -> None:
    snapshots = growing(seed)
    other = turned(snapshots, random_rotation(seed, 12))
    options = dict.fromkeys(chosen, True)
    one = fit(snapshots, **options).project(snapshots[0], 2)
    two = fit(other, **options).project(other[0], 2)

    np.testing.assert_allclose(np.abs(one), np.abs(two), atol=5e-3 * float(np.ptp(one)))


def test_points_and_rows_at_the_mean_divide_nothing_by_zero() -> None:
    point = np.full((6, 3), 2, np.float32)
    cloud = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32)
    for values in product([False, True], repeat=3):
        options = dict(zip(OPTIONS, values, strict=True))
        for snapshots in ([point], [point, point + 1], [cloud, point], [cloud - 2, cloud * 0]):
            basis = fit(snapshots, **options)
            assert all(np.isfinite(basis.project(s, 3)).all() for s in snapshots)


def test_values_that_are_not_finite_are_refused_by_step() -> None:
    snapshots = growing(6)
    snapshots[1][3, 3] = np.nan
    with pytest.raises(UnsuitableDataError, match="step 1 "):
        fit(snapshots, standardize=True)
