"""Neighbors that are searched in cells, against exact ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from tb_embed_plugin.projections.cell_search import CANDIDATES, MOST_PIVOTS, Cells, pivot_count
from tb_embed_plugin.projections.landmarks import landmark_rows
from tb_embed_plugin.projections.neighbors import DistanceMetric, Neighbors, nearest
from tb_embed_plugin.projections.threads import use_cores

K, ANCHORS = 15, 5


@pytest.fixture
def all_cores() -> Iterator[None]:
    yield
    use_cores(None)


def clusters(samples: int, units: int = 16) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    centers = 3 * rng.normal(size=(20, units))
    return (centers[rng.integers(0, 20, samples)] + rng.normal(size=(samples, units))).astype(
        np.float32
    )


def search(
    rows: NDArray[np.float32], metric: DistanceMetric = "euclidean", count: int = 1_000
) -> tuple[Neighbors, Neighbors]:
    chosen = landmark_rows(len(rows), count, 0)
    cells = Cells.of(rows, chosen, metric, 0, lambda share: None)
    return cells.search(K, ANCHORS, lambda share: None)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_most_neighbors_are_the_exact_ones(metric: DistanceMetric) -> None:
    rows = clusters(3 * CANDIDATES)
    found, marks = search(rows, metric)
    exact = nearest(rows, K, metric)
    right = [
        len(np.intersect1d(*pair)) for pair in zip(found.indices, exact.indices, strict=True)
    ]
    assert np.mean(right) >= 0.9 * K
    chosen = landmark_rows(len(rows), 1_000, 0)
    assert np.isin(marks.indices, chosen).all()
    assert (marks.indices != np.arange(len(rows))[:, np.newaxis]).all()


def test_the_nearest_landmark_is_found_where_most_samples_are_landmarks() -> None:
    rows = clusters(6_000)
    count = 5_000
    chosen = landmark_rows(len(rows), count, 0)
    _, marks = search(rows, count=count)
    placed = np.setdiff1d(np.arange(len(rows)), chosen)
    exact = cdist(rows[placed], rows[chosen]).argmin(axis=1)
    assert (marks.indices[placed, 0] == chosen[exact]).mean() > 0.8


def test_few_samples_are_searched_exactly() -> None:
    rows = clusters(CANDIDATES - 1)
    found, _ = search(rows)
    exact = nearest(rows, K)
    np.testing.assert_allclose(found.distances, exact.distances, rtol=1e-4)


def test_far_from_the_origin_and_close_together_digits_are_not_lost() -> None:
    rows = clusters(CANDIDATES - 1)
    rows[:1_000] = 1_000 + rows[:1_000] / 1_000
    found, _ = search(rows)
    exact = nearest(rows, K)
    right = [
        len(np.intersect1d(*pair)) for pair in zip(found.indices, exact.indices, strict=True)
    ]
    assert np.mean(right) >= 0.9 * K


def test_most_samples_may_be_alike() -> None:
    rows = clusters(3 * CANDIDATES)
    rows[: 2 * CANDIDATES] = 0
    found, marks = search(rows)
    assert (found.distances[: 2 * CANDIDATES] == 0).all()
    assert (found.indices != np.arange(len(rows))[:, np.newaxis]).all()
    assert (marks.distances[: 2 * CANDIDATES] == 0).all()


@pytest.mark.usefixtures("all_cores")
def test_cores_change_no_bit() -> None:
    rows = clusters(3 * CANDIDATES)
    once = search(rows)
    use_cores(1)
    for ours, theirs in zip(once, search(rows), strict=True):
        np.testing.assert_array_equal(ours.indices, theirs.indices)
        np.testing.assert_array_equal(ours.distances, theirs.distances)


def test_there_are_no_more_pivots_than_are_searched_in_time() -> None:
    assert pivot_count(70_000, 20_000) == 273
    assert pivot_count(5_000_000, 20_000) == MOST_PIVOTS
    assert pivot_count(5_000_000, 500) == 500


def test_samples_are_not_assigned_without_a_report() -> None:
    rows = clusters(3 * CANDIDATES)
    reports: list[float] = []

    Cells.of(rows, landmark_rows(len(rows), 1_000, 0), "euclidean", 0, reports.append)
    assert reports == sorted(set(reports))
    assert reports[-1] == 1

    class CanceledError(Exception):
        pass

    def cancel(share: float) -> None:
        raise CanceledError

    with pytest.raises(CanceledError):
        Cells.of(rows, landmark_rows(len(rows), 1_000, 0), "euclidean", 0, cancel)
