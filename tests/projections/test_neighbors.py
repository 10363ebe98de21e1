"""Exact neighbours, against plain float64 NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tb_embed_plugin.projections import neighbor_search
from tb_embed_plugin.projections.neighbor_search import Found, Queries, Search
from tb_embed_plugin.projections.neighbors import nearest


def distances(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The definition, by differences: no digits are lost."""
    wide = rows.astype(np.float64)
    away = np.stack([np.sqrt(((wide - row) ** 2).sum(axis=1)) for row in wide])
    np.fill_diagonal(away, np.inf)
    return away


@pytest.mark.parametrize(("offset", "spread"), [(0, 1), (50, 0.05), (1e4, 1)])
def test_neighbours_equal_the_definition_wherever_the_data_lie(
    offset: float, spread: float
) -> None:
    rng = np.random.default_rng(0)
    rows = (offset + spread * rng.normal(size=(500, 30))).astype(np.float32)
    away = distances(rows)
    expected = np.argsort(away, axis=1, kind="stable")[:, :20]

    found = nearest(rows, 20)

    np.testing.assert_array_equal(found.indices, expected)
    np.testing.assert_allclose(
        found.distances, np.take_along_axis(away, expected, axis=1), rtol=1e-6
    )
    assert found.indices.dtype == np.int32


@pytest.mark.parametrize("spread", [1e-2, 1e-4, 0.0])
def test_classes_that_have_collapsed_far_apart(spread: float) -> None:
    rng = np.random.default_rng(0)
    centres = 100 * rng.normal(size=(3, 30))
    rows = (centres[rng.integers(0, 3, 600)] + spread * rng.normal(size=(600, 30))).astype(
        np.float32
    )
    away = distances(rows)

    found = nearest(rows, 15)

    expected = np.sort(away, axis=1)[:, :15]
    np.testing.assert_allclose(found.distances, expected, rtol=1e-4, atol=1e-12)


def test_cosine_distances_equal_the_definition() -> None:
    rows = (20 + np.random.default_rng(0).normal(size=(300, 30))).astype(np.float32)
    unit = rows.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    away = 1 - unit @ unit.T
    np.fill_diagonal(away, np.inf)

    found = nearest(rows, 10, "cosine")

    expected = np.argsort(away, axis=1)[:, :10]
    np.testing.assert_array_equal(found.indices, expected)
    np.testing.assert_allclose(
        found.distances, np.take_along_axis(away, expected, axis=1), atol=1e-12
    )


def test_rows_of_zeros_have_no_direction() -> None:
    rows = np.zeros((4, 3), np.float32)
    rows[2], rows[3] = (1, 0, 0), (2, 0, 0)
    found = nearest(rows, 3, "cosine")
    np.testing.assert_allclose(found.distances[0], [0, 0.5, 0.5], atol=1e-15)
    np.testing.assert_allclose(found.distances[2], [0, 0.5, 0.5], atol=1e-15)


@given(
    samples=st.integers(1, 60),
    kinds=st.integers(1, 12),
    k=st.integers(1, 80),
    seed=st.integers(0, 2**32),
    duplicates=st.booleans(),
)
@settings(max_examples=60)
def test_any_shape_any_duplicates(
    samples: int, kinds: int, k: int, seed: int, *, duplicates: bool
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(samples, 4)).astype(np.float32)
    if duplicates:
        rows = rows[rng.integers(0, min(kinds, samples), samples)]

    found = nearest(rows, k)

    assert found.indices.shape == found.distances.shape == (samples, min(k, samples - 1))
    for sample, row in enumerate(found.indices):
        assert sample not in row
        assert len(set(row)) == len(row)
    # The same distances as the definition's, whichever of equals is named.
    expected = np.sort(distances(rows), axis=1)[:, : found.indices.shape[1]]
    np.testing.assert_allclose(found.distances, expected, atol=1e-6)


def test_of_some_samples_only_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    everyone = nearest(rows, 7)
    monkeypatch.setattr(neighbor_search, "BLOCK_VALUES", 800)
    monkeypatch.setattr(neighbor_search, "LEAST_ROWS", 8)
    queries = np.array([3, 99, 0, *range(20, 40)])
    told: list[float] = []

    found = nearest(rows, 7, report=told.append, queries=queries)

    np.testing.assert_array_equal(found.indices, everyone.indices[queries])
    assert told == sorted(told)
    assert len(told) == 3


@pytest.mark.parametrize("k", [0, 7])
@pytest.mark.parametrize("collapsed", [False, True])
def test_one_pass_gives_its_distances_away_and_finds_the_same(
    k: int, *, collapsed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbor_search, "BLOCK_VALUES", 100 * 16)
    rng = np.random.default_rng(0)
    rows = (5 + rng.normal(size=(100, 6))).astype(np.float32)
    if collapsed:  # of equals in any column those samples that come first are named
        rows = rows[rng.integers(0, 4, 100)]
    seen = np.empty((100, 100))

    class Sums:
        order = rng.permutation(100)

        def add(self, queries: NDArray[np.intp], squares: NDArray[np.float32]) -> None:
            seen[np.ix_(queries, self.order)] = squares
            squares[:] = np.nan

    alone, found = nearest(rows, k), nearest(rows, k, sums=Sums())

    np.testing.assert_array_equal(found.indices, alone.indices)
    np.testing.assert_array_equal(found.distances, alone.distances)
    expected = np.where(np.eye(100), 0, distances(rows)) ** 2
    scale = expected.max() / seen.max()
    np.testing.assert_allclose(seen * scale, expected, atol=1e-5 * expected.max())
    assert not seen.diagonal().any()


def test_raising_in_report_ends_the_search() -> None:
    def cancel(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nearest(np.zeros((5, 2), np.float32), 2, report=cancel)


@pytest.mark.parametrize("kind", ["unit vectors", "twice", "far outlier"])
def test_many_rows_about_as_far_are_not_all_measured(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.eye(1000, dtype=np.float32)
    if kind == "twice":  # one is nearer than the others, which are as far
        rows = np.vstack([rows[:500], rows[:500]])
    if kind == "far outlier":
        rows = np.random.default_rng(0).normal(size=(1000, 64)).astype(np.float32)
        rows[999] = 1e8
    measured: list[int] = []
    among = Search._among  # noqa: SLF001 # what is counted

    def counted(self: Search, queries: Queries, candidates: NDArray[np.intp]) -> Found:
        measured.append(candidates.size)
        return among(self, queries, candidates)

    monkeypatch.setattr(Search, "_among", counted)
    found = nearest(rows, 15)

    assert sum(measured) <= 1000 * (5 * 15 + 2 * neighbor_search.LEAST_ROWS)
    away = distances(rows)
    expected = np.argsort(away, axis=1, kind="stable")[:, :15]
    np.testing.assert_array_equal(found.indices[:999], expected[:999])
    np.testing.assert_allclose(
        found.distances, np.take_along_axis(away, expected, axis=1), rtol=1e-6
    )
