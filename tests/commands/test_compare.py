"""`tb-embed compare` and `layer.parted` on trainings that part where it is known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import cli, open_run
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.commands.reporting.comparing import Pair, compare_document
from tb_embed_plugin.errors import UnsuitableDataError
from tests import perceptron
from tests.addresses import keys_of, selected
from tests.perceptron import Adam
from tests.planted import random_snapshots, write_run

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "json_output.schema.json").read_text())
RATE, CHANGED = 1e-3, 3
"""The learning rate, and the epoch from which on it is another one."""


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> Path:
    """Seeds of one training, and ones whose rate changes, of the same seed and of others."""
    logdir = tmp_path_factory.mktemp("parted")
    x, labels = digits[0][:300].reshape(300, 64), digits[1][:300]

    def train(name: str, seed: int, factor: float = 1) -> None:
        rates = {CHANGED: RATE * factor}
        run_dir = logdir / name
        perceptron.train(run_dir, x, labels, Adam(RATE), epochs=6, rates=rates, seed=seed)

    for seed in range(3):
        train(f"seed{seed}", seed)
    for name, factor in (("slow", 0.1), ("fast", 10)):
        train(f"{name} same", 0, factor)
        train(f"{name} other", 3, factor)
    return logdir


class Asked:
    """Compares runs; what was measured once is remembered."""

    def __init__(self, logdir: Path) -> None:
        self.logdir = logdir
        self.cache = MetricsCache()

    def __call__(self, run: str, other: str, seed: str | None) -> Any:
        """Returns the document, which is valid."""
        pair = Pair(self.logdir, run, other, seed, cache=self.cache)
        return valid(compare_document(pair).content())


@pytest.fixture(scope="module")
def asked(trained: Path) -> Asked:
    return Asked(trained)


def valid(document: Any) -> Any:
    jsonschema.validate(document, {**SCHEMA, "oneOf": [{"$ref": "#/$defs/compare"}]})
    return document


def compare(capsys: pytest.CaptureFixture[str], logdir: Path, *words: str) -> tuple[int, Any]:
    """Returns the exit status of the command, and its document, which is valid."""
    status = cli.main(["compare", str(logdir), *words, "--json", "--fail-on", "warning"])
    return status, valid(json.loads(capsys.readouterr().out, parse_constant=pytest.fail))


@pytest.mark.parametrize("seed", [None, "seed2"])
@pytest.mark.parametrize("other", ["slow same", "slow other", "fast same", "fast other"])
def test_the_step_at_which_the_rate_changes_is_named(
    asked: Asked, other: str, seed: str | None
) -> None:
    document = asked("seed0", other, seed)
    (layer,), (found,) = document["layers"], document["findings"]

    # The snapshot of that epoch is the last one before.
    assert (found["kind"], found["rule"], found["step"]) == ("warning", "parted", CHANGED + 1)
    assert found["value"] > found["threshold"]
    assert (layer["run"], layer["other"]) == ("seed0", other)
    assert (layer["same_samples"], layer["steps"]) == (True, list(range(7)))
    same = other.endswith("same")
    assert (max(layer["neighbors_changed"][: CHANGED + 1]) == 0) is same
    ratio = layer["speed_ratio"][CHANGED + 1]
    assert ratio > 2 if other.startswith("slow") else ratio < 0.5
    assert ("are the same until epoch 3 and part at epoch 4" in found["sentence"]) is same
    keys = keys_of(found["link"])
    assert (keys["run"], keys["step"]) == ("seed0", str(CHANGED + 1))
    assert selected(found["link"]) == set(found["samples"][: found["linked"]])
    assert found["scores"] == sorted(found["scores"], reverse=True)


@pytest.mark.parametrize("seed", [None, "seed2"])
def test_two_seeds_do_not_part(
    asked: Asked, seed: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    document = asked("seed0", "seed1", seed)
    assert document["findings"] == []
    assert document["layers"][0]["not_judged"] == []
    if seed is None:
        assert cli.main(["compare", str(asked.logdir), "seed0", "seed1"]) == 0
        said = capsys.readouterr().out
        assert re.search("seed0 and seed1, .*: they differ at no .* than two seeds do", said)


def test_the_notebook_says_the_same(trained: Path) -> None:
    layers = {
        name: open_run(trained, name).layer() for name in ("seed0", "seed2", "fast other")
    }
    here, seed, there = layers.values()
    parted = here.parted(there, seed)
    assert parted.parting is not None
    assert parted.parting.step == CHANGED + 1
    assert parted.parting.before == CHANGED
    # The samples whose ways differ most, of float64 NumPy.
    ways = []
    for layer in (here, there):
        before, after = (layer.snapshot(s).astype(np.float64) for s in (CHANGED, CHANGED + 1))
        radius = np.sqrt(after.var(axis=0).sum())
        ways.append(np.linalg.norm(after - before, axis=1) / radius)
    np.testing.assert_allclose(
        parted.parting.ranked.scores, np.sort(np.abs(ways[0] - ways[1]))[::-1], rtol=1e-5
    )
    assert here.parted(seed).parting is None


def test_samples_that_stand_in_both_sets_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = random_snapshots(0, samples=300)
    testing = [
        np.concatenate([new, old[[5, 9]]])
        for new, old in zip(random_snapshots(1, samples=100), training, strict=True)
    ]
    write_run(tmp_path / "train", {"fc1": training}, fingerprint="train")
    write_run(tmp_path / "test", {"fc1": testing}, fingerprint="test")
    status, document = compare(capsys, tmp_path, "test", "train")
    (layer,), (found,) = document["layers"], document["findings"]

    assert (status, layer["same_samples"], found["rule"]) == (3, False, "leak")
    assert dict(zip(found["samples"], found["same_as"], strict=True)) == {100: 5, 101: 9}
    assert (found["run"], found["count"], found["value"]) == ("test", 2, 2 / 102)
    assert found["sentence"] == ("2 of the 102 samples of test are also in train.")
    assert selected(found["link"]) == {100, 101}
    write_run(tmp_path / "clean", {"fc1": [x[:100] for x in testing]}, fingerprint="clean")
    assert compare(capsys, tmp_path, "clean", "train")[1]["findings"] == []


def test_what_cannot_be_compared_is_said(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "few", {"fc1": random_snapshots(0, samples=20)})
    write_run(tmp_path / "too", {"fc1": random_snapshots(1, samples=20)})
    write_run(tmp_path / "odd", {"fc2": random_snapshots(1, samples=20)})
    status, document = compare(capsys, tmp_path, "few", "too")
    (reason,) = document["layers"][0]["not_judged"]
    assert status == 0
    assert "share 3 steps and 20 samples" in reason["sentence"]
    for words, expected in (
        (("few", "few"), "is compared with itself"),
        (("few", "odd"), "no layer of one name"),
        (("few", "toe"), "did you mean 'too'?"),
    ):
        assert cli.main(["compare", str(tmp_path), *words]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert expected in printed.err
    layer = open_run(trained, "seed0").layer()
    with pytest.raises(UnsuitableDataError, match="two layers of one run"):
        layer.parted(layer)
