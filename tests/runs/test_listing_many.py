"""Many runs: which are read at once, in which order, and that none is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from werkzeug.test import Client

from tb_embed_plugin import record
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import found_run, logdir
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.reading_on import ReadingOn
from tests.decoding import BASE
from tests.harness import PATIENCE, client_for, wait_until

RUNS = 9
AT_ONCE = 3


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Runs as others write them, from `run0`, which has changed last, to `run8`."""
    root = tmp_path / "logs"
    record(tmp_path / "one", 0, {"fc1": np.eye(4, dtype=np.float32)})
    for i in range(RUNS):
        leave_out = shutil.ignore_patterns("plugins", "events*")
        shutil.copytree(tmp_path / "one", root / f"run{i}", ignore=leave_out)
        age(root / f"run{i}", i)
    return root


def age(folder: Path, minutes: int) -> None:
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (1e9 - 60 * minutes,) * 2)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the directories that are read, in order; three are read at once."""
    names: list[str] = []
    look = found_run.RunFinder.open

    def open_run(finder: found_run.RunFinder, name: str, folder: Path) -> found_run.FoundRun:
        names.append(name)
        return look(finder, name, folder)

    monkeypatch.setattr(found_run.RunFinder, "open", open_run)
    monkeypatch.setattr(logdir, "NEWEST", AT_ONCE)
    return names


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is left for later, which nobody reads."""
    names: list[str] = []

    def take(_: ReadingOn, waiting: Iterable[tuple[str, Path]]) -> None:
        names[:] = [name for name, _ in waiting]

    monkeypatch.setattr(ReadingOn, "take", take)
    return names


def names_in(log: Logdir, *wanted: str) -> list[str]:
    return [run.name for run in log.list_runs(wanted)]


def test_the_newest_are_read_at_once_and_the_others_later(
    runs: Path, opened: list[str], later: list[str]
) -> None:
    log = Logdir(runs, list, PATIENCE)
    assert names_in(log) == opened == ["run0", "run1", "run2"]
    assert later == ["run3", "run4", "run5", "run6", "run7", "run8"]
    assert log.unread == 6
    # What is written next comes first, by whichever sign it has changed.
    age(runs / "run8", -1)
    shutil.copytree(runs.parent / "one", runs / "ours")
    age(runs / "ours", 30)
    os.utime(runs / "ours" / MANIFEST_FILE, (1e9 + 120,) * 2)
    assert names_in(log) == ["ours", "run0", "run1", "run2", "run8"]
    assert opened[3:] == ["ours", "run8"]


def test_one_that_is_asked_for_is_read_before_all_others(
    runs: Path, opened: list[str], later: list[str]
) -> None:
    log = Logdir(runs, list, PATIENCE)
    assert names_in(log, "run5", "none", "../one") == ["run0", "run1", "run2", "run5"]
    assert opened == ["run5", "run0", "run1", "run2"]
    assert log.run("run7").steps == [0]
    assert opened[4:] == ["run7"]
    # Who opens one run and waits for it reads no other.
    del opened[:]
    assert Logdir(runs, list).run("run4").steps == [0]
    assert opened == ["run4"]


def test_a_directory_below_a_run_is_never_shown_for_a_run_of_its_own(
    runs: Path, opened: list[str], later: list[str]
) -> None:
    (runs / "run8" / "train").mkdir()
    for file in list((runs / "run8").glob("model.ckpt*")):
        file.rename(runs / "run8" / "train" / file.name)
    (runs / "run8" / "projector_config.pbtxt").write_text("")
    age(runs / "run8", 8)
    age(runs / "run8" / "train", -1)
    log = Logdir(runs, list, PATIENCE)
    assert names_in(log) == ["run0", "run8"]
    assert opened == ["run8", "run8/train", "run0"]


def test_the_others_come_by_themselves_in_order_each_read_once(
    runs: Path, opened: list[str]
) -> None:
    log = Logdir(runs, list, PATIENCE)
    assert set(names_in(log)) >= {"run0", "run1", "run2"}
    wait_until(lambda: log.list_runs() and log.unread == 0)
    assert names_in(log) == [f"run{i}" for i in range(RUNS)]
    assert opened == [f"run{i}" for i in range(RUNS)]


def test_a_run_that_breaks_us_keeps_no_other_from_being_read(
    runs: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = found_run.RunFinder.open

    def fail(finder: found_run.RunFinder, name: str, folder: Path) -> found_run.FoundRun:
        if name == "run4":
            raise ValueError("a defect")
        return look(finder, name, folder)

    monkeypatch.setattr(found_run.RunFinder, "open", fail)
    log = Logdir(runs, list, PATIENCE)
    wait_until(lambda: log.list_runs() and log.unread == 1)
    assert names_in(log) == [f"run{i}" for i in range(RUNS) if i != 4]


def test_the_route_says_how_many_are_still_read(
    runs: Path, opened: list[str], later: list[str]
) -> None:
    client: Client = client_for(runs, EmbeddingsPlugin)
    told = client.get(BASE + "runs?run=run6").get_json()
    assert [run["run"] for run in told["runs"]] == ["run0", "run1", "run2", "run6"]
    assert told["unread"] == 5
    assert client.get(BASE + "metadata?run=run8&layer=fc1").status_code == 200
