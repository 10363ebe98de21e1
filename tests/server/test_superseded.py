"""Steps that a training has left behind are shown only to whoever asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.wire import decode
from tests.harness import client_for

BASE = "/data/plugin/tb_embed/"
WHOLE = "run (all steps)"


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """A run that went back from epoch 2 to 1, and one that did not."""
    rng = np.random.default_rng(0)
    for name in ("other", "run"):
        for step in range(4):
            record(tmp_path / name, step, {"fc1": rng.random((12, 3), np.float32)}, epoch=step)
    path = tmp_path / "run" / MANIFEST_FILE
    manifest = json.loads(path.read_text())
    manifest["phases"] = [
        {"kind": kind, "step": step, "epoch": step, "batches": None, "wall_time": 0.0}
        | {"digest": None}
        for kind, step in (("began", None), ("restored", 1))
    ]
    manifest["steps"][2] |= {"superseded": True, "phase": 0}
    manifest["steps"][3]["phase"] = 1
    path.write_text(json.dumps(manifest))
    return tmp_path


def test_superseded_steps_are_in_a_run_of_their_own(logdir: Path) -> None:
    client = client_for(logdir, EmbeddingsPlugin)
    runs: dict[str, Any] = {
        run["run"]: run for run in client.get(f"{BASE}runs").get_json()["runs"]
    }

    assert {name: (run["superseded"], run["all_steps"]) for name, run in runs.items()} == {
        "other": (0, None),
        "run": (1, WHOLE),
        WHOLE: (1, None),
    }
    assert [s["step"] for s in runs["run"]["steps"]] == [0, 1, 3]
    steps = runs[WHOLE]["steps"]
    assert [s["step"] for s in steps if s["superseded"]] == [2]
    assert [s["phase"] for s in steps] == [None, None, 0, 1]
    kinds = [phase["kind"] for phase in runs[WHOLE]["phases"]]
    assert kinds[steps[2]["phase"]] == "began"
    assert runs[WHOLE]["layers"][0]["version"] != runs["run"]["layers"][0]["version"]
    for name in ("run", WHOLE):
        query = {"run": name, "layer": "fc1", "engine": "pca", "components": 2}
        answer = client.get(f"{BASE}projection", query_string=query)
        tensors, _ = decode(answer.get_data())
        assert tensors["steps"].tolist() == [s["step"] for s in runs[name]["steps"]]


def test_a_run_without_superseded_steps_any_longer_has_no_other(logdir: Path) -> None:
    opened = Logdir(logdir, list)
    assert [run.name for run in opened.list_runs()] == ["other", "run", WHOLE]
    (logdir / WHOLE).mkdir()
    record(logdir / WHOLE, 0, {"fc1": np.ones((3, 2), np.float32)})

    named = {run.name: run for run in opened.list_runs()}
    assert opened.run(WHOLE).layers[0].samples == 3, "a directory of that name is itself"
    assert len(named) == 3
