"""A layer of more units than allowed: a sentence on every route, and nothing computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from tb_embed_plugin import record
from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.decoding import BASE
from tests.harness import client_for
from tests.planted import write_run

WIDE = {"run": "wide", "layer": "fc1"}
NARROW = {"run": "narrow", "layer": "fc1"}
ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("projection", WIDE),
    ("projection", {**WIDE, "engine": "axes"}),
    ("projection", {**NARROW, "onto_run": "wide", "onto_layer": "fc1"}),
    ("quality", WIDE),
    ("offline_page", {**WIDE, "components": 2}),
    ("metrics", WIDE),
    ("sample_metrics", {**WIDE, "name": "correct"}),
    ("samples", WIDE),
    ("findings", WIDE),
    ("similarity", WIDE),
    ("similarity", {**NARROW, "with_run": "wide"}),
    ("comparison", {**NARROW, "with_run": "wide"}),
    ("leaks", {**NARROW, "with_run": "wide"}),
    ("confusion", {**WIDE, "step": 0}),
    ("class_pair", {**WIDE, "first": "a", "second": "b"}),
    ("units", {**WIDE, "step": 0}),
    ("neighbors", {**WIDE, "step": 0, "sample": 0}),
    ("sample_history", {**WIDE, "sample": 0}),
    ("neighbor_history", {**WIDE, "sample": 0}),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    logdir = tmp_path_factory.mktemp("logs")
    for run, units in (("wide", MAX_UNITS + 1), ("narrow", 3)):
        rows = [np.random.default_rng(i).normal(size=(12, units)) for i in range(2)]
        labels = Column("label", "category", ["a", "b"] * 6)
        write_run(logdir / run, {"fc1": [each.astype(np.float32) for each in rows]}, labels)
    return client_for(logdir, EmbeddingsPlugin)


@pytest.mark.parametrize(("route", "query"), ROUTES)
def test_every_route_that_computes_says_it(
    client: Client, route: str, query: dict[str, Any]
) -> None:
    response = client.get(BASE + route, query_string=query)

    assert response.status_code == 413
    assert f"{MAX_UNITS + 1} units" in response.text
    assert "record a narrower layer" in response.text


def test_record_refuses_it_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"4097 units, but at most 4096 are allowed"):
        record(tmp_path / "run", 0, {"fc1": np.zeros((3, MAX_UNITS + 1))})

    assert not list(tmp_path.iterdir())
