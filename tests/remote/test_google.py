"""Google Cloud Storage, by a server on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_embed_plugin import open_run, record
from tb_embed_plugin.cli import main
from tb_embed_plugin.errors import StorageError
from tb_embed_plugin.remote.storage import Storage
from tests.clusters import BASE, labels, record_clusters, snapshot
from tests.harness import read_run, wait_until
from tests.remote.conftest import assert_recorded, upload
from tests.remote.s3_server import serving
from tests.reported.test_logdirs import client_of

SERVER = """
import sys
from gcp_storage_emulator.server import create_server

server = create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
server.start()
while server._api._httpd is None:
    pass
print(server._api._httpd.server_port, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of a server with a bucket `bucket`."""
    with serving(SERVER) as port:
        yield port


@pytest.fixture
def address(server: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address with nothing below it."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server}")
    return f"gs://bucket/logs-{time.time_ns()}"


def test_a_run_is_recorded_resumed_and_read(address: str, tmp_path: Path, staged: Path) -> None:
    """The server does not keep a second writer out, as Google's does (`ifGenerationMatch`)."""
    for step in range(3):
        first = labels() if step == 0 else None
        is_last = step == 2
        record(f"{address}/run", step, {"fc1": snapshot(step)}, labels=first, finished=is_last)
    record(f"{address}/run", 3, {"fc1": snapshot(3)}, finished=True)
    assert list(staged.iterdir()) == []
    assert_recorded(f"{address}/run", [0, 1, 2, 3], tmp_path / "here")
    assert open_run(address, "run").steps == [0, 1, 2, 3]


def test_logs_are_copied_both_ways(address: str, tmp_path: Path) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    assert main(["sync", str(logs), address]) == 0
    assert main(["sync", address, str(here)]) == 0
    record_clusters(logs / "run", [2])
    upload(logs, address)
    assert main(["sync", address, str(here)]) == 0
    assert read_run(here / "run").steps == [0, 1, 2]


@pytest.mark.usefixtures("copies", "followings")
def test_the_tab_shows_runs(address: str, tmp_path: Path) -> None:
    record_clusters(tmp_path / "logs" / "run", range(2))
    upload(tmp_path / "logs", address)
    client = client_of(logdir=address)
    wait_until(lambda: client.get(f"{BASE}runs").get_json()["runs"] != [])
    (run,) = client.get(f"{BASE}runs").get_json()["runs"]
    assert (run["run"], run["layers"][0]["steps"]) == ("run", [0, 1])


def test_what_is_not_there_is_a_sentence(address: str) -> None:
    storage = Storage(address)
    assert storage.read("nothing") is None
    storage.delete("nothing")
    with pytest.raises(StorageError, match="does not exist; check the bucket"):
        Storage("gs://no-such-bucket/logs/run").put_bytes("x", b"x")
