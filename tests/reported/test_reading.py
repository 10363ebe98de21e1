"""Reported: files made so that reading them keeps, ends or floods TensorBoard."""

from __future__ import annotations

import errno
import io
import mmap
import os
import re
import shutil
import socket
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import tb_embed_plugin
from tb_embed_plugin import record
from tb_embed_plugin.errors import BusyError, MisuseError, UnreadableError, UnwritableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import found_run, reading, writer
from tb_embed_plugin.runs.foreign import (
    configured_layers,
    layer_samples,
    tensor_tsv,
    written_path,
)
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.foreign.parsed_tables import parsed_tables
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.reading import BlockFile, open_file, read_file
from tb_embed_plugin.runs.stored_rows import FileRows, Place
from tb_embed_plugin.runs.tables import metadata_table
from tb_embed_plugin.runs.tables.metadata_inference import InferredTable, read_inferred_table
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.snapshot import BLOCK_VALUES, MAX_COLUMNS, row_blocks
from tests.harness import client_for, finished, is_a_message
from tests.planted import Head, write_run
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


def wide_run(folder: Path, rows: int = 3000, units: int = 200) -> None:
    """Records a layer of more than one block, and outputs."""
    labels = Column("label", "category", [str(i % 10) for i in range(rows)])
    head = Head([values(units, 10)], [np.zeros(10, np.float32)])
    write_run(folder, {"fc1": [values(rows, units)]}, labels, head=head)


WIDE_ADDRESSES = (
    "vectors?run=.&layer=fc1&step=0",
    "projection?run=.&layer=fc1",
    "projection?run=.&layer=fc1&engine=axes",
    "metrics?run=.&layer=fc1",
    "neighbors?run=.&layer=fc1&step=0&sample=1",
    "confusion?run=.&layer=fc1&step=0",
    "sample_history?run=.&layer=fc1&sample=1",
)


@pytest.mark.parametrize("address", WIDE_ADDRESSES)
def test_a_file_cut_while_it_is_read_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    wide_run(tmp_path)
    client = client_for(tmp_path, EmbeddingsPlugin)
    assert client.get(BASE + "runs").get_json()["problems"] == []
    (data,) = tmp_path.glob("model.ckpt-0.data-*")
    read = BlockFile.read_into

    def cut(file: BlockFile, into: Any, offset: int) -> None:
        os.truncate(data, 100)
        read(file, into, offset)

    monkeypatch.setattr(BlockFile, "read_into", cut)
    answer = client.get(BASE + address)
    assert (answer.status_code, is_a_message(answer.text)) == (400, True)
    assert f"{data.name} was cut while it was read" in answer.text


def test_the_server_maps_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide_run(tmp_path)
    client = client_for(tmp_path, EmbeddingsPlugin)
    mapped: list[object] = []

    def note(*arguments: object, **_: object) -> None:
        mapped.append(arguments)
        raise AssertionError(arguments)

    monkeypatch.setattr(mmap, "mmap", note)
    for address in ("runs", "metadata?run=.&layer=fc1", *WIDE_ADDRESSES):
        assert client.get(BASE + address).status_code == 200, address
    assert mapped == []


def test_nothing_but_the_import_of_a_users_own_files_knows_how_to_map() -> None:
    package = Path(tb_embed_plugin.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"\b(memmap|mmap(_mode)?)\b", path.read_text())
    }
    assert users == {"commands/importing/input_files.py"}
    # One module opens what lies in a log directory.
    openers = {
        path.relative_to(package).as_posix()
        for path in package.joinpath("runs").rglob("*.py")
        if re.search(r"\.open\(\"rb|read_bytes\(|read_text\(", path.read_text())
    }
    assert openers <= {"runs/recording_lock.py"}


def test_a_file_written_to_while_it_is_read_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "values.bytes"
    values(4, 4).tofile(path)
    rows = FileRows(path, Place("<f4", (4, 4), 0))
    np.testing.assert_array_equal(rows[1:3], values(4, 4)[1:3])
    os.utime(path, (1, 1))
    with pytest.raises(UnreadableError, match="was written to while it was read; reload"):
        rows[1:3]


