"""Recording to object storage while processes are killed and the network fails."""

from __future__ import annotations

import contextlib
import itertools
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import MisuseError, StorageError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.remote import address_staging, lock_object, options, reading, storage
from tb_embed_plugin.remote import mirror as mirrors
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.reading import BlockReader
from tb_embed_plugin.remote.storage import Storage, StoredFile
from tests.clusters import labels, record_clusters, snapshot
from tests.harness import PATIENCE, read_run, wait_until
from tests.remote.conftest import assert_recorded, upload
from tests.remote.recording_process import recording
from tests.remote.s3_server import Fault, Network


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times after which a storage that is silent is asked again, as short as can be."""
    monkeypatch.setattr(options, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(reading, "ANSWER_SECONDS", 2.0)
    monkeypatch.setattr(storage, "TRIES", 2)


def test_a_process_killed_and_continued_loses_nothing(
    bucket: str, tmp_path: Path, cache: Path
) -> None:
    run = f"{bucket}/run"
    process = recording(run, range(3), "wait")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    # Part of it was uploaded, or all, or nothing: what is there is whole.
    Mirror(Storage(run), tmp_path / "before").update()
    if (tmp_path / "before" / MANIFEST_FILE).exists():
        read_run(tmp_path / "before")
    process = recording(run, range(3, 5), "end")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert_recorded(run, [0, 1, 2, 3, 4], tmp_path / "here")
    assert list(cache.iterdir()) == []


def test_of_two_live_processes_one_records_until_it_dies(
    bucket: str, tmp_path: Path, cache: Path, staged: Path
) -> None:
    """Their staging directories differ, as those of two machines do."""
    run = f"{bucket}/run"
    process = recording(run, range(2), "wait")
    with pytest.raises(MisuseError, match=f"already being recorded by process {process.pid} "):
        record(run, 2, {"fc1": snapshot(2)})
    wait_until(lambda: len([n for n in Storage(run).list() if n.endswith(".index")]) == 2)
    wait_until(lambda: not list(cache.rglob("model.ckpt-*")))
    process.kill()
    process.communicate()
    record(run, 2, {"fc1": snapshot(2)}, finished=True)
    assert_recorded(run, [0, 1, 2], tmp_path / "here")


def test_a_process_that_fails_uploads_what_is_left(
    bucket: str, tmp_path: Path, cache: Path
) -> None:
    process = recording(f"{bucket}/run", range(2), "raise")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert_recorded(f"{bucket}/run", [0, 1], tmp_path / "here")
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("fault", ["refuses", "stalls", "cuts"])
def test_the_training_goes_on_while_the_storage_fails_and_nothing_is_lost(
    bucket: str, network: Network, staged: Path, tmp_path: Path, fault: Fault
) -> None:
    run = f"{bucket}/run"
    record(run, 0, {"fc1": snapshot(0)}, labels=labels())
    wait_until(lambda: not list(staged.rglob("model.ckpt-*")))
    with pytest.warns(RuntimeWarning) as told:  # noqa: PT031 # told by a thread, at any time
        network.fail(fault)
        began = time.monotonic()
        for step in range(1, 4):
            record(run, step, {"fc1": snapshot(step)})
        assert time.monotonic() - began < address_staging.WAIT_SECONDS, "it waits for nobody"
        assert network.fault == fault
        wait_until(lambda: told.list)
        network.fail("")
        network.hang_up()
        record(run, 4, {"fc1": snapshot(4)}, finished=True)
    words = [str(one.message) for one in told if one.category is RuntimeWarning]
    assert len(words) == 1
    assert f"{run} cannot be reached" in words[0]
    assert "The training goes on; what is recorded waits in" in words[0]
    assert_recorded(run, [0, 1, 2, 3, 4], tmp_path / "here")
    assert list(staged.iterdir()) == []


@pytest.mark.usefixtures("short")
def test_the_end_waits_for_a_while_and_says_what_was_not_uploaded(
    bucket: str,
    network: Network,
    staged: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = f"{bucket}/run"
    monkeypatch.setattr(address_staging, "WAIT_SECONDS", 0.5)
    record(run, 0, {"fc1": snapshot(0)}, labels=labels())
    wait_until(lambda: not list(staged.rglob("model.ckpt-*")))
    network.fail("stalls")
    with pytest.warns(RuntimeWarning) as told:
        record(run, 1, {"fc1": snapshot(1)}, finished=True)
    last = str(told.list[-1].message)
    assert f"of {run} were not uploaded" in last
    assert str(staged) in last

    network.fail("")
    network.hang_up()
    monkeypatch.setattr(address_staging, "WAIT_SECONDS", PATIENCE)
    monkeypatch.setattr(lock_object, "VOID_SECONDS", 0.0)
    record(run, 2, {"fc1": snapshot(2)}, finished=True)
    assert_recorded(run, [0, 1, 2], tmp_path / "here")
    assert list(staged.iterdir()) == []


WRITES = ("put", "put_bytes", "create", "delete")


def test_after_a_fault_at_any_write_snapshots_are_whole_and_none_is_lost(
    staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a storage is gone from some write on, and the process ends."""
    for failing in itertools.count():
        run, written, recorded = f"memory://walk-{failing}/run", itertools.count(-failing), []

        def failed(
            write: Callable[..., Any], *given: Any, left: Iterator[int] = written
        ) -> Any:
            if next(left) >= 0:
                raise StorageError("gone")
            return write(*given)

        with monkeypatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            patch.setattr(address_staging, "WAIT_SECONDS", 0.05)
            for name in WRITES:
                write = getattr(Storage, name)
                patch.setattr(Storage, name, partialmethod(partial(failed, write)))
            with contextlib.suppress(StorageError):
                for step in range(2):
                    first = labels() if step == 0 else None
                    record(run, step, {"fc1": snapshot(step)}, labels=first, finished=step == 1)
                    recorded.append(step)
        there = tmp_path / f"{failing}"
        Mirror(Storage(run), there).update()
        if (there / MANIFEST_FILE).exists():
            found = read_run(there)
            assert found.steps == recorded[: len(found.steps)]
            for step in found.steps:
                np.testing.assert_array_equal(found.snapshot("fc1", step), snapshot(step))
        if next(written) <= 0:
            break
        first = None if recorded else labels()
        record(run, 3, {"fc1": snapshot(3)}, labels=first, finished=True)
        assert_recorded(run, [*recorded, 3], tmp_path / f"{failing}-resumed")
        assert list(staged.iterdir()) == []
    assert failing > 10


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("fault", ["refuses", "stalls", "cuts"])
def test_a_copy_goes_on_after_a_fault_of_the_network(
    bucket: str, network: Network, tmp_path: Path, fault: Fault
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload(logs, bucket)
    mirror = Mirror(Storage(bucket), here)
    mirror.update()
    record_clusters(logs / "run", [2])
    upload(logs, bucket)
    network.fail(fault)
    with pytest.raises(StorageError, match=r"cannot be reached .*check the network"):
        mirror.update()
    assert read_run(here / "run").steps == [0, 1]
    network.fail("")
    network.hang_up()
    mirror.update()
    assert read_run(here / "run").steps == [0, 1, 2]


def test_an_object_replaced_while_it_is_read_is_never_shown_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, logs, here = "memory://replaced", tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2), units=64)
    upload(logs, address)
    monkeypatch.setattr(reading, "BLOCK_BYTES", 10_000)
    read, parts = BlockReader.read, iter(range(99))
    data = "run/model.ckpt-1.data-00000-of-00001"
    other = (logs / data).read_bytes()[::-1]

    def read_and_replace(self: BlockReader) -> bytes:
        if self._path.endswith(data) and next(parts) == 1:
            Storage(address).put_bytes(data, other)
        return read(self)

    monkeypatch.setattr(BlockReader, "read", read_and_replace)
    monkeypatch.setattr(mirrors, "TRIES_AT_ONE_VERSION", 1)
    mirror = Mirror(Storage(address), here)
    with pytest.raises(StorageError, match="changes while it is read"):
        mirror.update()
    assert not (here / data).exists()
    assert not (here / "run" / MANIFEST_FILE).exists()
    mirror.update()
    assert (here / data).read_bytes() == other
    assert (here / "run" / MANIFEST_FILE).exists()


