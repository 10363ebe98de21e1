"""Neighbors that are searched in cells, against exact ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from tb_embed_plugin.projections import cells
from tb_embed_plugin.projections.cell_question import CellNeighbors, CellQuestion
from tb_embed_plugin.projections.cell_search import CellsInThreads, search_in_cells
from tb_embed_plugin.projections.cells import MOST_PIVOTS, pivot_count
from tb_embed_plugin.projections.group_search import CANDIDATES
from tb_embed_plugin.projections.landmarks import landmark_rows
from tb_embed_plugin.projections.neighbors import DistanceMetric, nearest
from tb_embed_plugin.projections.threads import use_cores
from tb_embed_plugin.snapshot import RowRange, Snapshot

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
    rows: Snapshot,
    metric: DistanceMetric = "euclidean",
    count: int = 1_000,
    report: Callable[[float], None] = lambda share: None,
) -> CellNeighbors:
    chosen = landmark_rows(len(rows), count, 0)
    question = CellQuestion(rows, chosen, metric, 0, 0, K, ANCHORS)
    return search_in_cells(question, CellsInThreads(), report)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_most_neighbors_are_the_exact_ones(metric: DistanceMetric) -> None:
    rows = clusters(3 * CANDIDATES)
    found = search(rows, metric)
    exact = nearest(rows, K, metric)
    right = [
        len(np.intersect1d(*pair)) for pair in zip(found.indices, exact.indices, strict=True)
    ]
    assert np.mean(right) >= 0.9 * K
    chosen = landmark_rows(len(rows), 1_000, 0)
    assert np.isin(found.anchors, chosen).all()
    assert (found.anchors != np.arange(len(rows))[:, np.newaxis]).all()


def test_the_nearest_landmark_is_found_where_most_samples_are_landmarks() -> None:
    rows = clusters(6_000)
    count = 5_000
    chosen = landmark_rows(len(rows), count, 0)
    anchors = search(rows, count=count).anchors
    placed = np.setdiff1d(np.arange(len(rows)), chosen)
    exact = cdist(rows[placed], rows[chosen]).argmin(axis=1)
    assert (anchors[placed, 0] == chosen[exact]).mean() > 0.8


def test_few_samples_are_searched_exactly() -> None:
    rows = clusters(CANDIDATES - 1)
    found = search(rows)
    exact = nearest(rows, K)
    np.testing.assert_allclose(found.distances, exact.distances, rtol=1e-4)


def test_far_from_the_origin_and_close_together_digits_are_not_lost() -> None:
    rows = clusters(CANDIDATES - 1)
    rows[:1_000] = 1_000 + rows[:1_000] / 1_000
    found = search(rows)
    exact = nearest(rows, K)
    right = [
        len(np.intersect1d(*pair)) for pair in zip(found.indices, exact.indices, strict=True)
    ]
    assert np.mean(right) >= 0.9 * K


def test_most_samples_may_be_alike() -> None:
    rows = clusters(3 * CANDIDATES)
    rows[: 2 * CANDIDATES] = 0
    found = search(rows)
    assert (found.distances[: 2 * CANDIDATES] == 0).all()
    assert (found.indices != np.arange(len(rows))[:, np.newaxis]).all()
    alike = np.isin(found.anchors[: 2 * CANDIDATES], np.arange(2 * CANDIDATES))
    assert alike.all()


def assert_same(ours: CellNeighbors, theirs: CellNeighbors) -> None:
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    np.testing.assert_array_equal(ours.distances, theirs.distances)
    np.testing.assert_array_equal(ours.anchors, theirs.anchors)


@pytest.mark.usefixtures("all_cores")
def test_cores_change_no_bit() -> None:
    rows = clusters(3 * CANDIDATES)
    once = search(rows)
    use_cores(1)
    assert_same(once, search(rows))


def test_how_much_is_read_at_a_time_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = clusters(3 * CANDIDATES)
    once = search(rows)
    monkeypatch.setattr("tb_embed_plugin.projections.group_search._READ_VALUES", 1)
    monkeypatch.setattr("tb_embed_plugin.projections.cells._LEAST_GROUPS", 3)
    assert_same(once, search(RowRange(rows, slice(None))))


def test_cells_are_sorted_once_for_all_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    trees: list[int] = []

    def tree(rows: NDArray[np.float32], leafsize: int) -> object:
        trees.append(len(rows))
        return KDTree(rows, leafsize)

    monkeypatch.setattr(cells, "KDTree", tree)
    search(clusters(3 * CANDIDATES))
    assert len(trees) == 1


def test_of_a_snapshot_no_more_is_read_at_a_time_than_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = clusters(30_000)
    read: list[int] = []

    class Watched(RowRange):
        def __getitem__(self, rows: Any, /) -> NDArray[np.float32]:
            found = super().__getitem__(rows)
            read.append(len(found))
            return found

    monkeypatch.setattr("tb_embed_plugin.projections.group_search._READ_VALUES", 5_000 * 16)
    search(Watched(rows, slice(None)), count=3_000)
    assert 5_000 < max(read) < 5_000 + 3 * CANDIDATES


def test_there_are_no_more_pivots_than_are_searched_in_time() -> None:
    assert pivot_count(70_000, 20_000) == 273
    assert pivot_count(5_000_000, 20_000) == MOST_PIVOTS
    assert pivot_count(5_000_000, 500) == 500


def test_neighbors_are_not_searched_without_a_report() -> None:
    rows = clusters(3 * CANDIDATES)
    reports: list[float] = []

    search(rows, report=reports.append)
    assert reports == sorted(set(reports))
    assert reports[-1] == 1

    class CanceledError(Exception):
        pass

    def cancel(share: float) -> None:
        raise CanceledError

    with pytest.raises(CanceledError):
        search(rows, report=cancel)
