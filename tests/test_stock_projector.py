"""TensorBoard's stock Projector opens our runs unchanged."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client

from tests.harness import EPOCHS, Recording, client_for

BASE = "/data/plugin/projector/"
FC1 = {"run": "digits", "name": "fc1"}


@pytest.fixture(scope="module")
def client(recording: Recording) -> Client:
    return client_for(recording.logdir, ProjectorPlugin)


def test_it_lists_the_run_and_its_layer(client: Client) -> None:
    assert client.get(BASE + "runs").get_json() == ["digits"]
    info = client.get(BASE + "info", query_string={"run": "digits"}).get_json()
    fc1 = next(e for e in info["embeddings"] if e["tensorName"] == "fc1")

    assert fc1["tensorShape"] == [1797, 200]
    assert info["modelCheckpointPath"].endswith(f"model.ckpt-{EPOCHS}")


def test_it_serves_the_newest_activations(client: Client, recording: Recording) -> None:
    body = client.get(BASE + "tensor", query_string=FC1).data
    checkpoint = tf.train.load_checkpoint(str(recording.run_dir / f"model.ckpt-{EPOCHS}"))

    assert body == checkpoint.get_tensor("fc1").tobytes()
    tensor = np.frombuffer(body, "<f4").reshape(1797, 200)
    np.testing.assert_allclose(tensor, recording.activations[EPOCHS], atol=1e-5)


def test_it_serves_the_metadata_rows(client: Client, recording: Recording) -> None:
    text = client.get(BASE + "metadata", query_string=FC1).text
    header, *rows = [line.split("\t") for line in text.rstrip("\n").split("\n")]

    assert header == ["index", "label"]
    assert rows == [[str(i), str(label)] for i, label in enumerate(recording.labels)]


def test_it_serves_a_square_sprite(client: Client, recording: Recording) -> None:
    body = client.get(BASE + "sprite_image", query_string=FC1).data
    sheet = np.asarray(Image.open(io.BytesIO(body)))

    assert sheet.shape[0] == sheet.shape[1]
    for i in (0, 42, 43, 1796):
        row, column = divmod(i, sheet.shape[1] // 8)
        cell = sheet[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8]
        np.testing.assert_array_equal(cell, np.rint(recording.images[i] * 255))
