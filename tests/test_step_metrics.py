"""Each metric of a step, against scikit-learn or plain float64, and what leaves it alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from tb_embed_plugin.metrics import (
    collapse,
    motion,
    neighborhoods,
    separability,
    similarity,
    spectrum,
    units,
)
from tb_embed_plugin.metrics.subset import stratified

SEEDS = st.integers(0, 2**32)


def clusters(
    seed: int, samples: int = 120, n_units: int = 12, classes: int = 4, offset: float = 0
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Overlapping Gaussian clusters with units of different size, some samples unlabelled."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, samples).astype(np.int32)
    codes[:classes] = np.arange(classes)
    centres = rng.normal(size=(classes, n_units))
    scale = np.geomspace(3, 0.2, n_units)
    rows = (centres[codes] + rng.normal(size=(samples, n_units))) * scale + offset
    return rows.astype(np.float32), codes


def graph(rows: NDArray[np.float32], k: int = 7) -> NDArray[np.int32]:
    """Exact neighbours by all distances in float64."""
    distances = cdist(rows.astype(np.float64), rows.astype(np.float64))
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :k].astype(np.int32)


def rotation(seed: int, n_units: int) -> NDArray[np.float64]:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n_units, n_units)))[0]


@given(SEEDS, st.integers(1, 15))
@settings(max_examples=25, deadline=None)
def test_neighbours_accuracy_is_scikit_learns_left_one_out(seed: int, k: int) -> None:
    rows, codes = clusters(seed)
    neighbors = graph(rows, k)
    classifier = KNeighborsClassifier(k, algorithm="brute").fit(rows.astype(float), codes)
    # Without an argument, scikit-learn leaves each sample out of its own neighbours.
    expected = classifier.predict(None)

    votes = neighborhoods.vote(codes, neighbors)
    np.testing.assert_array_equal(votes.label, expected)
    assert neighborhoods.accuracy(codes, votes.label) == (expected == codes).mean()


def test_votes_count_every_neighbour_and_no_sample_without_a_label() -> None:
    codes = np.array([0, 0, 1, 2, -1, 1], np.int32)
    neighbors = np.array([[1, 2, 5, 3], [4, 2, 0, 3], [4, 4, 4, 4], [2, 5, 0, 1], [0, 1, 2, 4]])
    neighbors = np.vstack([neighbors, [[4, 2, 2, 0]]])
    votes = neighborhoods.vote(codes, neighbors)

    assert votes.label.tolist() == [1, 0, neighborhoods.NO_LABEL, 0, 0, 1]
    np.testing.assert_allclose(votes.share, [0.5, 0.25, 0, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(votes.own, [0.25, 0.25, 0, 0, np.nan, 0.5])
    np.testing.assert_allclose(votes.rival, [0.5, 0.25, 0, 0.5, 0.5, 0.25])
    assert np.isnan(neighborhoods.accuracy(np.full(3, -1), np.zeros(3, int)))


def test_votes_in_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, codes = clusters(1)
    neighbors, later = graph(rows), graph(rows + np.float32(1) * rows**2)
    whole = neighborhoods.vote(codes, neighbors), neighborhoods.churn(neighbors, later)
    monkeypatch.setattr(neighborhoods, "_BLOCK_VALUES", 300)

    np.testing.assert_array_equal(neighborhoods.vote(codes, neighbors).own, whole[0].own)
    np.testing.assert_array_equal(neighborhoods.churn(neighbors, later), whole[1])


def test_mixing_and_churn_equal_counting_by_hand() -> None:
    rows, codes = clusters(2)
    codes[7] = -1
    neighbors, later = graph(rows), graph(rows**3)
    counts = np.zeros((5, 5))
    for i, code in enumerate(codes):
        for j in neighbors[i]:
            if code >= 0 and codes[j] >= 0:
                counts[code, codes[j]] += 1
    mixing = neighborhoods.mixing(codes, neighbors, 5)

    np.testing.assert_allclose(mixing[:4], counts[:4] / counts[:4].sum(axis=1)[:, None])
    assert np.isnan(mixing[4]).all(), "a class without samples"
    kept = [len(set(a) & set(b)) / 7 for a, b in zip(neighbors, later, strict=True)]
    np.testing.assert_allclose(
        neighborhoods.churn(neighbors, later), 1 - np.array(kept), atol=1e-6
    )


@given(SEEDS, st.sampled_from([0, 500]))
@settings(max_examples=25, deadline=None)
def test_silhouette_is_scikit_learns(seed: int, offset: float) -> None:
    rows, codes = clusters(seed, offset=offset)
    codes[5], codes[9] = -1, 4  # one without a label, one alone in its class
    known = codes >= 0
    expected = silhouette_samples(rows[known].astype(float), codes[known])
    found = separability.silhouette(rows, codes)

    np.testing.assert_allclose(found[known], expected, atol=2e-5)
    assert np.isnan(found[5])


def test_silhouette_of_tight_clusters_far_apart() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 50)
    rows = (codes[:, None] * 100 + rng.normal(size=(100, 8)) * 1e-3).astype(np.float32)

    expected = silhouette_samples(rows.astype(float), codes)
    np.testing.assert_allclose(separability.silhouette(rows, codes), expected, atol=1e-3)
    assert np.isnan(separability.silhouette(rows, np.zeros(100, int))).all()
    assert not separability.silhouette(
        np.zeros((4, 3), np.float32), np.array([0, 0, 1, 1])
    ).any()


def test_silhouette_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, codes = clusters(3)
    whole = separability.silhouette(rows, codes)
    monkeypatch.setattr(separability, "_BLOCK_VALUES", 120 * 7)

    np.testing.assert_allclose(separability.silhouette(rows, codes), whole, atol=1e-6)


@given(SEEDS, st.sampled_from([2, 4]))
@settings(max_examples=25, deadline=None)
def test_probe_is_scikit_learns_ridge_classifier(seed: int, classes: int) -> None:
    rows, codes = clusters(seed, classes=classes)
    half = separability.halves(codes)
    right = 0
    for fitted in (False, True):
        x, y = rows[half == fitted].astype(float), codes[half == fitted]
        alpha = separability.RIDGE * np.trace(np.cov(x.T, bias=True)) / 12 * len(x)
        model = RidgeClassifier(alpha=alpha).fit(x, y)
        right += (
            model.predict(rows[half != fitted].astype(float)) == codes[half != fitted]
        ).sum()

    assert separability.probe_accuracy(rows, codes) == right / len(codes)


def test_halves_split_every_class_in_two() -> None:
    codes = np.random.default_rng(0).integers(0, 7, 1000)
    half = separability.halves(codes)
    for code in range(7):
        members = half[codes == code]
        assert abs(2 * members.sum() - len(members)) <= 1
    assert (half != separability.halves(codes, seed=1)).any()


def test_probe_without_anything_to_read() -> None:
    codes = np.repeat([0, 1, 2], [10, 30, 10])
    assert separability.probe_accuracy(np.zeros((50, 3), np.float32), codes) == 30 / 50
    assert np.isnan(
        separability.probe_accuracy(np.ones((50, 3), np.float32), np.zeros(50, int))
    )


@given(SEEDS, st.sampled_from([0, 1000]))
@settings(max_examples=25, deadline=None)
def test_spectrum_equals_the_definitions(seed: int, offset: float) -> None:
    rows, _ = clusters(seed, offset=offset)
    exact = rows.astype(np.float64)
    singular = np.linalg.svd(exact - exact.mean(axis=0), compute_uv=False)
    variances = singular**2 / len(rows)
    found = spectrum.eigenvalues(rows)

    np.testing.assert_allclose(found[::-1], variances, rtol=1e-6, atol=1e-9)
    shares = variances / variances.sum()
    assert spectrum.effective_rank(found) == pytest.approx(
        np.exp(-(shares * np.log(shares)).sum()), rel=1e-6
    )
    assert spectrum.participation_ratio(found) == pytest.approx(
        variances.sum() ** 2 / (variances**2).sum(), rel=1e-6
    )
    radius = np.sqrt(((exact - exact.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert motion.radius(found) == pytest.approx(radius, rel=1e-6)


def test_rank_of_what_is_known() -> None:
    equal = np.full(9, 2.5)
    assert spectrum.effective_rank(equal) == pytest.approx(9)
    assert spectrum.participation_ratio(equal) == pytest.approx(9)
    line = np.array([0, 0, 3.0])
    assert spectrum.effective_rank(line) == spectrum.participation_ratio(line) == 1
    assert np.isnan(spectrum.effective_rank(np.zeros(3)))
    assert np.isnan(spectrum.participation_ratio(np.zeros(3)))


def test_dead_and_saturated_units() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 50)
    relu = np.maximum(rng.normal(size=(100, 4)), 0).astype(np.float32)
    relu[:, 1] = 0
    relu[codes == 1, 2] = 0
    assert units.dead(relu).tolist() == [False, True, False, False]
    np.testing.assert_allclose(units.dead_by_class(relu, codes, 3), [0.25, 0.5, np.nan])
    assert units.bounds(relu) is None
    assert units.bounds(np.clip(relu, 0, 1)) is None, "a ReLU's zeros are no sigmoid's"
    assert not units.saturated(relu, None).any()

    tanh = np.tanh(rng.normal(size=(100, 3))).astype(np.float32)
    tanh[:, 1] = np.where(rng.random(100) < 0.5, -0.995, 0.995)
    tanh[:5, 1] = 0
    tanh[:, 2] = 0.999
    tanh[:6, 2] = 0
    assert units.bounds(tanh) == (-1, 1)
    assert units.saturated(tanh, (-1, 1)).tolist() == [False, True, False]
    sigmoid = ((tanh + 1) / 2).astype(np.float32)
    assert units.bounds(sigmoid) == (0, 1)
    assert units.saturated(sigmoid, (0, 1)).tolist() == [False, True, False]


def reference_collapse(
    rows: NDArray[np.float32], codes: NDArray[np.int32], kernel: NDArray[np.float64]
) -> tuple[float, ...]:
    """The definitions, written down with whole covariance matrices in float64."""
    x, classes = rows.astype(np.float64), np.unique(codes)
    means = np.stack([x[codes == c].mean(axis=0) for c in classes])
    m = means - means.mean(axis=0)
    within = np.cov((x - means[codes]).T, bias=True)
    between = m.T @ m / len(m)
    inverse = np.linalg.pinv(between, rcond=1e-10, hermitian=True)
    norms = np.linalg.norm(m, axis=1)
    cosines = [
        m[i] @ m[j] / norms[i] / norms[j] for i in range(len(m)) for j in range(i + 1, len(m))
    ]
    w = kernel.T / np.linalg.norm(kernel)
    return (
        float(np.trace(within @ inverse) / len(m)),
        float(norms.std() / norms.mean()),
        float(np.std(cosines)),
        float(np.mean(np.abs(np.array(cosines) + 1 / (len(m) - 1)))),
        float(np.linalg.norm(w - m / np.linalg.norm(m))),
    )


@given(SEEDS, st.sampled_from([0, 100]))
@settings(max_examples=25, deadline=None)
def test_neural_collapse_equals_the_definitions(seed: int, offset: float) -> None:
    rows, codes = clusters(seed, offset=offset)
    kernel = np.random.default_rng(seed).normal(size=(12, 4))
    means = collapse.class_means(rows, codes)
    simplex = collapse.nc2(means)
    found = (
        collapse.nc1(rows, codes, means),
        simplex.norms,
        simplex.angles,
        simplex.maximal,
        collapse.nc3(means, kernel),
    )
    np.testing.assert_allclose(found, reference_collapse(rows, codes, kernel), rtol=1e-4)
    predicted = np.random.default_rng(seed).integers(-1, 4, len(rows))
    nearest = cdist(rows.astype(float), means.means).argmin(axis=1)
    known = predicted >= 0
    assert collapse.nc4(rows, predicted, means) == (nearest != predicted)[known].mean()


def test_a_collapsed_layer_has_all_zeros() -> None:
    codes = np.repeat(np.arange(4), 10).astype(np.int32)
    corners = np.eye(4) - 0.25
    rows = corners[codes].astype(np.float32)
    means = collapse.class_means(rows, codes)

    assert collapse.nc1(rows, codes, means) == pytest.approx(0, abs=1e-10)
    simplex = collapse.nc2(means)
    np.testing.assert_allclose([simplex.norms, simplex.angles, simplex.maximal], 0, atol=1e-7)
    assert collapse.nc3(means, 3 * corners) == pytest.approx(0, abs=1e-7)
    assert collapse.nc4(rows, codes, means) == 0


def test_collapse_of_what_has_no_classes() -> None:
    rows = np.ones((6, 3), np.float32)
    one = collapse.class_means(rows, np.zeros(6, int))
    assert np.isnan(collapse.nc1(rows, np.zeros(6, int), one))
    assert np.isnan(collapse.nc2(one).norms)
    same = collapse.class_means(rows, np.repeat([0, 1], 3))
    assert np.isnan(collapse.nc1(rows, np.repeat([0, 1], 3), same))
    assert np.isnan(collapse.nc3(same, np.ones((3, 5))))
    assert np.isnan(collapse.nc4(rows, np.full(6, -1), same))


def reference_cka(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """By the centred Gram matrices, as HSIC defines it."""
    n = len(x)
    h = np.eye(n) - 1 / n
    k = h @ (x.astype(float) @ x.T.astype(float)) @ h
    m = h @ (y.astype(float) @ y.T.astype(float)) @ h
    return float(np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m)))


@given(SEEDS, st.integers(1, 30), st.integers(2, 40))
@settings(max_examples=30, deadline=None)
def test_cka_equals_the_gram_matrices(seed: int, width: int, samples: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 1, size=(samples, 12)).astype(np.float32)
    y = (x @ rng.normal(size=(12, width)) + rng.normal(size=(samples, width))).astype(
        np.float32
    )
    found = similarity.cka(similarity.centred(x), similarity.centred(y))

    assert found == pytest.approx(reference_cka(x, y), abs=1e-5)


@given(SEEDS, st.floats(0.01, 1e4), st.floats(-100, 100))
@settings(max_examples=30, deadline=None)
def test_cka_sees_no_rotation_scale_or_shift(seed: int, scale: float, shift: float) -> None:
    rows, _ = clusters(seed)
    turned = (rows @ rotation(seed, 12)) * scale + shift * scale
    x, y = similarity.centred(rows), similarity.centred(turned)

    assert similarity.cka(x, y) == pytest.approx(1, abs=1e-4)
    assert similarity.cka(x, y) <= 1
    assert np.isnan(similarity.cka(x, similarity.centred(np.ones((120, 3)))))


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_what_a_rotation_a_scale_and_an_order_leave_alone(seed: int) -> None:
    rows, codes = clusters(seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    turned = (3 * rows.astype(np.float64) @ rotation(seed, 12)).astype(np.float32)[order]
    moved = codes[order]

    def numbers(x: NDArray[np.float32], y: NDArray[np.int32]) -> list[float]:
        means, variances = collapse.class_means(x, y), spectrum.eigenvalues(x)
        simplex = collapse.nc2(means)
        return [
            spectrum.effective_rank(variances),
            spectrum.participation_ratio(variances),
            float(separability.silhouette(x, y).mean()),
            collapse.nc1(x, y, means),
            simplex.norms,
            simplex.angles,
            neighborhoods.accuracy(y, neighborhoods.vote(y, graph(x)).label),
        ]

    np.testing.assert_allclose(
        numbers(turned, moved), numbers(rows, codes), rtol=1e-3, atol=1e-4
    )
    turned_back = np.empty_like(turned)
    turned_back[order] = turned
    assert neighborhoods.churn(graph(rows), graph(turned_back)).mean() < 1e-3


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_displacement_equals_the_norm(seed: int) -> None:
    before, _ = clusters(seed)
    after, _ = clusters(seed + 1)
    expected = np.linalg.norm(after.astype(float) - before.astype(float), axis=1)

    np.testing.assert_allclose(motion.displacement(before, after), expected, rtol=1e-6)
    assert not motion.displacement(after, after).any()


def test_path_length_and_straightness() -> None:
    places = np.array([[0, 0], [3, 4], [6, 8]], np.float32)  # one sample, straight on
    back = np.array([[0, 0], [3, 4], [0, 0]], np.float32)
    still = np.zeros((3, 2), np.float32)
    steps = np.stack([places, back, still], axis=1)
    moved = np.stack([motion.displacement(a, b) for a, b in pairwise(steps)])
    length = motion.path_length(moved)

    assert length.tolist() == [10, 10, 0]
    straight = motion.straightness(length, motion.displacement(steps[0], steps[-1]))
    np.testing.assert_allclose(straight, [1, 0, np.nan])


@given(
    st.lists(st.integers(-1, 30), min_size=1, max_size=400),
    st.integers(1, 60),
    st.integers(0, 9),
)
@settings(deadline=None)
def test_a_subset_keeps_the_shares_of_the_labels(
    labels: list[int], limit: int, seed: int
) -> None:
    codes = np.array(labels)
    chosen = stratified(codes, limit, seed)

    assert len(chosen) == min(limit, len(codes))
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, stratified(codes, limit, seed))
    found, counts = np.unique(codes, return_counts=True)
    if len(codes) > limit >= len(found):
        assert set(codes[chosen]) == set(found)
        kept = np.array([(codes[chosen] == code).sum() for code in found])
        fair = counts * limit / len(codes)
        # A place for every label is taken from the others.
        assert (kept <= np.maximum(np.ceil(fair), 1)).all()


def test_another_seed_draws_another_subset() -> None:
    codes = np.arange(1000) % 3
    assert (stratified(codes, 100) != stratified(codes, 100, seed=1)).any()
    np.testing.assert_array_equal(stratified(codes, 1000), np.arange(1000))


def test_the_reference_graph_is_scikit_learns() -> None:
    rows, _ = clusters(4)
    found = NearestNeighbors(n_neighbors=7, algorithm="brute").fit(rows.astype(float))
    np.testing.assert_array_equal(graph(rows), found.kneighbors(return_distance=False))
