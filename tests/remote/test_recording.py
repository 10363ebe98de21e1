"""Runs recorded to addresses: as locally, complete or absent, by one process at a time."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import re
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import (
    EmbeddingCheckpoint,
    MisuseError,
    open_run,
    record,
    write_metadata,
    write_sprite_image,
)
from tb_embed_plugin.cli import main
from tb_embed_plugin.errors import StorageError, UnwritableError
from tb_embed_plugin.metadata import (
    LOCK_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    MODELS_FOLDER,
    SPRITE_FILE,
)
from tb_embed_plugin.recording.training.open_trainings import interrupt_abandoned_trainings
from tb_embed_plugin.remote import (
    address_staging,
    background_upload,
    lock_object,
    run_upload,
    staging,
)
from tb_embed_plugin.remote.error_words import refusal_words
from tb_embed_plugin.remote.lock_object import VOID_SECONDS, LockObject, LostLockError
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage
from tests.clusters import labels, snapshot
from tests.harness import PATIENCE, read_run, wait_until, without_library
from tests.remote.conftest import assert_recorded

KEPT = ("json", "keras")

WORKER_SECONDS = 30.0
"""A forked process that does nothing ends at once, even on a busy machine."""

pytestmark = pytest.mark.usefixtures("staged")


def record_steps(address: str, steps: range, *, finished: bool = True) -> None:
    """Records clusters to an address."""
    for step in steps:
        record(
            address,
            step,
            {"fc1": snapshot(step)},
            labels=labels() if step == 0 else None,
            finished=finished and step == steps[-1],
        )


def test_a_run_is_recorded_and_resumed_and_nothing_is_left_here(
    address: str, staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = f"{address}/run"
    record_steps(run, range(3))
    assert list(staged.iterdir()) == []
    assert_recorded(run, [0, 1, 2], tmp_path / "here")
    assert LOCK_FILE not in Storage(run).list()

    read: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "read_into", lambda _, file, *__: read.append(file.name))
        record_steps(run, range(3, 5))
    assert read == [], "of a recorded run the manifest alone is read"
    assert list(staged.iterdir()) == []
    Mirror(Storage(run), tmp_path / "here").update()
    assert read_run(tmp_path / "here").steps == [0, 1, 2, 3, 4]


def test_what_is_uploaded_takes_no_room_here(
    address: str, staged: Path, tmp_path: Path
) -> None:
    run = f"{address}/run"
    record_steps(run, range(3), finished=False)
    wait_until(lambda: not list(staged.rglob("model.ckpt-*")))
    assert_recorded(run, [0, 1, 2], tmp_path / "here")
    record_steps(run, range(3, 4))
    assert list(staged.iterdir()) == []


def test_the_callback_records_resumes_and_records_beside(
    digits: Any,
    make_model: Callable[..., Any],
    tmp_path: Path,
    staged: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = "memory://trained/logs"
    x, y = digits[0][:64], digits[1][:64]
    model = make_model()

    def fit(model: Any, **options: Any) -> None:
        checkpoint = EmbeddingCheckpoint(f"{address}/run", x, y, verbose=True, **options)
        model.fit(x, y, epochs=2, verbose=0, callbacks=[checkpoint])

    with caplog.at_level("INFO", "tb_embed_plugin"):
        fit(model, audit=True)
    assert f"to {address}/run (about 3 snapshots" in caplog.text
    assert f"tb-embed sync {address} logs && tensorboard --logdir logs" in caplog.text
    assert "By layer 'fc1'" in caplog.text
    fit(model, max_to_keep=3)
    with pytest.warns(RuntimeWarning, match=rf"{address}/run already .* {address}/run-2 inst"):
        fit(make_model(seed=1))
    assert list(staged.iterdir()) == []

    Mirror(Storage(address), tmp_path / "here").update()
    run = read_run(tmp_path / "here" / "run")
    assert run.steps == [0, 2, 4]
    assert [phase.kind for phase in run.manifest.phases] == [
        "began",
        "ended",
        "resumed",
        "ended",
    ]
    assert read_run(tmp_path / "here" / "run-2").steps == [0, 1, 2]
    checkpoints = [n for n in Storage(f"{address}/run").list() if ".data-" in n]
    assert len(checkpoints) == 3, "what was thinned out is deleted there"
    open_run(address, "run").layer().snapshot(run.steps[-1])


def act_as_its_parent(recorder: EmbeddingCheckpoint) -> None:
    """Calls what a training calls, and what its process calls at its end."""
    recorder.on_train_batch_end(0)
    recorder.on_epoch_end(9)
    recorder.on_train_end()
    interrupt_abandoned_trainings(at_end=True)


@pytest.mark.parametrize("place", ["address", "directory"])
def test_a_forked_process_ends_no_recording_of_its_parent(
    place: str, digits: Any, make_model: Callable[..., Any], tmp_path: Path, staged: Path
) -> None:
    """Such as a worker that loads data, which ends while the training goes on."""
    import keras

    log_dir = (
        f"memory://forked-{time.time_ns()}/run" if place == "address" else tmp_path / "run"
    )
    x, y = digits[0][:64], digits[1][:64]
    codes: list[int | None] = []

    class Workers(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            process = multiprocessing.get_context("fork").Process(
                target=act_as_its_parent, args=(recorder,)
            )
            process.start()
            process.join(WORKER_SECONDS)
            codes.append(process.exitcode)
            process.kill()
            process.join()

    recorder = EmbeddingCheckpoint(log_dir, x, y)
    make_model().fit(x, y, epochs=2, verbose=0, callbacks=[recorder, Workers()])
    run = open_run(log_dir) if place == "address" else open_run(tmp_path, "run")
    assert codes == [0, 0]
    assert list(run.steps) == [0, 1, 2]
    if place == "address":
        Mirror(Storage(str(log_dir)), tmp_path / "run").update()
    phases = read_run(tmp_path / "run").manifest.phases
    assert [phase.kind for phase in phases] == ["began", "ended"]


def test_kept_models_go_with_their_snapshots(
    digits: Any, make_model: Callable[..., Any], staged: Path
) -> None:
    address = f"memory://kept-{time.time_ns()}/run"
    x, y = digits[0][:64], digits[1][:64]
    model = make_model()
    checkpoint = EmbeddingCheckpoint(address, x, y, keep_model=True, max_to_keep=2)
    model.fit(x, y, epochs=3, verbose=0, callbacks=[checkpoint])
    run = open_run(address)
    kept = {f"{MODELS_FOLDER}/model-{step}.{end}" for step in run.steps for end in KEPT}
    assert {n for n in Storage(address).list() if n.startswith(MODELS_FOLDER)} == kept
    assert list(staged.iterdir()) == []
    assert len(run.steps) == 2
    run.layer().project_new(inputs=x[:3])


def test_a_run_that_is_begun_anew_replaces_the_one_that_is_there(
    address: str, tmp_path: Path
) -> None:
    run = f"{address}/run"
    images = np.zeros((120, 8, 8), np.uint8)
    record(run, 0, {"fc1": snapshot(0)}, images=images)
    record(run, 7, {"fc1": snapshot(7)}, finished=True)
    record(run, 0, {"fc1": snapshot(0)}, labels=labels(), overwrite=True, finished=True)

    assert_recorded(run, [0], tmp_path / "here")
    names = Storage(run).list()
    assert not {"sprite_images.png", "model.ckpt-7.index"} & names.keys()


def test_runs_of_others_stay_as_they_are(address: str, tmp_path: Path) -> None:
    run = f"{address}/run"
    Storage(run).put_bytes("checkpoint", b'model_checkpoint_path: "theirs"\n')
    Storage(run).put_bytes("theirs.index", b"theirs")
    with pytest.warns(RuntimeWarning, match=rf"{run} already holds .* writes into {run}-2"):
        record_steps(run, range(2))
    assert set(Storage(run).list()) == {"checkpoint", "theirs.index"}
    assert_recorded(f"{run}-2", [0, 1], tmp_path / "here")


HERE = lock_object._process_space()  # noqa: SLF001 # what a lock of this machine says


def lock_of(pid: int, host: str, *, age: float = 0.0, space: str = HERE) -> bytes:
    """Returns the lock of another process."""
    then = time.time() - age
    lock = {"token": "other", "pid": pid, "host": host, "space": space}
    return json.dumps(lock | {"since": then, "renewed": then}).encode()


def test_another_process_keeps_its_run_and_the_message_says_how_to_get_it(
    address: str, staged: Path, tmp_path: Path
) -> None:
    run = f"{address}/run"
    Storage(run).put_bytes(LOCK_FILE, lock_of(12, "elsewhere"))
    with pytest.raises(MisuseError) as refused:
        record_steps(run, range(1))
    words = str(refused.value)
    assert f"{run} is already being recorded by process 12 on elsewhere" in words
    assert re.search(rf"void in 1\d\d s, or at once where you delete {run}/{LOCK_FILE}", words)
    assert set(Storage(run).list()) == {LOCK_FILE}

    Storage(run).delete(LOCK_FILE)
    record_steps(run, range(2))
    assert_recorded(run, [0, 1], tmp_path / "here")
    assert list(staged.iterdir()) == []


@pytest.mark.parametrize(
    "lock",
    [
        lock_of(12, "elsewhere", age=VOID_SECONDS + 1),
        lock_of(2**22 + 1, socket.gethostname()),
        lock_of(os.getpid(), socket.gethostname()),
        b"",
    ],
    ids=["not renewed", "dead", "this machine's number again", "damaged"],
)
def test_the_lock_of_a_dead_process_is_taken(lock: bytes, tmp_path: Path) -> None:
    run = f"memory://locked-{time.time_ns()}/run"
    Storage(run).put_bytes(LOCK_FILE, lock)
    record_steps(run, range(2))
    assert_recorded(run, [0, 1], tmp_path / "here")


def test_a_container_of_the_same_name_is_another_machine(tmp_path: Path) -> None:
    """Its process is not among those of here, and lives."""
    run = f"memory://locked-{time.time_ns()}/run"
    lock = lock_of(2**22 + 1, socket.gethostname(), space="another boot pid:[1]")
    Storage(run).put_bytes(LOCK_FILE, lock)
    with pytest.raises(MisuseError, match="is already being recorded by process 4194305 on"):
        record_steps(run, range(1))
    assert Storage(run).read(LOCK_FILE) == lock


def test_of_two_who_create_one_lock_one_succeeds(address: str) -> None:
    storage = Storage(f"{address}/run")
    assert [storage.create("lock", b"a"), storage.create("lock", b"b")] == [True, False]
    assert storage.read("lock") == b"a"


def test_a_lock_is_renewed_while_it_is_held(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_object, "RENEW_SECONDS", 0.02)
    storage = Storage(f"{address}/run")
    lock = LockObject(storage)
    lock.take()
    first = storage.read(LOCK_FILE)
    wait_until(lambda: storage.read(LOCK_FILE) not in {None, first})
    lock.release()
    assert storage.read(LOCK_FILE) is None


def test_who_has_lost_the_lock_uploads_nothing_more(address: str, staged: Path) -> None:
    run = f"{address}/run"
    record_steps(run, range(2), finished=False)
    wait_until(lambda: not list(staged.rglob("model.ckpt-*")))
    Storage(run).put_bytes(LOCK_FILE, lock_of(12, "elsewhere"))
    before = Storage(run).list()[MANIFEST_FILE]

    def refused() -> bool:
        try:
            record(run, next(steps), {"fc1": snapshot(2)})
        except UnwritableError as error:
            return "process 12 on elsewhere" in str(error)
        return False

    steps = itertools.count(2)
    wait_until(refused)
    with pytest.warns(RuntimeWarning, match="were not uploaded: .* process 12"):
        staging.release(staging.recording_place(run, "log_dir", is_fresh=False))
    assert Storage(run).list()[MANIFEST_FILE] == before
    assert json.loads(Storage(run).read(LOCK_FILE) or b"")["pid"] == 12


def test_once_the_end_has_given_up_nothing_is_placed_over_what_others_record(
    address: str, staged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = f"{address}/run"
    recorded, stalled, answers = threading.Event(), threading.Event(), threading.Event()
    put, update = Storage.put, run_upload.RunUpload.update

    def update_at_once(upload: run_upload.RunUpload) -> None:
        if recorded.is_set():
            update(upload)

    def put_late(storage: Storage, name: str, source: Path) -> None:
        stalled.set()
        assert answers.wait(PATIENCE)
        put(storage, name, source)

    before = set(threading.enumerate())
    monkeypatch.setattr(Storage, "put", put_late)
    monkeypatch.setattr(run_upload.RunUpload, "update", update_at_once)
    record_steps(run, range(1), finished=False)
    recorded.set()
    assert stalled.wait(PATIENCE)
    uploading = [t for t in threading.enumerate() if t not in before]
    monkeypatch.setattr(address_staging, "WAIT_SECONDS", 0.05)
    with pytest.warns(RuntimeWarning, match=rf"\d files .* of {run} were not uploaded"):
        staging.release(staging.recording_place(run, "log_dir", is_fresh=False))
    Storage(run).put_bytes(MANIFEST_FILE, b"another's")
    answers.set()
    for thread in uploading:
        if thread.name == "tb_embed_upload":
            thread.join(PATIENCE)
    assert Storage(run).read(MANIFEST_FILE) == b"another's"
    begun = {name for name in Storage(run).list() if name != MANIFEST_FILE}
    assert len(begun) <= run_upload.AT_A_TIME
    assert not {name for name in begun if name.endswith(".index")}, "these come second"
    assert list(staged.rglob("model.ckpt-0.*")), "the next recording uploads them"


def test_a_released_lock_is_not_held(address: str) -> None:
    storage = Storage(f"{address}/run")
    lock = LockObject(storage)
    lock.take()
    lock.check()
    lock.release()
    with pytest.raises(LostLockError, match="no longer locked"):
        lock.check()
    assert storage.read(LOCK_FILE) is None


def test_where_too_much_waits_nothing_more_is_recorded(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = f"{bucket}/run"
    record_steps(run, range(1), finished=False)
    with monkeypatch.context() as patch:
        patch.setattr(background_upload, "MAX_WAITING_BYTES", -1)
        with pytest.raises(UnwritableError, match=rf"wait in .* to be uploaded to {run}, but"):
            record_steps(run, range(1, 2))
    staging.release(staging.recording_place(run, "log_dir", is_fresh=False))


@pytest.mark.parametrize("fault", ["too much waits", "deleted"])
def test_a_callback_that_stops_names_the_address_and_no_directory_of_the_cache(
    fault: str,
    digits: Any,
    make_model: Callable[..., Any],
    staged: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    run = f"memory://stopped-{time.time_ns()}/run"
    x, y = digits[0][:64], digits[1][:64]

    class Breaking(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if fault == "deleted":
                place = staging.recording_place(run, "log_dir", is_fresh=False)
                shutil.rmtree(place, ignore_errors=True)  # something is being written there
            else:
                monkeypatch.setattr(background_upload, "MAX_WAITING_BYTES", -1)

    recorder = EmbeddingCheckpoint(run, x, y)
    with pytest.warns(RuntimeWarning) as told:
        make_model().fit(x, y, epochs=3, verbose=0, callbacks=[recorder, Breaking()])
    (words,) = [str(one.message) for one in told if "stopped recording: " in str(one.message)]
    assert run in words
    if fault == "too much waits":
        assert f"GB wait in the user's cache to be uploaded to {run}, but" in words
    assert str(staged) not in words


DELETED = "waited to be uploaded to .*were deleted, and are lost; what was uploaded stays"


def begun(run: str) -> Path:
    """Records two snapshots; returns their staging directory once they are at the address."""
    record_steps(run, range(2), finished=False)
    place = staging.recording_place(run, "log_dir", is_fresh=False)
    wait_until(lambda: not list(place.rglob("model.ckpt-*")))
    return place


@pytest.mark.parametrize("seconds", [0.05, 2.0])
def test_a_deleted_staging_directory_leaves_the_run_at_its_address(
    address: str, tmp_path: Path, seconds: float
) -> None:
    run = f"{address}/run"
    place = begun(run)
    # As one who deletes the directory file by file.
    (place / MANIFEST_FILE).unlink()
    time.sleep(seconds)
    shutil.rmtree(place)
    began = time.monotonic()
    with pytest.warns(RuntimeWarning, match=DELETED):
        staging.release(place)
    assert time.monotonic() - began < address_staging.WAIT_SECONDS / 2
    assert_recorded(run, [0, 1], tmp_path / "here")


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_after_its_staging_directory_was_deleted_a_loop_is_told_once_and_resumes(
    address: str, tmp_path: Path, seconds: float
) -> None:
    run = f"{address}/run"
    place = begun(run)
    shutil.rmtree(place)
    # The thread that uploads notices, or the next call.
    time.sleep(seconds)
    with pytest.raises(UnwritableError, match=DELETED):
        record_steps(run, range(2, 3))
    record_steps(run, range(3, 4))
    assert_recorded(run, [0, 1, 3], tmp_path / "here")


@pytest.mark.parametrize("deleted", ["model.ckpt-0*", METADATA_FILE, SPRITE_FILE])
def test_a_run_whose_waiting_files_were_deleted_is_never_named_at_the_address(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deleted: str
) -> None:
    run = f"{address}/run"
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put", lambda *_: (_ for _ in ()).throw(StorageError("cut")))
        images = np.zeros((len(labels()), 4, 4), np.uint8)
        record(run, 0, {"fc1": snapshot(0)}, labels=labels(), images=images)
        place = staging.recording_place(run, "log_dir", is_fresh=False)
        found = list(place.rglob(deleted))
        assert found
        for file in found:
            file.unlink()
    with pytest.warns(RuntimeWarning, match=DELETED):
        staging.release(place)
    assert Storage(run).read(MANIFEST_FILE) is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of values that are left, if there are
        record_steps(run, range(1))
    assert_recorded(run, [0], tmp_path / "here")


def test_a_snapshot_whose_waiting_values_were_deleted_is_never_named_at_the_address(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = f"{address}/run"
    place = begun(run)
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put", lambda *_: (_ for _ in ()).throw(StorageError("cut")))
        record_steps(run, range(2, 3), finished=False)
        for file in place.rglob("model.ckpt-2*"):
            file.unlink()
    with pytest.warns(RuntimeWarning, match=DELETED):
        staging.release(place)
    assert_recorded(run, [0, 1], tmp_path / "here")
    record_steps(run, range(3, 4))
    assert_recorded(run, [0, 1, 3], tmp_path / "again")


def test_what_another_machine_records_meanwhile_is_not_overwritten(
    address: str, staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = f"{address}/run"
    record_steps(run, range(2), finished=False)
    wait_until(lambda: not list(staged.rglob("model.ckpt-*")))
    # The process is killed with a snapshot that nobody has uploaded.
    place = staging.recording_place(run, "log_dir", is_fresh=False)
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put", lambda *_: (_ for _ in ()).throw(StorageError("cut")))
        patch.setattr(address_staging, "WAIT_SECONDS", 0.05)
        with pytest.warns(RuntimeWarning):
            record_steps(run, range(2, 3))
    assert list(place.rglob("model.ckpt-2.*"))
    with monkeypatch.context() as patch:
        patch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "other")
        staging._stagings.clear()  # noqa: SLF001 # another machine
        record(run, 5, {"fc1": snapshot(5)}, finished=True)
        staging._stagings.clear()  # noqa: SLF001 # back again
    with pytest.warns(RuntimeWarning, match="another one by now: .* never uploaded lie in"):
        record_steps(run, range(6, 7))
    assert_recorded(run, [0, 1, 5, 6], tmp_path / "here")
    (aside,) = staged.glob("*.left-*")
    assert len(list(aside.glob("model.ckpt-2.*"))) == 2


def test_import_writes_to_an_address(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for step in range(2):
        np.save(tmp_path / f"fc1-{step}.npy", snapshot(step))
    command = ["import", *map(str, sorted(tmp_path.glob("*.npy"))), "--run", f"{address}/run"]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert f"{address}/run: 120 samples" in told
    assert f"tb-embed sync {address} logs" in told
    assert_recorded(f"{address}/run", [0, 1], tmp_path / "here")
    assert main(command) == 1
    assert f"{address}/run already holds a run" in capsys.readouterr().err


def test_single_files_are_written_to_an_address(address: str, tmp_path: Path) -> None:
    write_metadata(f"{address}/metadata.tsv", [1, 2])
    write_metadata(tmp_path / "metadata.tsv", [1, 2])
    assert Storage(address).read("metadata.tsv") == (tmp_path / "metadata.tsv").read_bytes()
    info = write_sprite_image(f"{address}/sprite.png", np.zeros((2, 8, 8)))
    assert info.cell == (8, 8)
    assert (Storage(address).read("sprite.png") or b"").startswith(b"\x89PNG")


CALLS: dict[str, Callable[[str], object]] = {
    "record": lambda address: record(address, 0, {"fc1": snapshot(0)}),
    "EmbeddingCheckpoint": lambda address: EmbeddingCheckpoint(address, snapshot(0)),
    "write_metadata": lambda address: write_metadata(f"{address}/metadata.tsv", [1]),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_address_that_cannot_be_written_fails_at_once_and_says_why(
    name: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = CALLS[name]
    with pytest.raises(StorageError, match=r"no-such-bucket/logs/run.* does not exist; check"):
        call("s3://no-such-bucket/logs/run")
    with pytest.raises(MisuseError, match="scheme that is not known"):
        call("nowhere://bucket/run")
    without_library(monkeypatch, "gs://bucket/run", "gcsfs")
    with pytest.raises(MisuseError, match="pip install 'tb-embed-plugin"):
        call("gs://bucket/run")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(StorageError, match="needs credentials, and none were found"):
        call(f"{bucket}/other/run")


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/a/..", "memory://a/b\\c"])
def test_an_address_of_no_run_is_refused(address: str, at_server: None) -> None:
    with pytest.raises(MisuseError, match=r"names no run|no folder can have"):
        record(address, 0, {"fc1": snapshot(0)})


def test_an_error_of_a_library_is_one_line() -> None:
    assert "(PermissionError: no <Error>)" in (
        refusal_words(PermissionError("no\n  <Error>\n")) or ""
    )


def test_warnings_are_no_errors_in_the_background() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        background_upload._warn("told")  # noqa: SLF001 # the thread's own
