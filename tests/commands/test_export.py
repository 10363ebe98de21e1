"""`tb-embed project` and `tb-embed export`, as processes."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import safetensors
import safetensors.numpy

from tb_embed_plugin import cli, record
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import discovery
from tests.clusters import SAMPLES, STEPS, get, labels, record_clusters, snapshot
from tests.harness import client_for

WORDS = ["<script>alert(1)</script>", "</script>", "{{data}}", "ok"]


def run_command(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tb_embed_plugin.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


def run(*words: object) -> None:
    """Does a command in this process, which has loaded already what it needs."""
    assert cli.main([str(word) for word in words]) == 0


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log directory with a run of two layers, laid out by `tb-embed project`."""
    logdir = tmp_path_factory.mktemp("logs")
    for step in range(STEPS + 1):
        layers = {"fc1": snapshot(step), "fc2": snapshot(step, seed=1)}
        is_first = step == 0
        record(
            logdir / "a",
            step,
            layers,
            labels=labels() if is_first else None,
            metadata={"word": [WORDS[i] for i in labels()]} if is_first else None,
        )
    return logdir


@pytest.fixture(scope="module")
def exported(logdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with layer fc1's t-SNE in every format."""
    folder = tmp_path_factory.mktemp("exported")
    for kind in ("csv", "npz", "parquet", "safetensors"):
        words = ("--run", "a", "--layer", "fc1", "--format", kind)
        run("export", logdir, *words, "--output", folder / f"out.{kind}")
    return folder


def test_project_fills_the_cache_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_clusters(tmp_path / "a", range(2))
    result = run_command("project", tmp_path, "--engine", "umap", "--set", "neighbors=9")
    query = {"run": "a", "layer": "fc1", "engine": "umap", "neighbors": 9}
    told = get(client_for(tmp_path, EmbeddingsPlugin), "quality", query).get_json()

    assert result.returncode == 0, result.stderr
    assert "100 %" in result.stderr
    assert result.stdout.startswith("a, fc1: UMAP: ")
    assert (told["state"], told["done"]) == ("done", 2)
    run("project", tmp_path, "--engine", "umap", "--set", "neighbors=9")
    again = capsys.readouterr()
    assert again.out == result.stdout
    assert "%" not in again.err, "there is nothing left to do"


def test_the_csv_has_a_row_a_step_and_sample(exported: Path) -> None:
    with (exported / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (exported / "out.quality.csv").open(newline="") as file:
        quality = list(csv.DictReader(file))
    frames = np.load(exported / "out.npz")["frames"]

    assert len(rows) == (STEPS + 1) * SAMPLES
    assert list(rows[0]) == ["step", "sample", "x", "y", "index", "label", "word"]
    row = rows[3 * SAMPLES + 17]
    assert (row["step"], row["sample"], row["word"]) == ("3", "17", WORDS[17 % 4])
    assert float(row["x"]) == pytest.approx(frames[3, 17, 0], rel=1e-6)
    assert [int(q["step"]) for q in quality] == list(range(STEPS + 1))
    assert 0.5 < float(quality[-1]["trustworthiness"]) <= 1


def test_all_formats_hold_the_same(exported: Path) -> None:
    with np.load(exported / "out.npz", allow_pickle=False) as npz:
        frames, info = npz["frames"], json.loads(str(npz["info"]))
        assert npz["metadata.word"].tolist() == [WORDS[i] for i in labels()]
        kept = npz["quality.neighbors_kept"]
    tensors = safetensors.numpy.load_file(exported / "out.safetensors")
    table = pyarrow.parquet.read_table(exported / "out.parquet")
    parquet_info = json.loads(table.schema.metadata[b"tb_embed"])

    assert frames.shape == (STEPS + 1, SAMPLES, 2)
    np.testing.assert_array_equal(tensors["frames"], frames)
    np.testing.assert_array_equal(tensors["quality.neighbors_kept"], kept)
    np.testing.assert_array_equal(table["y"].to_numpy(), frames[:, :, 1].ravel())
    assert table["word"].to_pylist()[:4] == WORDS
    with safetensors.safe_open(exported / "out.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["json"]) == info == parquet_info
    assert info["engine"] == "tsne"
    assert info["settings"]["perplexity"] == 30
    assert info["quality"][STEPS]["neighbors_kept"] == kept[STEPS]


def test_linear_views_are_exported_with_all_their_components(
    logdir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "--layer",
        "fc2",
        "--engine",
        "pca",
        "--components",
        10,
        "--set",
        "basis_steps=0-2",
        "--set",
        "center_steps=false",
    )
    output = tmp_path / "deep" / "out.npz"
    run("export", logdir, *words, "--format", "npz", "--output", output)
    assert str(output) in capsys.readouterr().out
    frames = np.load(output)["frames"]
    assert np.load(output)["quality.variance_shown"] == pytest.approx(1), "8 units, 10 axes"
    pooled = np.concatenate([snapshot(s, seed=1) for s in range(3)]).astype(np.float64)
    within = np.concatenate([x - x.mean(0) for x in np.split(pooled, 3)])
    scores = np.linalg.svd(within, full_matrices=False)[2]
    expected = (snapshot(4, seed=1) - pooled.mean(0)) @ scores.T

    np.testing.assert_allclose(np.abs(frames[4][:, :8]), np.abs(expected), atol=1e-3)
    assert not frames[4][:, 8:].any(), "the layer has 8 units"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("project", "--set", "perplexity"),
            "--set must have the form NAME=VALUE, not 'perplexity'",
        ),
        (("project", "--set", "depth=3"), "t-SNE has no setting 'depth'"),
        (("project", "--components", "3"), "t-SNE has 2 components, not 3"),
        (("project", "--run", "b"), "there is no run 'b'"),
        (("project", "--engine", "som"), "'tsne' or 'umap', not 'som'"),
        (
            ("export", "--layer", "fc1", "--format", "csv", "--output", "/proc/x/y.csv"),
            "cannot read or write /proc/x: it does not exist; check the path",
        ),
        (("project", "--layer", "fc3"), "has no layer 'fc3'; did you mean"),
        (("project", "--engine", "umap", "--set", "target=x"), "no column of categories 'x'"),
        (
            ("export", "--format", "csv", "--output", "x.csv"),
            "--run and --layer match 2 layers (a, fc1; a, fc2)",
        ),
        (
            (
                *("export", "--layer", "fc1", "--engine", "pca", "--components", "3"),
                *("--format", "html", "--output", "x.html"),
            ),
            "a page shows 2 components, not 3",
        ),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    logdir: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main([words[0], str(logdir), *words[1:]])

    assert status == 1
    assert message in capsys.readouterr().err


def test_a_layer_that_is_misspelled_is_said_where_some_folders_were_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record_clusters(tmp_path / "a", range(1))
    (tmp_path / "b").mkdir()
    monkeypatch.setattr(discovery, "MAX_DIRECTORIES", 2)
    assert cli.main(["project", str(tmp_path), "--layer", "fc3"]) == 1
    said = capsys.readouterr().err
    assert "has no layer 'fc3'; did you mean" in said
    assert "has more than 2 directories" in said


def test_only_the_problem_is_said_of_a_directory_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["project", str(tmp_path / "missing"), "--layer", "fc1"]) == 1
    said = capsys.readouterr().err
    assert "missing" in said
    assert "record one" not in said
    assert "has no layer" not in said


def test_no_text_of_a_run_becomes_part_of_the_page(logdir: Path, tmp_path: Path) -> None:
    words = ("--layer", "fc1", "--engine", "pca", "--format", "html")
    run("export", logdir, *words, "--output", tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text()

    assert "alert(1)" in page, "as a cell's text"
    assert "<script>alert" not in page
    assert len(re.findall("</script>", page)) == 2
    assert len(re.findall(r'"positions": "', page)) == 1
    assert "{{title}}" not in page
