"""Files of a storage read piece by piece, over connections that break."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import resource
import socket
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

import botocore.session
import fsspec
import pytest
from botocore.response import StreamingBody

from tb_embed_plugin.errors import StorageError
from tb_embed_plugin.remote import options, reading, s3_reading, storage, time_limits
from tb_embed_plugin.remote.copied_files import STATE_FILE
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.reading import BlockReader, TooManyFilesError
from tb_embed_plugin.remote.storage import Storage, StoredFile
from tests.remote.s3_server import Network

DATA = bytes(range(256)) * 40


@pytest.fixture
def stored(bucket: str, monkeypatch: pytest.MonkeyPatch) -> StoredFile:
    """A file of some pieces."""
    monkeypatch.setattr(s3_reading, "PIECE_BYTES", 1000)
    Storage(bucket).put_bytes("file", DATA)
    return Storage(bucket).list()["file"]


def test_a_read_resumes_where_the_connection_broke(
    bucket: str, stored: StoredFile, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, pieces = StreamingBody.read, iter(range(99))

    def break_once(body: Any, size: int) -> bytes:
        if next(pieces) == 2:
            raise ConnectionResetError
        data: bytes = read(body, size)
        return data

    monkeypatch.setattr(StreamingBody, "read", break_once)
    target = io.BytesIO()
    Storage(bucket).read_into(stored, target, 100)
    assert target.getvalue() == DATA[100:]
    assert next(pieces) == 12
    assert network.requests == 2


def test_a_file_replaced_while_it_is_read_is_copied_anew(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a connection that breaks, or between two blocks."""
    monkeypatch.setattr(s3_reading, "PIECE_BYTES", 10)
    monkeypatch.setattr(reading, "BLOCK_BYTES", 10)
    files = Storage(address)
    files.put_bytes("model.h5", b"a" * 30)
    read, block, pieces = StreamingBody.read, BlockReader.read, itertools.count()

    def replace_once(reader: Any, *size: int, **named: int) -> bytes:
        is_block = isinstance(reader, BlockReader)
        if next(pieces) == 1:
            files.put_bytes("model.h5", b"b" * 30)
            if not is_block:
                raise ConnectionResetError
        data: bytes = block(reader) if is_block else read(reader, *size, **named)
        return data

    monkeypatch.setattr(StreamingBody, "read", replace_once)
    monkeypatch.setattr(BlockReader, "read", replace_once)
    assert Mirror(Storage(address), tmp_path / "here").update().copied == 1
    assert (tmp_path / "here/model.h5").read_bytes() == b"b" * 30


