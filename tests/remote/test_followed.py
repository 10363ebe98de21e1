"""A log directory that is an address, in the tab: a copy of it follows what is recorded."""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from tb_embed_plugin.errors import StorageError
from tb_embed_plugin.remote import followed_root, local_copy
from tb_embed_plugin.remote.copied_files import STATE_FILE
from tb_embed_plugin.remote.extent import CopyTooLargeError
from tb_embed_plugin.remote.followed_root import Following
from tb_embed_plugin.remote.local_copy import copy_of
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage, StoredFile
from tests.clusters import BASE, record_clusters
from tests.harness import PATIENCE, TensorBoardProcess, tensorboard, wait_until
from tests.remote.conftest import upload
from tests.remote.s3_server import Network, credentials
from tests.reported.test_logdirs import client_of

pytestmark = pytest.mark.usefixtures("copies")

_numbers = itertools.count()

NOT_COPIED = [
    "run/events.out.tfevents.1.host",
    "run/plugins/profile/trace",
    "events.out.tfevents.2.host",
    "data/train.parquet",
    "data.tar",
    "run/model.onnx",
]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A log directory with a run, and with what TensorBoard and others read of it."""
    record_clusters(tmp_path / "logs" / "run", range(2), samples=40)
    for name in NOT_COPIED:
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"events")
    return tmp_path / "logs"


@pytest.fixture
def in_memory(logs: Path, followings: list[Following], monkeypatch: pytest.MonkeyPatch) -> str:
    """The same at an address, which is looked at more often."""
    assert followings == []
    for name in ("EVERY_SECONDS", "FIRST_PAUSE"):
        monkeypatch.setattr(followed_root, name, 0.02)
    address = f"memory://followed-{next(_numbers)}/logs"
    upload(logs, address)
    return address


def listed(client: Client) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = client.get(BASE + "runs").get_json()
    return answer


def steps_of(answer: Mapping[str, Any]) -> dict[str, list[int]]:
    return {run["run"]: run["layers"][0]["steps"] for run in answer["runs"]}


def test_runs_are_copied_once_somebody_asks_for_them(
    in_memory: str, logs: Path, followings: list[Following]
) -> None:
    client = client_of(logdir=in_memory)
    assert followings == []
    said = listed(client)
    if not said["runs"]:
        assert "is the address memory://, from which the runs are being" in said["problems"][0]
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})
    assert len(followings) == 1
    said = listed(client)
    assert (said["problems"], said["runs"][0]["problems"]) == ([], [])
    assert client.get(f"{BASE}projection?run=run&layer=fc1").status_code == 200
    record_clusters(logs / "run", [2], samples=40)
    upload(logs, in_memory)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1, 2]})
    here = copy_of(in_memory)
    assert (here / "run/plugins").is_dir()
    assert [name for name in NOT_COPIED if (here / name).exists()] == []


def test_runs_of_several_addresses_are_named_as_in_tensorboard(
    in_memory: str, followings: list[Following]
) -> None:
    client = client_of(logdir_spec=f"a:{in_memory},b:{in_memory}/run")
    expected = {"a/run": [0, 1], "b/.": [0, 1]}
    wait_until(lambda: steps_of(listed(client)) == expected)
    assert len(followings) == 2


def test_more_than_is_copied_is_a_sentence(
    in_memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_root, "MAX_BYTES", 100)
    client = client_of(logdir=in_memory)
    wait_until(lambda: "holds 0.0 GB, more than the" in listed(client)["problems"][0])
    monkeypatch.setattr(followed_root, "MAX_BYTES", 1 << 20)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})
    assert listed(client)["problems"] == []


def test_more_files_than_are_listed_is_a_sentence(
    in_memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_copy, "MAX_FILES", 3)
    client = client_of(logdir=in_memory)
    words = "memory://, which holds more than 3 files, so that none of them is copied; name an"
    wait_until(lambda: words in listed(client)["problems"][0])
    with pytest.raises(CopyTooLargeError, match=f"{in_memory} holds more than 3 files"):
        local_copy.local_copy(in_memory)
    monkeypatch.setattr(local_copy, "MAX_FILES", 100)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})


def test_while_no_page_asks_the_storage_is_left_alone(
    in_memory: str, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_root, "QUIET_SECONDS", 0.2)
    client = client_of(logdir=in_memory)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})
    requests: list[float] = []
    listing = Storage.list

    def noted(storage: Storage, most: float = math.inf) -> dict[str, StoredFile]:
        requests.append(time.monotonic())
        return listing(storage, most)

    monkeypatch.setattr(Storage, "list", noted)
    asked = time.monotonic()
    wait_until(lambda: time.monotonic() > max([asked, *requests]) + 0.5)
    assert max(requests) < asked + 0.5
    record_clusters(logs / "run", [2], samples=40)
    upload(logs, in_memory)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1, 2]})


def test_after_a_pause_the_earlier_copy_is_shown_with_its_date_until_it_is_up_to_date(
    in_memory: str, followings: list[Following], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_root, "QUIET_SECONDS", 0.2)
    client = client_of(logdir=in_memory)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})
    (following,) = followings
    wait_until(lambda: following._thread is None)  # noqa: SLF001 # the pause has begun
    following.updated = time.mktime((2026, 3, 4, 5, 6, 0, 0, 0, -1))
    listing, may_answer = Storage.list, threading.Event()

    def late(storage: Storage, most: float = math.inf) -> dict[str, StoredFile]:
        assert may_answer.wait(PATIENCE)
        return listing(storage, most)

    monkeypatch.setattr(Storage, "list", late)
    said = listed(client)
    may_answer.set()
    assert steps_of(said) == {"run": [0, 1]}
    (problem,) = said["problems"]
    assert re.search(
        r"what is shown was copied at 05:06 \S+ on 2026-03-04; it is being updated", problem
    )
    wait_until(lambda: listed(client)["problems"] == [])


def test_a_cache_that_cannot_be_written_is_a_sentence(in_memory: str, copies: Path) -> None:
    copies.parent.mkdir()
    copies.write_bytes(b"")
    client = client_of(logdir=in_memory)
    wait_until(lambda: "cannot be copied to this machine (" in listed(client)["problems"][0])
    copies.unlink()
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})


def test_nothing_is_imported_before_somebody_asks_for_the_runs(tmp_path: Path) -> None:
    code = """
