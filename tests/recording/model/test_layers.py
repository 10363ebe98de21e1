"""Activations of every rank, against NumPy on what Keras' own model gives out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tests.harness import read_run
from tests.recording.forward_pass.test_models import CROSSENTROPY, dense, fit, relu, softmax

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


def images_model(width: int = 4) -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(width, 3, name="conv"),
            keras.layers.Activation("relu", name="active"),
            keras.layers.Flatten(name="flat"),
            softmax(),
        ]
    )


def sequence_model() -> Any:
    """Padded tokens, 0 where there is none."""
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            keras.layers.Embedding(9, 5, mask_zero=True, name="embedding"),
            keras.layers.LSTM(7, return_sequences=True, name="lstm"),
            keras.layers.LSTM(3, name="last"),
            softmax(),
        ]
    )


TOKENS = np.array(
    [[3, 1, 4, 0, 0, 0], [1, 5, 8, 2, 6, 5], [7, 0, 0, 0, 0, 0], [0, 0, 2, 3, 0, 0]]
)


def inner(model: Any, layer: str, x: NDArray[Any]) -> NDArray[np.float64]:
    submodel = keras.Model(model.inputs, model.get_layer(layer).output)
    return np.asarray(submodel(x), np.float64)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("auto", lambda maps: maps.mean(axis=(1, 2))),
        ("mean", lambda maps: maps.mean(axis=(1, 2))),
        ("flatten", lambda maps: maps.reshape(len(maps), -1)),
        (lambda maps: keras.ops.max(maps, axis=(1, 2)), lambda maps: maps.max(axis=(1, 2))),
        ({"active": "flatten"}, lambda maps: maps.mean(axis=(1, 2))),
    ],
)
def test_feature_maps(digits: Digits, pooling: Any, expected: Callable[[Any], Any]) -> None:
    model = images_model()
    tensors = trace_forward_pass(model, ["conv", "active"], digits[0], pooling).run()

    maps = inner(model, "conv", digits[0])
    np.testing.assert_allclose(tensors["conv"], expected(maps), atol=1e-5)
    if isinstance(pooling, dict):
        flat = np.maximum(maps, 0).reshape(len(maps), -1)
        np.testing.assert_allclose(tensors["active"], flat, atol=1e-5)


def test_a_training_is_recorded_with_its_pooling(tmp_path: Path, digits: Digits) -> None:
    model = images_model()
    model.compile("sgd", CROSSENTROPY)
    checkpoint = EmbeddingCheckpoint(
        tmp_path, digits[0], layers=["conv", "active"], pooling={"active": "flatten"}
    )
    fit(model, *digits, checkpoint)

    run = read_run(tmp_path)
    maps = inner(model, "conv", digits[0])
    flat = np.maximum(maps, 0).reshape(len(maps), -1)
    np.testing.assert_allclose(run.snapshot("conv", 1), maps.mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(run.snapshot("active", 1), flat, atol=1e-5)


def test_channels_first_are_known_behind_the_layer_that_says_so() -> None:
    rng = np.random.default_rng(0)
    inputs = keras.Input((2, 5, 5, 5))
    # Convolutions with the channels first need a GPU; this layer needs none.
    pooled = keras.layers.UpSampling3D(2, data_format="channels_first", name="up")(inputs)
    active = keras.layers.Activation("relu", name="active")(pooled)
    model = keras.Model(inputs, softmax()(keras.layers.Flatten()(active)))
    x = rng.normal(size=(4, 2, 5, 5, 5)).astype(np.float32)

    tensors = trace_forward_pass(model, ["up", "active"], x).run()

    np.testing.assert_allclose(tensors["up"], x.mean(axis=(2, 3, 4)), atol=1e-5)
    expected = np.maximum(x, 0).mean(axis=(2, 3, 4))
    np.testing.assert_allclose(tensors["active"], expected, atol=1e-5)


def kept(row: NDArray[Any], tokens: NDArray[Any]) -> Any:
    return row[tokens != 0]


@pytest.fixture(scope="module")
def sequences() -> tuple[Any, dict[str, NDArray[np.float64]]]:
    """A model of padded tokens, and what its layers yield before anything is pooled."""
    model = sequence_model()
    return model, {name: inner(model, name, TOKENS) for name in ("embedding", "lstm", "last")}


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("auto", lambda row: row.mean(axis=0)),
        ("first", lambda row: row[0]),
        ("last", lambda row: row[-1]),
    ],
)
def test_sequences_without_their_padding(
    sequences: tuple[Any, dict[str, NDArray[np.float64]]],
    pooling: Any,
    expected: Callable[[Any], Any],
) -> None:
    model, yielded = sequences
    tensors = trace_forward_pass(model, list(yielded), TOKENS, pooling).run()

    for layer in ("embedding", "lstm"):
        pairs = zip(yielded[layer], TOKENS, strict=True)
        by_hand = [expected(kept(*pair)) for pair in pairs]
        np.testing.assert_allclose(tensors[layer], by_hand, atol=1e-5)
    np.testing.assert_allclose(tensors["last"], yielded["last"], atol=1e-5)


def test_sequences_without_a_mask() -> None:
    x = np.random.default_rng(1).normal(size=(5, 6, 4)).astype(np.float32)
    model = keras.Sequential([keras.Input((6, 4)), keras.layers.Activation("linear", name="t")])
    by_hand = {
        "mean": x.mean(axis=1),
        "first": x[:, 0],
        "last": x[:, -1],
        "flatten": x.reshape(5, -1),
    }
    for pooling, expected in by_hand.items():
        tensors = trace_forward_pass(model, ["t"], x, pooling).run()  # type: ignore[arg-type]
        np.testing.assert_allclose(tensors["t"], expected, atol=1e-6)


def test_one_value_a_sample_is_one_unit() -> None:
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    inputs = keras.Input((3,))
    total = keras.layers.Lambda(lambda t: keras.ops.sum(t, axis=1), name="total")(inputs)
    model = keras.Model(inputs, total)

    tensors = trace_forward_pass(model, ["total"], x).run()
    np.testing.assert_array_equal(tensors["total"], x.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("layer", "pooling", "message"),
    [
        ("conv", "largest", r"must be 'auto'.*not 'largest'; pass pooling="),
        (
            "conv",
            {"cov": "mean"},
            r"the layer 'cov', which is not recorded; .*did you mean 'conv'",
        ),
        ("conv", "first", r"layer 'conv' returns \(3, 6, 6, 200\).*pass pooling="),
        (
            "conv",
            "flatten",
            r"layer 'conv' has 7200 units, but at most 4096 .*choose a narrower",
        ),
        ("flat", "auto", r"layer 'flat' has 7200 units, but at most 4096"),
        ("conv", lambda maps: maps[:, 0], r"'conv' returns \(3, 6, 200\)"),
        ("conv", lambda maps: maps[:1, 0, 0], r"returns \(1, 200\) for 3 samples"),
    ],
)
def test_what_yields_no_rows_is_refused(
    tmp_path: Path, digits: Digits, layer: str, pooling: Any, message: str
) -> None:
    model = images_model(200)
    model.compile("sgd", CROSSENTROPY)
    with pytest.raises(MisuseError, match=message):
        fit(
            model,
            *digits,
            EmbeddingCheckpoint(tmp_path, digits[0], layers=layer, pooling=pooling),
        )
    assert not list(tmp_path.iterdir())


def test_the_widest_layer_is_recorded() -> None:
    x = np.ones((3, 1), np.float32)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(MAX_UNITS, name="wide")])
    assert trace_forward_pass(model, ["wide"], x).layers[0].units == MAX_UNITS


class Bare(keras.Model):  # type: ignore[misc] # Keras is untyped
    """Computes between its layers without a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(16)
        self.out = keras.layers.Dense(10)

    def call(self, x: Any) -> Any:
        x = keras.ops.reshape(x, (-1, 64))
        return keras.ops.softmax(self.out(keras.ops.relu(self.hidden(x))))


