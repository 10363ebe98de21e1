"""Reported: files made so that reading them keeps, ends or floods TensorBoard."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import BusyError, UnreadableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import found_run
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.reading import open_file, read_file
from tests.harness import client_for, finished, is_a_message
from tests.reported.logs import configure, entry, save, values, write_table, write_words

BASE = "/data/plugin/tb_embed/"


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    # The address of a socket has a hundred characters at most.
    os.chdir(path.parent)
    socket.socket(socket.AF_UNIX).bind(path.name)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


KINDS = (make_pipe, make_socket, make_folder, make_link_to_a_device)


@pytest.mark.parametrize("make", KINDS)
def test_only_plain_files_are_opened_and_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "file")

    def refused() -> str:
        with pytest.raises(UnreadableError) as error:
            open_file(tmp_path / "file")
        return str(error.value)

    message = finished(refused)
    assert is_a_message(message)
    assert "not a plain file" in message
    assert str(tmp_path) not in message


def recorded(folder: Path) -> None:
    images = np.zeros((12, 8, 8), np.uint8)
    labels = {"label": [f"w{i % 3}" for i in range(12)], "n": [f"{i}" for i in range(12)]}
    record(folder, 0, {"fc1": values()}, metadata=labels, images=images)


def configured(folder: Path) -> None:
    save(folder, {"words": values()}, "model.ckpt-1")
    write_words(folder / "metadata.tsv")
    write_table(folder / "00001" / "tag" / "tensors.tsv", values())
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-1"\n')
    configure(folder, entry(tensor_name="words", metadata_path="metadata.tsv"))


OURS = (
    MANIFEST_FILE,
    "metadata.tsv",
    "sprite_images.png",
    "model.ckpt-0.index",
    "model.ckpt-0.data-00000-of-00001",
)
OTHERS = (
    "projector_config.pbtxt",
    "metadata.tsv",
    "checkpoint",
    "model.ckpt-1.index",
    "model.ckpt-1.data-00000-of-00001",
    "00001/tag/tensors.tsv",
)
ADDRESSES = (
    "metadata?run=bad&layer={}",
    "sprite?run=bad&layer={}",
    "vectors?run=bad&layer={}&step=0",
    "vectors?run=bad&layer={}&step=1",
    "projection?run=bad&layer={}",
    "metrics?run=bad&layer={}",
)


@pytest.mark.parametrize(
    ("write", "name"),
    [*((recorded, name) for name in OURS), *((configured, name) for name in OTHERS)],
)
def test_a_pipe_in_a_files_place_keeps_nobody(
    tmp_path: Path, write: Callable[[Path], None], name: str
) -> None:
    write(tmp_path / "bad")
    recorded(tmp_path / "good")
    (tmp_path / "bad" / name).unlink()
    os.mkfifo(tmp_path / "bad" / name)
    # What is new may be under way.
    os.utime(tmp_path / "bad" / name, (0, 0))
    client = client_for(tmp_path, EmbeddingsPlugin)
    listed = finished(lambda: client.get(BASE + "runs").get_json())["runs"]
    assert {"good"} <= {run["run"] for run in listed} <= {"good", "bad"}
    said = [problem for run in listed for problem in run["problems"]]
    for address in ADDRESSES:
        for layer in ("fc1", "words", "tag"):
            answer = finished(partial(client.get, BASE + address.format(layer)))
            assert answer.status_code < 500
            said += [answer.text] if answer.status_code >= 400 else []
    assert all(map(is_a_message, said))
    # The file `checkpoint` is optional: the checkpoints themselves are looked at.
    assert any("is a named pipe, not a plain file" in text for text in said) or (
        name == "checkpoint"
    )


def test_a_run_that_takes_too_long_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        recorded(tmp_path / name)
    waits, may_go_on = threading.Event(), threading.Event()

    def slow(path: Path, *rest: Any) -> bytes:
        if path.is_relative_to(tmp_path / "a"):
            waits.set()
            assert may_go_on.wait(60)
        return read_file(path, *rest)

    monkeypatch.setattr(found_run, "read_file", slow)
    logdir = Logdir(tmp_path, list, seconds=0.2)
    listed = {run.name: run for run in logdir.list_runs()}
    # That of the other one may be slow by itself, on a busy machine.
    while isinstance(listed["b"], BrokenRun):
        listed = {run.name: run for run in logdir.list_runs()}
    assert waits.is_set()
    (broken,) = [run for run in listed.values() if isinstance(run, BrokenRun)]
    assert (broken.name, is_a_message(broken.problem)) == ("a", True)
    assert "takes longer than 0.2 s to read" in broken.problem
    with pytest.raises(BusyError, match="run 'a' takes longer"):
        logdir.run("a")
    # Others who ask meanwhile share the one attempt, and it is not lost.
    begun = threading.active_count()
    assert isinstance({r.name: r for r in logdir.list_runs()}["a"], BrokenRun)
    assert threading.active_count() == begun
    may_go_on.set()
    while isinstance({r.name: r for r in logdir.list_runs()}["a"], BrokenRun):
        pass
    assert logdir.run("a").steps == [0]


def test_every_file_of_a_recorded_run_has_a_limit(tmp_path: Path) -> None:
    recorded(tmp_path / "run")
    for name in OURS[:4]:
        path = tmp_path / "run" / name
        kept = path.read_bytes()
        os.truncate(path, 1 << 36)
        client = client_for(tmp_path, EmbeddingsPlugin)
        (run,) = client.get(BASE + "runs").get_json()["runs"]
        asked = [client.get(BASE + a.format("fc1").replace("bad", "run")) for a in ADDRESSES]
        said = [*run["problems"], *(a.text for a in asked if a.status_code >= 400)]
        assert any(
            text.startswith(f"{path.name} has {1 << 36} bytes, at most ") and "; " in text
            for text in said
        ), (name, said)
        path.write_bytes(kept)


def test_a_file_is_refused_by_its_size_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5, "write less") == b"12345"
    message = "file has 5 bytes, at most 4 are read; write less"
    with pytest.raises(UnreadableError, match=message):
        read_file(tmp_path / "file", 4, "write less")
