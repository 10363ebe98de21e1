"""Rank, units, collapse, similarity and motion of a layer, against plain float64 NumPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from tb_embed_plugin.metrics import (
    collapse,
    motion,
    neighborhoods,
    similarity,
    spectrum,
    units,
)
from tb_embed_plugin.metrics.step_metrics import neighbors_of
from tb_embed_plugin.metrics.stratified_subset import stratified
from tests.kernels import biased_cka, debiased_cka
from tests.metrics.gaussians import clusters, graph, rotation, silhouettes

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.sampled_from([0, 1000]))
@settings(max_examples=25)
def test_spectrum_equals_the_definitions(seed: int, offset: float) -> None:
    rows, _ = clusters(seed, offset=offset)
    exact = rows.astype(np.float64)
    singular = np.linalg.svd(exact - exact.mean(axis=0), compute_uv=False)
    variances = singular**2 / len(rows)
    found = spectrum.spectrum(rows).variances

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


@given(SEEDS, st.sampled_from([0, 1000]))
@settings(max_examples=10)
def test_the_spectrum_of_fewer_samples_than_units_is_the_same(seed: int, offset: float) -> None:
    rows, _ = clusters(seed, samples=20, n_units=50, offset=offset)
    exact = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    variances = np.linalg.svd(exact, compute_uv=False) ** 2 / 20
    found = spectrum.spectrum(rows).variances

    assert found.shape == (50,)
    np.testing.assert_allclose(found[::-1][:20], variances, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[:30], 0, atol=1e-12)
    assert found.min() >= 0


@given(SEEDS, st.sampled_from([0, 3, 1000]), st.sampled_from([(60, 12), (9, 12)]))
@settings(max_examples=25)
def test_rankme_equals_its_paper(seed: int, offset: float, shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(seed).normal(offset, 1, size=shape).astype(np.float32)
    singular = np.linalg.svd(rows.astype(np.float64), compute_uv=False)
    shares = singular / np.abs(singular).sum() + 1e-7

    found = spectrum.spectrum(rows)
    np.testing.assert_allclose(found.singular[::-1], singular, rtol=1e-6, atol=1e-6 * offset)
    expected = np.exp(-(shares * np.log(shares)).sum())
    assert spectrum.rankme(found.singular) == pytest.approx(expected, rel=1e-4)


def test_rankme_sees_the_mean_and_effective_rank_does_not() -> None:
    rows = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    here, away = spectrum.spectrum(rows), spectrum.spectrum(rows + 1000)

    ranks = [spectrum.effective_rank(found.variances) for found in (here, away)]
    assert ranks == pytest.approx([8, 8], abs=0.2)
    assert spectrum.rankme(here.singular) == pytest.approx(8, abs=0.2)
    assert spectrum.rankme(away.singular) < 1.1
    assert np.isnan(spectrum.rankme(np.zeros(3)))


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
@settings(max_examples=25)
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


@given(SEEDS, st.integers(1, 30), st.integers(6, 40))
@settings(max_examples=30)
def test_cka_equals_the_gram_matrices(seed: int, width: int, samples: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 1, size=(samples, 12)).astype(np.float32)
    y = (x @ rng.normal(size=(12, width)) + rng.normal(size=(samples, width))).astype(
        np.float32
    )
    found = similarity.cka(similarity.centred(x), similarity.centred(y))

    assert found.biased == pytest.approx(biased_cka(x, y), abs=1e-5)
    # In float32; of few samples little is left of the products once the bias is taken out.
    assert found.debiased == pytest.approx(debiased_cka(x, y), abs=1e-3)


def test_independent_layers_are_not_alike() -> None:
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, y = (similarity.centred(rng.normal(size=(50, 200))) for _ in range(2))
        found.append(similarity.cka(x, y))

    assert np.mean([cka.biased for cka in found]) == pytest.approx(0.8, abs=0.05)
    assert abs(np.mean([cka.debiased for cka in found])) <= 0.05
    assert min(cka.debiased for cka in found) < 0, "nothing is clipped"


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_cka_of_too_few_samples_is_undefined(samples: int) -> None:
    rng = np.random.default_rng(0)
    x, y = (similarity.centred(rng.normal(size=(samples, 5))) for _ in range(2))

    assert np.isnan(similarity.cka(x, y).debiased)
    assert np.isnan(similarity.cka(x, y).biased) == (samples == 1)


def test_cka_of_samples_all_as_far_from_one_another_is_undefined() -> None:
    apart = similarity.centred(np.eye(9, 12))
    x = similarity.centred(np.random.default_rng(0).normal(size=(9, 12)))

    assert np.isnan(similarity.cka(apart, x).debiased)
    assert np.isnan(similarity.cka(apart, apart).debiased)
    assert similarity.cka(apart, apart).biased == pytest.approx(1)


@given(SEEDS, st.floats(0.01, 1e4), st.floats(-100, 100))
@settings(max_examples=30)
def test_cka_sees_no_rotation_scale_or_shift(seed: int, scale: float, shift: float) -> None:
    rows, _ = clusters(seed)
    turned = (rows @ rotation(seed, 12)) * scale + shift * scale
    x, y = similarity.centred(rows), similarity.centred(turned)

    found = similarity.cka(x, y)
    assert (found.debiased, found.biased) == pytest.approx((1, 1), abs=1e-4)
    assert max(found.debiased, found.biased) <= 1
    point = similarity.cka(x, similarity.centred(np.ones((120, 3))))
    assert np.isnan([point.debiased, point.biased]).all()


@given(SEEDS)
@settings(max_examples=15)
def test_what_a_rotation_a_scale_and_an_order_leave_alone(seed: int) -> None:
    rows, codes = clusters(seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    turned = (3 * rows.astype(np.float64) @ rotation(seed, 12)).astype(np.float32)[order]
    moved = codes[order]

    def numbers(x: NDArray[np.float32], y: NDArray[np.int32]) -> list[float]:
        means, variances = collapse.class_means(x, y), spectrum.spectrum(x).variances
        simplex = collapse.nc2(means)
        return [
            spectrum.effective_rank(variances),
            spectrum.participation_ratio(variances),
            float(silhouettes(x, y).mean()),
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
@settings(max_examples=15)
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


@example([0, 0, 0, 0, 1, -1], 3, 0)
@given(
    st.lists(st.integers(-1, 30), min_size=1, max_size=400),
    st.integers(1, 60),
    st.integers(0, 9),
)
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


def test_units_that_tell_classes_apart_count_all_classes_and_no_other_sample() -> None:
    labels = np.array([0, 0, 1, 1, 2, 2, -1, -1], np.int32)
    rng = np.random.default_rng(0)
    snapshot = rng.normal(size=(8, 3)).astype(np.float32)
    snapshot[:, 0] = 3 - labels  # tells all apart, class 0 the highest
    snapshot[:, 1] = 1
    ratio, strongest = units.selectivity(snapshot, labels, 3)
    rows, codes = snapshot[:6].astype(np.float64), labels[:6]
    between = sum(
        2 * (rows[codes == code].mean(axis=0) - rows.mean(axis=0)) ** 2 for code in range(3)
    )
    np.testing.assert_allclose(ratio[[0, 2]], (between / (6 * rows.var(axis=0)))[[0, 2]])
    assert ratio[0] == pytest.approx(1)
    assert np.isnan(ratio[1])
    assert strongest[:2].tolist() == [0, -1]


@pytest.mark.parametrize(
    ("samples", "neighbors"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (20, 9), (10_000, 15)]
)
def test_at_most_half_of_the_others_are_neighbors(samples: int, neighbors: int) -> None:
    assert neighbors_of(samples) == neighbors
