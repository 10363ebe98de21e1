"""What happens to a log directory while it is recorded and served: removed, remade, shared."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import record
from tb_embed_plugin.jobs.cache import cache_of
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.recording_lock import release
from tests.clusters import BASE
from tests.harness import client_for, read_run

QUERY = {"run": "a", "layer": "fc1"}
LABELS = list("ab") * 15


def rows(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(30, 4)).astype(np.float32)


def write(run_dir: Path, seeds: range, **options: Any) -> None:
    for step, seed in enumerate(seeds):
        labels = LABELS if step == 0 else None
        record(run_dir, step, {"fc1": rows(seed)}, labels=labels, **options)


def test_a_clock_that_is_set_back_hides_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logdir = Logdir(tmp_path, list)
    for step, now in enumerate((2e9, 1e9, 5.0)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        record(tmp_path / "a", step, {"fc1": rows(step)})
        os.utime(tmp_path / "a" / MANIFEST_FILE, (now, now))
        run = logdir.run("a")
        assert list(run.layers[0].steps) == list(range(step + 1))
        np.testing.assert_array_equal(run.snapshot("fc1", step), rows(step))


def test_a_directory_removed_and_made_again_is_the_new_one_to_server_and_recorder(
    tmp_path: Path,
) -> None:
    client = client_for(tmp_path, EmbeddingsPlugin)

    def steps() -> Any:
        answer = client.get(BASE + "runs").get_json()
        return [layer["steps"] for run in answer["runs"] for layer in run["layers"]]

    def radius() -> Any:
        answer = client.get(BASE + "metrics", query_string={**QUERY, "steps": "0"})
        assert answer.status_code in {200, 404}, answer.text
        return answer.status_code, answer.get_json()

    write(tmp_path / "a", range(2))
    assert steps() == [[0, 1]]
    first = radius()
    shutil.rmtree(tmp_path / "a")
    gone = radius()
    assert not (tmp_path / "a").exists(), "a request does not bring it back in part"
    # The recorder goes on with a run of its own.
    record(tmp_path / "a", 0, {"fc1": 3 * rows(7)}, labels=LABELS)
    anew = radius()

    assert (first[0], gone[0], anew[0]) == (200, 404, 200)
    assert first[1] != anew[1]
    assert steps() == [[0]]


def test_nothing_is_cached_of_a_run_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    cache = cache_of(tmp_path / "a")
    (tmp_path / "a").rmdir()
    with pytest.raises(FileNotFoundError):
        cache.keep_record("layout", "numbers", {"a": 1})
    assert list(tmp_path.iterdir()) == []


def test_two_servers_on_one_cache_answer_the_same(tmp_path: Path) -> None:
    write(tmp_path / "a", range(3), dtype="float32")
    release(tmp_path / "a")
    alone = tmp_path / "alone"
    shutil.copytree(tmp_path / "a", alone / "a")
    routes = ("metrics", "similarity", "findings")
    answers: list[list[Any]] = []

    def ask(logdir: Path) -> None:
        client = client_for(logdir, EmbeddingsPlugin)
        told = []
        for route in routes:
            answer = client.get(BASE + route, query_string=QUERY)
            assert answer.status_code == 200, answer.text
            told.append(answer.get_json())
        answers.append(told)

    ask(alone)
    threads = [threading.Thread(target=ask, args=(tmp_path,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # By now from the cache alone.
    ask(tmp_path)
    assert answers == [answers[0]] * 5
    assert read_run(tmp_path / "a").steps == [0, 1, 2]
