"""Of very many samples columns and basis are kept on disk, as long as nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import linear_projection
from tb_embed_plugin.jobs import kept_basis, linear_projector
from tb_embed_plugin.jobs.cache import cache_of
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import recorded_run
from tb_embed_plugin.runs.tables import metadata_table
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.server import kept_metadata
from tests.decoding import BASE
from tests.harness import client_for
from tests.planted import write_run

LAYER = {"run": "run", "layer": "fc1"}
WORDS = ["a", "b", "", "ä\t"]
COLUMNS = (
    Column("index", "number", ["0", "1", "2", "3"]),
    Column("score", "number", ["0.5", "", "1e-3", "7"]),
    Column("label", "category", WORDS),
    Column("seen", "date", ["2024-01-02", "", "2024-01-04", "2024-01-05"]),
    Column("note", "text", WORDS),
)
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("metadata", {}),
    ("projection", {}),
    ("projection", {"equal_steps": "true", "standardize": "true", "center_steps": "false"}),
    ("projection", {"engine": "axes", "kind": "class_means", "spherize": "true"}),
]


@pytest.fixture
def computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read from the table or fitted, by name, in a log directory with one run."""
    rows = [np.random.default_rng(i).normal(size=(4, 3)).astype(np.float32) for i in range(2)]
    write_run(tmp_path / "run", {"fc1": rows}, *COLUMNS)
    monkeypatch.setattr(kept_metadata, "LEAST_SAMPLES", 4)
    monkeypatch.setattr(linear_projector, "LEAST_VALUES", 1)
    done: list[str] = []
    table, fit = metadata_table.read_table, linear_projection.fit

    def counted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            done.append(name)
            return work(*given)

        return noted

    monkeypatch.setattr(recorded_run, "read_table", counted("table", table))
    monkeypatch.setattr(linear_projector, "fit", counted("basis", fit))
    return done


def ask(logdir: Path, route: str, query: dict[str, Any]) -> bytes:
    """Returns what a server that has just started answers."""
    answer = client_for(logdir, EmbeddingsPlugin).get(BASE + route, query_string=LAYER | query)
    assert answer.status_code == 200, answer.text
    body: bytes = answer.data
    return body


def files(logdir: Path) -> list[Path]:
    """Returns the files of the cache."""
    return sorted((logdir / "run/plugins/tb_embed/cache").rglob("*.safetensors"))


@pytest.mark.parametrize(("route", "query"), QUESTIONS)
def test_the_next_server_answers_the_same_without_computing_it(
    tmp_path: Path, computed: list[str], route: str, query: dict[str, Any]
) -> None:
    work = "table" if route == "metadata" else "basis"
    first = ask(tmp_path, route, query)
    assert computed.count(work) == 1
    assert ask(tmp_path, route, query) == first
    assert computed.count(work) == 1


@pytest.mark.parametrize(("route", "query"), QUESTIONS[:2])
def test_what_is_damaged_or_of_something_else_is_made_again(
    tmp_path: Path, computed: list[str], route: str, query: dict[str, Any]
) -> None:
    first = ask(tmp_path, route, query)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3] + b"abc")
    assert ask(tmp_path, route, query) == first
    (file,) = files(tmp_path)
    assert file.read_bytes() == whole

    # With a digest that is right, but of nothing that we would keep.
    other = {"columns": [{"name": "index"}]} if route == "metadata" else {"leading": 2}
    cache = cache_of(tmp_path / "run")
    cache.keep_tensors(file.parent.name, file.stem, {"mean": np.zeros(2)}, other)
    assert ask(tmp_path, route, query) == first
    assert len(computed) == 3


def test_a_table_that_has_changed_is_read_again(tmp_path: Path, computed: list[str]) -> None:
    first = ask(tmp_path, "metadata", {})
    table = tmp_path / "run/metadata.tsv"
    table.write_text(table.read_text().replace("0.5", "0.25"))
    assert ask(tmp_path, "metadata", {}) != first
    assert computed == ["table", "table"]


def test_a_basis_is_not_that_of_other_settings(tmp_path: Path, computed: list[str]) -> None:
    answers = {ask(tmp_path, *question) for question in QUESTIONS[1:]}
    assert len(answers) == computed.count("basis") == len(files(tmp_path)) == 3


def test_few_samples_write_nothing(
    tmp_path: Path, computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_metadata, "LEAST_SAMPLES", 5)
    monkeypatch.setattr(linear_projector, "LEAST_VALUES", kept_basis.LEAST_VALUES)
    for question in QUESTIONS:
        ask(tmp_path, *question)
    assert not files(tmp_path)
    assert set(computed) == {"table", "basis"}
