"""What is recorded of a model's outputs, in real trainings, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tests.harness import read_run
from tests.recording.forward_pass.test_models import CROSSENTROPY, fit, relu, softmax

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]

KERNEL, BIAS = "tb_embed/head/kernel", "tb_embed/head/bias"


def classifier(*last: Any) -> Any:
    return keras.Sequential([keras.layers.Flatten(), relu(16, "fc1"), *last])


def outputs_of(tmp_path: Path, model: Any, x: Any, y: Any, loss: Any) -> tuple[Any, Any]:
    """Trains, and returns what the manifest says and a reader of the newest checkpoint."""
    model.compile("sgd", loss)
    fit(model, x, y, EmbeddingCheckpoint(tmp_path, x))
    reader = tf.train.load_checkpoint(str(tmp_path / "model.ckpt-1"))
    return read_run(tmp_path).manifest.outputs, reader


def normalized(logits: NDArray[Any]) -> Any:
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


CLASSIFIERS = [
    ("softmax", [softmax()], CROSSENTROPY, "probabilities"),
    (
        "loss says logits",
        [keras.layers.Dense(10)],
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "logits",
    ),
    (
        "softmax beats the loss",
        [softmax()],
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "probabilities",
    ),
    (
        "softmax layer",
        [keras.layers.Dense(10, use_bias=False), keras.layers.Softmax()],
        CROSSENTROPY,
        "probabilities",
    ),
    (
        "activation and dropout",
        [keras.layers.Dropout(0.5), keras.layers.Dense(10), keras.layers.Activation("softmax")],
        keras.losses.SparseCategoricalCrossentropy(),
        "probabilities",
    ),
]


@pytest.mark.parametrize(
    ("last", "loss", "kind"),
    [case[1:] for case in CLASSIFIERS],
    ids=[c[0] for c in CLASSIFIERS],
)
def test_classifiers(tmp_path: Path, digits: Digits, last: Any, loss: Any, kind: str) -> None:
    model = classifier(*(keras.layers.deserialize(keras.layers.serialize(la)) for la in last))
    info, reader = outputs_of(tmp_path, model, *digits, loss)

    assert (info.classes, info.kind, info.head) == (10, kind, "fc1")
    outputs = reader.get_tensor("tb_embed/outputs")
    np.testing.assert_allclose(outputs, model.predict(digits[0], verbose=0), atol=1e-5)
    logits = (
        reader.get_tensor("fc1") @ reader.get_tensor(KERNEL)[0] + reader.get_tensor(BIAS)[0]
    )
    by_head = normalized(logits) if kind == "probabilities" else logits
    np.testing.assert_allclose(outputs, by_head, atol=1e-5)
    assert reader.get_variable_to_shape_map()[KERNEL] == [1, 16, 10]
    assert reader.get_variable_to_shape_map()[BIAS] == [1, 1, 10]


@pytest.mark.parametrize("from_logits", [False, True])
def test_a_binary_output_becomes_two_classes(
    tmp_path: Path, digits: Digits, *, from_logits: bool
) -> None:
    x, y = digits[0], digits[1] % 2
    activation = None if from_logits else "sigmoid"
    model = classifier(keras.layers.Dense(1, activation=activation))
    loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
    info, reader = outputs_of(tmp_path, model, x, y[:, None], loss)

    assert (info.classes, info.head) == (2, "fc1")
    assert info.kind == ("logits" if from_logits else "probabilities")
    outputs = reader.get_tensor("tb_embed/outputs")
    value = model.predict(x, verbose=0)[:, 0].astype(np.float64)
    second = 1 / (1 + np.exp(-value)) if from_logits else value
    probabilities = normalized(outputs) if from_logits else outputs
    np.testing.assert_allclose(probabilities, np.stack([1 - second, second], 1), atol=1e-5)
    logits = (
        reader.get_tensor("fc1") @ reader.get_tensor(KERNEL)[0] + reader.get_tensor(BIAS)[0]
    )
    np.testing.assert_allclose(normalized(logits), probabilities, atol=1e-5)


def one_hot(labels: NDArray[Any]) -> Any:
    return np.eye(10, dtype=np.float32)[labels]


WITHOUT_CLASSES: list[tuple[str, Any, Any, Callable[[Any], Any]]] = [
    ("regression", lambda: [keras.layers.Dense(1)], "mse", lambda y: y[:, None] / 10),
    ("several values", lambda: [keras.layers.Dense(10)], "mse", one_hot),
    (
        "several labels at once",
        lambda: [keras.layers.Dense(10, activation="sigmoid")],
        "binary_crossentropy",
        one_hot,
    ),
    (
        "several labels as logits",
        lambda: [keras.layers.Dense(10)],
        keras.losses.BinaryCrossentropy(from_logits=True),
        one_hot,
    ),
    (
        "an autoencoder",
        lambda: [keras.layers.Dense(64, activation="sigmoid"), keras.layers.Reshape((8, 8))],
        "mse",
        lambda y: np.zeros((len(y), 8, 8)),
    ),
    (
        "too many classes",
        lambda: [keras.layers.Dense(1001, activation="softmax")],
        CROSSENTROPY,
        lambda y: y,
    ),
]


@pytest.mark.parametrize(
    ("last", "loss", "target"),
    [c[1:] for c in WITHOUT_CLASSES],
    ids=[c[0] for c in WITHOUT_CLASSES],
)
def test_models_whose_outputs_name_no_class_still_record(
    tmp_path: Path, digits: Digits, last: Any, loss: Any, target: Callable[[Any], Any]
) -> None:
    info, reader = outputs_of(tmp_path, classifier(*last()), digits[0], target(digits[1]), loss)

    assert info is None
    assert [n for n in reader.get_variable_to_shape_map() if n.startswith("tb_embed")] == []
    assert reader.get_tensor("fc1").std() > 0


def test_the_first_output_that_names_classes_is_recorded(
    tmp_path: Path, digits: Digits
) -> None:
    x, y = digits
    inputs = keras.Input((8, 8))
    fc1 = relu(16, "fc1")(keras.layers.Flatten()(inputs))
    heads = [
        keras.layers.Dense(1, name="size")(fc1),
        keras.layers.Dense(10, name="digit")(fc1),
        keras.layers.Dense(2, activation="softmax", name="parity")(fc1),
    ]
    model = keras.Model(inputs, heads)
    model.compile(
        "sgd",
        ["mse", keras.losses.SparseCategoricalCrossentropy(from_logits=True), CROSSENTROPY],
    )
    fit(model, x, [y / 10, y, y % 2], EmbeddingCheckpoint(tmp_path, x))

    info = read_run(tmp_path).manifest.outputs
    assert info is not None
    assert (info.classes, info.kind, info.head) == (10, "logits", "fc1")
    reader = tf.train.load_checkpoint(str(tmp_path / "model.ckpt-1"))
    expected = model.predict(x, verbose=0)[1]
    np.testing.assert_allclose(reader.get_tensor("tb_embed/outputs"), expected, atol=1e-5)


def test_a_model_without_a_loss(digits: Digits) -> None:
    def traced(*last: Any) -> Any:
        return trace_forward_pass(classifier(*last), ["fc1"], digits[0])

    assert traced(keras.layers.Dense(10)).outputs is None
    softmax_pass = traced(softmax())
    assert softmax_pass.outputs is not None
    assert softmax_pass.outputs.kind == "probabilities"
    np.testing.assert_allclose(softmax_pass.run()["tb_embed/outputs"].sum(axis=1), 1, atol=1e-5)
    assert traced(keras.layers.Dense(1, activation="sigmoid")).outputs is not None


class CustomStep(keras.Model):  # type: ignore[misc] # Keras is untyped
    """Trains by its own rule, compiled with an optimizer and no loss."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = relu(16)
        self.out = keras.layers.Dense(10)

    def call(self, x: Any) -> Any:
        return keras.ops.softmax(self.out(self.fc1(keras.ops.reshape(x, (-1, 64)))))

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, self(x)))
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


