"""New samples among recorded ones: a recorded one lands on its own point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tb_embed_plugin import MisuseError, open_run
from tb_embed_plugin.analysis.open_layer import OpenLayer
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.jobs.projector import read_projector
from tb_embed_plugin.runs.logdir import Logdir
from tests.foreign import save_by_checkpoint
from tests.planted import random_snapshots, write_run

HIDDEN = 4


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run far from the origin, which drifts, and one with a sample that is not finite."""
    logdir = tmp_path_factory.mktemp("guests")
    snapshots = random_snapshots(0, offset=1000)
    write_run(logdir / "run", {"fc1": [s + 50 * i for i, s in enumerate(snapshots)]})
    broken = [snapshot.copy() for snapshot in snapshots]
    broken[1][HIDDEN, 0] = np.nan
    save_by_checkpoint(logdir / "broken", broken, "fc1")
    write_run(logdir / "narrow", {"fc1": [s[:, :2] for s in snapshots]})
    return logdir


@pytest.fixture
def layer(logdir: Path) -> OpenLayer:
    return open_run(logdir, "run").layer()


@pytest.mark.parametrize("run", ["run", "broken", "narrow"])
@pytest.mark.parametrize("place", [0, 2])
def test_a_recorded_sample_lands_on_its_own_point(logdir: Path, run: str, place: int) -> None:
    layer = open_run(logdir, run).layer()
    shown = np.setdiff1d(np.arange(200), [HIDDEN] if run == "broken" else [])
    step = layer.steps[place]
    asked = Arguments({"run": run, "layer": layer.name, "components": "3"})
    frame = read_projector(Logdir(logdir, list), asked).frames([step])[step][shown]
    rows = layer.snapshot(step)[shown]
    guests = layer.project_new(rows, step)

    radius = np.sqrt(frame.var(axis=0).sum())
    assert np.linalg.norm(guests.coordinates - frame, axis=1).max() < 1e-4 * radius
    np.testing.assert_array_equal(guests.neighbors[:, 0], shown)
    distances = np.sort(cdist(rows.astype(np.float64), rows.astype(np.float64)), axis=1)
    np.testing.assert_allclose(guests.distances[:, 1:], distances[:, 1:15], rtol=1e-6)


def test_a_new_sample_lies_between_those_that_it_lies_between(layer: OpenLayer) -> None:
    rows = layer.snapshot(2)[:2].astype(np.float64)
    ends = layer.project_new(rows, components=10)
    middle = layer.project_new(rows.mean(axis=0, keepdims=True), components=10)
    assert ends.step == middle.step == 2
    np.testing.assert_allclose(middle.coordinates[0], ends.coordinates.mean(axis=0), atol=1e-3)


@pytest.mark.parametrize(
    ("activations", "words"),
    [
        (np.zeros((3, 11)), r"shape \(n_new, 12\).*not \(3, 11\)"),
        (np.zeros(12), r"not \(12,\)"),
        (np.zeros((0, 12)), r"not \(0, 12\)"),
        (np.full((1, 12), np.inf), "NaN or infinity"),
        (np.full((1, 12), "a"), "must be numbers"),
    ],
)
def test_what_has_no_place_is_refused(
    layer: OpenLayer, activations: np.ndarray, words: str
) -> None:
    with pytest.raises(MisuseError, match=words):
        layer.project_new(activations)


def test_a_step_or_axes_that_are_not_there_are_refused(layer: OpenLayer) -> None:
    with pytest.raises(NotRecordedError, match="step 9 of 'fc1' was not recorded"):
        layer.project_new(np.zeros((1, 12)), step=9)
    with pytest.raises(MisuseError, match="components must be from 1 to 10, not 11"):
        layer.project_new(np.zeros((1, 12)), components=11)
