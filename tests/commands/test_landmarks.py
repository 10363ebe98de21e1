"""`tb-embed project --landmarks`, and what the page is told of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tb_embed_plugin import cli, record
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.clusters import get
from tests.harness import client_for

LANDMARKS = 120
ASKED = {"run": "a", "layer": "fc1", "engine": "umap", "landmarks": LANDMARKS}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("logs")
    rows = load_digits().data[:400].astype(np.float32)
    for step in (1, 2):
        record(logdir / "a", step, {"fc1": step * rows})
    return logdir


def project(logdir: Path, *words: str) -> int:
    return cli.main(["project", str(logdir), "--engine", "umap", *words])


def test_the_page_finds_what_the_command_has_placed(logdir: Path) -> None:
    assert project(logdir, "--landmarks", str(LANDMARKS)) == 0
    client = client_for(logdir, EmbeddingsPlugin)

    info = get(client, "quality", ASKED).get_json()

    assert info["landmarks"] == LANDMARKS
    assert (info["done"], info["total"]) == (2, 2)
    for frame in info["frames"]:
        assert frame["placed_trustworthiness"] > 0.85
        assert 0.1 < frame["placed_neighbors_kept"] < 1
        # The others are the landmarks, of which there are fewer.
        assert frame["placed_neighbors_kept"] != frame["neighbors_kept"]


def test_a_layout_of_all_samples_is_another_one(logdir: Path) -> None:
    assert project(logdir) == 0
    client = client_for(logdir, EmbeddingsPlugin)

    info = get(client, "quality", {**ASKED, "landmarks": 0}).get_json()

    assert info["landmarks"] is None
    assert info["done"] == 2
    assert all(frame["placed_trustworthiness"] is None for frame in info["frames"])
    assert all(frame["trustworthiness"] is not None for frame in info["frames"])


@pytest.mark.parametrize(
    ("engine", "count", "message"),
    [
        ("umap", "99", "landmarks must be 0 or at least 100, not 99"),
        ("umap", "many", "landmarks must be a whole number from 0 to 200000, not 'many'"),
        ("pca", "500", "PCA has no setting 'landmarks'"),
    ],
)
def test_what_cannot_be_is_refused(
    logdir: Path, engine: str, count: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["project", str(logdir), "--engine", engine, "--landmarks", count]) == 1
    assert message in capsys.readouterr().err
