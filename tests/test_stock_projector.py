"""TensorBoard's stock Projector opens our runs unchanged."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client, TestResponse

from tests.foreign import save_by_checkpoint, write_tutorial
from tests.harness import EPOCHS, Recording, client_for

BASE = "/data/plugin/projector/"
WORDS = np.arange(80, dtype=np.float32).reshape(20, 4)
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


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A run of two steps of a matrix `words`, which TensorBoard lists."""
    run_dir = save_by_checkpoint(tmp_path / "run", [WORDS - 1, WORDS], "words")
    with tf.summary.create_file_writer(str(run_dir)).as_default():
        tf.summary.scalar("loss", 1.0, 0)
    return run_dir


def ask(run_dir: Path, route: str, name: str = "") -> TestResponse:
    query = {"run": "run", "name": name}
    return client_for(run_dir.parent, ProjectorPlugin).get(BASE + route, query_string=query)


def test_of_others_steps_it_shows_the_newest(foreign: Path) -> None:
    """What docs/compatibility.md says of it, as the next ones."""
    name = "words/.ATTRIBUTES/VARIABLE_VALUE"
    assert ask(foreign, "tensor", name).data == WORDS.tobytes()
    assert ask(foreign, "tensor", "words").status_code == 400


def test_it_lists_no_run_without_an_event_file_or_a_state_file(foreign: Path) -> None:
    assert ask(foreign, "runs").get_json() == ["run"]
    (foreign / "checkpoint").rename(foreign / "moved")
    assert ask(foreign, "runs").get_json() == []
    (foreign / "moved").rename(foreign / "checkpoint")
    next(foreign.glob("events.*")).unlink()
    assert ask(foreign, "runs").get_json() == []


def test_a_damaged_configuration_stops_it(foreign: Path) -> None:
    (foreign / "projector_config.pbtxt").write_text("embeddings {")
    with pytest.raises(text_format.ParseError):
        ask(foreign, "runs")


def test_it_does_not_find_files_of_another_machine(tmp_path: Path) -> None:
    write_tutorial(tmp_path / "run", np.zeros((20, 8, 8), np.uint8), np.arange(20) % 10)
    with tf.summary.create_file_writer(str(tmp_path / "run")).as_default():
        tf.summary.scalar("loss", 1.0, 0)

    assert ask(tmp_path / "run", "runs").get_json() == []