import sys
from tests.harness import wait_until
from tests.reported.test_logdirs import client_of, BASE
client = client_of(logdir="s3://nothing/logs")
client.get("/data/plugins_listing")
assert client.get(BASE + "metadata?run=x&layer=y").status_code == 404
# TensorBoard itself imports fsspec, where it is installed, but none of its libraries.
assert "s3fs" not in sys.modules
client.get(BASE + "runs")
wait_until(lambda: "s3fs" in sys.modules)
assert {"tensorflow", "keras"}.isdisjoint(sys.modules)
"""
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    environment |= credentials(1)
    subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=100,
    )


def runs_of(server: TensorBoardProcess) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = json.loads(server.get(BASE.lstrip("/") + "runs")[2])
    return answer


def test_a_tensorboard_without_tensorflow_follows_a_server_that_is_lost_and_found(
    bucket: str, network: Network, logs: Path, tmp_path: Path
) -> None:
    upload(logs, f"{bucket}/logs")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    with tensorboard(None, "--logdir", f"{bucket}/logs", environment=environment) as server:
        assert not (tmp_path / "cache").exists()
        wait_until(lambda: steps_of(runs_of(server)) == {"run": [0, 1]})
        theirs = json.loads(server.get("data/runs")[2])
        assert set(theirs) - {"."} == {"run"}
        status, _, body = server.get(f"{BASE.lstrip('/')}projection?run=run&layer=fc1")
        assert (status, len(body) > 0) == (200, True)

        record_clusters(logs / "run", [2], samples=40)
        upload(logs, f"{bucket}/logs")
        wait_until(lambda: steps_of(runs_of(server)) == {"run": [0, 1, 2]})
        assert runs_of(server)["problems"] == []

        network.fail("refuses")
        wait_until(lambda: runs_of(server)["problems"] != [])
        said = runs_of(server)
        assert steps_of(said) == {"run": [0, 1, 2]}
        (problem,) = said["problems"]
        assert "the log directory is the address s3://, which cannot be reached (" in problem
        assert "; what is shown was copied at " in problem
        assert problem.endswith("; it is tried again by itself")
        assert bucket.removeprefix("s3://") not in problem

        network.fault = ""
        record_clusters(logs / "run", [3], samples=40)
        upload(logs, f"{bucket}/logs")
        wait_until(lambda: steps_of(runs_of(server)) == {"run": [0, 1, 2, 3]})
        wait_until(lambda: runs_of(server)["problems"] == [])


def test_it_ends_with_tensorboard(bucket: str, network: Network, tmp_path: Path) -> None:
    """Neither what waits for its turn is copied first, nor is an answer waited for."""
    storage = Storage(f"{bucket}/logs")
    for number in range(150):
        storage.put_bytes(f"run/model.ckpt-{number}.index", b"x")
    network.latency = 1.0
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    with tensorboard(None, "--logdir", f"{bucket}/logs", environment=environment) as server:
        assert "the runs are being copied" in runs_of(server)["problems"][0]
        requests = network.requests
        wait_until(lambda: network.requests > requests + 20)
        network.fail("stalls")
        begin = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: server._process.poll() is not None)  # noqa: SLF001 # its end is what is asked
        assert time.monotonic() - begin < 10
    network.fault, network.latency = "", 0.0
    (here,) = (path for path in (tmp_path / "cache/tb_embed/remote").iterdir() if path.is_dir())
    Mirror(Storage(f"{bucket}/logs"), here).update()
    assert len(list(here.glob("run/model.ckpt-*.index"))) == 150


def test_after_a_restart_the_earlier_copy_is_shown_with_its_date_and_no_half_copied_run(
    in_memory: str, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(logdir=in_memory)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})
    # The next process is killed while it copies a run.
    copied, may_end = threading.Event(), threading.Event()

    def die(mirror: Mirror, file: StoredFile, content: bytes) -> None:
        if file.name.startswith("second/"):
            copied.set()
            assert may_end.wait(PATIENCE)
            raise StorageError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Mirror, "_place", die)
        record_clusters(logs / "second", range(2), samples=40)
        upload(logs, in_memory)
        assert copied.wait(PATIENCE)
    here = copy_of(in_memory)
    assert (here / "second/model.ckpt-0.index").exists()
    then = time.mktime((2026, 3, 4, 5, 6, 0, 0, 0, -1))
    os.utime(here / STATE_FILE, (then, then))

    def refused(*_: object) -> None:
        raise StorageError(f"{in_memory} cannot be reached") from ConnectionError()

    monkeypatch.setattr(followed_root, "update_copy", refused)
    restarted = client_of(logdir=in_memory)
    wait_until(lambda: listed(restarted)["runs"])
    said = listed(restarted)
    may_end.set()
    assert steps_of(said) == {"run": [0, 1]}
    (problem,) = said["problems"]
    assert (
        "which cannot be reached (ConnectionError); check the network; what is shown was"
        in problem
    )
    assert re.search(r"was copied at 05:06 \S+ on 2026-03-04; it is tried", problem)


def test_a_run_is_shown_once_all_of_it_is_here(
    in_memory: str, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its manifest it would be taken for somebody else's checkpoints."""
    client = client_of(logdir=in_memory)
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1]})
    arrived, may_go_on = threading.Event(), threading.Event()
    place = Mirror._place  # noqa: SLF001 # the last that is done of a run

    def wait_and_place(mirror: Mirror, file: StoredFile, content: bytes) -> None:
        if file.name.startswith("second/"):
            arrived.set()
            assert may_go_on.wait(PATIENCE)
        place(mirror, file, content)

    monkeypatch.setattr(Mirror, "_place", wait_and_place)
    record_clusters(logs / "second", range(2), samples=40)
    upload(logs, in_memory)
    assert arrived.wait(PATIENCE)
    try:
        assert (copy_of(in_memory) / "second/model.ckpt-0.index").exists()
        assert steps_of(listed(client)) == {"run": [0, 1]}
    finally:
        may_go_on.set()
    wait_until(lambda: steps_of(listed(client)) == {"run": [0, 1], "second": [0, 1]})
