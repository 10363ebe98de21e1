"""Data of every shape: no answer is a defect of ours, no number stands where none can be."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from werkzeug.test import Client, TestResponse

from tb_embed_plugin.cli import main
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.metrics.sample_catalog import RUN_METRICS, SAMPLE_METRICS
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projections import engines
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.decoding import BASE, info_of, positions_of
from tests.harness import client_for, is_a_message
from tests.planted import write_run
from tests.reported.shapes import (
    SHAPES,
    write_foreign,
    write_recorded,
    write_with_outputs,
)

Query = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log directory of runs of every shape, recorded with two classes."""
    logdir = tmp_path_factory.mktemp("recorded")
    write_recorded(logdir, "two classes")
    return logdir


@pytest.fixture(scope="module")
def client(recorded: Path) -> Client:
    """A client of them."""
    return client_for(recorded, EmbeddingsPlugin)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of the shapes that differ by how they were written and labelled."""
    logdir = tmp_path_factory.mktemp("others")
    for labelled in ("no label", "one class", "own class"):
        write_recorded(logdir / labelled, labelled, TELLING)
    write_foreign(logdir / "foreign", TELLING)
    write_with_outputs(logdir / "outputs", TELLING)
    return client_for(logdir, EmbeddingsPlugin)


TELLING = ("1 x 2", "4 x 1", "16 x 2", "identical", "huge")
"""Shapes of which each is refused, or undefined, for another reason, and an ordinary one."""

WRITTEN = ("no label", "one class", "own class", "foreign", "outputs")


def queries(layer: str, other: str) -> Iterator[Query]:
    views: list[dict[str, Any]] = [
        *({"engine": "pca", "components": n} for n in (2, 3, 10)),
        *({"engine": "axes", "kind": kind} for kind in ("class_means", "lda")),
        {"engine": "axes", "kind": "groups", "left": "0", "right": "1"},
        *({"engine": name, "components": 2} for name in ("tsne", "umap")),
    ]
    for view in views:
        yield "projection", view
        yield "quality", view
    for scaling in ("equal_steps", "standardize", "spherize"):
        yield "projection", {"engine": "pca", scaling: "true"}
    yield "projection", {"engine": "pca", "onto_run": other, "onto_layer": layer}
    for metric in (*SAMPLE_METRICS, *RUN_METRICS):
        yield "sample_metrics", {"name": metric.name}
    for rule in RULES:
        yield "samples", {"rule": rule}
    for distance in ("euclidean", "cosine"):
        yield "neighbors", {"sample": 0, "step": 1, "metric": distance}
        yield "neighbor_history", {"sample": 0, "metric": distance}
    yield "comparison", {"with_run": other}
    yield "class_pair", {"first": "0", "second": "1"}
    yield "class_pair", {"first": "class 0", "second": "class 1"}
    for route in ("units", "confusion", "vectors"):
        yield route, {"step": 1}
    for route in ("metrics", "findings", "similarity", "regions", "metadata"):
        yield route, {}
    yield "sample_history", {"sample": 0}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_route_answers_every_shape(client: Client, shape: str) -> None:
    check_every_route(client, shape, "fc1", "16 x 2")


@pytest.mark.parametrize("shape", TELLING)
@pytest.mark.parametrize("written", WRITTEN)
def test_every_route_answers_whoever_wrote_and_labelled(
    others: Client, written: str, shape: str
) -> None:
    layer = "default" if written == "foreign" else "fc1"
    check_every_route(others, f"{written}/{shape}", layer, f"{written}/16 x 2")


def check_every_route(client: Client, run: str, layer: str, other: str) -> None:
    for route, query in queries(layer, other):
        response = ask(client, route, run=run, layer=layer, **query)
        told = f"{route} {query}: {response.status_code} {response.data[:200]!r}"
        assert response.status_code < 500, told
        if response.status_code >= 400:
            assert response.content_type.startswith("text/plain"), told
            assert is_a_message(response.text), told
            assert "infinity" not in response.text, told
        elif response.content_type == "application/json":
            json.loads(response.text, parse_constant=no_constant)
        elif route == "projection":
            assert np.isfinite(positions_of(response)).all(), told


def ask(client: Client, route: str, **query: Any) -> TestResponse:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return client.get(BASE + route, query_string=query)


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("shape", ["tiny", "huge", "mixed", "largest", "16 x 20", "float16"])
def test_coordinates_of_values_of_every_size_are_exact(client: Client, shape: str) -> None:
    response = ask(client, "projection", run=shape, layer="fc1", engine="pca", components=3)
    info, scales = info_of(response), safetensors.numpy.load(response.data)["scale"]
    rows = np.stack(SHAPES[shape]).astype(np.float64)
    centered = rows - rows.mean(axis=1, keepdims=True)
    pooled = centered.reshape(-1, rows.shape[2])
    axes = np.linalg.svd(pooled, full_matrices=False)[2][:3]

    decoded = positions_of(response).astype(np.float64)[:, :, :3]
    expected = centered @ axes.T / info["unit"]
    for step, scale in enumerate(scales):
        # An axis may point either way; float32 rounds what is then rounded to 16 bits.
        error = np.minimum(*(np.abs(decoded[step] + s * expected[step]) for s in (1, -1)))
        of_axis = np.abs(decoded[step]).max(axis=0)
        assert (error.max(axis=0) <= 0.51 * scale + 1e-6 * of_axis).all()
    assert info["unit"] == 1 if shape in {"16 x 20", "float16"} else info["unit"] != 1


def test_one_unit_has_one_axis(client: Client) -> None:
    response = ask(client, "projection", run="16 x 1", layer="fc1", engine="pca", components=2)
    assert info_of(response)["variance"] == pytest.approx([1, 0])
    assert (positions_of(response)[:, :, 1] == 0).all()


@pytest.mark.parametrize("shape", ["1 x 2", "2 x 2", "identical", "zero"])
def test_nothing_is_told_of_neighbors_where_there_are_none(client: Client, shape: str) -> None:
    content = ask(client, "metrics", run=shape, layer="fc1").get_json()
    values = {metric["name"]: metric["values"] for metric in content["metrics"]}
    assert values["churn"] == [None] * 3
    for name in ("agreement", "churn_of"):
        answer = ask(client, "sample_metrics", run=shape, layer="fc1", name=name)
        assert np.isnan(safetensors.numpy.load(answer.data)["values"]).all()


def test_neighbors_are_never_all_the_others(client: Client) -> None:
    """Of 16 samples the 15 nearest would be the same at every step, whatever happens."""
    content = ask(client, "metrics", run="16 x 20", layer="fc1").get_json()
    (churn,) = [m["values"] for m in content["metrics"] if m["name"] == "churn"]
    assert min(churn[1:]) > 0.1


@pytest.mark.parametrize("shape", ["1 x 2", "2 x 2", "3 x 2", "identical"])
def test_cka_is_undefined_where_nothing_can_be_told(client: Client, shape: str) -> None:
    cka = ask(client, "similarity", run=shape, layer="fc1").get_json()["cka"]
    assert cka == [[None] * 3] * 3


@pytest.mark.parametrize("shape", ["3 x 2", "4 x 2", "16 x 2", "16 x 20"])
def test_few_or_random_samples_warn_of_nothing(client: Client, shape: str) -> None:
    """Two classes were merging, of 3 samples, and of 16 random ones."""
    answer = ask(client, "findings", run=shape, layer="fc1").get_json()
    assert (answer["state"], answer["warnings"]) == ("done", [])
    samples = int(shape.partition(" ")[0])  # the page says so in words
    assert (answer["samples_measured"], answer["least_samples"]) == (samples, 50)


@pytest.mark.parametrize(
    ("merging", "third", "warned"),
    [((25, 25), 0, True), ((24, 25), 0, False), ((10, 10), 40, True), ((9, 10), 40, False)],
)
def test_classes_merge_where_there_are_samples_enough(
    tmp_path: Path, merging: tuple[int, int], third: int, *, warned: bool
) -> None:
    """Apart at three steps, then mixed: 50 samples, and 10 of each class, are enough to say."""
    words = np.repeat(["a", "b", "c"], [*merging, third])
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(len(words), 4)).astype(np.float32) for _ in range(5)]
    for step, snapshot in enumerate(noise):
        snapshot[words == "c"] += 20
        if step < 3:
            snapshot[words == "b"] += 40
    label = Column("label", "category", words.tolist())
    write_run(tmp_path / "run", {"fc1": noise}, label)
    answer = ask(client_for(tmp_path, EmbeddingsPlugin), "findings", run="run", layer="fc1")
    rules = [warning["rule"] for warning in answer.get_json()["warnings"]]
    assert ("classes_merging" in rules) == warned


def test_samples_all_alike_share_no_variance(client: Client) -> None:
    """Zeros stood beside "the samples do not differ"."""
    query = {"run": "zero", "layer": "fc1", "engine": "pca"}
    quality = ask(client, "quality", **query).get_json()
    assert quality["variance"] is None
    assert "all samples are the same" in quality["sentence"]
    assert info_of(ask(client, "projection", **query))["variance"] is None


@pytest.mark.parametrize("engine", ["tsne", "umap"])
def test_a_layout_of_huge_or_tiny_values_is_that_of_ordinary_ones(engine: str) -> None:
    """1e36 was called NaN or infinity."""
    lay_out = engines.LAYOUT[engine]
    settings = lay_out.facts.settings({})
    rows = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    frames = [
        lay_out.frame((rows * np.float32(2.0) ** power), None, settings, 2, lambda _: None)
        for power in (0, 120, -100)
    ]
    assert np.isfinite(frames[0]).all()
    np.testing.assert_array_equal(frames[1], frames[0])
    np.testing.assert_array_equal(frames[2], frames[0])


def test_engines_are_not_offered_of_too_few_samples(client: Client) -> None:
    facts = {e["name"]: e for e in ask(client, "engines").get_json()["engines"]}
    assert [facts[name]["least_samples"] for name in ("pca", "axes")] == [1, 1]
    for name in ("tsne", "umap"):
        least = facts[name]["least_samples"]
        few = ask(client, "projection", run="4 x 2", layer="fc1", engine=name)
        assert (least, few.status_code) == (5, 400)
        assert "needs at least 5 samples" in few.text
        assert ask(client, "projection", run="15 x 2", layer="fc1", engine=name).is_json


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("1 x 2", "too few samples to judge"),
        ("2 x 2", "too few samples to judge"),
        ("4 x 1", "too few samples to judge"),
        ("identical", "too many identical samples"),
        ("16 x 20", "nearest neighbors preserved"),
        ("huge", "nearest neighbors preserved"),
        ("tiny", "nearest neighbors preserved"),
    ],
)
def test_no_projection_is_praised_where_nothing_can_be_told(
    client: Client, recorded: Path, shape: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sample, two, or identical ones: "100 % of nearest neighbors preserved"."""
    main(["project", str(recorded), "--run", shape, "--engine", "pca"])
    assert said in capsys.readouterr().out
    quality = ask(client, "quality", run=shape, layer="fc1", engine="pca").get_json()
    assert said in quality["sentence"]
    for frame in quality["frames"]:
        assert (frame["reason"] is None) == (frame["neighbors_kept"] is not None)


def test_check_says_what_the_page_says_of_20_000_units(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = [np.random.default_rng(0).normal(size=(6, 20_000)).astype(np.float32)]
    write_run(tmp_path / "wide", {"fc1": wide})
    client = client_for(tmp_path, EmbeddingsPlugin)
    refused = ask(client, "projection", run="wide", layer="fc1")
    assert (refused.status_code, main(["check", str(tmp_path)])) == (413, 1)
    assert f"problem: {refused.text}" in capsys.readouterr().out
    assert "20000 units, but at most 4096" in refused.text
    measured = ask(client, "metrics", run="wide", layer="fc1")
    assert (measured.status_code, measured.text) == (413, refused.text)
