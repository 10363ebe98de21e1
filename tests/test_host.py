"""A real `tensorboard` process finds the plugin by its entry point and serves it."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_embed_plugin import EmbeddingCheckpoint
from tests.foreign import save_by_checkpoint
from tests.harness import EPOCHS, PATIENCE, Recording, tensorboard

PLUGIN = "data/plugin/tb_embed/"


@pytest.mark.parametrize(
    "options",
    [(), ("--load_fast=false", "--path_prefix", "/a/b")],
    ids=["plain", "load_fast_false and path_prefix"],
)
def test_the_tab_is_on_and_the_run_is_served(
    recording: Recording, options: tuple[str, ...]
) -> None:
    with tensorboard(recording.logdir, *options) as server:
        listing = json.loads(server.get("data/plugins_listing")[2])["tb_embed"]
        assert listing["enabled"]
        assert listing["tab_name"] == "Embeddings"
        assert listing["loading_mechanism"]["type"] == "IFRAME"

        entry = server.get("data/plugin_entry.html?name=tb_embed")[2].decode()
        assert 'href="plugin/tb_embed/"' in entry
        status, content_type, _ = server.get(PLUGIN + "index.js")
        assert (status, content_type.split(";")[0]) == (200, "text/javascript")

        (run,) = json.loads(server.get(PLUGIN + "runs")[2])["runs"]
        assert run["layers"][0]["steps"] == list(range(EPOCHS + 1))
        status, _, body = server.get(PLUGIN + "projection?run=digits&layer=fc1&steps=1")
        assert status == 200
        assert len(body) > 1797 * 2 * 2

        assert server.get(PLUGIN + "projection?run=digits&layer=fc2")[0] == 404
        assert "Traceback" not in server.log
        # TensorBoard warns of every answer that breaks its security rules.
        assert "security" not in server.log.lower()


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_the_tab_comes_on_where_no_directory_holds_an_event_file(
    tmp_path: Path, load_fast: str
) -> None:
    values = [np.random.default_rng(i).normal(size=(20, 4)).astype(np.float32) for i in (0, 1)]
    save_by_checkpoint(tmp_path / "words", values, "words")
    with tensorboard(tmp_path, f"--load_fast={load_fast}") as server:
        assert json.loads(server.get("data/runs")[2]) == []
        # The page asks for the list of plugins once it is open, and again at every reload.
        server.wait_until_active("tb_embed")
        (run,) = json.loads(server.get(PLUGIN + "runs")[2])["runs"]
        assert (run["run"], run["source"]) == ("words", "projector")
        assert run["layers"][0]["steps"] == [1, 2]
        status, _, body = server.get(PLUGIN + "vectors?run=words&layer=words&step=2")
        assert (status, body[-values[1].nbytes :]) == (200, values[1].tobytes())
        assert server.get(PLUGIN + "projection?run=words&layer=words")[0] == 200
        assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log directory with a run `both` of ours, with scalars in its own directory."""
    logdir = tmp_path_factory.mktemp("both")
    x = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(8, name="fc1"), keras.layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, run_eagerly=True)
    run_dir = logdir / "both"
    writer = tf.summary.create_file_writer(str(run_dir))

    class Scalars(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            with writer.as_default():
                tf.summary.scalar("loss", (logs or {})["loss"], epoch)
            writer.flush()

    model.fit(
        x,
        np.arange(64) % 10,
        epochs=3,
        verbose=0,
        callbacks=[Scalars(), EmbeddingCheckpoint(run_dir, x)],
    )
    return logdir


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_scalars_of_keras_in_the_same_directory_are_kept(both: Path, load_fast: str) -> None:
    with tensorboard(both, f"--load_fast={load_fast}") as server:
        query = "data/plugin/timeseries/timeSeries"
        request = urllib.request.Request(
            server.url + "experiment/defaultExperimentId/" + query,
            data=b"requests="
            + urllib.parse.quote('[{"plugin":"scalars","tag":"loss"}]').encode(),
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            (series,) = json.load(response)
        assert [point["step"] for point in series["runToSeries"]["both"]] == [0, 1, 2]
        assert len(json.loads(server.get(PLUGIN + "runs")[2])["runs"]) == 1
