"""How well a step tells classes apart, against scikit-learn or plain counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import KNeighborsClassifier

from tb_embed_plugin.metrics import (
    neighborhoods,
    separability,
)
from tb_embed_plugin.projections import neighbor_search
from tests.metrics.gaussians import clusters, graph, silhouettes

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.integers(1, 15))
@settings(max_examples=25)
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
@settings(max_examples=25)
def test_silhouette_is_scikit_learns(seed: int, offset: float) -> None:
    rows, codes = clusters(seed, offset=offset)
    codes[5], codes[9] = -1, 4  # one without a label, one alone in its class
    known = codes >= 0
    expected = silhouette_samples(rows[known].astype(float), codes[known])
    found = silhouettes(rows, codes)

    np.testing.assert_allclose(found[known], expected, atol=2e-5)
    assert np.isnan(found[5])


def test_silhouette_of_tight_clusters_far_apart() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 50)
    rows = (codes[:, None] * 100 + rng.normal(size=(100, 8)) * 1e-3).astype(np.float32)

    expected = silhouette_samples(rows.astype(float), codes)
    np.testing.assert_allclose(silhouettes(rows, codes), expected, atol=1e-3)
    assert np.isnan(silhouettes(rows, np.zeros(100, int))).all()
    assert not silhouettes(np.zeros((4, 3), np.float32), np.array([0, 0, 1, 1])).any()


def test_silhouette_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, codes = clusters(3)
    whole = silhouettes(rows, codes)
    monkeypatch.setattr(separability, "_CACHED_VALUES", 120 * 7)
    monkeypatch.setattr(neighbor_search, "BLOCK_VALUES", 120 * 16)

    np.testing.assert_allclose(silhouettes(rows, codes), whole, atol=1e-6)
    np.testing.assert_allclose(silhouettes(rows, codes, k=0), whole, atol=1e-6)


@given(SEEDS, st.sampled_from([2, 4]), st.sampled_from([12, 90]))
@settings(max_examples=25)
def test_probe_is_scikit_learns_ridge_classifier(seed: int, classes: int, units: int) -> None:
    # 60 samples a half: more than units, and fewer.
    rows, codes = clusters(seed, n_units=units, classes=classes)
    half = separability.halves(codes)
    right = 0
    for fitted in (False, True):
        x, y = rows[half == fitted].astype(float), codes[half == fitted]
        alpha = separability.RIDGE * np.trace(np.cov(x.T, bias=True)) / units * len(x)
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
