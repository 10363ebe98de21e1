"""Copies of what lies on object storage: whole snapshots, nothing twice, nothing outside."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from tb_embed_plugin import open_run, record
from tb_embed_plugin.cli import main
from tb_embed_plugin.commands.sync import sync
from tb_embed_plugin.errors import MisuseError, StorageError
from tb_embed_plugin.metadata import CACHE_FOLDER, MANIFEST_FILE, PARTS_FOLDER
from tb_embed_plugin.remote import local_copy as copies_of
from tb_embed_plugin.remote import mirror as mirrors
from tb_embed_plugin.remote.copied_files import STATE_FILE
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.reading import AnyReading
from tb_embed_plugin.remote.storage import Storage, StoredFile
from tb_embed_plugin.remote.upload import Upload
from tests.clusters import labels, record_clusters, snapshot
from tests.harness import read_run, without_library
from tests.remote.conftest import steps_bit_for_bit, upload
from tests.remote.s3_server import Network


def contents(folder: Path) -> dict[str, bytes]:
    """Returns what lies in a folder, what a mirror notes of itself left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != STATE_FILE
    }


def recorded(folder: Path) -> dict[str, bytes]:
    """Returns the same of a log directory, without locks, which nobody copies."""
    return {name: data for name, data in contents(folder).items() if ".lock" not in name}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from a storage."""
    names: list[str] = []
    one, into = Storage.read_manifest, Storage.read_into

    def noted(storage: Storage, file: StoredFile) -> bytes:
        names.append(file.name)
        return one(storage, file)

    def noted_into(storage: Storage, file: StoredFile, *arguments: Any) -> None:
        names.append(file.name)
        into(storage, file, *arguments)

    monkeypatch.setattr(Storage, "read_manifest", noted)
    monkeypatch.setattr(Storage, "read_into", noted_into)
    return names


def test_a_run_is_copied_bit_for_bit_and_what_is_new_later(
    address: str, tmp_path: Path, read: list[str]
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(3))
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    first = mirror.update()
    assert contents(here) == recorded(logs)
    assert first.size == sum(map(len, contents(here).values()))

    read.clear()
    assert Mirror(Storage(address), here).update().copied == 0
    assert read == []

    record_clusters(logs / "run", [3])
    upload(logs, address)
    read.clear()
    again = mirror.update()
    assert contents(here) == recorded(logs)
    assert again.copied == len(read) == len(set(read))
    assert not any("-00002" in name for name in read)
    assert read_run(here / "run").steps == [0, 1, 2, 3]


def test_the_parts_of_workers_are_not_copied(address: str, tmp_path: Path) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    record_clusters(tmp_path / "part", range(3))
    shutil.copytree(tmp_path / "part", logs / "run" / PARTS_FOLDER / f"0-{'0' * 16}")
    upload(logs, address)
    Mirror(Storage(address), here).update()
    assert read_run(here / "run").steps == [0, 1]
    assert not [name for name in contents(here) if PARTS_FOLDER in name]


def test_what_is_gone_there_is_deleted_here_and_nothing_else(
    address: str, tmp_path: Path
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    record_clusters(logs / "other", range(2))
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    mirror.update()
    own = here / "run" / CACHE_FOLDER / "layout"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"computed here")
    storage = Storage(address)
    storage._files.rm(f"{storage._root}/run", recursive=True)  # noqa: SLF001 # as anybody may

    assert mirror.update().removed > 0
    assert own.read_bytes() == b"computed here"
    assert {name.partition("/")[0] for name in recorded(here)} == {"run", "other"}
    assert [name for name in contents(here) if name.startswith("run")] == [
        own.relative_to(here).as_posix()
    ]


def test_a_reader_never_sees_a_manifest_before_what_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, logs, here = "memory://growing", tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload(logs, address)
    one = Storage.read_manifest

    def read_and_record(storage: Storage, file: StoredFile) -> bytes:
        """Lets the training write a snapshot between the listing and the manifest."""
        data = one(storage, file)
        if not file.name.endswith(MANIFEST_FILE):
            return data
        record_clusters(logs / "run", [2])
        record_clusters(logs / "new", [0])
        upload(logs, address)
        return data

    monkeypatch.setattr(Storage, "read_manifest", read_and_record)
    mirror = Mirror(Storage(address), here)
    mirror.update()
    assert read_run(here / "run").steps == [0, 1]
    assert not (here / "new" / MANIFEST_FILE).exists()
    monkeypatch.undo()
    mirror.update()
    run = read_run(here / "run")
    assert run.steps == [0, 1, 2]
    assert read_run(here / "new").steps == [0]
    np.testing.assert_array_equal(np.asarray(run.snapshot("fc1", 2)), snapshot(2))


class CutShort:
    """A file system whose answers lack their last byte from some answer on."""

    def __init__(self, files: Any, whole: int) -> None:
        self._files, self._left = files, whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None) -> bytes:
        data: bytes = self._files.cat_file(path, start=start, end=end)
        if path.endswith(MANIFEST_FILE):
            return data
        self._left -= 1
        return data if self._left >= 0 else data[:-1]


@pytest.mark.parametrize("failing", [0, 3])
def test_after_any_fault_whole_snapshots_are_there_and_the_next_update_goes_on(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"memory://cut-after-{failing}"
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    mirror.update()
    record_clusters(logs / "run", [2, 3])
    upload(logs, address)
    storage = Storage(address)
    files = storage._files  # noqa: SLF001 # as the network may
    storage._reading = AnyReading(CutShort(files, failing))  # noqa: SLF001 # see above
    monkeypatch.setattr(mirrors, "AT_A_TIME", 1)
    with contextlib.suppress(StorageError):
        Mirror(storage, here).update()
    assert steps_bit_for_bit(here / "run") in ([0, 1], [0, 1, 2, 3])
    Mirror(Storage(address), here).update()
    assert contents(here) == recorded(logs)


def test_event_files_grow_in_place(address: str, tmp_path: Path) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    events = logs / "events.out.tfevents.1.host"
    logs.mkdir()
    events.write_bytes(b"begun")
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    mirror.update()
    with (here / events.name).open("rb") as held:
        held.read()
        events.write_bytes(b"begun, and gone on")
        upload(logs, address)
        assert mirror.update().size == len(", and gone on")
        assert held.read() == b", and gone on"


@pytest.mark.parametrize(
    "name", ["../outside", "a/../../outside", "/outside", "a//b", "a\\b", "C:/x", "a/./b"]
)
def test_a_name_that_leads_out_is_not_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "deep" / "here"
    listed = {n: StoredFile(n, 1, "1") for n in (name, "good")}
    monkeypatch.setattr(Storage, "list", lambda *_: listed)
    monkeypatch.setattr(Storage, "read_into", lambda _, __, target, ___: target.write(b"x"))
    Mirror(Storage("memory://names"), here).update()

    assert contents(tmp_path) == {"deep/here/good": b"x"}


def test_links_in_the_copy_are_not_followed(tmp_path: Path) -> None:
    address, logs, here = "memory://links", tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", [0])
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    outside = tmp_path / "outside"
    outside.mkdir()
    (here / "run").symlink_to(outside)

    with pytest.raises(OSError, match="run"):
        mirror.update()
    assert contents(outside) == {}


def test_a_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"")
    with pytest.raises(MisuseError, match="empty directory"):
        Mirror(Storage("memory://any"), tmp_path)


def test_a_copy_of_another_address_is_refused(tmp_path: Path) -> None:
    Storage("memory://one").put("file", Path(__file__))
    Mirror(Storage("memory://one"), tmp_path / "here").update()
    with pytest.raises(MisuseError, match="a copy of memory://one"):
        Mirror(Storage("memory://two"), tmp_path / "here")


def test_open_run_and_commands_read_an_address(
    bucket: str,
    copies: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    read: list[str],
) -> None:
    logs = tmp_path / "logs"
    record_clusters(logs / "run", range(3))
    upload(logs, f"{bucket}/logs")
    found = open_run(f"{bucket}/logs", "run").layer()
    np.testing.assert_array_equal(found.snapshot(2), snapshot(2))
    before = len(read)

    assert main(["check", f"{bucket}/logs"]) == 0
    assert "3 snapshots" in capsys.readouterr().out
    assert (
        main(
            [
                "export",
                f"{bucket}/logs",
                "--engine",
                "pca",
                "--format",
                "npz",
                "--output",
                str(tmp_path / "out.npz"),
            ]
        )
        == 0
    )
    assert (tmp_path / "out.npz").exists()
    assert len(read) == before, "nothing is read twice"
    assert main(["metrics", f"{bucket}/logs", "--write-scalars"]) == 1
    assert "tb-embed sync" in capsys.readouterr().err


def test_kept_models_are_brought_for_who_computes_with_them(address: str, copies: Path) -> None:
    there = Storage(address)
    model = "run/plugins/tb_embed/models/model-0.keras"
    for name in (model, "run/plugins/tb_embed/models/model-0.json", "theirs.keras"):
        there.put_bytes(name, b"one")
    here = copies_of.local_copy(address)
    assert sorted(contents(here)) == [
        "run/plugins/tb_embed/models/model-0.json",
        "theirs.keras",
    ]
    copies_of.local_copy(address, with_models=True)
    assert contents(here)[model] == b"one"
    there.put_bytes(model, b"another one")
    copies_of.local_copy(address)
    assert contents(here)[model] == b"another one", "what is here is kept up to date"


def test_copies_that_were_not_read_for_longest_are_deleted(
    copies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "run", 0, {"fc1": snapshot(0)}, labels=labels())
    folders = []
    for name in ("a", "b", "c"):
        upload(tmp_path / "run", f"memory://old-{name}")
        folders.append(copies_of.local_copy(f"memory://old-{name}"))
    size = copies_of._size(folders[0])  # noqa: SLF001 # what the limit counts
    monkeypatch.setattr(copies_of, "MAX_BYTES", 2 * size + size // 2)
    copies_of.local_copy("memory://old-a")

    assert [folder.exists() for folder in folders] == [True, False, True]


def test_sync_says_what_it_does_and_goes_on_after_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, logs, here = "memory://followed", tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", [0])
    upload(logs, address)
    words = sync(address, str(here), every=0.001)
    assert "files copied" in next(words)
    monkeypatch.setattr(
        Storage, "list", lambda *_: (_ for _ in ()).throw(StorageError("no network"))
    )
    assert "no network; trying again in 0.002 s" in next(words)
    monkeypatch.undo()
    record_clusters(logs / "run", [1])
    upload(logs, address)
    assert "files copied" in next(words)
    shutil.rmtree(logs)
    assert read_run(here / "run").steps == [0, 1]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nowhere://bucket/logs", "scheme that is not known"),
        ("gs://bucket/logs", "pip install 'tb-embed-plugin"),
    ],
)
def test_an_address_that_cannot_be_opened_says_why(
    address: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_library(monkeypatch, "gs://bucket/run", "gcsfs")
    with pytest.raises(MisuseError, match=words):
        Storage(address)


def test_no_bucket_no_rights_and_no_server_are_sentences(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageError, match="does not exist; check the bucket"):
        Storage("s3://no-such-bucket/logs").list()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(StorageError, match="credentials"):
        Storage(bucket).list()


def test_the_manifest_is_the_last_to_be_put_in_place(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload(logs, address)
    placed: list[str] = []
    into = Storage.read_into

    def noted(storage: Storage, file: StoredFile, target: BinaryIO, start: int = 0) -> None:
        assert not (here / "run" / MANIFEST_FILE).exists()
        placed.append(file.name)
        into(storage, file, target, start)

    monkeypatch.setattr(Storage, "read_into", noted)
    monkeypatch.setattr(mirrors, "AT_A_TIME", 1)
    Mirror(Storage(address), here).update()
    data = [i for i, name in enumerate(placed) if ".data-" in name]
    indexes = [i for i, name in enumerate(placed) if name.endswith(".index")]
    assert max(data) < min(indexes)
    names = {"run/checkpoint", "run/projector_config.pbtxt", f"run/{MANIFEST_FILE}"}
    assert not names & set(placed)
    assert names <= contents(here).keys()


def test_at_most_six_questions_follow_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, logs = "memory://questions", tmp_path / "logs"
    for run in ("a", "b"):
        record_clusters(logs / run, range(3))
    upload(logs, address)
    asked: list[str] = []

    def note(of: type, name: str) -> None:
        work = getattr(of, name)

        def noted(*given: Any) -> Any:
            asked.append(name)
            return work(*given)

        monkeypatch.setattr(of, name, noted)

    note(Storage, "list")
    note(Storage, "read_manifest")
    note(Mirror, "_copy")
    Mirror(Storage(address), tmp_path / "here").update()
    # What names others comes at a time, and so do the files of a group.
    naming = ["manifest.json", "checkpoint", "projector_config.pbtxt"]
    reading = ["read_manifest"] * len(naming) * 2
    assert asked == ["list", *reading, "list", "_copy", "_copy", "list"]


def test_at_most_six_requests_wait_for_one_another(
    bucket: str, network: Network, tmp_path: Path
) -> None:
    """Of 100 snapshots, counted on the way to a server that is far away."""
    logs = tmp_path / "logs"
    record_clusters(logs / "run", range(100), samples=40)
    Upload(logs, Storage(bucket)).update()
    network.counts_rounds = True
    counted: list[int] = []
    # A machine that is busy elsewhere pauses, by which more are counted and never fewer.
    while len(counted) < 3 and min(counted, default=7) > 6:
        network.requests = network.rounds = 0
        here = tmp_path / f"here-{len(counted)}"
        Mirror(Storage(bucket), here).update()
        assert network.requests > 200
        assert read_run(here / "run").steps == list(range(100))
        counted.append(network.rounds)
    assert 1 < min(counted) <= 6
