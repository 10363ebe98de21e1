"""A log directory copied to object storage while a training writes it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.cli import main
from tb_embed_plugin.errors import MisuseError, StorageError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.remote import upload as uploads
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.remote.upload import Upload
from tb_embed_plugin.runs import reading
from tests.clusters import labels, record_clusters, snapshot
from tests.harness import read_run
from tests.remote.conftest import steps_bit_for_bit
from tests.remote.test_mirror import contents, recorded


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are written on a storage, in order."""
    names: list[str] = []
    put, put_bytes = Storage.put, Storage.put_bytes

    def noted(storage: Storage, name: str, source: Path) -> None:
        put(storage, name, source)
        names.append(name)

    def noted_bytes(storage: Storage, name: str, data: bytes) -> None:
        put_bytes(storage, name, data)
        names.append(name)

    monkeypatch.setattr(Storage, "put", noted)
    monkeypatch.setattr(Storage, "put_bytes", noted_bytes)
    return names


def aged(folder: Path) -> None:
    """Lets all files have been written long ago."""
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))


def test_what_was_recorded_comes_back_bit_for_bit(
    address: str, tmp_path: Path, written: list[str]
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload = Upload(logs, Storage(address))
    first = upload.update()
    assert first.copied == len(written) == len(recorded(logs))
    assert first.size == sum(map(len, recorded(logs).values()))
    assert upload.update().copied == 0

    written.clear()
    record_clusters(logs / "run", [2])
    upload.update()
    assert len(written) == len(set(written))
    assert not any("model.ckpt-1." in name for name in written)
    Mirror(Storage(address), here).update()
    assert contents(here) == recorded(logs)


def test_the_manifest_is_the_last_and_names_what_is_there(
    address: str, tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    read = reading.read_file

    def read_and_record(*arguments: object) -> bytes:
        """Lets the training write a snapshot once the manifest has been read."""
        data = read(*arguments)  # type: ignore[arg-type] # handed on
        record_clusters(logs / "run", [2])
        return data

    monkeypatch.setattr(uploads, "read_file", read_and_record)
    upload = Upload(logs, Storage(address))
    upload.update()
    assert written[-1].endswith("manifest.json")
    Mirror(Storage(address), here).update()
    assert read_run(here / "run").steps == [0, 1]
    monkeypatch.setattr(uploads, "read_file", read)
    upload.update()
    Mirror(Storage(address), here).update()
    assert read_run(here / "run").steps == [0, 1, 2]


def test_the_next_process_copies_only_what_is_not_there(
    address: str, tmp_path: Path, written: list[str]
) -> None:
    logs = tmp_path / "logs"
    record_clusters(logs / "run", range(2))
    aged(logs)
    Upload(logs, Storage(address)).update()
    record_clusters(logs / "run", [2])
    written.clear()
    Upload(logs, Storage(address)).update()

    assert {name for name in written if "ckpt-" in name} == {
        name for name in recorded(logs) if "model.ckpt-2." in name
    }


@pytest.mark.parametrize("failing", [0, 2, 5])
def test_whole_snapshots_are_there_after_any_fault(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, logs, here = f"memory://failing-{failing}", tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload = Upload(logs, Storage(address))
    upload.update()
    record_clusters(logs / "run", [2, 3])
    put, left = Storage.put, iter(range(failing))

    def fail(storage: Storage, name: str, source: Path) -> None:
        if next(left, None) is None:
            raise StorageError("no space")
        put(storage, name, source)

    monkeypatch.setattr(Storage, "put", fail)
    with contextlib.suppress(StorageError):
        upload.update()
    Mirror(Storage(address), here).update()
    assert steps_bit_for_bit(here / "run") in ([0, 1], [0, 1, 2, 3])
    monkeypatch.undo()
    upload.update()
    Mirror(Storage(address), here).update()
    assert contents(here) == recorded(logs)


def test_links_and_unfinished_files_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "link").symlink_to(tmp_path / "secret")
    (logs / ".tb_embed-0123456789abcdef.new").write_bytes(b"half")
    os.mkfifo(logs / "pipe")
    (logs / "plain").write_bytes(b"plain")
    Upload(logs, Storage("memory://plain")).update()

    assert set(Storage("memory://plain").list()) == {"plain"}


def test_the_command_copies_either_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    assert main(["sync", str(logs), "memory://either"]) == 0
    assert main(["sync", "memory://either", str(here)]) == 0
    assert contents(here) == recorded(logs)
    assert main(["sync", str(logs), str(here)]) == 1
    assert "must be an address" in capsys.readouterr().err
    assert main(["sync", str(tmp_path / "none"), "memory://either"]) == 1
    assert "there is no directory" in capsys.readouterr().err


@pytest.mark.parametrize("every", ["0", "-1", "nan", "inf"])
def test_no_time_to_wait_is_refused_before_anything_is_copied(
    every: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = str(tmp_path / "here")
    assert main(["sync", "memory://no-time", here, "--follow", "--every", every]) == 1
    assert "--every must be a number of seconds above 0" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_two_addresses_are_refused() -> None:
    from tb_embed_plugin.commands.sync import sync

    with pytest.raises(MisuseError, match="the other one a directory"):
        next(sync("memory://a", "memory://b"))


@pytest.mark.parametrize("process", ["the same", "another"])
def test_of_a_run_begun_anew_the_manifest_goes_first(
    process: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record(logs / "run", 0, {"fc1": snapshot(0)}, labels=labels(), finished=True)
    upload = Upload(logs, Storage(address))
    upload.update()
    record(logs / "run", 0, {"fc1": snapshot(4)}, overwrite=True, finished=True)
    put = Storage.put

    def fail_at_the_index(storage: Storage, name: str, source: Path) -> None:
        if name.endswith(".index"):
            raise StorageError("cut")
        put(storage, name, source)

    if process == "another":
        upload = Upload(logs, Storage(address))
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put", fail_at_the_index)
        with pytest.raises(StorageError, match="cut"):
            upload.update()
    Mirror(Storage(address), here).update()
    assert not (here / "run" / MANIFEST_FILE).exists()
    upload.update()
    Mirror(Storage(address), here).update()
    np.testing.assert_array_equal(read_run(here / "run").snapshot("fc1", 0), snapshot(4))


def test_of_a_run_begun_anew_meanwhile_the_manifest_of_before_is_not_put_there(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record(logs / "run", 0, {"fc1": snapshot(0)}, labels=labels(), finished=True)
    read = reading.read_file

    def read_and_begin_anew(*arguments: object) -> bytes:
        data = read(*arguments)  # type: ignore[arg-type] # handed on
        record(logs / "run", 0, {"fc1": snapshot(4)}, overwrite=True, finished=True)
        return data

    upload = Upload(logs, Storage(address))
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "read_file", read_and_begin_anew)
        upload.update()
    assert f"run/{MANIFEST_FILE}" not in Storage(address).list()
    upload.update()
    Mirror(Storage(address), here).update()
    np.testing.assert_array_equal(read_run(here / "run").snapshot("fc1", 0), snapshot(4))
