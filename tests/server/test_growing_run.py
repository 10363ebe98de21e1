"""A run that a training writes while it is looked at: a new step costs itself alone."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from tb_embed_plugin import record
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.scaling import Scaling
from tb_embed_plugin.projections.step_moments import StepMoments, add_steps
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.manifest import Manifest
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tests.clusters import record_clusters, snapshot
from tests.decoding import BASE
from tests.harness import client_for
from tests.planted import random_snapshots

WITHIN = pca.ENGINE.settings({})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of which snapshots are read, in order."""
    steps: list[int] = []
    give = RecordedRun.snapshot

    def noted(run: RecordedRun, layer: str, step: int) -> object:
        steps.append(step)
        return give(run, layer, step)

    monkeypatch.setattr(RecordedRun, "snapshot", noted)
    return steps


def ask(client: Client, **query: str) -> bytes:
    answer = client.get(
        f"{BASE}projection", query_string={"run": "run", "layer": "fc1", **query}
    )
    assert answer.status_code == 200, answer.text
    body: bytes = answer.data
    return body


@pytest.mark.parametrize("offset", [0, 1000])
def test_axes_within_steps_are_those_of_the_mean_covariance(offset: float) -> None:
    steps = random_snapshots(0, steps=4, offset=offset)
    basis = pca.fit(steps.__getitem__, range(4), WITHIN)

    wide = [rows.astype(np.float64) for rows in steps]
    covariance = np.mean([np.cov(rows, rowvar=False, bias=True) for rows in wide], axis=0)
    variance, axes = np.linalg.eigh(covariance)
    np.testing.assert_allclose(basis.variance, variance[::-1][:10], rtol=1e-9)
    np.testing.assert_allclose(
        np.abs(basis.axes), np.abs(axes[:, ::-1][:, :10]), atol=1e-6 * (1 + offset)
    )
    np.testing.assert_allclose(basis.mean, np.mean(wide, axis=(0, 1)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("parts", [[5], [1, 4], [2, 3], [1, 1, 1, 1, 1]])
def test_steps_added_later_give_the_same_bits(parts: Sequence[int]) -> None:
    steps = random_snapshots(1, steps=5)
    moments, begin = StepMoments(), 0
    for part in parts:
        more = range(begin, begin + part)
        moments, begin = add_steps(moments, Scaling(), steps.__getitem__, more), begin + part
    basis = pca.fit(steps.__getitem__, range(5), WITHIN, moments)
    expected = pca.fit(steps.__getitem__, range(5), WITHIN)

    np.testing.assert_array_equal(basis.axes, expected.axes)
    np.testing.assert_array_equal(basis.mean, expected.mean)
    assert basis.total_variance == expected.total_variance


def test_of_a_run_that_grows_only_new_snapshots_are_read(
    tmp_path: Path, read: list[int]
) -> None:
    record_clusters(tmp_path / "run", range(3))
    client = client_for(tmp_path, EmbeddingsPlugin)
    ask(client, steps="0")
    read.clear()
    record_clusters(tmp_path / "run", range(3, 5))
    ask(client, steps="3")

    # Once for its shape, once for its sums, once for its frame; of the first, its shape.
    assert set(read) - {0} == {3, 4}
    assert read.count(0) == 1
    new = client_for(tmp_path, EmbeddingsPlugin)
    assert ask(client, steps="all") == ask(new, steps="all")


def test_a_run_that_was_recorded_again_is_read_again(tmp_path: Path, read: list[int]) -> None:
    record_clusters(tmp_path / "run", range(3))
    client = client_for(tmp_path, EmbeddingsPlugin)
    ask(client)
    shutil.rmtree(tmp_path / "run")
    record_clusters(tmp_path / "run", range(4), seed=7)
    read.clear()
    again = ask(client, steps="all")

    assert set(read) == {0, 1, 2, 3}
    assert again == ask(client_for(tmp_path, EmbeddingsPlugin), steps="all")


def test_the_sums_of_hidden_samples_are_not_kept(tmp_path: Path) -> None:
    record_clusters(tmp_path / "run", range(3))
    client = client_for(tmp_path, EmbeddingsPlugin)
    ask(client)
    broken = snapshot(3)
    broken[5, 2] = np.nan
    record(tmp_path / "run", 3, {"fc1": broken})

    # Sample 5 is hidden at all steps from now on.
    new = client_for(tmp_path, EmbeddingsPlugin)
    assert ask(client, steps="0") == ask(new, steps="0")


def test_a_manifest_is_parsed_once_even_while_it_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    parse = Manifest.from_json

    def noted(*arguments: Any) -> Manifest:
        parsed.append(len(arguments))
        return parse(*arguments)

    record_clusters(tmp_path / "run", range(2))
    monkeypatch.setattr(Manifest, "from_json", noted)
    logdir = Logdir(tmp_path, list)
    first = logdir.run("run")
    for _ in range(3):
        logdir.list_runs()
        assert logdir.run("run") is first
    assert len(parsed) == 1

    monkeypatch.undo()
    record_clusters(tmp_path / "run", [2])
    assert logdir.run("run").steps == [0, 1, 2]
