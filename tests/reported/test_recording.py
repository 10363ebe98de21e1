"""Reported recordings: several processes in one run, addresses where paths belong."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tb_embed_plugin
from tb_embed_plugin import EmbeddingCheckpoint, MisuseError, record
from tb_embed_plugin.cli import main
from tb_embed_plugin.local_paths import local_path
from tests.harness import PATIENCE, read_run, without_library

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)

RECORD_AND_STAY = """
    import sys
    import numpy as np
    from tb_embed_plugin import record

    record(sys.argv[1], 0, {"a": np.arange(12.0).reshape(4, 3)})
    print("recorded", flush=True)
    sys.stdin.read()
"""


def recording_process(run_dir: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RECORD_AND_STAY), str(run_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "recorded\n"
    return process


def test_a_second_process_is_refused_by_name_until_the_first_one_dies(tmp_path: Path) -> None:
    first = recording_process(tmp_path)
    try:
        with pytest.raises(
            MisuseError, match=rf"already being recorded by process {first.pid} .*another"
        ):
            record(tmp_path, 1, {"a": ROWS})
        assert read_run(tmp_path).steps == [0], "nothing of the refused one"
    finally:
        first.kill()
        first.communicate()

    record(tmp_path, 1, {"a": ROWS}, finished=True)
    assert read_run(tmp_path).steps == [0, 1]
    second = recording_process(tmp_path / "after")
    second.communicate()
    assert read_run(tmp_path / "after").steps == [0]


def test_an_import_into_a_run_that_is_recorded_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "fc1-1.npy", ROWS)
    first = recording_process(tmp_path / "run")
    try:
        command = ["import", str(tmp_path / "fc1-1.npy"), "--run", str(tmp_path / "run")]
        assert main([*command, "--overwrite"]) == 1
        assert f"process {first.pid}" in capsys.readouterr().err
        assert read_run(tmp_path / "run").steps == [0]
    finally:
        first.kill()
        first.communicate()
    assert main([*command, "--overwrite"]) == 0


def test_a_finished_recording_lets_the_next_process_in(tmp_path: Path) -> None:
    record(tmp_path, 0, {"a": ROWS}, finished=True)
    script = """
        import sys
        import numpy as np
        from tb_embed_plugin import record
        record(sys.argv[1], 1, {"a": np.arange(12.0).reshape(4, 3)})
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        check=True,
        timeout=PATIENCE,
    )
    assert read_run(tmp_path).steps == [0, 1]


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_forked_process_does_not_record_into_its_parents_run(tmp_path: Path) -> None:
    script = """
        import multiprocessing, sys
        import numpy as np
        from tb_embed_plugin import record

        rows = np.arange(12.0).reshape(4, 3)

        def second(run_dir, told):
            try:
                record(run_dir, 1, {"a": rows})
            except ValueError as error:
                told.put(str(error))
            else:
                told.put("recorded")

        fork = multiprocessing.get_context("fork")
        told = fork.Queue()
        record(sys.argv[1], 0, {"a": rows})
        child = fork.Process(target=second, args=(sys.argv[1], told))
        child.start()
        print(told.get(timeout=60))
        child.join()
        record(sys.argv[1], 2, {"a": rows})
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        check=True,
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    ).stdout
    assert "already being recorded by process" in told
    assert read_run(tmp_path).steps == [0, 2]


def test_two_live_trainings_into_one_directory_both_end(
    tmp_path: Path, digits: Any, make_model: Callable[..., Any]
) -> None:
    x, y = digits[0][:64], digits[1][:64]
    first = recording_process(tmp_path / "run")
    try:
        model = make_model()
        checkpoint = EmbeddingCheckpoint(tmp_path / "run", x)
        with pytest.warns(RuntimeWarning, match=rf"process {first.pid}") as told:
            model.fit(x, y, epochs=2, verbose=0, callbacks=[checkpoint])
    finally:
        first.kill()
        first.communicate()

    messages = [str(w.message) for w in told if w.category is RuntimeWarning]
    assert len(messages) == 1
    assert str(tmp_path / "run-2") in messages[0]
    assert read_run(tmp_path / "run-2").steps == [0, 1, 2]
    assert read_run(tmp_path / "run").steps == [0]
    assert int(model.optimizer.iterations) == 4


CALLS: dict[str, Callable[[str | Path], object]] = {
    "record": lambda path: record(path, 0, {"a": ROWS}),
    "EmbeddingCheckpoint": lambda path: EmbeddingCheckpoint(path, ROWS),
    "write_metadata": lambda path: tb_embed_plugin.write_metadata(path, [1, 2]),
    "write_sprite_image": lambda path: tb_embed_plugin.write_sprite_image(
        path, np.zeros((2, 8, 8))
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_address_becomes_no_folder_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MisuseError, match="pass an address as text"):
        CALLS[name](Path("gs://bucket/run"))
    with pytest.raises(MisuseError, match=r"nowhere://host.* has a scheme that is not known"):
        CALLS[name]("nowhere://host/run")
    for address, library in (("gs://bucket/run", "gcsfs"), ("s3://bucket/run", "s3fs")):
        without_library(monkeypatch, address, library)
        with pytest.raises(MisuseError, match=r"pip install 'tb-embed-plugin\[remote\]'"):
            CALLS[name](address)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command",
    [
        ["export", ".", "--format", "csv", "--output", "gs://b/x.csv"],
        ["import", "gs://b/x.npy", "--run", "run"],
        ["import", "x.npy", "--run", "run", "--metadata", "gs://b/m.tsv"],
        ["demo", "--logdir", "gs://b/logs"],
    ],
)
def test_a_command_refuses_an_address(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    assert "gs://b" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command",
    [
        ["check", "gs://b/logs"],
        ["metrics", "gs://b/logs"],
        ["findings", "gs://b/logs"],
        ["project", "gs://b/logs"],
        ["label-errors", "gs://b/logs"],
        ["export", "gs://b/logs", "--format", "csv", "--output", "x.csv"],
        ["sync", "gs://b/logs", "here"],
    ],
)
def test_a_command_that_reads_says_what_an_address_needs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    without_library(monkeypatch, "gs://b/logs", "gcsfs")
    assert main(command) == 1
    assert "gs://b/logs needs a library that is not installed" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_address_says_to_drop_the_prefix() -> None:
    for address in ("file:///tmp/logs", Path("file:///tmp/logs"), "FILE:///tmp/logs"):
        with pytest.raises(MisuseError, match=r"drop the prefix: '/tmp/logs'"):
            local_path(address, "log_dir")


@pytest.mark.parametrize(
    "path",
    [r"C:\logs\run", "C:/logs/run", "d://logs", "logs/a:b", "run:1", "./x://y", "~/logs"],
)
def test_what_only_looks_like_an_address_is_a_path(path: str) -> None:
    assert local_path(path, "log_dir") == Path(path).expanduser()
