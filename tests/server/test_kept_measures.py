"""What was measured is kept: a server that starts anew measures nothing again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from tb_embed_plugin.analysis import layer_metrics, metrics_cache
from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import CACHE_FOLDER
from tb_embed_plugin.metrics import catalog, similarity, step_metrics
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import run
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.harness import client_for
from tests.planted import Head, class_snapshots, write_run
from tests.server.test_metric_routes import BASE, answer_until_done, ask

STEPS = 4
CLASSES = 3
ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("findings", {}),
    ("metrics", {}),
    ("similarity", {}),
    ("samples", {"rule": "forgotten"}),
]


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets whatever is measured fail."""

    def refuse(*_: object, **__: object) -> None:
        raise UnreadableError("expected nothing to be measured")

    for name in ("observe", "compare", "nearest"):
        monkeypatch.setattr(layer_metrics, name, refuse)
    monkeypatch.setattr(similarity, "cka", refuse)


def answers(client: Client) -> list[Any]:
    return [answer_until_done(client, route, **query) for route, query in ROUTES]


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """A run `digits`, planted, of which nothing was measured."""
    snapshots, codes = class_snapshots(0, STEPS, samples=120, n_classes=CLASSES)
    rng = np.random.default_rng(0)
    units = snapshots[0].shape[1]
    head = Head(
        [rng.normal(size=(units, CLASSES)).astype(np.float32) for _ in snapshots],
        [rng.normal(size=CLASSES).astype(np.float32) for _ in snapshots],
    )
    label = Column("label", "category", [str(code) for code in codes])
    write_run(tmp_path / "logs" / "digits", {"fc1": snapshots}, label, head=head)
    return tmp_path / "logs"


def test_another_server_measures_nothing_again(
    logdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answers(client_for(logdir, EmbeddingsPlugin))
    moved = tmp_path / "moved"
    logdir.rename(moved)
    forbid(monkeypatch)

    again = client_for(moved, EmbeddingsPlugin)
    for (route, query), expected in zip(ROUTES, first, strict=True):
        response = ask(again, route, **query)
        assert response.status_code == 200, response.text
        assert response.get_json() == expected, "at once, and to the last digit"


def test_what_is_damaged_or_foreign_is_measured_again(logdir: Path) -> None:
    first = answers(client_for(logdir, EmbeddingsPlugin))
    files = sorted((logdir / "digits" / CACHE_FOLDER).rglob("*.*"))
    kept = [file for file in files if file.suffix == ".safetensors"]
    assert len(kept) == STEPS + (STEPS - 1) + 1, "steps, changes, and from first to last"
    other = kept[0].read_bytes()
    rng = np.random.default_rng(0)
    for file in files:
        body = file.read_bytes()
        damages = [b"", body[: len(body) // 2], body[:-1] + bytes([body[-1] ^ 1]), other]
        file.write_bytes(damages[rng.integers(len(damages))])

    assert answers(client_for(logdir, EmbeddingsPlugin)) == first


def test_a_run_that_cannot_be_written_is_measured_all_the_same(logdir: Path) -> None:
    (logdir / "digits" / CACHE_FOLDER).parent.mkdir(parents=True, exist_ok=True)
    (logdir / "digits" / CACHE_FOLDER).write_text("a file in the folder's place")
    response = client_for(logdir, EmbeddingsPlugin).get(
        BASE + "metrics", query_string={"run": "digits", "layer": "fc1", "steps": "0"}
    )
    assert response.status_code == 200


def test_a_metric_that_is_new_or_means_something_else_is_measured(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the catalog before the last metric left on disk lacks it, and says so to nobody."""
    whole = step_metrics.observe

    def observe_as_before(*arguments: Any) -> step_metrics.StepMetrics:
        found = whole(*arguments)
        return replace(found, numbers={k: v for k, v in found.numbers.items() if k != "rankme"})

    with monkeypatch.context() as before:
        older = [d for d in catalog.DEFINITIONS if d[0] != "rankme"]
        before.setattr(metrics_cache, "DEFINITIONS", tuple(older))
        before.setattr(run, "DEFINITIONS", tuple(older))
        before.setattr(layer_metrics, "observe", observe_as_before)
        first = answer_until_done(client_for(logdir, EmbeddingsPlugin), "metrics")
        version = version_of(logdir)
    assert version_of(logdir) != version, "by which browsers keep answers for a year"
    assert values_of(first, "rankme") == [None] * STEPS

    found = answer_until_done(client_for(logdir, EmbeddingsPlugin), "metrics")
    assert None not in values_of(found, "rankme")
    assert values_of(found, "radius") == values_of(first, "radius")


def values_of(content: Any, name: str) -> list[float | None]:
    (values,) = [m["values"] for m in content["metrics"] if m["name"] == name]
    return list(values)


def version_of(logdir: Path) -> str:
    listed = client_for(logdir, EmbeddingsPlugin).get(BASE + "runs").get_json()
    return str(listed["runs"][0]["layers"][0]["version"])
