"""Measuring in a process of its own: the same answers, and a server that outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from werkzeug.test import Client

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.server import measuring
from tb_embed_plugin.server.measuring import MeasuringProcess
from tb_embed_plugin.server.routes import MEASURED
from tests.decoding import BASE
from tests.harness import PATIENCE, client_for
from tests.planted import Head, class_snapshots, random_snapshots, write_run

FC1 = {"run": "a", "layer": "fc1"}
QUESTIONS: dict[str, dict[str, Any]] = {
    "metrics": {},
    "sample_metrics": {"name": "displacement_of"},
    "samples": {"rule": "moved"},
    "findings": {},
    "similarity": {"with_run": "b"},
    "comparison": {"with_run": "b"},
    "leaks": {"with_run": "c"},
    "confusion": {"step": 1},
    "class_pair": {"first": "0", "second": "1"},
    "units": {"step": 1},
    "neighbors": {"step": 1, "sample": 3},
    "sample_history": {"sample": 3},
    "neighbor_history": {"sample": 3},
}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logs = tmp_path_factory.mktemp("logs")
    for seed, run in enumerate(("a", "b")):
        snapshots, codes = class_snapshots(seed, 3, 80)
        labels = Column("label", "category", (codes % 4).astype(str).tolist())
        head = Head(
            random_snapshots(seed, 3, 12, 4), [each[0] for each in random_snapshots(1, 3, 1, 4)]
        )
        write_run(logs / run, {"fc1": snapshots}, labels, head=head)
    others = [each[5:50] for each in class_snapshots(0, 3, 80)[0]]
    write_run(logs / "c", {"fc1": others}, fingerprint="others")
    return logs


@pytest.fixture(scope="module")
def process() -> MeasuringProcess:
    return MeasuringProcess(1 << 28)


@pytest.fixture(scope="module")
def client(logdir: Path, process: MeasuringProcess) -> Iterator[Client]:
    """A server that has others measure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "MeasuringProcess", lambda most_bytes: process)
        client = client_for(logdir, EmbeddingsPlugin)
        client.get(BASE + "engines")
        yield client
        running(process).kill()


@pytest.fixture(scope="module")
def alone(logdir: Path) -> Client:
    """A server that measures itself."""
    return client_for(logdir, EmbeddingsPlugin)


def running(process: MeasuringProcess) -> subprocess.Popen[bytes]:
    found = process._process  # noqa: SLF001
    assert found is not None
    return found


def ask(client: Client, route: str, query: dict[str, Any]) -> tuple[int, str, bytes]:
    response = client.get(BASE + route, query_string={**FC1, **query})
    return response.status_code, response.headers["Cache-Control"], response.data


def test_all_that_measures_is_asked_here() -> None:
    assert QUESTIONS.keys() == MEASURED


@pytest.mark.parametrize(("route", "query"), QUESTIONS.items())
def test_the_answers_are_the_same_bytes(
    client: Client, alone: Client, route: str, query: dict[str, Any]
) -> None:
    version = client.get(BASE + "runs").get_json()["runs"][0]["layers"][0]["version"]
    query = {**query, "v": version}

    assert ask(client, route, query) == ask(alone, route, query)
    assert ask(client, route, query)[0] == 200


@pytest.mark.parametrize(
    ("route", "query"),
    [
        ("class_pair", {"first": "0", "second": "no such class"}),
        ("metrics", {"steps": "99"}),
        ("samples", {"limit": "0"}),
        ("neighbors", {"step": 1, "sample": 3, "layer": "fc9"}),
        ("similarity", {"with_run": "nobody"}),
        ("findings", {"run": "../a"}),
    ],
)
def test_so_are_the_refusals(
    client: Client, alone: Client, route: str, query: dict[str, Any]
) -> None:
    assert ask(client, route, query) == ask(alone, route, query)
    assert ask(client, route, query)[0] in {400, 404, 413}


def test_it_is_measured_by_a_process_that_leaves_the_cores_to_others(
    client: Client, process: MeasuringProcess
) -> None:
    ask(client, "units", {"step": 0})

    assert running(process).pid != os.getpid()
    assert os.getpriority(os.PRIO_PROCESS, running(process).pid) >= 10
    own, its = os.sched_getaffinity(0), os.sched_getaffinity(running(process).pid)
    assert its < own or len(own) == 1


def test_a_process_that_is_killed_is_started_anew(
    client: Client, alone: Client, process: MeasuringProcess
) -> None:
    ask(client, "units", {"step": 0})
    killed = running(process)
    killed.send_signal(signal.SIGKILL)
    killed.wait(PATIENCE)

    assert ask(client, "units", {"step": 2}) == ask(alone, "units", {"step": 2})
    assert running(process).pid != killed.pid


def test_a_question_that_a_killed_process_is_told_is_answered_by_the_next(
    client: Client, alone: Client, process: MeasuringProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Event()
    listen, tell = process._listen, process._tell  # noqa: SLF001

    def listen_until_told(hear: IO[bytes]) -> None:
        listen(hear)
        told.wait(PATIENCE)

    def tell_it(asked: Any) -> None:
        tell(asked)
        told.set()

    running(process).kill()
    monkeypatch.setattr(process, "_listen", listen_until_told)
    ask(client, "units", {"step": 1})
    told.clear()
    monkeypatch.setattr(process, "_tell", tell_it)
    killed = running(process)
    killed.kill()
    killed.wait(PATIENCE)

    assert ask(client, "units", {"step": 2}) == ask(alone, "units", {"step": 2})
    assert running(process).pid != killed.pid


def test_one_that_ends_again_and_again_is_a_sentence_and_pictures_go_on(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def start(most_bytes: int) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-S", "-c", "import sys; sys.stdin.readline(); sys.exit(3)"]
        one = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(one)
        return one

    monkeypatch.setattr(measuring, "_start", start)
    monkeypatch.setattr(measuring, "MeasuringProcess", MeasuringProcess)
    client = client_for(logdir, EmbeddingsPlugin)
    status, _, body = ask(client, "findings", {})

    assert status == 503
    assert b"ended 2 times, by exit status 3; see TensorBoard's terminal" in body
    assert len(started) == 2
    assert ask(client, "projection", {})[0] == 200


def test_it_ends_with_the_server() -> None:
    # What is left of a server that is gone is the end of the pipe.
    process = measuring._start(1 << 28)  # noqa: SLF001
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