def with_tail() -> Any:
    return keras.Sequential(
        [
            keras.layers.Flatten(),
            relu(16, "fc1"),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu", name="active"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10),
            keras.layers.Softmax(),
        ]
    )


def nested() -> Any:
    encoder = keras.Sequential([keras.layers.Flatten(), relu(9, "fc1")], name="encoder")
    return keras.Sequential([keras.Input((8, 8)), encoder, softmax()])


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (with_tail, "active"),
        (nested, "encoder"),
        (Bare, "hidden"),
        (images_model, "flat"),
        (lambda: images_model(200), "active"),
    ],
)
def test_the_last_hidden_layer_is_found(
    tmp_path: Path, digits: Digits, build: Callable[[], Any], expected: str
) -> None:
    model = build()
    model.compile("sgd", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="auto"))

    run = read_run(tmp_path)
    assert [layer.name for layer in run.manifest.layers] == [expected]
    if isinstance(model, Bare):
        by_hand = dense(model.hidden, digits[0], relu=False)
        np.testing.assert_allclose(run.snapshot("hidden", 1), by_hand, atol=1e-5)


def test_a_model_without_a_hidden_layer_is_refused(tmp_path: Path, digits: Digits) -> None:
    model = keras.Sequential([keras.layers.Flatten(name="flat"), softmax()])
    model.compile("sgd", CROSSENTROPY)
    with pytest.raises(MisuseError, match=r"no hidden layer.*'flat' or 'probabilities'"):
        fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="auto"))


def test_auto_is_not_recorded_twice(tmp_path: Path, digits: Digits) -> None:
    model = nested()
    model.compile("sgd", CROSSENTROPY)
    with pytest.raises(MisuseError, match=r"\('auto', 'encoder'\).*name each layer once"):
        fit(
            model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=["auto", "encoder"])
        )
