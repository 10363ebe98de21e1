"""Two runs held against each other: in Python and over HTTP, against plain float64 NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from werkzeug.test import Client

from tb_embed_plugin import open_run
from tb_embed_plugin.analysis.comparison import Comparison
from tb_embed_plugin.errors import NotRecordedError, UnsuitableDataError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.harness import client_for
from tests.kernels import biased_cka, debiased_cka
from tests.planted import Head, Snapshots, class_snapshots, random_snapshots, write_run

ROUTE = "/data/plugin/tb_embed/comparison"
CLASSES = 4
K = 15


def logits_of(run: dict[str, Any], step: int) -> NDArray[np.float64]:
    head: Head = run["head"]
    place = run["steps"].index(step)
    rows = run["snapshots"][place].astype(np.float64)
    logits: NDArray[np.float64] = rows @ head.kernels[place] + head.biases[place]
    return logits


def planted_head(seed: int, snapshots: Snapshots) -> Head:
    """Returns weights that are right now and then."""
    rng = np.random.default_rng(seed)
    units = snapshots[0].shape[1]
    return Head(
        [rng.normal(size=(units, CLASSES)).astype(np.float32) for _ in snapshots],
        [rng.normal(size=CLASSES).astype(np.float32) for _ in snapshots],
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Runs `a` (steps 0 to 2) and `b` (1 to 3) of the same samples; `other` of others."""
    logdir = tmp_path_factory.mktemp("compared")
    written: dict[str, Any] = {"logdir": logdir}
    _, codes = class_snapshots(0, n_classes=CLASSES)
    label = Column("label", "category", [str(code) for code in codes])
    for name, seed, first in (("a", 0, 0), ("b", 1, 1), ("other", 2, 0)):
        snapshots = class_snapshots(seed, units=12 + seed, n_classes=CLASSES)[0]
        head = planted_head(seed, snapshots)
        write_run(
            logdir / name,
            {"fc1": snapshots},
            label,
            fingerprint="others" if name == "other" else "same",
            first=first,
            head=head,
        )
        steps = [first + i for i in range(3)]
        written[name] = {"snapshots": snapshots, "head": head, "steps": steps}
    write_run(logdir / "far", {"fc1": snapshots}, label, fingerprint="same", first=40)
    return written | {"codes": codes}


@pytest.fixture(scope="module")
def client(runs: dict[str, Any]) -> Client:
    return client_for(runs["logdir"], EmbeddingsPlugin)


def compare(runs: dict[str, Any], step: int | None = None, other: str = "b") -> Comparison:
    here, there = (open_run(runs["logdir"], name).layer() for name in ("a", other))
    return here.compare(there, step)


def neighborhoods(rows: NDArray[np.float32]) -> list[set[int]]:
    distances = cdist(rows.astype(np.float64), rows.astype(np.float64))
    np.fill_diagonal(distances, np.inf)
    return [set(row[:K].tolist()) for row in np.argsort(distances, axis=1)]


@pytest.mark.parametrize(
    ("asked", "step"), [(None, 2), (1, 1), (2, 2), (0, 2), (3, 2), (99, 2)]
)
def test_the_step_is_one_that_both_have(
    runs: dict[str, Any], asked: int | None, step: int
) -> None:
    compared = compare(runs, asked)
    assert (compared.step, compared.there_step) == (step, step)
    assert compared.pairs == [(1, 1), (2, 2)]


def test_runs_without_a_common_step_are_compared_at_their_last(runs: dict[str, Any]) -> None:
    compared = compare(runs, 1, "far")
    assert (compared.step, compared.there_step) == (2, 42)
    assert compared.pairs == [(2, 42)]
    assert abs(compared.cka((2, 42)).debiased) < 0.02, "independent"
    with pytest.raises(NotRecordedError, match="which run 'far' lacks"):
        compared.right_here_alone()


def test_who_is_right_alone(runs: dict[str, Any]) -> None:
    compared = compare(runs, 1)
    codes = runs["codes"]
    logits = [logits_of(runs[name], 1) for name in ("a", "b")]
    right = [one.argmax(axis=1) == codes for one in logits]
    rows = np.arange(len(codes))
    margins = []
    for one in logits:
        others = one.copy()
        others[rows, codes] = -np.inf
        margins.append(one[rows, codes] - others.max(axis=1))

    pairs = [(compared.right_here_alone(), 0, 1), (compared.right_there_alone(), 1, 0)]
    for ranked, mine, theirs in pairs:
        alone = np.flatnonzero(right[mine] & ~right[theirs])
        assert len(alone) > 10
        assert sorted(ranked.samples.tolist()) == alone.tolist()
        score = (margins[mine] - margins[theirs])[ranked.samples]
        np.testing.assert_allclose(ranked.scores, score, rtol=1e-3)
        assert (np.diff(ranked.scores) <= 0).all()


def test_neighbourhoods_that_differ_most(runs: dict[str, Any]) -> None:
    compared = compare(runs, 2)
    near = [neighborhoods(runs["a"]["snapshots"][2]), neighborhoods(runs["b"]["snapshots"][1])]
    expected = np.array([len(a & b) / K for a, b in zip(*near, strict=True)])
    assert compared.k == K
    np.testing.assert_allclose(compared.neighbors_kept, expected, atol=1e-6)
    ranked = compared.rearranged()
    np.testing.assert_allclose(ranked.scores, 1 - expected[ranked.samples], atol=1e-6)
    assert (np.diff(ranked.scores) <= 0).all()


