"""One row of NaN: the sample is named and hidden, and its snapshot stays."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from tensorboardX import SummaryWriter
from werkzeug.test import Client

from tb_embed_plugin import record, wire
from tb_embed_plugin.commands.check import check
from tb_embed_plugin.commands.export import export
from tb_embed_plugin.commands.project import Wish, project_one
from tb_embed_plugin.notebook import open_run
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.harness import client_for, find_run

BASE = "/data/plugin/tb_embed/"
SAMPLES, UNITS, STEPS = 60, 6, 4
SICK = 17
LABELS = np.arange(SAMPLES) % 3
OTHERS = np.delete(np.arange(SAMPLES), SICK)
SENTENCE = (
    f"fc1 at step 2: sample {SICK} holds NaN or infinity, hidden at all steps; check the "
    "training there"
)

Values = NDArray[np.float32]
Write = Callable[[Path, list[Values]], None]


def snapshots() -> list[Values]:
    """Three clusters; one sample breaks at step 2, all of them at step 3."""
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 3, (3, UNITS))
    steps = [
        (rng.normal(size=(SAMPLES, UNITS)) + step * centres[LABELS]).astype(np.float32)
        for step in range(STEPS)
    ]
    steps[2][SICK, 1] = np.nan
    steps[3][:, 0] = np.inf
    return steps


def write_ours(folder: Path, steps: list[Values]) -> None:
    for step, values in enumerate(steps):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "NaN or infinity")
            record(folder, step, {"fc1": values}, labels=LABELS if step == 0 else None)


def write_others(folder: Path, steps: list[Values]) -> None:
    with SummaryWriter(str(folder)) as writer:
        for step, values in enumerate(steps):
            writer.add_embedding(values, list(LABELS), tag="fc1", global_step=step)


@pytest.fixture(params=[write_ours, write_others], ids=["ours", "others"])
def logdir(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write: Write = request.param
    write(tmp_path, snapshots())
    return tmp_path


@pytest.fixture
def client(logdir: Path) -> Client:
    return client_for(logdir, EmbeddingsPlugin)


def frames(client: Client, **query: object) -> tuple[Any, Any]:
    named = {"run": ".", "layer": "fc1", "engine": "pca", "components": "2"}
    answer = client.get(BASE + "projection", query_string={**named, **query})
    assert answer.status_code == 200, answer.text
    tensors, info = wire.decode(answer.data)
    places = tensors["positions"] * tensors["scale"][:, None, None]  # type: ignore[operator]
    return places + tensors["offset"][:, None], info  # type: ignore[operator]


def test_the_pca_is_that_of_the_other_rows(client: Client) -> None:
    places, info = frames(client)
    assert info["hidden"] == [SICK]
    assert info["basis_steps"] == [0, 1, 2]
    others = [values[OTHERS].astype(np.float64) for values in snapshots()[:3]]
    others = [values - values.mean(axis=0) for values in others]
    fitted = PCA(2).fit(np.concatenate(others))
    for at, values in enumerate(others):
        expected = fitted.transform(values)
        signs = np.sign((expected * places[at, OTHERS]).sum(axis=0))
        np.testing.assert_allclose(places[at, OTHERS], expected * signs, atol=2e-3)
    assert np.isfinite(places).all()


def test_the_sample_is_named_and_the_diverged_step_left_out(client: Client) -> None:
    frames(client)  # what others wrote is known once it was read
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    (layer,) = run["layers"]
    assert (layer["steps"], layer["hidden"]) == ([0, 1, 2], [SICK])
    problems = [problem.replace("epoch", "step") for problem in run["problems"]]
    assert problems[0] == SENTENCE
    assert "fc1 holds NaN or infinity at step 3, which cannot be drawn" in problems[1]
    # What was recorded is answered as it was.
    answer = client.get(BASE + f"vectors?run=.&layer=fc1&step=2&samples={SICK}")
    assert np.isnan(wire.decode(answer.data)[0]["vectors"]).sum() == 1


def test_check_says_the_same(logdir: Path) -> None:
    (report,) = check(logdir)
    problems = [problem.replace("epoch", "step") for problem in report.problems]
    assert SENTENCE in problems
    assert any("at step 3, which cannot be drawn" in problem for problem in problems)


def test_metrics_are_those_of_the_other_rows(logdir: Path, tmp_path: Path) -> None:
    layer = open_run(logdir).layer("fc1")
    assert layer.measured_samples.tolist() == OTHERS.tolist()
    without = tmp_path / "without" / "run"
    for step, values in enumerate(snapshots()[:3]):
        labels = LABELS[OTHERS] if step == 0 else None
        record(without, step, {"fc1": values[OTHERS]}, labels=labels)
    expected = open_run(without).layer("fc1").metrics()
    found = layer.metrics()
    assert found.keys() == expected.keys()
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, rtol=1e-5, err_msg=name)


def cka(x: Values, y: Values) -> tuple[float, float]:
    """Debiased and biased linear CKA by their definitions, in float64."""
    n = len(x)

    def unbiased(k: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        """HSIC (Song et al. 2012, eq. 5)."""
        ones = k.sum() * other.sum() / ((n - 1) * (n - 2))
        both = 2 / (n - 2) * (k.sum(axis=0) @ other.sum(axis=0))
        return float((k * other).sum() + ones - both) / (n * (n - 3))

    grams = [side.astype(np.float64) @ side.astype(np.float64).T for side in (x, y)]
    hollow = [gram - np.diag(np.diag(gram)) for gram in grams]
    centre = np.eye(n) - 1 / n
    centred = [centre @ gram @ centre for gram in grams]
    plain = (centred[0] * centred[1]).sum()
    plain /= np.linalg.norm(centred[0]) * np.linalg.norm(centred[1])
    own = [unbiased(one, one) for one in hollow]
    return unbiased(*hollow) / float(np.sqrt(own[0] * own[1])), float(plain)


def test_layers_that_hide_different_samples_are_compared_over_those_of_both(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(1)
    first = snapshots()[0]
    wide = np.concatenate([first, rng.normal(size=(SAMPLES, 9))], axis=1).astype(np.float32)
    sick = {"a": [SICK], "b": [3, SICK + 1], "c": []}
    layers = {"a": first.copy(), "b": wide.copy(), "c": wide.copy()}
    for name, values in layers.items():
        values[sick[name], 0] = np.nan
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "NaN or infinity")
            record(tmp_path / name, 0, {"fc1": values}, labels=LABELS)
    client = client_for(tmp_path, EmbeddingsPlugin)
    for here, there in (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a")):
        query = {"run": here, "layer": "fc1", "with_run": there}
        kept = np.delete(np.arange(SAMPLES), sick[here] + sick[there])
        expected = cka(layers[here][kept], layers[there][kept])
        answer = client.get(BASE + "similarity", query_string=query).get_json()
        assert answer["left_out"] == SAMPLES - len(kept)
        found = answer["cka"][0][0], answer["cka_biased"][0][0]
        np.testing.assert_allclose(found, expected, atol=1e-6)

        compared = client.get(BASE + "comparison", query_string=query).get_json()
        assert (compared["left_out"], compared["k"]) == (SAMPLES - len(kept), 15)
        np.testing.assert_allclose(compared["cka"], expected[:1], atol=1e-6)
        orders = [nearest_of(layers[side][kept].astype(np.float64)) for side in (here, there)]
        shares = [len({*a} & {*b}) / 15 for a, b in zip(*orders, strict=True)]
        np.testing.assert_allclose(compared["neighbors_kept"], np.mean(shares), atol=1e-6)

    # A comparison leaves the layer's own numbers as they were.
    assert len(open_run(tmp_path / "a").layer("fc1").measured_samples) == SAMPLES - 1
    two = open_run(tmp_path / "a").layer("fc1"), open_run(tmp_path / "b").layer("fc1")
    expected = cka(*(layers[name][np.delete(np.arange(SAMPLES), [3, 17, 18])] for name in "ab"))
    np.testing.assert_allclose(two[0].similarity(two[1]), [expected[:1]], atol=1e-6)


def nearest_of(values: NDArray[np.float64], k: int = 15) -> NDArray[np.intp]:
    apart = np.linalg.norm(values[:, None] - values[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1)[:, :k]


def test_neighbors_leave_it_out_and_refuse_to_be_its_own(client: Client) -> None:
    frames(client)
    query = BASE + "neighbors?run=.&layer=fc1&step=2&k=5&sample="
    values = snapshots()[2].astype(np.float64)
    for sample in (0, SICK + 1, SAMPLES - 1):
        apart = np.linalg.norm(values - values[sample], axis=1)
        apart[[sample, SICK]] = np.inf
        found = client.get(f"{query}{sample}").get_json()["neighbors"]
        assert [one["sample"] for one in found] == np.argsort(apart)[:5].tolist()
    answer = client.get(f"{query}{SICK}")
    assert answer.status_code == 400
    assert f"sample {SICK} " in answer.text
    assert "holds NaN or infinity" in answer.text


def test_axes_between_groups_and_classes_are_those_of_the_other_rows(client: Client) -> None:
    frames(client)
    groups = {"engine": "axes", "kind": "groups", "left": f"0,{SICK}", "right": "1"}
    with_it, _ = frames(client, **groups, basis_steps="1")
    alone, _ = frames(client, **(groups | {"left": "0"}), basis_steps="1")
    np.testing.assert_allclose(with_it[:, OTHERS], alone[:, OTHERS], atol=1e-5)
    classes, _ = frames(client, engine="axes", kind="lda", column="label")
    assert np.isfinite(classes).all()
    named = {"run": ".", "layer": "fc1", "engine": "axes", "components": "2", "kind": "groups"}
    answer = client.get(
        BASE + "projection", query_string=named | {"left": str(SICK), "right": "1"}
    )
    assert answer.status_code == 400
    assert "all samples of one group hold NaN or infinity" in answer.text


def test_t_sne_lays_out_the_other_rows(logdir: Path) -> None:
    projected = project_one(Wish(logdir, None, None, "tsne", None, {}))
    assert projected.layout.steps == [0, 1, 2]
    file = logdir.with_name("out.csv")
    export(projected, "csv", file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    for row in rows:
        assert np.isnan(float(row["x"])) == (row["sample"] == str(SICK))
    html = logdir.with_name("out.html")
    export(projected, "html", html)
    assert f'"hidden": [{SICK}]' in html.read_text()
    # What was laid out is found again, and answered with its sample hidden.
    client = client_for(logdir, EmbeddingsPlugin)
    frames(client)
    places, info = frames(client, engine="tsne")
    assert (info["hidden"], info["done"], places.shape) == ([SICK], 3, (3, SAMPLES, 2))
    quality = projected.quality
    assert all(frame["neighbors_kept"] > 0.1 for frame in quality)


def test_the_quality_of_a_linear_view_is_that_of_the_other_rows(logdir: Path) -> None:
    projected = project_one(Wish(logdir, None, None, "pca", 2, {}))
    assert [frame["step"] for frame in projected.quality] == [0, 1, 2]
    assert all(frame["neighbors_kept"] > 0.1 for frame in projected.quality)


def test_more_than_half_of_the_samples_are_not_hidden(tmp_path: Path) -> None:
    steps = [np.ones((10, 3), np.float32) * np.arange(10)[:, None] for _ in range(3)]
    steps[1] = steps[1].astype(np.float32)
    steps[1][:3, 0] = np.nan
    steps[2][3:6, 0] = np.nan
    steps = [values.astype(np.float32) for values in steps]
    with SummaryWriter(str(tmp_path)) as writer:
        for step, values in enumerate(steps):
            writer.add_embedding(values, tag="fc1", global_step=step)
    run = find_run(tmp_path)
    run.learn("fc1", [0, 1, 2])
    (layer,) = run.layers
    # Both together would hide six of ten: the later one is left out.
    assert (layer.drawable, layer.hidden) == ([0, 1], (0, 1, 2))
    assert ": 3 samples (0, 1, 2) hold NaN or infinity" in run.problems[0]
    assert " 2, which cannot be drawn" in run.problems[1]
