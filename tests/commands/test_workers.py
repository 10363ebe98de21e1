"""Commands that compute by several processes, as processes of their own."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.decoding import BASE
from tests.harness import client_for
from tests.planted import class_snapshots, write_run
from tb_embed_plugin.runs.tables.metadata_table import Column


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    snapshots, codes = class_snapshots(0, steps=3, samples=600)
    write_run(tmp_path / "run", {"fc1": snapshots}, labels=codes)
    return tmp_path


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "tb_embed_plugin.cli", *map(str, words)]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), check=False, capture_output=True, text=True)


def test_metrics_by_workers_are_those_of_one_process_and_the_server_finds_them(
    logdir: Path,
) -> None:
    alone = run("metrics", logdir, "--json")
    shared = run("metrics", logdir, "--json", "--workers", 2)
    assert shared.returncode == 0, shared.stderr
    assert json.loads(shared.stdout) == json.loads(alone.stdout)
    assert "measured 6 of 6 parts" in shared.stderr


def test_a_projection_by_workers_is_what_the_page_then_shows(logdir: Path) -> None:
    done = run("project", logdir, "--engine", "pca", "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert "of nearest neighbors preserved" in done.stdout
