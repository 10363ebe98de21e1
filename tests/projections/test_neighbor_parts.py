"""Neighbors of a snapshot that is read in parts: what is found in memory, to the last bit."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin.projections import neighbor_parts
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbors import DistanceMetric, nearest
from tb_embed_plugin.projections.working_memory import LEAST_MB, use_memory
from tb_embed_plugin.snapshot import LazyRows

Rows = NDArray[np.float32]


class Told(LazyRows):
    """Rows that are read when asked for, and how many were at a time at most."""

    def __init__(self, rows: Rows) -> None:
        super().__init__((rows.shape[0], rows.shape[1]))
        self._rows, self.most = rows, 0

    def fill(self, found: Rows, start: int) -> None:
        self.most = max(self.most, len(found))
        found[:] = self._rows[start : start + len(found)]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of at most 40 rows of 8 units."""
    monkeypatch.setattr(neighbor_parts, "PART_VALUES", 40 * 8)
    monkeypatch.setattr(neighbor_parts, "LEAST_ROWS", 8)
    monkeypatch.setattr("tb_embed_plugin.snapshot.BLOCK_VALUES", 16 * 8)


def far_away(kind: str, samples: int = 250) -> Rows:
    """Rows far from the origin, some of which lie in one place where `kind` says so."""
    rng = np.random.default_rng(0)
    rows = (50 + rng.normal(size=(samples, 8))).astype(np.float32)
    if kind == "duplicates":
        rows = rows[rng.integers(0, samples // 4, samples)]
    if kind == "collapsed":  # half of them in one place: more than candidates are looked at
        rows[rng.permutation(samples)[: samples // 2]] = rows[0]
    return rows


def squares_between(queries: Rows, rows: Rows) -> NDArray[np.float64]:
    """The definition, by differences in float64."""
    apart = queries.astype(np.float64)[:, np.newaxis] - rows.astype(np.float64)
    return np.asarray((apart**2).sum(axis=2))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("kind", ["plain", "duplicates", "collapsed"])
@pytest.mark.parametrize("threads", [1, 3])
def test_lists_of_parts_merge_to_what_is_found_in_memory(
    kind: str, metric: DistanceMetric, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbor_parts, "cores", lambda: threads)
    monkeypatch.setattr(neighbor_parts, "LEAST_SHARE", 10)
    rows = far_away(kind)
    some = np.array([249, 0, 3, *range(35, 45)])
    told = Told(rows)

    for queries in (some, np.arange(len(rows))):
        found = Space.of(told, metric).nearest_of(queries, 15)

        expected = nearest(rows, 15, metric, queries=queries)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.distances, expected.distances)
    assert told.most < len(rows)


@pytest.mark.parametrize("kind", ["duplicates", "collapsed"])
def test_of_equals_those_that_come_first(kind: str) -> None:
    rows = far_away(kind)
    away = squares_between(rows, rows)
    np.fill_diagonal(away, np.inf)
    expected = np.argsort(away, axis=1, kind="stable")[:, :15]

    np.testing.assert_array_equal(nearest(rows, 15).indices, expected)


@pytest.mark.usefixtures("small_parts")
def test_queries_of_another_block_have_all_samples_as_neighbors() -> None:
    rows, others = far_away("plain"), far_away("plain", 20)
    others[3] = rows[123]

    found = Space.of(Told(rows)).nearest_to(others, 9)

    away = squares_between(others, rows)
    expected = np.argsort(away, axis=1, kind="stable")[:, :9]
    np.testing.assert_array_equal(found.indices, expected)
    np.testing.assert_allclose(
        found.distances**2, np.take_along_axis(away, expected, axis=1), atol=1e-10
    )
    assert found.distances[3, 0] == 0
    assert Space.of(rows[:4]).nearest_to(others, 9).indices.shape == (20, 4)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("kind", ["plain", "collapsed"])
def test_ranks_count_the_samples_that_lie_nearer(kind: str) -> None:
    rows = far_away(kind)
    rng = np.random.default_rng(1)
    queries = rng.permutation(len(rows))[:30]
    others = np.stack([np.delete(np.arange(len(rows)), q)[::31] for q in queries])

    found = Space.of(Told(rows)).ranks(queries, others)

    away = squares_between(rows[queries], rows)
    away[np.arange(len(queries)), queries] = np.inf
    limits = np.take_along_axis(away, others, axis=1)
    nearer = away[:, np.newaxis] < limits[:, :, np.newaxis]
    np.testing.assert_array_equal(found, 1 + nearer.sum(axis=2))


def test_the_working_memory_bounds_what_is_under_way_and_changes_no_bit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = np.random.default_rng(0).normal(size=(9000, 600)).astype(np.float32)
    monkeypatch.setattr(neighbor_parts, "cores", lambda: 4)
    monkeypatch.setattr("tb_embed_plugin.projections.threads.cores", lambda: 4)
    queries = np.arange(0, 9000, 100)
    wide = Space.of(rows).nearest_of(queries, 5)
    pools: list[int] = []

    class Counted(ThreadPoolExecutor):
        def __init__(self, workers: int) -> None:
            pools.append(workers)
            super().__init__(workers)

    monkeypatch.setattr("tb_embed_plugin.projections.threads.ThreadPoolExecutor", Counted)
    try:
        use_memory(LEAST_MB)
        narrow = Space.of(rows).nearest_of(queries, 5)
    finally:
        use_memory(None)
    assert pools == [1]
    np.testing.assert_array_equal(narrow.indices, wide.indices)
    np.testing.assert_array_equal(narrow.distances, wide.distances)


@pytest.mark.usefixtures("small_parts")
def test_queries_are_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = far_away("plain")
    everyone, told = np.arange(len(rows)), Told(rows)
    near = Space.of(told).nearest_of(everyone, 15)
    ranks = Space.of(told).ranks(everyone, near.indices)
    largest: list[int] = []
    read = Space.rows

    def counted(space: Space, where: slice | NDArray[np.integer]) -> NDArray[np.float64]:
        found = read(space, where)
        largest.append(len(found))
        return found

    monkeypatch.setattr(Space, "rows", counted)
    monkeypatch.setattr(neighbor_parts, "LEAST_SHARE", 10)
    monkeypatch.setattr(neighbor_parts, "QUERY_VALUES", 30 * 8)
    in_blocks = Space.of(told).nearest_of(everyone, 15)
    assert max(largest) < 60
    np.testing.assert_array_equal(in_blocks.indices, near.indices)
    np.testing.assert_array_equal(in_blocks.distances, near.distances)
    np.testing.assert_array_equal(Space.of(told).ranks(everyone, near.indices), ranks)
    assert max(largest) < 60


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from tb_embed_plugin.projections import frame_quality
from tb_embed_plugin.projections.working_memory import use_memory
from tb_embed_plugin.runs.stored_rows import FileRows, Place

use_memory(256)
most = int(sys.argv[2]) << 20
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
frame_quality.EXACT_SAMPLES = 500  # fewer pairs: how many there are takes time, not memory
rows = FileRows(Path(sys.argv[1]), Place("float32", (4000, 8192), 0))
frame = np.random.default_rng(0).standard_normal((4000, 2), np.float32)
print(frame_quality.frame_quality(rows, frame).samples_judged)
"""


def test_parts_of_a_wide_layer_keep_to_the_working_memory(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    np.random.default_rng(0).standard_normal((4000, 8192), np.float32).tofile(file)
    # Imports take 190, one part 64. The snapshot in float64 alone would take 250.
    words = [sys.executable, "-c", LIMITED, str(file), "420"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "62\n"
