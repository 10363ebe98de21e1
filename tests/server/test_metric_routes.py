"""The routes of what is measured, through TensorBoard's own WSGI application."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from werkzeug.test import Client, TestResponse

from tb_embed_plugin import open_run
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.server import time_budget
from tests import clusters
from tests.harness import EPOCHS, Recording, client_for
from tests.kernels import biased_cka, debiased_cka
from tests.planted import write_run

BASE = "/data/plugin/tb_embed/"
FC1 = {"run": "digits", "layer": "fc1"}
STEPS = list(range(EPOCHS + 1))


@pytest.fixture(scope="module")
def client(recording: Recording) -> Client:
    client = client_for(recording.logdir, EmbeddingsPlugin)
    answer_until_done(client, "metrics")
    return client


def ask(client: Client, route: str, **query: Any) -> TestResponse:
    return client.get(BASE + route, query_string={**FC1, **query})


def answer_until_done(client: Client, route: str, **query: Any) -> Any:
    for _ in range(50):
        response = ask(client, route, **query)
        assert response.status_code == 200, response.text
        content = response.get_json()
        if content["state"] == "done":
            return content
        assert 1 <= content["done"] < content["total"]
    raise AssertionError(f"{route} is never done")


def tensors_of(response: TestResponse) -> tuple[dict[str, np.ndarray], Any]:
    assert response.status_code == 200, response.text
    (size,) = struct.unpack("<Q", response.data[:8])
    header = json.loads(response.data[8 : 8 + size])
    return safetensors.numpy.load(response.data), json.loads(header["__metadata__"]["json"])


def test_metrics_equal_scikit_learns(client: Client, recording: Recording) -> None:
    content = answer_until_done(client, "metrics")
    values = {metric["name"]: metric["values"] for metric in content["metrics"]}
    assert content["steps"] == STEPS
    assert content["classes"] == [str(i) for i in range(10)]
    assert content["samples_measured"] == content["samples"] == 1797
    for step in (1, EPOCHS):
        rows = recording.activations[step].astype(np.float64)
        classifier = KNeighborsClassifier(15, algorithm="brute").fit(rows, recording.labels)
        expected = (classifier.predict(None) == recording.labels).mean()
        # Activations of two float32 passes may order equally near neighbours differently.
        assert values["knn_accuracy"][step] == pytest.approx(expected, abs=2e-3)
        silhouette = silhouette_score(rows, recording.labels)
        assert values["silhouette"][step] == pytest.approx(silhouette, abs=1e-4)
        dead = np.flatnonzero(np.ptp(rows, axis=0) == 0).tolist()
        assert content["dead"][step] == dead
        assert values["dead_units"][step] == len(dead) / 200
    assert values["churn"][0] is None
    assert values["cka_last"][-1] == pytest.approx(1)
    assert values["accuracy"][-1] > 0.9
    assert all(metric["title"] and metric["meaning"] for metric in content["metrics"])


def test_some_steps_are_those_of_all(client: Client) -> None:
    every = answer_until_done(client, "metrics")
    some = answer_until_done(client, "metrics", steps="3,7")
    assert some["steps"] == [3, 7]
    for one, other in zip(every["metrics"], some["metrics"], strict=True):
        assert other["values"] == [one["values"][3], one["values"][7]]


def test_a_request_answers_what_is_done_in_its_time(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = client_for(recording.logdir, EmbeddingsPlugin)
    monkeypatch.setattr(time_budget, "SECONDS", 0)
    first = ask(fresh, "metrics", v="x")
    content = first.get_json()
    assert (content["state"], content["done"], content["total"]) == ("running", 1, len(STEPS))
    assert content["steps"] == [0]
    assert "max-age=31536000" not in first.headers["Cache-Control"]
    ranked = ask(fresh, "samples", rule="moved").get_json()
    assert (ranked["state"], ranked["done"], ranked["samples"]) == ("running", 1, [])


def test_an_answer_that_is_done_may_be_kept(client: Client) -> None:
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    version = run["layers"][0]["version"]
    routes: list[tuple[str, dict[str, Any]]] = [
        ("metrics", {}),
        ("samples", {"rule": "moved"}),
        ("findings", {}),
        ("confusion", {"step": 1}),
        ("neighbors", {"step": 1, "sample": 0}),
    ]
    for route, query in routes:
        response = ask(client, route, v=version, **query)
        assert "max-age=31536000" in response.headers["Cache-Control"], route


def test_sample_metrics_of_steps(client: Client, recording: Recording) -> None:
    tensors, info = tensors_of(
        ask(client, "sample_metrics", name="displacement_of", steps="4-5")
    )
    assert info["state"] == "done"
    assert tensors["steps"].tolist() == [4, 5]
    assert tensors["values"].dtype == np.float32
    rows = [recording.activations[step].astype(np.float64) for step in (3, 4, 5)]
    for values, before, after in zip(tensors["values"], rows, rows[1:], strict=False):
        radius = np.sqrt(((after - after.mean(axis=0)) ** 2).sum(axis=1).mean())
        expected = np.linalg.norm(after - before, axis=1) / radius
        np.testing.assert_allclose(values, expected, rtol=1e-3, atol=1e-5)

    correct, _ = tensors_of(ask(client, "sample_metrics", name="correct"))
    metrics = answer_until_done(client, "metrics")["metrics"]
    (accuracy,) = [metric["values"] for metric in metrics if metric["name"] == "accuracy"]
    np.testing.assert_allclose(correct["values"].mean(axis=1), accuracy, rtol=1e-5)


def test_what_the_catalog_lists_can_be_had_by_one_title(client: Client) -> None:
    """Each name is answered, of its kind; no two things that colors show are called alike."""
    listed = ask(client, "catalog").json
    assert listed is not None
    titles = [metric["title"] for metric in listed["sample_metrics"]]
    assert len(set(titles)) == len(titles)
    answer_until_done(client, "findings")
    for metric in listed["sample_metrics"]:
        tensors, info = tensors_of(ask(client, "sample_metrics", name=metric["name"]))
        assert (tensors["steps"].size == 0) == metric["over_run"], metric
        values = tensors["values"][np.isfinite(tensors["values"])]
        assert values.size, metric
        if metric["kind"] in {"class", "truth"}:
            words = metric["words"] if metric["kind"] == "truth" else info["classes"]
            assert set(values) <= set(range(len(words))), metric
        elif metric["kind"] == "share":
            assert -1e-6 <= values.min() <= values.max() <= 1 + 1e-6, metric
    of_steps = answer_until_done(client, "metrics")["metrics"]
    told = [(metric["name"], metric["title"]) for metric in of_steps]
    assert told == [(metric["name"], metric["title"]) for metric in listed["step_metrics"]]
    for rule in answer_until_done(client, "findings")["rules"]:
        called = [m["title"] for m in listed["sample_metrics"] if m["name"] == rule["rule"]]
        assert called in ([], [rule["title"]])


def test_a_label_that_may_be_wrong_says_what_to_change_it_to(
    client: Client, recording: Recording
) -> None:
    found = open_run(recording.run_dir).layer().label_errors()
    ranked = answer_until_done(client, "samples", rule="label_error")
    told = [(one["sample"], one["change_to"]) for one in ranked["samples"]]
    assert told == list(zip(found.samples.tolist(), found.new, strict=True))
    assert ranked["total_ranked"] == round(found.expected) > 0
    errors = answer_until_done(client, "findings")["label_errors"]
    assert errors["expected"] == pytest.approx(found.expected)
    assert errors["interval"] == pytest.approx(found.interval)
    assert errors["sentence"] == found.sentence()


def test_a_near_duplicate_says_what_it_repeats(tmp_path: Path) -> None:
    snapshots = [clusters.snapshot(step) for step in range(3)]
    copied = [np.concatenate([one, one[[7]]]) for one in snapshots]
    write_run(tmp_path / "run", {"fc1": copied})
    asked = {"run": "run", "layer": "fc1", "rule": "duplicate"}
    response = client_for(tmp_path, EmbeddingsPlugin).get(BASE + "samples", query_string=asked)
    told = [(one["sample"], one["same_as"]) for one in response.get_json()["samples"]]
    assert told == [(7, clusters.SAMPLES), (clusters.SAMPLES, 7)]


def test_loss_is_the_cross_entropy(client: Client) -> None:
    loss, _ = tensors_of(ask(client, "sample_metrics", name="loss"))
    probability, _ = tensors_of(ask(client, "sample_metrics", name="true_probability"))
    expected = -np.log(np.maximum(probability["values"].astype(np.float64), 1e-7))
    np.testing.assert_allclose(loss["values"], expected, rtol=1e-4, atol=1e-6)


def test_sample_metrics_of_the_run(client: Client) -> None:
    tensors, _ = tensors_of(ask(client, "sample_metrics", name="forgotten"))
    assert tensors["values"].shape == (1, 1797)
    assert tensors["steps"].tolist() == []
    ranked = answer_until_done(client, "samples", rule="forgotten", limit=2000)
    assert ranked["total_ranked"] == np.count_nonzero(tensors["values"])
    for entry in ranked["samples"]:
        assert tensors["values"][0, entry["sample"]] == entry["score"] == len(entry["steps"])


def test_every_rule_ranks(client: Client) -> None:
    content = answer_until_done(client, "findings")
    assert [rule["rule"] for rule in content["rules"]] == list(RULES)
    assert content["warnings"] == [], "a healthy training"
    for rule in content["rules"]:
        ranked = answer_until_done(client, "samples", rule=rule["rule"], limit=5)
        assert ranked["total_ranked"] == rule["count"]
        assert len(ranked["samples"]) == min(5, rule["count"])
        scores = [entry["score"] for entry in ranked["samples"]]
        assert scores == sorted(scores, reverse=True)
        assert ranked["meaning"] == rule["meaning"]


def test_confusion_counts_every_sample(client: Client, recording: Recording) -> None:
    tensors, _ = tensors_of(ask(client, "sample_metrics", name="prediction", steps="2"))
    predicted = tensors["values"][0].astype(int)
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (recording.labels, predicted), 1)

    content = ask(client, "confusion", step=2).get_json()
    assert content["counts"] == expected.tolist()
    assert content["classes"] == [str(i) for i in range(10)]


def test_similarity_of_all_steps(client: Client, recording: Recording) -> None:
    content = answer_until_done(client, "similarity")
    cka = np.array(content["cka"])
    assert content["steps"] == content["with_steps"] == STEPS
    np.testing.assert_allclose(cka, cka.T)
    np.testing.assert_allclose(np.diag(cka), 1, atol=1e-6)
    x, y = (recording.activations[s].astype(np.float64) for s in (0, 4))
    assert cka[0, 4] == pytest.approx(debiased_cka(x, y), abs=1e-4)
    assert content["cka_biased"][0][4] == pytest.approx(biased_cka(x, y), abs=1e-4)
    metrics = answer_until_done(client, "metrics")
    assert metrics["cka_biased"]["cka_first"][4] == content["cka_biased"][0][4]
    assert metrics["cka_biased"]["cka_before"][0] is None

    part = answer_until_done(
        client, "similarity", with_run="digits", with_layer="fc1", steps="0", with_steps="3-4"
    )
    np.testing.assert_allclose(part["cka"], [cka[0, 3:5]])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbors_are_exact(client: Client, recording: Recording, metric: str) -> None:
    rows = recording.activations[6].astype(np.float64)
    distances = cdist(rows[17:18], rows, metric)[0]  # type: ignore[call-overload]
    distances[17] = np.inf
    expected = np.argsort(distances)[:20]

    found = ask(client, "neighbors", step=6, sample=17, k=20, metric=metric).get_json()
    assert [entry["sample"] for entry in found["neighbors"]] == expected.tolist()
    np.testing.assert_allclose(
        [entry["distance"] for entry in found["neighbors"]], distances[expected], rtol=1e-3
    )


@pytest.mark.parametrize(
    ("route", "query", "status", "message"),
    [
        ("metrics", {"layer": "fc9"}, 404, "fc9"),
        ("metrics", {"label": "index"}, 400, "'index' is not a column of classes"),
        ("metrics", {"steps": "99"}, 404, "99"),
        ("sample_metrics", {}, 400, "name"),
        ("sample_metrics", {"name": "charm"}, 400, "not 'charm'"),
        ("samples", {"rule": "prettiest"}, 400, "prettiest"),
        ("samples", {"limit": "0"}, 413, "not 0"),
        ("samples", {"limit": "99999"}, 413, "not 99999"),
        ("confusion", {"step": "99"}, 404, "99"),
        ("similarity", {"with_run": "../other"}, 404, "there is no run '../other'"),
        ("neighbors", {"step": "1", "sample": "1797"}, 400, "not 1797"),
        ("neighbors", {"step": "1", "sample": "1", "k": "0"}, 413, "not 0"),
        ("neighbors", {"step": "99", "sample": "1"}, 404, "99"),
    ],
)
def test_what_cannot_be_answered_says_why(
    client: Client, route: str, query: dict[str, str], status: int, message: str
) -> None:
    response = ask(client, route, **query)
    assert response.status_code == status, response.text
    assert message in response.text
    assert response.content_type.startswith("text/plain")
