"""A real S3 server, which the first test that needs it starts, and an empty bucket on it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from botocore.loaders import JSONFileLoader

from tb_embed_plugin.remote import background_upload, storage
from tb_embed_plugin.remote.followed_root import Following
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage
from tests.clusters import snapshot
from tests.harness import PATIENCE, read_run
from tests.remote.s3_server import Network, credentials, make_bucket, s3_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[int]:
    """The port of an S3 server."""
    with s3_server() as port:
        yield port


@pytest.fixture(scope="session", autouse=True)
def _parsed_once() -> Iterator[None]:
    """Lets all clients of S3 share botocore's descriptions, which each would parse anew."""
    load = functools.cache(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: load(path))
        yield


@pytest.fixture
def at_server(s3: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials for it, where its users' programs look for them."""
    for name, value in credentials(s3).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(background_upload, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(background_upload, "MOST_SECONDS", 0.1)
    monkeypatch.setattr(background_upload, "MOST_SECONDS_AT_END", 0.1)


@pytest.fixture
def bucket(s3: int, at_server: None) -> str:
    """A new bucket's address."""
    name = f"bucket-{next(_numbers)}"
    make_bucket(s3, name)
    return f"s3://{name}"


@pytest.fixture(params=["s3", "memory"])
def address(request: pytest.FixtureRequest) -> str:
    """An address with nothing below it, on a server or in memory."""
    if request.param == "memory":
        return f"memory://logs-{next(_numbers)}"
    bucket: str = request.getfixturevalue("bucket")
    return f"{bucket}/logs"


@pytest.fixture
def network(s3: int, at_server: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """The way to the server."""
    with Network(s3) as network:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{network.port}")
        yield network


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, in which copies are kept."""
    home = tmp_path / "home"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: home)
    return home / "remote"


@pytest.fixture
def staged(copies: Path) -> Path:
    """The user's cache, in which staging directories are."""
    return copies.with_name("recording")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, that of other processes too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "cache" / "tb_embed" / "recording"


@pytest.fixture
def followings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Following]]:
    """What this process' plugins have started to follow; none outlives its test."""
    started: list[Following] = []
    start = Following.start

    def noted(following: Following) -> None:
        if following not in started:
            started.append(following)
        start(following)

    monkeypatch.setattr(Following, "start", noted)
    yield started
    for following in started:
        following.end()
        thread = following._thread  # noqa: SLF001 # its own end is not waited for
        if thread is not None:
            thread.join(PATIENCE)


def upload(folder: Path, address: str) -> None:
    """Puts all files of a folder below an address that do not lie there as they are."""
    to = Storage(address)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and to.read(name) != path.read_bytes():
            to.put(name, path)


def assert_recorded(address: str, steps: list[int], here: Path) -> None:
    """Makes sure that a run at an address holds the clusters of these steps, bit for bit."""
    Mirror(Storage(address), here).update()
    assert steps_bit_for_bit(here) == steps


def steps_bit_for_bit(run_dir: Path) -> list[int]:
    """Makes sure that a run's snapshots are the clusters of their steps; returns the steps."""
    run = read_run(run_dir)
    for step in run.steps:
        np.testing.assert_array_equal(np.asarray(run.snapshot("fc1", step)), snapshot(step))
    return run.steps