def test_files_deleted_since_they_were_listed_are_no_failure(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a training that keeps the last snapshots alone."""
    files, listing = Storage(address), Storage.list
    for name in ("a.csv", "b.csv", "run/checkpoint"):
        files.put_bytes(name, b"x")
    gone = iter(["run/checkpoint", "b.csv"])

    def listed(*given: Any) -> dict[str, StoredFile]:
        found = listing(*given)
        files.delete(next(gone, "none"))
        return found

    monkeypatch.setattr(Storage, "list", listed)
    assert Mirror(Storage(address), tmp_path / "here").update().copied == 1
    assert (tmp_path / "here/a.csv").exists()

    def never_there(*given: Any) -> dict[str, StoredFile]:
        return listing(*given) | {"c.csv": StoredFile("c.csv", 1, "tag")}

    monkeypatch.setattr(Storage, "list", never_there)
    words = "changes while it is read: c.csv does not exist any more"
    with pytest.raises(StorageError, match=words):
        Mirror(Storage(address), tmp_path / "here").update()


def test_odd_keys_stop_nothing_and_are_no_other_ones(bucket: str, tmp_path: Path) -> None:
    """Whatever has no name on this machine is left out."""
    address = f"{bucket}/logs"
    versioned = "a.csv?versionId=z.csv"
    client = botocore.session.Session().create_client("s3")
    for key in ("a.csv", "/a.csv", "b//c.csv", "d/", versioned, "long" * 64, "a%20 b+#.csv"):
        client.put_object(
            Bucket=bucket.removeprefix("s3://"), Key=f"logs/{key}", Body=key.encode()
        )
    here = tmp_path / "here"
    Mirror(Storage(address), here).update()
    names = {path.name for path in here.iterdir()} - {STATE_FILE}
    assert names == {"a.csv", versioned, "a%20 b+#.csv"}
    assert all((here / name).read_text() == name for name in names)


def test_an_object_that_is_shorter_than_listed_is_an_error(
    bucket: str, stored: StoredFile
) -> None:
    Storage(bucket).put_bytes("file", DATA[:-1])
    with pytest.raises(StorageError, match="10239 of 10240 bytes came"):
        Storage(bucket).read_into(stored, io.BytesIO())


def test_an_object_that_is_gone_is_an_error(bucket: str, stored: StoredFile) -> None:
    Storage(bucket).delete("file")
    with pytest.raises(StorageError, match="does not exist"):
        Storage(bucket).read_into(stored, io.BytesIO())


def test_what_stands_for_folders_is_counted_too(bucket: str) -> None:
    client = botocore.session.Session().create_client("s3")
    for key in ("a/", "b/", "c"):
        client.put_object(Bucket=bucket.removeprefix("s3://"), Key=key)
    assert list(Storage(bucket).list(3)) == ["c"]
    with pytest.raises(TooManyFilesError):
        Storage(bucket).list(2)


def test_no_more_manifests_are_read_at_a_time_than_files_may_be_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "memory://many-manifests"
    for number in range(20):
        Storage(address).put_bytes(f"{number}/checkpoint", b"x")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (12, 12))
    one, open_now, most = Storage.read_manifest, threading.Semaphore(2), []

    def counted(storage: Storage, file: StoredFile) -> bytes:
        most.append(open_now.acquire(blocking=False))
        time.sleep(0.001)
        content = one(storage, file)
        open_now.release()
        return content

    monkeypatch.setattr(Storage, "read_manifest", counted)
    assert Mirror(Storage(address), tmp_path / "here").update().copied == 20
    assert all(most)


def test_a_listing_ends_where_there_are_too_many_files(address: str) -> None:
    storage = Storage(address)
    for name in ("a", "b/c", "d"):
        storage.put_bytes(name, b"x")
    assert sorted(storage.list(3)) == ["a", "b/c", "d"]
    with pytest.raises(TooManyFilesError):
        storage.list(2)


def test_what_fsspec_is_configured_with_is_obeyed(
    bucket: str, stored: StoredFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials may be there alone."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setitem(fsspec.config.conf, "s3", {"key": "key", "secret": "secret"})
    target = io.BytesIO()
    Storage(bucket).read_into(stored, target)
    assert target.getvalue() == DATA


def test_who_logs_in_later_is_let_in(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training and `sync --follow` keep what they have opened."""
    log_in = tmp_path / "credentials"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(log_in))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    reading_one, writing_one = Storage(bucket), Storage(bucket)
    for refused in (reading_one.list, lambda: writing_one.put_bytes("file", b"x")):
        with pytest.raises(StorageError, match="credentials"):
            refused()
    log_in.write_text("[default]\naws_access_key_id=key\naws_secret_access_key=secret\n")
    writing_one.put_bytes("file", b"x")
    assert sorted(reading_one.list()) == ["file"]


