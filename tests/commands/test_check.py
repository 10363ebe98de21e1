"""`tb-embed check` on sound and damaged runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import cli
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.decoding import BASE
from tests.foreign import save_by_checkpoint
from tests.harness import EPOCHS, Recording, client_for


@pytest.fixture
def run_dir(tmp_path: Path, recording: Recording) -> Path:
    """A copy of the recorded run, nested."""
    return Path(shutil.copytree(recording.run_dir, tmp_path / "a" / "digits"))


def output(logdir: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = cli.main(["check", str(logdir)])
    return status, "".join(capsys.readouterr())


def test_a_sound_run_is_described(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text = output(run_dir.parents[1], capsys)

    assert status == 0
    assert "a/digits" in text
    assert f"1,797 samples, {EPOCHS + 1} snapshots (steps 0 to {EPOCHS})" in text
    assert "layer fc1: 200 units" in text
    assert "problem" not in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.ckpt-3.index", "the index of checkpoint model.ckpt-3"),
        ("model.ckpt-3.data-00000-of-00001", "is missing"),
        ("metadata.tsv", "metadata.tsv"),
        ("sprite_images.png", "sprite_images.png in run"),
        ("events.out.tfevents.0000000000.tb_embed", "by which TensorBoard lists the run"),
    ],
)
def test_a_missing_file_is_named(
    run_dir: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    (run_dir / name).unlink()
    status, text = output(run_dir, capsys)

    assert status == 1
    assert text.count("problem:") == 1
    assert words in text


def test_a_damaged_sprite_is_named(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sprite = run_dir / "sprite_images.png"
    sprite.write_bytes(sprite.read_bytes()[:1000])
    status, text = output(run_dir, capsys)

    assert status == 1
    assert "damaged" in text


def test_a_damaged_manifest_is_named(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run_dir / "plugins/tb_embed/manifest.json").write_text("{}")
    status, text = output(run_dir, capsys)

    assert status == 1
    assert "the manifest lacks or misuses" in text or "the manifest is not JSON" in text


def test_a_directory_without_runs_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = output(tmp_path, capsys)

    assert status == 1
    assert "there is no run" in text


def test_what_others_wrote_is_checked_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(0).normal(size=(3, 12, 4)).astype(np.float32)
    values[1, :, 2] = np.inf
    save_by_checkpoint(tmp_path / "logs" / "words", list(values), "words")
    status, text = output(tmp_path / "logs", capsys)

    assert status == 1
    assert "written by another program, 3 snapshots (steps 1 to 3)" in text
    assert "layer words: 12 samples, 4 units" in text
    assert "NaN or infinity at step 2" in text
    assert text.count("problem:") == 1


FAULTS = {
    "too many lines": ("".join(f"word {i}\n" for i in range(14)), "metadata.tsv has 14 rows"),
    "two labels": (
        "y\tY\n" + "".join(f"a{i % 2}\tb{i % 3}\n" for i in range(12)),
        "'y' and 'Y' could both be the label",
    ),
    "a remark": ("# by hand\n" + "".join(f"word {i % 3}\n" for i in range(12)), "'# by hand'"),
    "a row of NaN": ("".join(f"word {i % 3}\n" for i in range(12)), "sample 3 holds NaN"),
}


def test_what_is_wrong_is_said_in_the_sentences_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (table, _) in FAULTS.items():
        (tmp_path / name).mkdir()
        values = np.random.default_rng(0).random((12, 3))
        values[3, 1] = np.nan if name == "a row of NaN" else 0
        np.savetxt(tmp_path / name / "tensor.tsv", values, delimiter="\t")
        (tmp_path / name / "metadata.tsv").write_text(table)
    client = client_for(tmp_path, EmbeddingsPlugin)
    for name in FAULTS:
        query = {"run": name, "layer": "tensor"}
        assert client.get(BASE + "projection", query_string=query).status_code == 200
    runs = client.get(BASE + "runs").get_json()["runs"]
    said = {run["run"]: run["problems"] for run in runs}
    status, text = output(tmp_path, capsys)

    assert status == 1
    for name, (_, words) in FAULTS.items():
        (problem,) = said[name]
        assert words in problem
        assert f"problem: {problem}\n" in text
