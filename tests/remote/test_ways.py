"""Each row of the tables in `docs/object_storage.md` is tried."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing import data_ingester

from tb_embed_plugin import open_run, record, write_metadata, write_sprite_image
from tb_embed_plugin.cli import main
from tb_embed_plugin.commands.sync import sync
from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.remote.followed_root import Following
from tb_embed_plugin.remote.storage import Storage
from tests.clusters import BASE, labels, record_clusters, snapshot
from tests.harness import TensorBoardProcess, read_run, tensorboard, wait_until, without_library
from tests.remote.conftest import upload
from tests.reported.test_logdirs import client_of

PAGE = Path(__file__).parents[2] / "docs/object_storage.md"
WAYS, INSTALLATIONS = re.findall(r"(?:^\|.*\n)+", PAGE.read_text(), re.MULTILINE)

pytestmark = pytest.mark.usefixtures("copies")


def rows(table: str) -> dict[str, str]:
    """Returns the rest of each row of a table, by its first cell."""
    cells = (line.strip("| \n").partition(" | ") for line in table.splitlines()[2:])
    return {first: rest for first, _, rest in cells}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A log directory with two runs."""
    for run in ("run", "other"):
        record_clusters(tmp_path / "logs" / run, range(2), samples=40)
    return tmp_path / "logs"


def watch(address: str, logs: Path) -> None:
    upload(logs, address)
    here = logs.with_name("here")
    told = sync(address, str(here), every=0.01)
    next(told)
    record_clusters(logs / "run", [2], samples=40)
    upload(logs, address)
    next(told)
    assert read_run(here / "run").steps == [0, 1, 2]


def look_at(address: str, logs: Path) -> None:
    upload(logs, address)
    here = logs.with_name("here")
    assert main(["sync", address, str(here)]) == 0
    assert read_run(here / "run").steps == [0, 1]


def open_there(address: str, logs: Path) -> None:
    """One address alone is tried in `test_followed`, and in Chromium."""
    assert (
        "the tab shows them"
        in rows(INSTALLATIONS)["no TensorFlow, and `tb-embed-plugin[remote]`"]
    )
    upload(logs, address)
    options = ("--logdir_spec", f"a:{address},b:{address}/run")
    with tensorboard(None, *options, environment=at_home(logs)) as server:
        wait_until(lambda: listed(server) == ["a/other", "a/run", "b/."])
        wait_until(lambda: sorted(json.loads(server.get("data/runs")[2])) == listed(server))


def at_home(logs: Path) -> dict[str, str]:
    """Returns where another process finds a cache of its own."""
    home = str(logs.parent)
    return {"XDG_CACHE_HOME": f"{home}/cache", "HOME": home}


def record_there(address: str, logs: Path) -> None:
    """The callbacks are tried in `test_recording` and in `tests/backends`."""
    record(f"{address}/a", 0, {"fc1": snapshot(0)}, labels=labels(), finished=True)
    np.save(logs / "fc1.npy", snapshot(0))
    assert main(["import", str(logs / "fc1.npy"), "--run", f"{address}/b"]) == 0
    write_metadata(f"{address}/metadata.tsv", [1, 2])
    write_sprite_image(f"{address}/sprite.png", np.zeros((2, 8, 8)))
    assert [open_run(address, run).steps for run in "ab"] == [[0], [0]]
    assert {"metadata.tsv", "sprite.png"} <= Storage(address).list().keys()


def keep(address: str, logs: Path) -> None:
    (logs / "events.out.tfevents.1.host").write_bytes(b"events")
    next(sync(str(logs), address, every=0.01))
    assert open_run(address, "run").steps == [0, 1]
    assert Storage(address).read("events.out.tfevents.1.host") == b"events"


def read_in_notebook(address: str, logs: Path) -> None:
    upload(logs, address)
    np.testing.assert_array_equal(
        open_run(address, "run").layer().snapshot(1), snapshot(1, samples=40)
    )


def read_by_commands(address: str, logs: Path) -> None:
    upload(logs, address)
    more = {
        "compare": ["run", "other"],
        "project": ["--run", "run", "--engine", "pca"],
        "export": [
            *("--run", "run", "--engine", "pca", "--format", "npz"),
            *("--output", str(logs / "x.npz")),
        ],
    }
    names = re.findall(r"`([a-z-]+)`", rows(WAYS)["read a run by a command"])
    assert len(names) == 7
    for name in names:
        assert main([name, address, *more.get(name, [])]) == 0, name


def write_beside(address: str, logs: Path) -> None:
    assert main(["metrics", address, "--write-scalars"]) == 1
    assert main(["place", address, "run", "x.npy"]) == 1
    upload(logs, address)
    here = logs.with_name("here")
    assert main(["sync", address, str(here)]) == 0
    assert main(["metrics", str(here), "--write-scalars"]) == 0


TRIED: dict[str, Callable[[str, Path], None]] = {
    "watch a training in the tab": watch,
    "look at a finished run in the tab": look_at,
    "look into the storage in the tab, without TensorFlow": open_there,
    "record to the storage": record_there,
    "keep what a training records here, TensorBoard's event files too": keep,
    "read a run in a notebook": read_in_notebook,
    "read a run by a command": read_by_commands,
    "write beside a run: `place`, `metrics --write-scalars`": write_beside,
}


@pytest.mark.parametrize("way", rows(WAYS))
def test_each_way_works(way: str, bucket: str, logs: Path) -> None:
    TRIED[way](f"{bucket}/logs", logs)


def test_with_tensorflow_tensorboard_does_not_start() -> None:
    said = rows(INSTALLATIONS)["TensorFlow, and `tb-embed-plugin[remote]`"]
    (quoted,) = re.findall(r"`(Unsupported [^`]+)`", said)
    with pytest.raises(Exception, match=re.escape(quoted)):
        data_ingester._check_filesystem_support(["s3://bucket/logs"])  # noqa: SLF001 # its start


def listed(server: TensorBoardProcess) -> list[str]:
    """Returns the names of the runs in the tab."""
    answer = json.loads(server.get(f"{BASE}runs".lstrip("/"))[2])
    return [run["run"] for run in answer["runs"]]


def test_without_the_extra_the_tab_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, followings: list[Following]
) -> None:
    said = rows(INSTALLATIONS)["`tb-embed-plugin` without `[remote]`"]
    assert "the tab says what to install" in said
    without_library(monkeypatch, "s3://bucket", "s3fs")
    client = client_of(logdir="s3://bucket/logs")
    expected = (
        "needs a library that is not installed; run pip install 'tb-embed-plugin[remote]'"
    )
    wait_until(lambda: expected in client.get(f"{BASE}runs").get_json()["problems"][0])
    assert len(followings) == 1


def test_without_the_extra_each_way_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "say what to install" in rows(INSTALLATIONS)["`tb-embed-plugin` without `[remote]`"]
    address = "s3://bucket/logs"
    without_library(monkeypatch, address, "s3fs")
    for way in (
        lambda: next(sync(address, str(tmp_path / "here"))),
        lambda: next(sync(str(tmp_path), address)),
        lambda: open_run(address),
        lambda: record(address, 0, {"fc1": snapshot(0)}),
        lambda: write_metadata(f"{address}/metadata.tsv", [1]),
    ):
        with pytest.raises(MisuseError, match=r"pip install 'tb-embed-plugin\[remote\]'"):
            way()