def test_no_more_files_are_open_than_the_system_lets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS a process may have 256."""
    address = "memory://many"
    for number in range(60):
        Storage(address).put_bytes(f"{number}.csv", b"x")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (48, 48))
    into, open_now, most = Storage.read_into, threading.Semaphore(8), []

    def counted(storage: Storage, file: StoredFile, target: BinaryIO, start: int = 0) -> None:
        most.append(open_now.acquire(blocking=False))
        into(storage, file, target, start)
        open_now.release()

    monkeypatch.setattr(Storage, "read_into", counted)
    assert Mirror(Storage(address), tmp_path / "here").update().copied == 60
    assert all(most)


@pytest.mark.parametrize("lost", ["Content-Length: ", "Server: ", "\r\n\r\n"])
def test_an_answer_cut_within_its_headers_is_no_empty_one(
    bucket: str, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """As http.client takes it, by which botocore reads."""
    head = "HTTP/1.1 200 OK\r\nServer: here\r\nContent-Type: application/xml\r\n"
    head += "Content-Length: 100\r\n\r\n"
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                client.recv(1 << 16)
                client.sendall(head[: head.index(lost)].encode())
                client.close()

    threading.Thread(target=answer, daemon=True).start()
    port = listening.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    file = StoredFile("file", 10, "")
    with listening:
        for read in (
            Storage(bucket).list,
            lambda: Storage(bucket).read_manifest(file),
            lambda: Storage(bucket).read_into(file, io.BytesIO()),
        ):
            with pytest.raises(StorageError, match="cannot be reached"):
                read()


@pytest.mark.parametrize("name", ["s3", "s3a"])
def test_fsspec_settings_of_either_name_hold_for_reading_and_keep_our_limits(
    bucket: str, stored: StoredFile, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    there = fsspec.config.conf
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    theirs = {"s3": {"addressing_style": "path"}}
    monkeypatch.setitem(there, name, {"endpoint_url": endpoint, "config_kwargs": theirs})
    opened = Storage(bucket)
    assert opened.list() == {"file": stored}
    config = opened._files.config_kwargs  # noqa: SLF001 # what s3fs is made with
    assert config.items() >= theirs.items()
    assert config["read_timeout"] == options.SILENT_SECONDS


LISTING = b"""<ListBucketResult><Contents><Key>file</Key><Size>3</Size></Contents>
</ListBucketResult>"""
CHUNKED = b"HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 0-2/3\r\n\r\n"


@pytest.mark.parametrize("chunks", [b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"2\r\nab\r\n"])
def test_answers_of_other_servers_than_amazons_are_understood(
    bucket: str, monkeypatch: pytest.MonkeyPatch, chunks: bytes
) -> None:
    """A listing that does not say whether it is all, and a file sent in chunks."""
    listening = socket.create_server(("127.0.0.1", 0))
    is_whole = chunks.endswith(b"0\r\n\r\n")

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                asked = client.recv(1 << 16)
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(LISTING)
                client.sendall(head + LISTING if b"list-type" in asked else CHUNKED + chunks)
                client.close()

    threading.Thread(target=answer, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
    target, there = io.BytesIO(), Storage(bucket)
    with listening:
        file = there.list()["file"]
        if is_whole:
            assert there.read_manifest(file) == b"abc"
            there.read_into(file, target)
            assert target.getvalue() == b"abc"
        else:
            with pytest.raises(StorageError, match="cannot be reached"):
                there.read_into(file, target)
            with pytest.raises(StorageError, match="cannot be reached"):
                there.read_manifest(file)


def test_a_server_that_drips_is_not_waited_for(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and the whole answer never."""
    monkeypatch.setattr(reading, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(time_limits, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(storage, "TRIES", 1)
    head = (
        b"HTTP/1.1 206 Part\r\nContent-Length: 2000\r\nContent-Range: bytes 0-1999/2000\r\n\r\n"
    )
    listening = socket.create_server(("127.0.0.1", 0))

    def drip(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.recv(1 << 16)
            client.sendall(head)
            while True:
                time.sleep(0.02)
                client.sendall(b" ")

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=drip, args=(client,), daemon=True).start()

    threading.Thread(target=answer, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
    file = StoredFile("file", 2000, "")
    with listening:
        for read in (
            Storage(bucket).list,
            lambda: Storage(bucket).read_manifest(file),
            lambda: Storage(bucket).read_into(file, io.BytesIO()),
        ):
            began = time.monotonic()
            with pytest.raises(StorageError, match=r"cannot be reached \(.*([Tt]ime|within)"):
                read()
            assert time.monotonic() - began < 10
