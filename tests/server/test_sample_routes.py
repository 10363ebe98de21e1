"""The routes of one sample over the steps, through the WSGI application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.server import time_budget
from tests.clusters import get, record_clusters
from tests.harness import EPOCHS, Recording, client_for
from tests.server.test_metric_routes import answer_until_done, ask, tensors_of

STEPS = list(range(EPOCHS + 1))


@pytest.fixture(scope="module")
def client(recording: Recording) -> Client:
    client = client_for(recording.logdir, EmbeddingsPlugin)
    answer_until_done(client, "metrics")
    return client


def test_a_samples_history_is_its_row_of_the_samples_metrics(
    client: Client, recording: Recording
) -> None:
    content = ask(client, "sample_history", sample=5).get_json()
    assert content["sample"] == 5
    assert content["steps"] == STEPS
    assert content["classes"][content["true_class"]] == str(recording.labels[5])
    for name in ("prediction", "confidence", "true_probability", "margin", "correct"):
        whole, _ = tensors_of(ask(client, "sample_metrics", name=name))
        np.testing.assert_allclose(content[name], whole["values"][:, 5], rtol=1e-6)
    some = ask(client, "sample_history", sample=5, steps="2,4-5").get_json()
    assert some["steps"] == [2, 4, 5]
    assert some["margin"] == [content["margin"][step] for step in (2, 4, 5)]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_over_the_steps_are_those_of_each(
    client: Client, recording: Recording, metric: str
) -> None:
    content = ask(
        client, "neighbor_history", sample=5, k=7, metric=metric, steps="0,3,10"
    ).get_json()
    assert (content["steps"], content["state"]) == ([0, 3, 10], "done")
    for step, found in zip(content["steps"], content["neighbors"], strict=True):
        rows = recording.activations[step].astype(np.float64)
        if metric == "cosine":
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        away = np.linalg.norm(rows - rows[5], axis=1)
        away[5] = np.inf
        assert len(set(found)) == 7
        np.testing.assert_allclose(away[found], np.sort(away)[:7], atol=1e-5)


def test_what_takes_longer_comes_in_parts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_budget, "SECONDS", 0)
    answer = ask(client, "neighbor_history", sample=5, k=7, v="x")
    content = answer.get_json()
    assert (content["state"], content["steps"], content["total"]) == ("running", [0], 11)
    assert len(content["neighbors"]) == 1
    assert "max-age=31536000" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("route", "query", "status", "words"),
    [
        ("sample_history", {"sample": 1797}, 400, "sample must be below 1797"),
        ("neighbor_history", {"sample": 1797}, 400, "sample must be below 1797"),
        ("neighbor_history", {"sample": 0, "k": 51}, 413, "k must be from 1 to 50"),
        ("neighbor_history", {"sample": 0, "k": 0}, 413, "k must be from 1 to 50"),
        ("neighbor_history", {"sample": 0, "metric": "hamming"}, 400, "hamming"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    client: Client, route: str, query: dict[str, Any], status: int, words: str
) -> None:
    response = ask(client, route, **query)
    assert response.status_code == status
    assert words in response.text


def test_without_outputs_there_are_neighbours_alone(tmp_path: Path) -> None:
    record_clusters(tmp_path / "run")
    client = client_for(tmp_path, EmbeddingsPlugin)
    query = {"run": "run", "layer": "fc1", "sample": 3}
    refused = get(client, "sample_history", query)
    assert refused.status_code == 404
    assert "needs the model's outputs" in refused.text
    found = get(client, "neighbor_history", {**query, "k": 50, "steps": 4}).get_json()
    assert len(set(found["neighbors"][0]) - {3}) == 50