def test_one_row_or_unit_of_a_large_snapshot_costs_no_copy_of_it(tmp_path: Path) -> None:
    rows, units = 40_000, 200
    wide_run(tmp_path, rows, units)
    client = client_for(tmp_path, EmbeddingsPlugin)
    ask = BASE + "vectors?run=.&layer=fc1&step=0"
    client.get(f"{ask}&samples=0&units=0")
    for part in ("samples=7&units=0-99", "samples=0-39999&units=3"):
        tracemalloc.start()
        try:
            assert client.get(f"{ask}&{part}").status_code == 200
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < rows * units * 4 / 4, part


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i8", "|u1", "bfloat16"])
def test_rows_of_every_type_are_read_in_blocks(tmp_path: Path, dtype: str) -> None:
    rows, units = 5000, 150
    stored = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    array = (values(rows, units) * 100).astype(stored)
    (tmp_path / "x").write_bytes(b"head" + array.tobytes())
    read = FileRows(tmp_path / "x", Place(dtype, (rows, units), 4))
    expected = array.astype(np.float32)
    np.testing.assert_array_equal(np.asarray(read), expected)
    np.testing.assert_array_equal(read[4000:4100], expected[4000:4100])
    some = np.array([4999, 3, 3, 2500, -1])
    np.testing.assert_array_equal(read[some], expected[some])
    blocks = [block.copy() for _, block in row_blocks(read)]
    np.testing.assert_array_equal(np.concatenate(blocks), expected)
    tracemalloc.start()
    try:
        for _ in row_blocks(read):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Three of a block: stored, widened, as float32.
    assert peak < 4 * 4 * BLOCK_VALUES < 8 * rows * units


ENTRIES = 400


def many_tensors(folder: Path) -> None:
    save(folder, {f"t{i}": values(12, 3) for i in range(50)}, "model.ckpt-1")
    write_words(folder / "metadata.tsv")
    write_table(folder / "t.tsv", values(12, 2))


