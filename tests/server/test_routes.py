"""The routes, through TensorBoard's own WSGI application."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

import tb_embed_plugin
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.server import response
from tb_embed_plugin.server.routes import ROUTES
from tests.decoding import BASE, info_of, positions_of
from tests.harness import EPOCHS, Recording, client_for, is_a_message, wait_until

FC1 = {"run": "digits", "layer": "fc1"}
STEPS = list(range(EPOCHS + 1))


@pytest.fixture(scope="module")
def client(recording: Recording) -> Client:
    return client_for(recording.logdir, EmbeddingsPlugin)


def expected_frames(recording: Recording, components: int) -> np.ndarray:
    """Plain float64 NumPy, by the documented sign rule."""
    rows = np.stack([recording.activations[s] for s in STEPS]).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    pooled = rows.reshape(-1, rows.shape[2])
    vectors = np.linalg.eigh(pooled.T @ pooled)[1][:, ::-1][:, :components]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(components)])
    return np.asarray(rows @ vectors)


def test_runs_describes_what_was_recorded(client: Client) -> None:
    (run,) = client.get(BASE + "runs").get_json()["runs"]

    assert run["run"] == "digits"
    assert run["source"] == "tb_embed"
    assert not run["recording"]
    (layer,) = run["layers"]
    assert (layer["name"], layer["samples"], layer["units"]) == ("fc1", 1797, 200)
    assert layer["steps"] == STEPS == [step["step"] for step in run["steps"]]
    assert layer["columns"] == [
        {"name": "index", "type": "number", "by_step": False},
        {"name": "label", "type": "category", "by_step": False},
    ]
    assert layer["sprite"] == {"pages": 1, "cell": [8, 8], "columns": 43, "channels": 1}
    assert run["problems"] == []


def test_metadata_holds_every_row(client: Client, recording: Recording) -> None:
    response = client.get(BASE + "metadata", query_string=FC1)
    tensors = safetensors.numpy.load(response.data)

    info = info_of(response)
    assert [c["name"] for c in info["columns"]] == ["index", "label"]
    # Row numbers go without saying, and ten classes into a byte each.
    assert (info["columns"][0]["first"], info["rows"]) == (0, 1797)
    assert "0.values" not in tensors
    assert tensors["1.codes"].dtype == np.int8
    offsets = tensors["1.vocabulary.offsets"]
    words = [
        tensors["1.vocabulary.bytes"][a:b].tobytes().decode() for a, b in pairwise(offsets)
    ]
    assert [int(words[code]) for code in tensors["1.codes"]] == recording.labels.tolist()


def test_the_sprite_is_the_file(client: Client, recording: Recording) -> None:
    response = client.get(BASE + "sprite", query_string=FC1)

    assert response.content_type == "image/png"
    assert response.data == (recording.run_dir / "sprite_images.png").read_bytes()
    missing = client.get(BASE + "sprite", query_string={**FC1, "page": 1})
    assert missing.status_code == 404


@pytest.mark.parametrize("components", [2, 3, 10])
def test_projection_equals_plain_numpy(
    client: Client, recording: Recording, components: int
) -> None:
    query = {**FC1, "components": components}
    response = client.get(BASE + "projection", query_string=query)
    positions = positions_of(response)[..., :components]
    expected = expected_frames(recording, components)

    assert np.abs(positions - expected).max() <= 1e-4 * np.ptp(expected)
    assert info_of(response)["state"] == "done"
    assert info_of(response)["basis_steps"] == STEPS
    again = client.get(BASE + "projection", query_string=query)
    assert again.data == response.data


def test_a_fresh_server_computes_the_same(client: Client, recording: Recording) -> None:
    query = {**FC1, "components": 3}
    one = client.get(BASE + "projection", query_string=query)
    other = client_for(recording.logdir, EmbeddingsPlugin).get(
        BASE + "projection", query_string=query
    )

    assert one.data == other.data


def test_frames_do_not_depend_on_which_are_asked_together(client: Client) -> None:
    every = positions_of(client.get(BASE + "projection", query_string=FC1))
    some = positions_of(client.get(BASE + "projection", query_string={**FC1, "steps": "1,3-4"}))

    np.testing.assert_array_equal(some, every[[1, 3, 4]])


def test_basis_steps_freeze_the_basis(client: Client) -> None:
    frozen = {**FC1, "basis_steps": "0-2", "steps": "4"}
    response = client.get(BASE + "projection", query_string=frozen)

    assert info_of(response)["basis_steps"] == [0, 1, 2]
    free = client.get(BASE + "projection", query_string={**FC1, "steps": "4"})
    assert np.abs(positions_of(response) - positions_of(free)).max() > 0.01


def test_quality_says_how_much_each_frame_shows(client: Client, recording: Recording) -> None:
    content = client.get(BASE + "quality", query_string={**FC1, "components": 2}).get_json()
    shown = expected_frames(recording, 2)

    assert [frame["step"] for frame in content["frames"]] == STEPS
    for frame in content["frames"]:
        layer = recording.activations[frame["step"]].astype(np.float64)
        expected = shown[frame["step"]].var(axis=0).sum() / layer.var(axis=0).sum()
        assert frame["variance_shown"] == pytest.approx(expected, abs=1e-5)
    assert f"{100 * sum(content['variance']):.0f} %" in content["sentence"]


def test_vectors_are_the_activations(client: Client, recording: Recording) -> None:
    query = {**FC1, "step": 2, "samples": "5,1000-1002"}
    tensors = safetensors.numpy.load(client.get(BASE + "vectors", query_string=query).data)

    np.testing.assert_allclose(
        tensors["vectors"], recording.activations[2][[5, 1000, 1001, 1002]], atol=1e-5
    )


def test_engines_describes_what_projection_takes(client: Client) -> None:
    engines = {e["name"]: e for e in client.get(BASE + "engines").get_json()["engines"]}

    for name in ("pca", "axes"):
        assert engines[name]["components"] == [2, 3, 10]
        for parameter in engines[name]["parameters"]:
            query = {**FC1, "engine": name, parameter["name"]: "no such value"}
            response = client.get(BASE + "projection", query_string=query)
            assert response.status_code == 400, "the route reads the parameter"


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("metadata", {}, 400, "argument 'run'"),
        (
            "metadata",
            {"run": "nobody"},
            404,
            "there is no run 'nobody'; choose another run. Available: 'digits'",
        ),
        ("metadata", {"run": "../logs"}, 404, "no run '../logs'"),
        ("metadata", {"run": "/etc"}, 404, "no run '/etc'"),
        ("metadata", {"run": "digits/plugins/.."}, 404, "no run"),
        ("sprite", {**FC1, "page": "x"}, 400, "whole number, not 'x'"),
        ("projection", {"run": "digits"}, 400, "argument 'layer'"),
        (
            "projection",
            {**FC1, "layer": "fc9"},
            404,
            "run 'digits' has no layer 'fc9'; did you mean 'fc1'?",
        ),
        (
            "projection",
            {**FC1, "engine": "som"},
            400,
            "'axes', 'tsne' or 'umap', not 'som'",
        ),
        ("projection", {**FC1, "components": "4"}, 400, "'2', '3' or '10', not '4'"),
        ("projection", {**FC1, "steps": "99"}, 404, "steps 99 was not recorded"),
        ("projection", {**FC1, "basis_steps": "x"}, 400, "such as 0,5-7"),
        ("vectors", {**FC1}, 400, "step must be a whole number, not None"),
        ("vectors", {**FC1, "step": "77"}, 404, "has no step 77"),
        (
            "vectors",
            {**FC1, "step": "1", "samples": "1797"},
            404,
            "1797 was not recorded; choose from 1797 from 0 to 1796",
        ),
    ],
)
def test_errors_have_one_shape(
    client: Client, path: str, query: dict[str, str], status: int, words: str
) -> None:
    response = client.get(BASE + path, query_string=query)

    assert response.status_code == status
    assert response.content_type == "text/plain; charset=utf-8"
    assert "\n" not in response.text
    assert words in response.text
    assert "/tmp" not in response.text


@pytest.mark.parametrize("name", ROUTES)
def test_nothing_but_get_is_answered(client: Client, name: str) -> None:
    for method in ("post", "put", "delete"):
        response = getattr(client, method)(BASE + name)
        assert response.status_code == 405
        assert response.content_type == "text/plain; charset=utf-8"


@given(
    st.sampled_from(list(ROUTES)),
    st.dictionaries(
        st.sampled_from(
            [
                "run",
                "layer",
                "engine",
                "components",
                "steps",
                "step",
                "samples",
                "kind",
                "left",
                "right",
                "column",
                "shrinkage",
                "spherize",
                "onto_run",
                "onto_layer",
                "match",
                "start",
                "order",
                "perplexity",
                "target",
            ]
        ),
        st.sampled_from(
            ["digits", "fc1", "pca", "2", "axes", "lda", "groups", "0-9", "true", "tsne", "1"]
        )
        | st.text(),
    ),
)
@settings(max_examples=150)
def test_no_query_is_ever_a_defect_of_ours(
    client: Client, name: str, query: dict[str, str]
) -> None:
    response = client.get(BASE + name, query_string=query)

    assert response.status_code in {200, 202, 400, 403, 404, 413}


def test_only_the_current_version_may_be_kept(client: Client) -> None:
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    version = run["layers"][0]["version"]
    kept = client.get(BASE + "projection", query_string={**FC1, "v": version})
    old = client.get(BASE + "projection", query_string={**FC1, "v": "0123"})
    listing = client.get(BASE + "runs", query_string={"v": version})

    assert kept.headers["Cache-Control"] == "private, max-age=31536000"
    assert "no-cache" in old.headers["Cache-Control"]
    assert "no-cache" in listing.headers["Cache-Control"]
    sprite = {**FC1, "v": run["layers"][0]["samples_version"]}
    assert (
        "max-age" in client.get(BASE + "sprite", query_string=sprite).headers["Cache-Control"]
    )


def test_too_large_an_answer_is_refused_with_the_remedy(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "MAX_BYTES", 10_000)
    projection = client.get(BASE + "projection", query_string=FC1)
    vectors = client.get(BASE + "vectors", query_string={**FC1, "step": 1})

    assert projection.status_code == vectors.status_code == 413
    assert "fewer steps" in projection.text
    assert "fewer samples" in vectors.text


def test_a_broken_run_says_why_and_hides_no_other(tmp_path: Path, recording: Recording) -> None:
    for name in ("a", "broken", "newer", "z"):
        shutil.copytree(recording.run_dir, tmp_path / name)
    manifest = Path("plugins/tb_embed/manifest.json")
    (tmp_path / "broken" / manifest).write_text("{}")
    newer = (tmp_path / "newer" / manifest).read_text().replace('version": 2', 'version": 7')
    (tmp_path / "newer" / manifest).write_text(newer)
    client = client_for(tmp_path, EmbeddingsPlugin)
    runs = {run["run"]: run for run in client.get(BASE + "runs").get_json()["runs"]}

    assert list(runs) == ["a", "broken", "newer", "z"]
    assert "the manifest " in runs["broken"]["problems"][0]
    assert "version 7" in runs["newer"]["problems"][0]
    assert runs["z"]["layers"][0]["steps"] == STEPS
    response = client.get(BASE + "metadata", query_string={"run": "broken"})
    assert response.status_code == 400
    assert "the manifest " in response.text


def test_the_log_directory_itself_may_be_a_run(recording: Recording) -> None:
    client = client_for(recording.run_dir, EmbeddingsPlugin)

    assert [r["run"] for r in client.get(BASE + "runs").get_json()["runs"]] == ["."]
    query = {"run": ".", "layer": "fc1"}
    assert client.get(BASE + "projection", query_string=query).status_code == 200


def test_a_new_epoch_is_seen_at_once(tmp_path: Path, recording: Recording) -> None:
    run_dir = tmp_path / "digits"
    shutil.copytree(recording.run_dir, run_dir)
    path = run_dir / "plugins/tb_embed/manifest.json"
    whole = path.read_text()
    manifest = json.loads(whole)
    path.write_text(json.dumps(manifest | {"steps": manifest["steps"][:3], "recording": True}))
    client = client_for(tmp_path, EmbeddingsPlugin)
    (before,) = client.get(BASE + "runs").get_json()["runs"]
    path.write_text(whole)
    (after,) = client.get(BASE + "runs").get_json()["runs"]

    assert before["recording"]
    assert before["layers"][0]["steps"] == [0, 1, 2]
    assert after["layers"][0]["steps"] == STEPS
    assert before["layers"][0]["version"] != after["layers"][0]["version"]
    samples_versions = {run["layers"][0]["samples_version"] for run in (before, after)}
    assert len(samples_versions) == 1, "metadata and sprite are the same"


def test_steps_that_are_not_finite_are_left_out_and_named(
    tmp_path: Path, recording: Recording, make_model: Callable[..., Any]
) -> None:
    import keras

    from tb_embed_plugin import EmbeddingCheckpoint

    class Explode(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                self.model.get_layer("fc1").bias.assign(np.full(32, np.inf, np.float32))

    checkpoint = EmbeddingCheckpoint(tmp_path / "inf", recording.images)
    with pytest.warns(RuntimeWarning, match="NaN or infinity in fc1.* at epoch 2"):
        make_model(activation="linear").fit(
            recording.images,
            recording.labels,
            epochs=2,
            verbose=0,
            callbacks=[checkpoint, Explode()],
        )
    client = client_for(tmp_path, EmbeddingsPlugin)
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    query = {"run": "inf", "layer": "fc1"}
    response = client.get(BASE + "projection", query_string=query)

    assert run["layers"][0]["steps"] == [0, 1]
    assert [step["step"] for step in run["steps"]] == [0, 1, 2]
    assert "fc1 holds NaN or infinity at epoch 2" in run["problems"][0]
    assert info_of(response)["basis_steps"] == [0, 1]
    asked = client.get(BASE + "projection", query_string={**query, "steps": "2"})
    assert asked.status_code == 404
    vectors = client.get(BASE + "vectors", query_string={**query, "step": 2})
    assert not np.isfinite(safetensors.numpy.load(vectors.data)["vectors"]).all()


@pytest.mark.parametrize(
    "change",
    [
        {"wall_time": float("nan")},
        {"wall_time": 1e400},
        {"step": 2**31},
        {"iterations": -1},
        {"epoch": "x"},
    ],
)
def test_a_manifest_with_impossible_numbers_is_a_stated_problem(
    tmp_path: Path, recording: Recording, change: dict[str, Any]
) -> None:
    shutil.copytree(recording.run_dir, tmp_path / "odd")
    shutil.copytree(recording.run_dir, tmp_path / "fine")
    path = tmp_path / "odd" / "plugins/tb_embed/manifest.json"
    manifest = json.loads(path.read_text())
    manifest["steps"][1] |= change
    path.write_text(json.dumps(manifest))
    runs = client_for(tmp_path, EmbeddingsPlugin).get(BASE + "runs").get_json()["runs"]

    assert [run["run"] for run in runs] == ["fine", "odd"]
    assert "the manifest " in runs[1]["problems"][0]
    assert runs[0]["layers"]


@pytest.mark.parametrize("kind", ["nested", "loop"])
def test_a_manifest_that_cannot_be_followed_hides_no_other_run(
    tmp_path: Path, recording: Recording, kind: str
) -> None:
    shutil.copytree(recording.run_dir, tmp_path / "odd")
    shutil.copytree(recording.run_dir, tmp_path / "fine")
    path = tmp_path / "odd" / "plugins/tb_embed/manifest.json"
    path.unlink()
    if kind == "loop":
        path.symlink_to(path)
    else:
        path.write_text("[" * 100_000)
    runs = client_for(tmp_path, EmbeddingsPlugin).get(BASE + "runs").get_json()["runs"]

    assert [run["run"] for run in runs] == ["fine", "odd"]
    assert is_a_message(runs[1]["problems"][0])


def test_a_home_directory_is_understood(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(recording.logdir.parent))
    context = base_plugin.TBContext(logdir=f"~/{recording.logdir.name}")
    wsgi = application.TensorBoardWSGI([EmbeddingsPlugin(context)])
    runs = Client(wsgi).get(BASE + "runs").get_json()["runs"]

    assert [run["run"] for run in runs] == ["digits"]


def test_a_very_long_list_is_answered_quickly_or_refused(client: Client) -> None:
    many = ",".join(["0-1796"] * 4000)
    query = {**FC1, "step": 1, "samples": many}
    assert client.get(BASE + "vectors", query_string=query).status_code == 200
    query["samples"] = ",".join(["0-1"] * 6000)
    refused = client.get(BASE + "vectors", query_string=query)
    assert refused.status_code == 413
    assert "join neighbors" in refused.text


def test_links_out_of_a_run_are_not_followed(tmp_path: Path, recording: Recording) -> None:
    secret = tmp_path / "secret.tsv"
    secret.write_text("index\tlabel\n" + "0\tsecret\n" * 1797)
    shutil.copytree(recording.run_dir, tmp_path / "logs" / "digits")
    linked = tmp_path / "logs" / "digits" / "metadata.tsv"
    linked.unlink()
    linked.symlink_to(secret)
    client = client_for(tmp_path / "logs", EmbeddingsPlugin)
    response = client.get(BASE + "metadata", query_string=FC1)

    assert response.status_code == 400
    assert "links to a file outside" in response.text


def test_the_built_page_is_served(client: Client) -> None:
    entry = client.get(BASE + "index.js")
    assert entry.status_code == 200, "build the page: pip install ."
    assert entry.content_type.startswith("text/javascript")
    for path in (
        "assets/nothing.js",
        "assets/",
        "assets/sub/assets",
        "assets/../plugin.py",
        "assets/..%2f..%2fplugin.py",
    ):
        assert client.get(BASE + path).status_code == 404


def test_scripts_cross_the_wire_as_the_build_has_compressed_them(client: Client) -> None:
    (script,) = (Path(tb_embed_plugin.__file__).parent / "static/assets").glob("app-*.js")
    path = f"{BASE}assets/{script.name}"
    small = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.data == script.with_name(f"{script.name}.gz").read_bytes()
    assert gzip.decompress(small.data) == script.read_bytes()
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == script.read_bytes()


def test_every_route_is_documented() -> None:
    documentation = (Path(__file__).parents[2] / "docs/http_api.md").read_text()
    for name in ROUTES:
        assert f"## `{name}`\n" in documentation


@pytest.mark.parametrize("name", ["nothing", "run", "runs/runs", "routes", ""])
def test_an_address_that_is_no_route_is_refused(client: Client, name: str) -> None:
    assert client.get(BASE + name).status_code == 404


def test_opening_tensorboard_prepares_the_first_picture(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[int] = []
    fit = pca.fit

    def counted(*arguments: Any) -> Basis:
        basis = fit(*arguments)
        fitted.append(len(basis.mean))
        return basis

    monkeypatch.setattr(pca, "fit", counted)
    client = client_for(recording.logdir, EmbeddingsPlugin)
    client.get("/data/plugins_listing")
    wait_until(lambda: fitted)
    client.get(BASE + "projection", query_string=FC1)

    assert fitted == [200]
