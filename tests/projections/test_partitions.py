"""Sums of partitions: merged they are those of all rows, and the same whoever makes them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tb_embed_plugin.projections import axes, classes, partitions, pca
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.scaling import Scaling, spread_of
from tb_embed_plugin.projections.step_moments import StepMoments
from tb_embed_plugin.snapshot import ChosenRows, RowRange, Snapshot

UNITS = 8


@pytest.fixture
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions of 128 rows, of eight blocks each."""
    monkeypatch.setattr("tb_embed_plugin.snapshot.BLOCK_VALUES", 16 * UNITS)
    monkeypatch.setattr(partitions, "PARTITION_VALUES", 128 * UNITS)


def far_away(step: int) -> NDArray[np.float32]:
    """Rows whose mean is far larger than their spread, and moves."""
    rng = np.random.default_rng(step)
    return (1000 * (step + 1) + rng.normal(size=(300, UNITS))).astype(np.float32)


def moments(snapshot: Snapshot) -> Moments:
    found = Moments()
    for _, block in Scaling().blocks(snapshot):
        found.add(block)
    return found


@pytest.mark.usefixtures("small_partitions")
@pytest.mark.parametrize("within", [True, False])
def test_axes_of_sums_of_partitions_are_the_streamed_ones_bit_for_bit(*, within: bool) -> None:
    steps = [0, 1]
    settings = {**pca.POOLED, "axes_within_steps": within}
    streamed = pca.fit(far_away, steps, settings)

    parts = partitions.partitions(300, UNITS)
    assert [part.stop for part in parts] == [128, 256, 300]
    sums = [[moments(RowRange(far_away(step), part)) for part in parts] for step in steps]
    if within:
        known = StepMoments()
        for of_step in sums:
            known = known.with_step(partitions.merged(of_step))
        merged = pca.fit(far_away, steps, settings, known)
    else:
        pooled = partitions.merged(part for of_step in sums for part in of_step)
        merged = pca.fit(far_away, steps, settings, pooled)

    np.testing.assert_array_equal(merged.axes, streamed.axes)
    np.testing.assert_array_equal(merged.mean, streamed.mean)
    np.testing.assert_array_equal(merged.variance, streamed.variance)


@pytest.mark.usefixtures("small_partitions")
def test_merged_moments_are_those_of_all_rows_in_float64() -> None:
    rows = np.vstack([far_away(0), far_away(1)])

    blocks = [
        (where, block) for step in (0, 1) for where, block in Scaling().blocks(far_away(step))
    ]
    found = partitions.moments_of(blocks, UNITS)

    exact = rows.astype(np.float64)
    np.testing.assert_allclose(found.mean(), exact.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(
        found.covariance(), np.cov(exact.T, bias=True), rtol=1e-10, atol=1e-8
    )


def test_a_partition_has_whole_blocks_and_sums_that_are_small_beside_it() -> None:
    for units in (1, 64, 1024, 4096):
        height = partitions.partition_height(units)
        blocks = list(Scaling().blocks(np.zeros((100, units), np.float32)))
        assert height % (blocks[0][0].stop if len(blocks) > 1 else 1) == 0
        assert 8 * units**2 <= 4 * height * units


def test_rows_that_follow_one_another_are_read_from_any_snapshot() -> None:
    rows = far_away(0)
    for snapshot in (rows, ChosenRows(rows, np.arange(300))):
        part = RowRange(snapshot, slice(100, 250))
        np.testing.assert_array_equal(np.asarray(part), rows[100:250])
        np.testing.assert_array_equal(part[[3, 1]], rows[[103, 101]])
        np.testing.assert_array_equal(part[140:], rows[240:250])


def test_sums_have_the_same_bits_for_any_number_of_blas_threads() -> None:
    # A width that OpenBLAS cuts in another way for two threads.
    rows = np.random.default_rng(0).normal(size=(3000, 100)).astype(np.float32)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            found.append(partitions.moments_of(Scaling().blocks(rows), 100).covariance())
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_class_axes_of_scaled_rows_are_the_same_from_any_partitions(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = np.arange(300) % 4 - 1
    codes[:130] = -1  # the first partition has no row with a class
    settings = axes.ENGINE.settings(
        {"kind": kind, "equal_steps": "true", "standardize": "true"}
    )

    def rows(step: int) -> NDArray[np.float32]:
        return far_away(step) + np.eye(4, UNITS, dtype=np.float32)[codes] * (step + 1)

    whole = classes.fit(rows, [0, 1], codes, settings)
    monkeypatch.setattr("tb_embed_plugin.snapshot.BLOCK_VALUES", 16 * UNITS)
    monkeypatch.setattr(partitions, "PARTITION_VALUES", 128 * UNITS)
    found = classes.fit(rows, [0, 1], codes, settings)

    np.testing.assert_allclose(found.axes, whole.axes, atol=1e-9)
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(found.variance, whole.variance, atol=1e-9)


@pytest.mark.usefixtures("small_partitions")
def test_merged_spreads_are_those_of_all_rows_in_float64() -> None:
    found = spread_of(far_away(3))

    exact = far_away(3).astype(np.float64)
    np.testing.assert_allclose(found.mean(), exact.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.variance(), exact.var(axis=0), rtol=1e-10)