def test_a_training_step_of_ones_own(tmp_path: Path, digits: Digits) -> None:
    model = CustomStep()
    model.compile("sgd")
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0]))

    info = read_run(tmp_path).manifest.outputs
    assert info is not None
    assert (info.kind, info.head) == ("probabilities", None)


def hidden_between() -> Any:
    return classifier(relu(12, "fc2"), softmax())


def not_a_dense() -> Any:
    return keras.Sequential(
        [
            keras.layers.Flatten(),
            relu(10, "fc1"),
            keras.layers.Dense(10),
            keras.layers.ReLU(),
            keras.layers.Softmax(),
        ]
    )


def too_large() -> Any:
    return classifier(relu(400, "wide"), keras.layers.Dense(700, activation="softmax"))


@pytest.mark.parametrize(
    ("build", "layer"), [(hidden_between, "fc1"), (not_a_dense, "fc1"), (too_large, "wide")]
)
def test_no_head_where_no_recorded_layer_feeds_it(
    tmp_path: Path, digits: Digits, build: Callable[[], Any], layer: str
) -> None:
    model = build()
    model.compile("sgd", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=layer))

    info = read_run(tmp_path).manifest.outputs
    assert info is not None
    assert info.head is None
    reader = tf.train.load_checkpoint(str(tmp_path / "model.ckpt-1"))
    assert KERNEL not in reader.get_variable_to_shape_map()


def test_no_head_for_a_layer_that_a_function_has_changed(digits: Digits) -> None:
    model = classifier(softmax())
    doubled = trace_forward_pass(model, ["fc1"], digits[0], lambda t: 2 * t)
    as_it_is = trace_forward_pass(model, ["fc1"], digits[0])
    assert doubled.outputs is not None
    assert as_it_is.outputs is not None
    assert (doubled.outputs.head, as_it_is.outputs.head) == (None, "fc1")


def test_the_stock_projector_lists_the_layer_alone(tmp_path: Path, digits: Digits) -> None:
    _, reader = outputs_of(tmp_path, classifier(softmax()), *digits, CROSSENTROPY)
    shapes = reader.get_variable_to_shape_map()
    assert sorted(n for n, shape in shapes.items() if len(shape) == 2) == [
        "fc1",
        "tb_embed/outputs",
    ]
