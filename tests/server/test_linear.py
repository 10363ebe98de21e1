"""The linear views through the routes: options, axes, and one run in another's axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler
from werkzeug.test import Client, TestResponse

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column, label_column
from tests.decoding import BASE, info_of, positions_of
from tests.harness import client_for
from tests.planted import (
    class_snapshots,
    random_rotation,
    random_snapshots,
    turned,
    write_run,
)

SNAPSHOTS, CODES = class_snapshots(0)
ROTATION = random_rotation(1, 12)
ORDER = np.random.default_rng(2).permutation(300)[:250]
A = {"run": "a", "layer": "fc"}
ONTO_A = {"onto_run": "a", "onto_layer": "fc"}
DRIFTING = {"center_steps": "false"}
POOLED = {**DRIFTING, "axes_within_steps": "false"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    logdir = tmp_path_factory.mktemp("linear")
    labels = label_column(CODES.tolist())
    ids = Column("id", "text", [f"sample {row}" for row in range(300)])
    wide, _ = class_snapshots(0, units=12)
    wide = [np.hstack([s, -s[:, :4]]) for s in turned(wide, random_rotation(3, 12))]
    write_run(logdir / "a", {"fc": SNAPSHOTS}, ids, labels)
    write_run(logdir / "b", {"fc": turned(SNAPSHOTS, ROTATION), "wide": wide}, ids, labels)
    shuffled = Column("id", "text", [f"sample {row}" for row in ORDER])
    some = [s[ORDER] for s in turned(SNAPSHOTS, ROTATION)]
    write_run(logdir / "some", {"fc": some}, shuffled, fingerprint="others")
    write_run(logdir / "nameless", {"fc": SNAPSHOTS}, fingerprint="nameless")
    write_run(logdir / "later", {"fc": SNAPSHOTS}, epochs=[7, 8, 9], first=70)
    write_run(logdir / "timeless", {"fc": SNAPSHOTS}, epochs=[None] * 3, first=1)
    noise = random_snapshots(4, samples=300, units=15)
    write_run(logdir / "noise", {"fc": noise})
    return client_for(logdir, EmbeddingsPlugin)


def ask(client: Client, route: str = "projection", **query: Any) -> TestResponse:
    return client.get(BASE + route, query_string=query)


def test_options_of_pca_are_heard(client: Client) -> None:
    response = ask(client, **A, **POOLED, standardize="true", components=10)
    pooled = np.concatenate(SNAPSHOTS).astype(np.float64)
    scaled = StandardScaler().fit_transform(pooled)
    fitted = PCA(10, svd_solver="full").fit(scaled)
    expected = fitted.transform(scaled).reshape(3, 300, 10)

    positions = np.abs(positions_of(response))
    assert np.abs(positions - np.abs(expected)).max() <= 1e-4 * np.ptp(expected)
    np.testing.assert_allclose(
        info_of(response)["variance"], fitted.explained_variance_ratio_, rtol=1e-6
    )


def test_the_axes_are_those_of_the_steps_about_their_own_means(client: Client) -> None:
    response = ask(client, **A, components=2)
    centered = np.stack(SNAPSHOTS).astype(np.float64)
    centered -= centered.mean(axis=1, keepdims=True)
    expected = PCA(2, svd_solver="full").fit_transform(centered.reshape(900, -1))

    positions = np.abs(positions_of(response).reshape(900, 2))
    assert np.abs(positions - np.abs(expected)).max() <= 1e-4 * np.ptp(expected)
    sentence = ask(client, "quality", **A).get_json()["sentence"]
    assert "PCA fitted within each of all 3 epochs: " in sentence


def test_a_drift_that_all_samples_share_is_taken_out(tmp_path: Path) -> None:
    drifted = [s + np.float32(1000 * step) for step, s in enumerate(SNAPSHOTS)]
    write_run(tmp_path / "still", {"fc": SNAPSHOTS})
    write_run(tmp_path / "drifting", {"fc": drifted})
    client = client_for(tmp_path, EmbeddingsPlugin)
    still, drifting = (
        positions_of(ask(client, run=run, layer="fc", components=2))
        for run in ("still", "drifting")
    )

    assert np.abs(drifting - still).max() <= 1e-3 * np.ptp(still)
    shown = positions_of(ask(client, run="drifting", layer="fc", **POOLED, components=2))
    assert np.ptp(shown[:, :, 0]) > 1000


def test_the_basis_of_one_step_is_its_own_pca(client: Client) -> None:
    response = ask(client, **A, basis_steps="2", steps="2", components=2)
    expected = PCA(2, svd_solver="full").fit_transform(SNAPSHOTS[2].astype(np.float64))

    positions = np.abs(positions_of(response)[0])
    assert np.abs(positions - np.abs(expected)).max() <= 1e-4 * np.ptp(expected)
    assert info_of(response)["basis_steps"] == [2]


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_class_axes_separate_the_classes_of_a_column(client: Client, kind: str) -> None:
    query: dict[str, Any] = {**A, "engine": "axes", "kind": kind, "components": 10}
    frames = positions_of(ask(client, **query))
    classifier = LinearDiscriminantAnalysis()
    whole, told, pca = (
        classifier.fit(rows, CODES).score(rows, CODES)
        for rows in (SNAPSHOTS[0], frames[0][:, :3], positions_of(ask(client, **A))[0][:, :3])
    )

    assert info_of(ask(client, **query))["leading"] == 3
    assert info_of(ask(client, **query | {"components": 2}))["leading"] == 2
    assert told > pca
    assert told >= (whole - 0.01 if kind == "lda" else 0.8 * whole)
    assert ask(client, **query, column="label").data == ask(client, **query).data
    assert positions_of(ask(client, **query, steps="1")).shape == (1, 300, 10)
    np.testing.assert_array_equal(positions_of(ask(client, **query, steps="1"))[0], frames[1])


def test_an_axis_runs_between_the_groups_of_a_request(client: Client) -> None:
    left, right = (",".join(map(str, np.flatnonzero(c == CODES))) for c in (0, 1))
    query = {**A, **DRIFTING, "engine": "axes", "kind": "groups", "left": left}
    query["right"] = right
    first = positions_of(ask(client, **query, components=2))[..., 0]
    means = [
        np.mean([s[c == CODES].astype(float).mean(0) for s in SNAPSHOTS], 0) for c in (0, 1)
    ]
    direction = (means[1] - means[0]) / np.linalg.norm(means[1] - means[0])
    centre = np.concatenate(SNAPSHOTS).astype(float).mean(axis=0)
    expected = np.stack([(s - centre) @ direction for s in SNAPSHOTS])

    assert np.abs(first - expected).max() <= 1e-4 * np.ptp(expected)
    assert info_of(ask(client, **query))["leading"] == 1
    quality = ask(client, "quality", **query, down="0-4", up="5-9").get_json()
    assert quality["sentence"].startswith("Groups fitted on all ")
    assert f"on all {len(SNAPSHOTS)} epochs: 2 components explain " in quality["sentence"]
    of_one = ask(client, "quality", **query, basis_steps="1", down="0-4", up="5-9")
    assert "Groups fitted on epoch 1: " in of_one.get_json()["sentence"]


def test_quality_of_every_kind_adds_up(client: Client) -> None:
    for query in (
        {"equal_steps": "true"},
        {"engine": "axes"},
        {"engine": "axes", "kind": "lda", "spherize": "true"},
    ):
        content = ask(client, "quality", **A, **query, components=10).get_json()
        assert 0.5 < sum(content["variance"]) <= 1 + 1e-9
        assert all(0.3 < frame["variance_shown"] <= 1 + 1e-9 for frame in content["frames"])
        assert content["noise_floor"] == 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"spherize": "yes"}, "spherize must be true or false, not 'yes'"),
        ({"engine": "axes", "kind": "x"}, "kind must be 'class_means', 'lda' or 'groups'"),
        ({"engine": "axes", "column": "id"}, "'id' is not a column of classes"),
        (
            {"engine": "axes", "run": "nameless"},
            "There is no label: no column with classes is named",
        ),
        ({"engine": "axes", "shrinkage": "2"}, "shrinkage must be a number from 1e-06 to 1"),
        ({"engine": "axes", "kind": "groups"}, "the groups left and right are empty"),
        (
            {"engine": "axes", "kind": "groups", "left": "1", "right": "2", "up": "3"},
            "the groups down are empty",
        ),
        (
            {"engine": "axes", "kind": "groups", "left": "1", "right": "300"},
            "300 was not recorded; choose from 300 from 0 to 299",
        ),
        ({"engine": "axes", "kind": "groups", "left": "1", "right": "1"}, "have the same mean"),
        ({"onto_run": "b"}, "the argument 'onto_layer'"),
        ({"onto_layer": "fc"}, "the argument 'onto_run'"),
        ({"onto_run": "c", "onto_layer": "fc"}, "there is no run 'c'"),
        ({**ONTO_A, "match": "loss"}, "'epoch', 'step' or 'last', not 'loss'"),
        ({**ONTO_A, "run": "nameless"}, "run 'nameless' has other samples and no column 'id'"),
        (
            {**ONTO_A, "run": "later"},
            "'later' has [7, 8, 9] and 'a' has [0, 1, 2], so no epoch is common",
        ),
        (
            {**ONTO_A, "run": "timeless"},
            "'timeless' has none and 'a' has [0, 1, 2], so no epoch is common; match them by s",
        ),
        ({**ONTO_A, "run": "later", "match": "step"}, "'later' has [70, 71, 72]"),
        ({**ONTO_A, "run": "noise"}, "15 and 12 units"),
    ],
)
@pytest.mark.parametrize("route", ["projection", "quality"])
def test_refusals_name_the_remedy(
    client: Client, route: str, query: dict[str, str], words: str
) -> None:
    response = ask(client, route, **(A | query))

    assert response.status_code in {400, 404}
    assert words in response.text
    assert "\n" not in response.text


@pytest.mark.parametrize("components", [2, 10])
@pytest.mark.parametrize("match", ["epoch", "step", "last"])
def test_a_rotated_run_coincides_once_it_is_carried(
    client: Client, components: int, match: str
) -> None:
    drifting: dict[str, Any] = {**POOLED, "components": components}
    carried = ask(client, run="b", layer="fc", **ONTO_A, match=match, **drifting)
    home = positions_of(ask(client, **A, **drifting))
    apart = positions_of(ask(client, run="b", layer="fc", **drifting))

    assert np.abs(positions_of(carried) - home).max() <= 1e-4 * np.ptp(home)
    assert np.abs(apart - home).max() > 0.1 * np.ptp(home)
    onto = info_of(carried)["onto"]
    assert (onto["run"], onto["layer"], onto["match"]) == ("a", "fc", match)
    assert (onto["samples"], onto["samples_by"], onto["method"]) == (
        300,
        "fingerprint",
        "procrustes",
    )
    steps = [2] if match == "last" else [0, 1, 2]
    assert [(s["step"], s["onto_step"]) for s in onto["steps"]] == [(s, s) for s in steps]
    assert all(s["residual"] < 1e-5 for s in onto["steps"])
    assert all(s["cka"] == pytest.approx(1, abs=1e-6) for s in onto["steps"])
    assert "fc of b is rotated onto fc of a in 12 dimensions" in onto["sentence"]


def test_every_engine_carries(client: Client) -> None:
    for query in (
        {"engine": "axes", "kind": "lda"},
        {"engine": "axes", "kind": "groups", "left": "0-9", "right": "10-19"},
        {"equal_steps": "true", "standardize": "true", "spherize": "true"},
    ):
        home = positions_of(ask(client, **A, **query))
        carried = positions_of(ask(client, run="b", layer="fc", **ONTO_A, **query))
        assert np.abs(carried - home).max() <= 1e-4 * np.ptp(home)
    quality = ask(client, "quality", run="b", layer="fc", **ONTO_A).get_json()
    own = ask(client, "quality", **A).get_json()
    assert quality["onto"]["steps"][0]["cka"] == pytest.approx(1, abs=1e-6)
    for frame, expected in zip(quality["frames"], own["frames"], strict=True):
        assert frame["variance_shown"] == pytest.approx(expected["variance_shown"], abs=1e-5)


def test_samples_are_matched_by_their_id(client: Client) -> None:
    carried = ask(client, run="some", layer="fc", **ONTO_A, components=2)
    home = positions_of(ask(client, **A, components=2))

    onto = info_of(carried)["onto"]
    assert (onto["samples"], onto["samples_by"]) == (250, "id")
    assert np.abs(positions_of(carried) - home[:, ORDER]).max() <= 1e-4 * np.ptp(home)


def test_layers_of_other_width_share_a_subspace(client: Client) -> None:
    carried = ask(client, run="b", layer="wide", **ONTO_A, components=2)
    home = positions_of(ask(client, **A, components=2))
    onto = info_of(carried)["onto"]

    assert onto["method"] == "cca"
    assert len(onto["correlations"]) == onto["dimensions"] <= 12
    assert f"through {onto['dimensions']} shared dimensions of 16 and 12" in onto["sentence"]
    assert np.abs(positions_of(carried) - home).max() <= 0.1 * np.ptp(home)


def test_runs_that_match_by_last_alone_are_carried(client: Client) -> None:
    response = ask(client, run="later", layer="fc", **ONTO_A, match="last", components=2)
    home = positions_of(ask(client, **A, components=2))

    assert info_of(response)["onto"]["steps"][0]["step"] == 72
    assert info_of(response)["onto"]["steps"][0]["onto_step"] == 2
    assert np.abs(positions_of(response) - home).max() <= 1e-4 * np.ptp(home)


def test_too_few_samples_to_tell_are_said_so(tmp_path: Path) -> None:
    few = [s[:10] for s in SNAPSHOTS]
    write_run(tmp_path / "a", {"fc": few})
    write_run(tmp_path / "b", {"fc": [s[10:20] for s in SNAPSHOTS]})
    client = client_for(tmp_path, EmbeddingsPlugin)
    onto = info_of(ask(client, run="b", layer="fc", **ONTO_A))["onto"]

    assert "10 samples in 12 dimensions" in onto["sentence"]
    assert "the residual says little" in onto["sentence"]


def test_a_carried_answer_is_kept_while_both_layers_stay_as_they_are(client: Client) -> None:
    runs = {run["run"]: run for run in client.get(BASE + "runs").get_json()["runs"]}
    a, b = (runs[name]["layers"][0]["version"] for name in ("a", "b"))
    query = {"run": "b", "layer": "fc", **ONTO_A}

    kept = ask(client, **query, v=f"{b}-{a}").headers["Cache-Control"]
    old = ask(client, **query, v=b).headers["Cache-Control"]
    assert "max-age=31536000" in kept
    assert "no-cache" in old


def test_copies_of_one_snapshot_do_not_move(tmp_path: Path) -> None:
    write_run(tmp_path / "still", {"fc": [SNAPSHOTS[0]] * 3}, label_column(CODES.tolist()))
    client = client_for(tmp_path, EmbeddingsPlugin)
    for query in (
        {},
        {"equal_steps": "true", "standardize": "true", "spherize": "true"},
        {"engine": "axes"},
        {"engine": "axes", "kind": "lda"},
        {"engine": "axes", "kind": "groups", "left": "1", "right": "2"},
    ):
        frames = positions_of(ask(client, run="still", layer="fc", **query))
        np.testing.assert_array_equal(frames[1:], frames[:-1])


def test_a_part_of_the_samples_lies_where_it_does_among_all(client: Client) -> None:
    whole = ask(client, **A, components=3)
    part = ask(client, **A, components=3, at_most=40)
    rows = safetensors.numpy.load(part.data)["rows"]
    assert rows.shape == (40,)
    assert (np.diff(rows) > 0).all()
    scale = safetensors.numpy.load(whole.data)["scale"].max()
    np.testing.assert_allclose(
        positions_of(part), positions_of(whole)[:, rows], atol=1.01 * scale
    )
    assert ask(client, **A, components=3, at_most=40).data == part.data
    assert ask(client, **A, components=3, at_most=300).data == whole.data


def test_a_part_of_the_samples_is_a_fair_one(client: Client) -> None:
    rows = safetensors.numpy.load(ask(client, **A, at_most=150).data)["rows"]
    shares = np.bincount(CODES[rows]) / np.bincount(CODES)
    assert (abs(shares - 0.5) < 0.2).all()
    assert len(set(np.diff(rows).tolist())) > 3  # no comb, which a table's order may follow


@pytest.mark.parametrize("most", ["0", "-1", "many"])
def test_a_part_of_no_samples_is_refused(client: Client, most: str) -> None:
    answer = ask(client, **A, at_most=most)
    assert answer.status_code == 400
    assert "at_most must be" in answer.text
