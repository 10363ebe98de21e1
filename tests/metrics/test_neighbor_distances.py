"""Planted duplicates and outliers are named first, clean data hardly anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier

from tb_embed_plugin import open_run
from tb_embed_plugin.analysis.open_layer import OpenLayer
from tb_embed_plugin.metrics import neighbor_distances
from tb_embed_plugin.metrics.step_metrics import K
from tests import clusters
from tests.planted import write_run

Rows = NDArray[np.float64]
COPIES, NOISY, STRANGE = range(10), range(20, 30), 10


def opened(run_dir: Path, *snapshots: NDArray[np.floating]) -> OpenLayer:
    """Returns the layer of a run; the first snapshot is the untrained one's too."""
    layers = {"fc1": [one.astype(np.float32) for one in (snapshots[0], *snapshots)]}
    write_run(run_dir, layers)
    return open_run(run_dir).layer()


def hidden(rows: Rows, labels: NDArray[np.integer]) -> list[Rows]:
    """Returns the second layer of a small network after each of four epochs."""
    network = MLPClassifier((64, 32), random_state=0)
    snapshots = []
    for _ in range(4):
        network.partial_fit(rows, labels, classes=np.arange(10))
        of_layer = rows
        for kernel, bias in zip(network.coefs_[:2], network.intercepts_[:2], strict=True):
            of_layer = np.maximum(of_layer @ kernel + bias, 0.0)
        snapshots.append(of_layer)
    return snapshots


@pytest.fixture(scope="module")
def digits() -> tuple[Rows, NDArray[np.integer]]:
    rows, labels = load_digits(return_X_y=True)
    return rows / 16, labels


def test_of_clean_digits_and_clusters_nobody_is_named(
    digits: tuple[Rows, NDArray[np.integer]], tmp_path: Path
) -> None:
    rows, labels = digits
    clean: dict[str, Sequence[NDArray[np.floating]]] = {
        "pixels": [rows],
        "network": hidden(rows, labels),
        "clusters": [clusters.snapshot(step, 1000) for step in range(1, 5)],
    }
    for name, snapshots in clean.items():
        layer = opened(tmp_path / name, *snapshots)
        assert len(layer.ranking("duplicate").samples) == 0
        assert len(layer.ranking("outlier").samples) == 0


def test_planted_copies_are_named_with_what_they_repeat_and_nobody_else(
    digits: tuple[Rows, NDArray[np.integer]], tmp_path: Path
) -> None:
    rows, labels = digits
    noise = np.random.default_rng(0).normal(size=(len(NOISY), rows.shape[1])) * 0.01
    planted = np.concatenate([rows, rows[COPIES], rows[NOISY] + noise])
    originals = [*COPIES, *NOISY]
    copies = list(range(len(rows), len(planted)))
    layer = opened(
        tmp_path / "run", *hidden(planted, np.concatenate([labels, labels[originals]]))
    )
    found = layer.ranking("duplicate")
    assert found.same_as is not None
    pairs = dict(zip(found.samples.tolist(), found.same_as.tolist(), strict=True))
    assert pairs == dict(zip(originals + copies, copies + originals, strict=True))
    exact = {*COPIES, *copies[: len(COPIES)]}
    assert set(found.samples[: len(exact)].tolist()) == exact
    assert found.events.all()


def test_planted_strangers_are_named_first_and_nobody_else(
    digits: tuple[Rows, NDArray[np.integer]], tmp_path: Path
) -> None:
    rows, _ = digits
    strange = np.random.default_rng(0).random((STRANGE, rows.shape[1]))
    layer = opened(tmp_path / "run", np.concatenate([rows, strange]))
    found = layer.ranking("outlier")
    assert set(found.samples.tolist()) == set(range(len(rows), len(rows) + STRANGE))


def test_distances_are_those_of_scikit_learn_as_shares_of_the_radius(tmp_path: Path) -> None:
    rows = clusters.snapshot(2)
    layer = opened(tmp_path / "run", rows)
    away, _ = NearestNeighbors(n_neighbors=K).fit(rows).kneighbors()
    radius = layer.metrics()["radius"][-1]
    np.testing.assert_allclose(layer.sample_metric("nearest")[-1], away[:, 0] / radius, 1e-4)
    np.testing.assert_allclose(layer.sample_metric("isolation")[-1], away[:, -1] / radius, 1e-4)
    assert neighbor_distances.NEIGHBORS == K


def test_in_a_plane_chance_is_no_duplicate_and_a_copy_is_one(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(2000, 2))
    found = opened(tmp_path / "run", np.concatenate([rows, rows[:1]])).ranking("duplicate")
    assert set(found.samples[:2].tolist()) == {0, 2000}
    assert len(found.samples) <= 4


def test_near_at_one_step_alone_is_no_duplicate() -> None:
    isolation = np.ones((2, 3))
    nearest = np.array([[0.0, 0.0, 0.9], [0.0, 0.8, 0.8]])
    nearest[:, 2] = 0.9
    found = neighbor_distances.closeness(nearest, isolation)
    np.testing.assert_array_equal(found, [1, np.nan, np.nan])


def test_where_more_lie_at_one_place_than_neighbors_are_looked_at_nobody_is_named(
    tmp_path: Path,
) -> None:
    rows = np.random.default_rng(0).normal(size=(200, 8))
    rows[:120] = 0
    layer = opened(tmp_path / "run", rows)
    assert len(layer.ranking("duplicate").samples) == 0
    assert len(layer.ranking("outlier").samples) == 0


def test_of_few_samples_nobody_is_far_from_all_others(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(20, 8))
    rows[0] += 100
    assert len(opened(tmp_path / "run", rows).ranking("outlier").samples) == 0
