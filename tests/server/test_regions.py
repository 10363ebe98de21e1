"""Decision regions: the model's logits on the plane of a linear view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from werkzeug.test import Client

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.harness import client_for, read_run
from tests.planted import Head, Snapshots, write_run
from tests.server.test_metric_routes import BASE, tensors_of

CLASSES = 3


def flat_snapshots(seed: int, units: int) -> Snapshots:
    """Returns clouds that lie in one plane of the layer's space, off its origin."""
    rng = np.random.default_rng(seed)
    plane = rng.normal(size=(2, units))
    offset = 3 * rng.normal(size=units)
    return [
        ((step + 1) * rng.normal(size=(80, 2)) * [3, 1] @ plane + offset).astype(np.float32)
        for step in range(3)
    ]


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs `flat` of 9 units, `narrow` of 2, `halves` whose boundary is known, `headless`."""
    logdir = tmp_path_factory.mktemp("regions")
    rng = np.random.default_rng(0)
    label = Column("label", "category", [str(i % CLASSES) for i in range(80)])
    for name, units in (("flat", 9), ("narrow", 2)):
        head = Head(
            [rng.normal(size=(units, CLASSES)).astype(np.float32) for _ in range(3)],
            [rng.normal(size=CLASSES).astype(np.float32) for _ in range(3)],
        )
        write_run(logdir / name, {"fc1": flat_snapshots(units, units)}, label, head=head)
    # A grid, so that the principal axes are the units themselves.
    snapshot = np.array([[1 + x, y] for x in range(-5, 6) for y in (-1, 1)], np.float32)
    kernel = np.array([[1, -1], [0, 0]], np.float32)
    halves = Head([kernel], [np.array([-2, 2], np.float32)])
    write_run(logdir / "halves", {"fc1": [snapshot]}, head=halves)
    write_run(logdir / "headless", {"fc1": [snapshot]})
    return logdir


@pytest.fixture(scope="module")
def client(logdir: Path) -> Client:
    return client_for(logdir, EmbeddingsPlugin)


def ask(client: Client, route: str, **query: Any) -> Any:
    return client.get(BASE + route, query_string={"layer": "fc1", **query})


def positions(client: Client, **query: Any) -> NDArray[np.float64]:
    """Returns the frames as the page draws them, float64 (n_steps, n_samples, 2)."""
    frames, _ = tensors_of(ask(client, "projection", components=2, **query))
    scale = frames["scale"].astype(np.float64)[:, None, None]
    drawn: NDArray[np.float64] = frames["positions"] * scale + frames["offset"][:, None]
    return drawn


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"standardize": "true"},
        {"equal_steps": "true"},
        {"equal_steps": "true", "standardize": "true", "basis_steps": "1,2"},
        {"engine": "axes"},
    ],
    ids=lambda settings: "-".join(settings) or "pca",
)
@pytest.mark.parametrize("run", ["flat", "narrow"])
def test_where_samples_lie_in_the_plane_its_logits_are_theirs(
    client: Client, logdir: Path, run: str, settings: dict[str, str]
) -> None:
    planes, info = tensors_of(ask(client, "regions", run=run, **settings))
    assert planes["logits"].dtype == np.float64
    assert planes["steps"].tolist() == [0, 1, 2]
    assert info["classes"] == ["0", "1", "2"]
    drawn = positions(client, run=run, **settings)
    for plane, frame, step in zip(planes["logits"], drawn, range(3), strict=True):
        here = np.column_stack([np.ones(len(frame)), frame]) @ plane.T
        recorded = _recorded(logdir / run, step)
        spread = np.ptp(recorded)
        np.testing.assert_allclose(here, recorded, atol=1e-3 * spread)
        clear = np.sort(recorded, axis=1)[:, -1] - np.sort(recorded, axis=1)[:, -2]
        same = here.argmax(axis=1) == recorded.argmax(axis=1)
        assert same[clear > 1e-2 * spread].all()


def test_a_boundary_that_is_known(client: Client) -> None:
    """Class 0 where the first unit is above 2; u is that unit about its mean, 1."""
    (plane,) = tensors_of(ask(client, "regions", run="halves"))[0]["logits"]
    np.testing.assert_allclose(plane[0] - plane[1], [-2, 2, 0], atol=1e-12)
    np.testing.assert_allclose(plane, [[-1, 1, 0], [1, -1, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"run": "flat", "spherize": "true"}, 400, "spherize"),
        ({"run": "flat", "engine": "tsne"}, 400, "'tsne'"),
        ({"run": "flat", "onto_run": "flat", "onto_layer": "fc1"}, 400, "its own axes"),
        ({"run": "headless"}, 404, "feeds no output layer"),
        ({"run": "flat", "steps": "9"}, 404, "9"),
    ],
)
def test_what_has_no_regions_says_why(
    client: Client, query: dict[str, str], status: int, message: str
) -> None:
    response = ask(client, "regions", **query)
    assert response.status_code == status
    assert message in response.text


def test_the_answer_may_be_kept(client: Client) -> None:
    runs = client.get(BASE + "runs").get_json()["runs"]
    version = next(run for run in runs if run["run"] == "flat")["layers"][0]["version"]
    response = ask(client, "regions", run="flat", v=version)
    assert "max-age=31536000" in response.headers["Cache-Control"]


def _recorded(run_dir: Path, step: int) -> NDArray[np.float64]:
    outputs = read_run(run_dir).outputs("fc1", step)
    assert outputs is not None
    return np.asarray(outputs.values, np.float64)