def test_metrics_and_cka_are_those_of_each(runs: dict[str, Any]) -> None:
    compared = compare(runs, 2)
    layers = [open_run(runs["logdir"], name).layer() for name in ("a", "b")]
    for name, values in compared.metrics().items():
        for value, layer in zip(values, layers, strict=True):
            expected = layer.metrics()[name][layer.steps.index(2)]
            assert value == pytest.approx(expected, nan_ok=True), name
    for step in (1, 2):
        x, y = (
            runs[name]["snapshots"][runs[name]["steps"].index(step)].astype(np.float64)
            for name in ("a", "b")
        )
        cka = compared.cka((step, step))
        assert cka.debiased == pytest.approx(debiased_cka(x, y), abs=1e-5)
        assert cka.biased == pytest.approx(biased_cka(x, y), abs=1e-5)


def test_a_run_against_itself_differs_in_nothing(runs: dict[str, Any]) -> None:
    compared = compare(runs, 2, "a")
    assert len(compared.right_here_alone().samples) == 0
    assert len(compared.rearranged().samples) == 0
    assert compared.cka((2, 2)).debiased == pytest.approx(1)


def ask(client: Client, **query: Any) -> Any:
    base = {"run": "a", "layer": "fc1", "with_run": "b"}
    for _ in range(20):
        response = client.get(ROUTE, query_string=base | query)
        content = response.get_json() if response.status_code == 200 else None
        if content is None or content["state"] == "done":
            return response
    raise AssertionError("it is never done")


def test_the_route_answers_what_python_does(client: Client, runs: dict[str, Any]) -> None:
    content = ask(client, step=1, limit=7).get_json()
    compared = compare(runs, 1)
    assert (content["step"], content["with_step"], content["k"]) == (1, 1, K)
    assert content["steps"] == content["with_steps"] == [1, 2]
    cka = [compared.cka((s, s)) for s in (1, 2)]
    assert content["cka"] == pytest.approx([one.debiased for one in cka])
    assert content["cka_biased"] == pytest.approx([one.biased for one in cka])
    values = compared.metrics()
    assert {metric["name"] for metric in content["metrics"]} == set(values)
    for metric in content["metrics"]:
        here, there = (None if np.isnan(v) else v for v in values[metric["name"]])
        assert metric["values"] == [pytest.approx(here), pytest.approx(there)]
    assert content["neighbors_kept"] == pytest.approx(compared.neighbors_kept.mean())
    expected = {
        "right_here": compared.right_here_alone(),
        "right_there": compared.right_there_alone(),
        "rearranged": compared.rearranged(),
    }
    assert [entry["list"] for entry in content["lists"]] == list(expected)
    for entry in content["lists"]:
        ranked = expected[entry["list"]]
        assert entry["count"] == len(ranked.samples)
        assert [one["sample"] for one in entry["samples"]] == ranked.samples[:7].tolist()
        assert entry["unavailable"] is None


def test_what_a_run_lacks_is_said_in_its_list(client: Client) -> None:
    lists = ask(client, with_run="far").get_json()["lists"]
    assert ["lacks; record" in (entry["unavailable"] or "") for entry in lists] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"with_run": "other"}, 400, "hold different samples"),
        ({"with_run": "a"}, 400, "another layer"),
        ({"with_run": "nowhere"}, 404, "nowhere"),
        ({"limit": "9999"}, 413, "not 9999"),
        ({"step": "x"}, 400, "whole number"),
    ],
)
def test_what_cannot_be_compared_says_why(
    client: Client, query: dict[str, str], status: int, message: str
) -> None:
    response = ask(client, **query)
    assert response.status_code == status
    assert message in response.text


def test_other_samples_are_refused_in_python_too(runs: dict[str, Any]) -> None:
    with pytest.raises(UnsuitableDataError, match="hold different samples"):
        compare(runs, None, "other")


def test_the_route_says_where_runs_part(tmp_path: Path) -> None:
    one, other = (random_snapshots(seed, steps=3, samples=60) for seed in (0, 1))
    for name, snapshots in (("a", one), ("b", [*one[:2], other[2]]), ("c", other)):
        write_run(tmp_path / name, {"fc1": snapshots, "fc2": snapshots})
    client = client_for(tmp_path, EmbeddingsPlugin)
    layers = {name: open_run(tmp_path, name).layer("fc1") for name in "abc"}

    for name in "bc":
        parted = ask(client, with_run=name, limit=5).get_json()["parted"]
        expected = layers["a"].parted(layers[name])
        at = expected.parting
        assert parted["speed_ratio"] == [None, *map(pytest.approx, expected.speed_ratio[1:])]
        if at is None:
            assert (parted["step"], parted["samples"]) == (None, [])
            assert (
                parted["sentence"]
                == f"a and {name} differ at no epoch by more than two seeds do."
            )
        else:
            assert (parted["step"], parted["sentence"]) == (at.step, at.sentence)
            assert parted["samples"] == at.ranked.samples[:5].tolist()
    assert layers["a"].parted(layers["b"]).parting is not None
    assert layers["a"].parted(layers["c"]).parting is None
    # Two layers of one run were never the same.
    assert ask(client, with_run="a", with_layer="fc2").get_json()["parted"] is None
