"""A real S3 server, which the tests start, and an empty bucket on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_embed_plugin.remote import storage
from tb_embed_plugin.remote.storage import Storage

_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def at_server(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials for it, where its users' programs look for them."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "FIRST_PAUSE", 0.01)


@pytest.fixture
def bucket(at_server: None) -> str:
    """A new bucket's address."""
    import s3fs

    name = f"bucket-{next(_numbers)}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
    return f"s3://{name}"


@pytest.fixture(params=["s3", "memory"])
def address(request: pytest.FixtureRequest) -> str:
    """An address with nothing below it, on a server or in memory."""
    if request.param == "memory":
        return f"memory://logs-{next(_numbers)}"
    bucket: str = request.getfixturevalue("bucket")
    return f"{bucket}/logs"


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, in which copies are kept."""
    home = tmp_path / "home"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: home)
    return home / "remote"


def upload(folder: Path, address: str) -> None:
    """Puts all files of a folder below an address."""
    to = Storage(address)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            to.put(path.relative_to(folder).as_posix(), path)
