"""Commands that compute by several processes, as processes of their own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.decoding import BASE
from tests.harness import client_for, wait_until
from tests.planted import class_snapshots, write_run

# A test run in the background ignores Ctrl-C, and what it starts would inherit that.
HEARING_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tb_embed_plugin.cli import main
sys.exit(main())
"""


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    return write_logdir(tmp_path, steps=3)


def write_logdir(tmp_path: Path, steps: int) -> Path:
    snapshots, codes = class_snapshots(0, steps=steps, samples=600)
    labels = Column("label", "category", [f"class {code}" for code in codes])
    write_run(tmp_path / "run", {"fc1": snapshots}, labels)
    return tmp_path


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "tb_embed_plugin.cli", *map(str, words)]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), check=False, capture_output=True, text=True)


def test_metrics_by_workers_are_those_of_one_process(logdir: Path) -> None:
    alone = run("metrics", logdir, "--json")
    shared = run("metrics", logdir, "--json", "--workers", 2)

    assert shared.returncode == 0, shared.stderr
    assert json.loads(shared.stdout) == json.loads(alone.stdout)
    assert "measured 6 of 6 parts" in shared.stderr


def test_a_projection_by_workers_is_what_the_page_then_shows(logdir: Path) -> None:
    done = run("project", logdir, "--engine", "pca", "--workers", 2)

    assert done.returncode == 0, done.stderr
    preserved = re.search(r"\d+ % of nearest neighbors preserved", done.stdout)
    assert preserved
    query = {"run": "run", "layer": "fc1", "engine": "pca", "components": 2}
    answer = client_for(logdir, EmbeddingsPlugin).get(BASE + "quality", query_string=query)
    assert preserved[0] in answer.get_json()["sentence"]


def test_an_interrupt_ends_the_workers_and_says_that_the_command_resumes(
    tmp_path: Path,
) -> None:
    # Work for many times the seconds in which the workers are seen.
    logdir = write_logdir(tmp_path, steps=100)
    words = ["project", str(logdir), "--engine", "pca", "--workers", "2"]
    program = [sys.executable, "-c", HEARING_CTRL_C, *words]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        wait_until(lambda: len(children.read_text().split()) >= 2)
        workers = [Path("/proc", child) for child in children.read_text().split()]
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]

    assert process.returncode == 130, said
    assert "tb-embed: stopped; what is finished is kept, and the same command resumes" in said
    assert "Traceback" not in said
    wait_until(lambda: not any(worker.exists() for worker in workers))


def test_fewer_than_one_worker_is_refused(logdir: Path) -> None:
    refused = run("metrics", logdir, "--workers", 0)

    assert refused.returncode == 1
    assert "--workers must be 1 or more, not 0" in refused.stderr