@pytest.mark.parametrize(
    "spelled",
    [
        "embeddings {{ }}",
        "embeddings {{ metadata_path: 'metadata.tsv' sprite {{ single_image_dim: {n} }} }}",
        "embeddings {{ tensor_name: 't{n}' metadata_path: 'metadata.tsv' }}",
        "embeddings {{ tensor_name: 'x{n}' tensor_path: 't.tsv' metadata_path: './t.tsv' }}",
        "embeddings {{ tensor_name:'t{n}' sprite {{image_path:'t.tsv' single_image_dim:{n}}}}}",
        "embeddings {{ tensor_name: 'x{n}' tensor_path: 'gone/a/b/c/d/e/f/g/h/{n}.tsv' }}",
    ],
)
def test_what_a_configuration_costs_is_bounded_by_the_files_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    monkeypatch.setattr(written_path, "MAX_SEARCHED", 10)
    calls: Counter[str] = Counter()

    def counted(module: Any, name: str) -> None:
        original = getattr(module, name)

        def count(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, count)

    counted(layer_samples, "read_inferred_table")
    counted(layer_samples, "read_sheet")
    counted(configured_layers, "_with_files")
    counted(os, "lstat")
    for entries in (ENTRIES // 10, ENTRIES):
        folder = tmp_path / str(entries)
        many_tensors(folder)
        configure(folder, *(spelled.format(n=n) + "\n" for n in range(1, entries + 1)))
        calls.clear()
        (run,) = Logdir(folder, list).list_runs()
        assert isinstance(run, ForeignRun)
        assert calls["read_inferred_table"] <= 2
        assert calls["read_sheet"] <= layer_samples.MAX_READINGS
        # At most once for each tensor that there is.
        assert calls["_with_files"] <= 50
    # Each path as it is written, part by part; looked for in the run it would be twice that.
    assert calls["lstat"] <= 18 * ENTRIES


def test_entries_for_all_tensors_are_told_where_they_differ(tmp_path: Path) -> None:
    many_tensors(tmp_path)
    configure(tmp_path, entry(metadata_path="gone.tsv"), entry(metadata_path="metadata.tsv"))
    (run,) = Logdir(tmp_path, list).list_runs()
    assert isinstance(run, ForeignRun)
    assert run.layers[0].columns != ()
    assert [text for text in run.problems if "2 entries for all tensors" in text]


def test_a_table_is_read_for_a_few_numbers_of_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def count(path: Path, rows: int) -> InferredTable:
        read.append(rows)
        return read_inferred_table(path, rows)

    monkeypatch.setattr(layer_samples, "read_inferred_table", count)
    save(tmp_path, {f"t{n}": values(n, 3) for n in range(12, 40)}, "model.ckpt-1")
    write_words(tmp_path / "metadata.tsv")
    names = [entry(tensor_name=f"t{n}", metadata_path="metadata.tsv") for n in range(12, 40)]
    configure(tmp_path, *names)
    (run,) = Logdir(tmp_path, list).list_runs()
    assert isinstance(run, ForeignRun)
    assert len(read) == layer_samples.MAX_READINGS
    assert [layer.name for layer in run.layers if layer.columns] == ["t12"]
    assert [text for text in run.problems if "of more than 8 numbers of rows" in text]


def test_a_large_table_of_one_line_costs_little_more_than_its_size(tmp_path: Path) -> None:
    size = 8 << 20
    (tmp_path / "metadata.tsv").write_bytes(b"a\tb," * (size // 4))
    tracemalloc.start()
    try:
        table = read_inferred_table(tmp_path / "metadata.tsv", 12)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (table.columns, len(table.problems)) == ([], 1)
    assert "has 1 lines but there are 12 samples" in table.problems[0]
    assert peak < 2 * size


def test_a_table_of_numbers_in_one_line_is_refused_by_its_length(tmp_path: Path) -> None:
    (tmp_path / "tensors.tsv").write_bytes(b"1\t" * (tensor_tsv.MAX_LINE_BYTES) + b"1\n")
    tracemalloc.start()
    try:
        (run,) = Logdir(tmp_path, list).list_runs()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(run, ForeignRun)
    (problem,) = run.problems
    assert "a line of more than" in problem
    assert peak < 10 * tensor_tsv.MAX_LINE_BYTES


def test_a_matrix_too_wide_for_a_row_in_memory_says_what_to_do(tmp_path: Path) -> None:
    units = MAX_COLUMNS + 1
    with (tmp_path / "v.bytes").open("wb") as file:
        file.truncate(2 * units * 4)
    shape = f"tensor_shape: [2, {units}]"
    configure(tmp_path, f'embeddings {{ tensor_name: "v" tensor_path: "v.bytes" {shape} }}')
    client = client_for(tmp_path, EmbeddingsPlugin)
    answer = client.get(BASE + "vectors?run=.&layer=v&step=0&samples=0&units=0")
    assert answer.status_code == 400
    assert f"a matrix of {units} columns is not read, at most {MAX_COLUMNS}" in answer.text
    assert "; save one row per sample, with fewer units" in answer.text


class StaleFile(io.BufferedReader):
    """A file whose server has forgotten it."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), "/an/absolute/path")


def _stale_to_open(path: Any, *rest: Any, **options: Any) -> int:
    raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))


def _stale_to_read(*_: Any) -> int:
    raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))


@pytest.mark.parametrize("where", ["open", "read", "preadv"])
@pytest.mark.parametrize("write", [recorded, configured])
def test_a_stale_handle_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None], where: str
) -> None:
    write(tmp_path / "bad")
    client = client_for(tmp_path, EmbeddingsPlugin)
    assert client.get(BASE + "runs").status_code == 200
    if where == "open":
        monkeypatch.setattr(reading, "open_descriptor", _stale_to_open)
    elif where == "read":
        monkeypatch.setattr(
            os, "fdopen", lambda descriptor, _: StaleFile(io.FileIO(descriptor))
        )
    else:
        monkeypatch.setattr(os, "preadv", _stale_to_read)
    said = []
    for address in (*ADDRESSES, *WIDE_ADDRESSES):
        for layer in ("fc1", "words", "tag"):
            answer = client.get(BASE + address.format(layer).replace("run=.", "run=bad"))
            assert answer.status_code < 500
            said += [answer.text] if answer.status_code >= 400 else []
    listed = client.get(BASE + "runs")
    assert listed.status_code == 200
    said += [problem for run in listed.get_json()["runs"] for problem in run["problems"]]
    assert any("cannot be read" in text for text in said)
    assert all(map(is_a_message, said))
    assert not any("/absolute/" in text or str(tmp_path) in text for text in said)


def test_a_log_directory_removed_and_made_again_is_what_it_is_now(tmp_path: Path) -> None:
    logdir = tmp_path / "logs"
    recorded(logdir / "bad")
    client = client_for(logdir, EmbeddingsPlugin)
    assert [run["run"] for run in client.get(BASE + "runs").get_json()["runs"]] == ["bad"]
    asked = BASE + "vectors?run=bad&layer=fc1&step=0&samples=0"
    before = client.get(asked).data
    shutil.rmtree(logdir)
    for address in ADDRESSES:
        answer = client.get(BASE + address.format("fc1"))
        assert (answer.status_code, is_a_message(answer.text)) == (404, True)
    gone = client.get(BASE + "runs").get_json()
    assert (gone["runs"], len(gone["problems"])) == ([], 1)
    record(logdir / "bad", 0, {"fc1": values(seed=3)})
    assert [run["run"] for run in client.get(BASE + "runs").get_json()["runs"]] == ["bad"]
    again = client.get(asked)
    assert again.status_code == 200
    assert again.data != before


def test_a_file_replaced_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x"
    values(8, 4).tofile(path)
    rows = FileRows(path, Place("<f4", (8, 4), 0))
    np.testing.assert_array_equal(rows[:2], values(8, 4)[:2])
    (tmp_path / "new").write_bytes(b"")
    (tmp_path / "new").replace(path)
    np.testing.assert_array_equal(rows[2:], values(8, 4)[2:])


def test_one_who_parses_a_table_keeps_nobody_from_another(tmp_path: Path) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def slow() -> NDArray[np.float32]:
        begun.set()
        assert may_go_on.wait(60)
        return values()

    answers: list[NDArray[np.float32]] = []
    key = tmp_path, "slow"
    threads = [
        threading.Thread(target=lambda: answers.append(parsed_tables.get(key, slow)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    other = finished(lambda: parsed_tables.get((tmp_path, "other"), values))
    np.testing.assert_array_equal(other, values())
    may_go_on.set()
    for thread in threads:
        thread.join()
    assert answers[0] is answers[1]


def test_no_more_is_written_than_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata_table, "MAX_TABLE_BYTES", 100)
    with pytest.raises(
        MisuseError, match=r"the metadata take \d+ bytes, at most 100 are read; leave"
    ):
        record(tmp_path / "a", 0, {"fc1": values()}, labels=["a long label"] * 12)
    record(tmp_path / "b", 0, {"fc1": values()}, labels=["x"] * 12)
    size = (tmp_path / "b" / MANIFEST_FILE).stat().st_size
    monkeypatch.setattr(writer, "MAX_MANIFEST_BYTES", size + 10)
    with pytest.raises(UnwritableError, match="record fewer snapshots into one run"):
        record(tmp_path / "b", 1, {"fc1": values()})
    assert Logdir(tmp_path / "b", list).run(".").steps == [0]


def test_a_table_of_ours_in_one_line_is_refused_before_it_is_cut(tmp_path: Path) -> None:
    recorded(tmp_path)
    size = 8 << 20
    run = Logdir(tmp_path, list).run(".")
    (tmp_path / "metadata.tsv").write_bytes(b"a\tb\t" * (size // 4))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError, match="not 12 rows of"):
            run.columns("fc1")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * size