def test_one_update_brings_a_run_that_is_replaced_meanwhile(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands and notebooks read a copy after one update."""
    logs, here = tmp_path / "logs", tmp_path / "here"
    record_clusters(logs / "run", range(2))
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    mirror.update()
    data = "run/model.ckpt-1.data-00000-of-00001"
    other = (logs / data).read_bytes()[::-1]
    Storage(address).put_bytes(data, other)
    mirror.update()
    assert (here / data).read_bytes() == other
    assert (here / "run" / MANIFEST_FILE).exists()


@pytest.mark.parametrize("when", ["before the second listing", "while files are copied"])
def test_of_a_run_begun_anew_meanwhile_no_mixture_is_shown(
    when: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manifest that was read before the run was begun anew is not put in its place."""
    logs, here = tmp_path / "logs", tmp_path / "here"
    record(logs / "run", 0, {"fc1": snapshot(0)}, labels=labels(), finished=True)
    upload(logs, address)
    method = "read_manifest" if when.startswith("before") else "read_into"
    once, read = iter(range(1)), getattr(Storage, method)

    def read_and_begin_anew(self: Storage, *given: Any) -> Any:
        found = read(self, *given)
        if next(once, None) is not None:
            record(logs / "run", 0, {"fc1": snapshot(4)}, overwrite=True, finished=True)
            upload(logs, address)
        return found

    monkeypatch.setattr(Storage, method, read_and_begin_anew)
    monkeypatch.setattr(mirrors, "AT_A_TIME", 1)
    monkeypatch.setattr(mirrors, "TRIES_AT_ONE_VERSION", 1)
    mirror = Mirror(Storage(address), here)
    with contextlib.suppress(StorageError):  # some file is shorter than it was listed
        mirror.update()
    assert not (here / "run" / MANIFEST_FILE).exists()
    mirror.update()
    np.testing.assert_array_equal(
        np.asarray(read_run(here / "run").snapshot("fc1", 0)), snapshot(4)
    )


def test_a_run_begun_anew_is_not_shown_until_all_of_it_is_here(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, here = tmp_path / "logs", tmp_path / "here"
    record(logs / "run", 0, {"fc1": snapshot(0)}, labels=labels(), finished=True)
    upload(logs, address)
    mirror = Mirror(Storage(address), here)
    mirror.update()
    record(logs / "run", 0, {"fc1": snapshot(4)}, overwrite=True, finished=True)
    upload(logs, address)
    into = Storage.read_into

    def fail_at_the_index(self: Storage, file: StoredFile, *given: Any) -> None:
        if file.name.endswith(".index"):
            raise StorageError("cut")
        into(self, file, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "read_into", fail_at_the_index)
        with pytest.raises(StorageError, match="cut"):
            mirror.update()
    assert not (here / "run" / MANIFEST_FILE).exists()
    Mirror(Storage(address), here).update()
    np.testing.assert_array_equal(
        np.asarray(read_run(here / "run").snapshot("fc1", 0)), snapshot(4)
    )
