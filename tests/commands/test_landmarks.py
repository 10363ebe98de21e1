"""`tb-embed project --landmarks`, and what the page is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tb_embed_plugin import cli, record
from tb_embed_plugin.commands.project import Wish, project_one
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projections import landmarks
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


def test_the_page_finds_what_the_command_has_placed(
    logdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project(logdir, "--landmarks", str(LANDMARKS)) == 0
    assert f"a, fc1: UMAP by {LANDMARKS} landmarks: " in capsys.readouterr().out
    client = client_for(logdir, EmbeddingsPlugin)

    info = get(client, "quality", ASKED).get_json()

    assert info["landmarks"] == LANDMARKS
    assert f"UMAP by {LANDMARKS} landmarks: " in info["sentence"]
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


def test_layouts_that_were_placed_otherwise_are_not_resumed(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names() -> tuple[str, str]:
        by_landmarks, of_all = (
            project_one(Wish(logdir, None, None, "umap", None, {"landmarks": count})).layout
            for count in (str(LANDMARKS), "0")
        )
        return by_landmarks.name, of_all.name

    before = names()
    assert names() == before
    monkeypatch.setattr(landmarks, "VERSION", landmarks.VERSION + 1)
    after = names()
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_files_say_how_many_landmarks_there_were_by_default_too(
    logdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landmarks, "MOST_SAMPLES", 399)
    monkeypatch.setattr(landmarks, "DEFAULT_LANDMARKS", LANDMARKS)
    for kind in ("npz", "html"):
        words = ["--engine", "umap", "--format", kind, "--output", str(tmp_path / kind)]
        assert cli.main(["export", str(logdir), *words]) == 0

    with np.load(tmp_path / "npz") as file:
        info = json.loads(str(file["info"]))
    assert (info["landmarks"], info["settings"]["landmarks"]) == (LANDMARKS, 0)
    assert f"UMAP by {LANDMARKS} landmarks: " in (tmp_path / "html").read_text()


def test_a_rare_class_of_the_label_has_landmarks(tmp_path: Path) -> None:
    rows = load_digits().data[:400].astype(np.float32)
    labels = ["rare" if sample in RARE else "often" for sample in range(len(rows))]
    record(tmp_path / "a", 1, {"fc1": rows}, metadata={"label": labels})
    wish = Wish(tmp_path, None, None, "umap", None, {"landmarks": str(LANDMARKS)})

    layout = project_one(wish).layout

    assert layout.landmarks is not None
    assert set(RARE) <= set(layout.landmarks.tolist())
    assert len(layout.landmarks) == LANDMARKS
    [numbers] = project_one(wish).quality
    assert numbers["placed_trustworthiness"] > 0.85


RARE = (7, 50, 311)


WHOLE = "landmarks must be a whole number from 0 to 200000"
LEFT_OUT = "; leave it out for all up to 200,000 samples, and 20,000 of more"


@pytest.mark.parametrize(
    ("engine", "count", "message"),
    [
        ("umap", "99", "landmarks must be 0 or at least 100, not 99" + LEFT_OUT),
        ("umap", "many", f"{WHOLE}, not 'many'{LEFT_OUT}"),
        ("umap", "-5", f"{WHOLE}, not '-5'{LEFT_OUT}"),
        ("umap", "200001", f"{WHOLE}, not '200001'{LEFT_OUT}"),
        ("pca", "500", "PCA has no setting 'landmarks'"),
    ],
)
def test_what_cannot_be_is_refused(
    logdir: Path, engine: str, count: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["project", str(logdir), "--engine", engine, "--landmarks", count]) == 1
    assert message in capsys.readouterr().err


def test_two_numbers_of_landmarks_are_refused(
    logdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project(logdir, "--landmarks", "120", "--set", "landmarks=130") == 1
    said = "--landmarks 120 and --set landmarks=130 set the same; pass one of them"
    assert said in capsys.readouterr().err
