"""Every kind of model, trained for a few steps, against NumPy on its weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tests.harness import read_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
CROSSENTROPY = "sparse_categorical_crossentropy"


def dense(layer: Any, x: NDArray[Any], *, relu: bool = True) -> NDArray[np.float64]:
    kernel, bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    result = x.reshape(len(x), -1).astype(np.float64) @ kernel + bias
    return np.maximum(result, 0) if relu else result


def fit(model: Any, x: Any, y: Any, *callbacks: Any, **options: Any) -> None:
    defaults = {"epochs": 1, "batch_size": 256, "verbose": 0}
    model.fit(x, y, **defaults | options, callbacks=callbacks)


def relu(units: int, name: str | None = None) -> Any:
    return keras.layers.Dense(units, activation="relu", name=name)


def softmax() -> Any:
    return keras.layers.Dense(10, activation="softmax", name="probabilities")


def sequential(*, built: bool) -> Any:
    first = [keras.Input((8, 8))] if built else []
    return keras.Sequential([*first, keras.layers.Flatten(), relu(16, "fc1"), softmax()])


def functional() -> Any:
    inputs = keras.Input((8, 8))
    return keras.Model(inputs, softmax()(relu(16, "fc1")(keras.layers.Flatten()(inputs))))


class Encoder(keras.Model):  # type: ignore[misc] # Keras is untyped
    """Two layers as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = keras.layers.Flatten()
        self.fc1 = relu(16)

    def call(self, x: Any) -> Any:
        return self.fc1(self.flatten(x))


class Subclassed(keras.Model):  # type: ignore[misc] # Keras is untyped
    """A model in a model, a list of layers, and a layer that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.blocks = [relu(12), relu(8)]
        self.unused = relu(4)
        self.classifier = softmax()

    def call(self, x: Any) -> Any:
        x = self.encoder(x)
        for block in self.blocks:
            x = block(x)
        return self.classifier(x)


def with_noise() -> Any:
    """Layers that are another thing in training, one that draws numbers in inference too."""
    return keras.Sequential(
        [
            keras.layers.Flatten(),
            relu(16, "fc1"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.3, name="dropout"),
            Sampling(name="sampling"),
            softmax(),
        ]
    )


class Sampling(keras.layers.Layer):  # type: ignore[misc] # Keras is untyped
    """Adds noise whenever it is called, and counts its calls, as some layers do."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seeds = keras.random.SeedGenerator(5)

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x: Any) -> Any:
        self.calls.assign(self.calls + 1)
        return x + 0.1 * keras.random.normal(keras.ops.shape(x), seed=self.seeds)


@pytest.mark.parametrize("built", [True, False])
def test_sequential_with_and_without_input(
    tmp_path: Path, digits: Digits, *, built: bool
) -> None:
    model = sequential(built=built)
    model.compile("sgd", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0]))

    expected = dense(model.get_layer("fc1"), digits[0])
    np.testing.assert_allclose(read_run(tmp_path).snapshot("fc1", 1), expected, atol=1e-5)


@pytest.mark.parametrize("form", ["list", "tuple", "dict"])
def test_several_inputs_and_outputs(digits: Digits, form: str) -> None:
    images, _ = digits
    left, right = images[:, :, :4].reshape(-1, 32), images[:, :, 4:].reshape(-1, 32)
    inputs = {
        "left": keras.Input((32,), name="left"),
        "right": keras.Input((32,), name="right"),
    }
    a = relu(16, "fc1")(inputs["left"])
    b = relu(8, "fc2")(inputs["right"])
    joined = keras.layers.Concatenate(name="joined")([a, b])
    # More samples than a batch of the forward pass, so that slices of each input are joined.
    x = {"left": np.tile(left, (2, 1)), "right": np.tile(right, (2, 1))}
    outputs = {
        "size": keras.layers.Dense(1, name="size")(joined),
        "digit": keras.layers.Dense(10, activation="softmax", name="digit")(joined),
    }
    if form != "dict":
        make: Callable[[Any], Any] = list if form == "list" else tuple
        x, inputs = make(x.values()), make(inputs.values())
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"size": "mse", "digit": CROSSENTROPY})
    forward = trace_forward_pass(model, ["fc1", "fc2", "joined"], x)
    found = forward.run()

    for name, part in (("fc1", left), ("fc2", right)):
        expected = np.tile(dense(model.get_layer(name), part), (2, 1))
        np.testing.assert_allclose(found[name], expected, atol=1e-5)
    np.testing.assert_array_equal(found["joined"], np.hstack([found["fc1"], found["fc2"]]))
    assert forward.outputs is not None
    assert (forward.outputs.classes, forward.outputs.head) == (10, "joined")


def test_a_nested_model_is_reached_by_its_path(tmp_path: Path, digits: Digits) -> None:
    encoder = keras.Sequential([keras.layers.Flatten(), relu(16, "fc1")], name="encoder")
    model = keras.Sequential([keras.Input((8, 8)), encoder, softmax()])
    model.compile("sgd", CROSSENTROPY)
    layers = ["encoder/fc1", "encoder"]
    with pytest.raises(MisuseError, match="name each layer once"):
        fit(
            model,
            *digits,
            EmbeddingCheckpoint(tmp_path, digits[0], layers=["encoder", "encoder"]),
        )
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=layers))

    run = read_run(tmp_path)
    expected = dense(encoder.get_layer("fc1"), digits[0])
    np.testing.assert_allclose(run.snapshot("encoder/fc1", 1), expected, atol=1e-5)
    np.testing.assert_array_equal(run.snapshot("encoder", 1), run.snapshot("encoder/fc1", 1))


def test_a_subclassed_model_is_reached_by_attributes(tmp_path: Path, digits: Digits) -> None:
    model = Subclassed()
    model.compile("sgd", CROSSENTROPY)
    layers = ["encoder/fc1", "blocks/0", "blocks/1"]
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=layers))

    run = read_run(tmp_path)
    fc1 = dense(model.encoder.fc1, digits[0])
    first = dense(model.blocks[0], fc1)
    np.testing.assert_allclose(run.snapshot("encoder/fc1", 1), fc1, atol=1e-5)
    np.testing.assert_allclose(run.snapshot("blocks/0", 1), first, atol=1e-5)
    np.testing.assert_allclose(
        run.snapshot("blocks/1", 1), dense(model.blocks[1], first), atol=1e-5
    )


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("encoder/fc2", r"no layer 'encoder/fc2'; did you mean 'encoder/fc1'.*'blocks/0'"),
        ("unused", r"does not call its layer 'unused'.*'encoder/fc1'"),
        ("blocks/0:1", "1 times, so there is no call 'blocks/0:1'"),
    ],
)
def test_what_cannot_be_reached_is_said(
    tmp_path: Path, digits: Digits, layer: str, message: str
) -> None:
    model = Subclassed()
    model.compile("sgd", CROSSENTROPY)
    with pytest.raises(MisuseError, match=message):
        fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=layer))
    assert not list(tmp_path.iterdir())


def test_each_call_of_a_shared_layer_has_a_name(tmp_path: Path, digits: Digits) -> None:
    inputs = keras.Input((64,))
    shared = keras.layers.Dense(64, activation="relu", name="shared")
    model = keras.Model(inputs, softmax()(shared(shared(inputs))))
    model.compile("sgd", CROSSENTROPY)
    x = digits[0].reshape(-1, 64)
    fit(model, x, digits[1], EmbeddingCheckpoint(tmp_path, x, layers=["shared", "shared:1"]))

    run = read_run(tmp_path)
    once = dense(shared, x)
    np.testing.assert_allclose(run.snapshot("shared", 1), once, atol=1e-5)
    np.testing.assert_allclose(run.snapshot("shared:1", 1), dense(shared, once), atol=1e-5)
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.head == "shared:1"


def test_dropout_and_batch_norm_are_in_inference_mode(tmp_path: Path, digits: Digits) -> None:
    model = with_noise()
    model.compile("sgd", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=["norm", "dropout"]))

    norm = model.get_layer("norm")
    gamma, beta, mean, variance = (w.astype(np.float64) for w in norm.get_weights())
    fc1 = dense(model.get_layer("fc1"), digits[0])
    expected = (fc1 - mean) / np.sqrt(variance + norm.epsilon) * gamma + beta
    run = read_run(tmp_path)
    np.testing.assert_allclose(run.snapshot("norm", 1), expected, atol=1e-4)
    np.testing.assert_array_equal(run.snapshot("dropout", 1), run.snapshot("norm", 1))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_half_precision_is_stored_as_float32(
    tmp_path: Path, digits: Digits, policy: str
) -> None:
    half = keras.layers.Dense(16, activation="relu", name="fc1", dtype=policy)
    last = keras.layers.Dense(10, activation="softmax", dtype="float32")
    model = keras.Sequential([keras.layers.Flatten(), half, last])
    model.compile("sgd", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0]))

    run = read_run(tmp_path)
    snapshot = run.snapshot("fc1", 1)
    assert snapshot.dtype == np.float32
    np.testing.assert_allclose(snapshot, dense(half, digits[0]), atol=0.05, rtol=0.02)
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.head == "fc1"  # the cast in between is seen through


def test_jit_compile_and_steps_per_execution(tmp_path: Path, digits: Digits) -> None:
    model = functional()
    model.compile("sgd", CROSSENTROPY, jit_compile=True, steps_per_execution=4)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0]))

    expected = dense(model.get_layer("fc1"), digits[0])
    np.testing.assert_allclose(read_run(tmp_path).snapshot("fc1", 1), expected, atol=1e-5)


def test_run_eagerly(tmp_path: Path, digits: Digits) -> None:
    class Eager(Encoder):
        def call(self, x: Any) -> Any:
            assert float(keras.ops.max(x)) <= 1  # no graph has a number here
            return keras.ops.softmax(super().call(x)[:, :10])

    model = Eager()
    model.compile("sgd", CROSSENTROPY, run_eagerly=True)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="fc1"))

    expected = dense(model.fc1, digits[0])
    np.testing.assert_allclose(read_run(tmp_path).snapshot("fc1", 1), expected, atol=1e-5)


def momentum() -> Any:
    return keras.optimizers.SGD(momentum=0.9)


@pytest.mark.parametrize(
    ("build", "optimizer"),
    [
        (lambda: sequential(built=False), momentum),
        (functional, momentum),
        (Subclassed, momentum),
        (with_noise, keras.optimizers.Adam),
    ],
)
def test_weights_are_those_without_the_callback(
    tmp_path: Path, digits: Digits, build: Callable[[], Any], optimizer: Callable[[], Any]
) -> None:
    def trained(*callbacks: Any) -> list[NDArray[Any]]:
        keras.utils.set_random_seed(3)
        model = build()
        model.compile(optimizer(), CROSSENTROPY)
        fit(model, *digits, *callbacks, epochs=2)
        variables = (*model.variables, *model.optimizer.variables)
        return [keras.ops.convert_to_numpy(v.value) for v in variables]

    plain = trained()
    recorded = trained(EmbeddingCheckpoint(tmp_path, digits[0], layers="auto"))

    assert read_run(tmp_path).steps == [0, 1, 2]
    assert len(plain) == len(recorded)
    for one, other in zip(plain, recorded, strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_model_is_as_it_was(tmp_path: Path, digits: Digits) -> None:
    model = Subclassed()
    model.compile("sgd", CROSSENTROPY)
    fit(model, *digits)
    layers = [model, model.encoder, model.encoder.fc1, *model.blocks, model.classifier]
    before = [set(vars(layer)) for layer in layers]
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="auto"))

    assert [set(vars(layer)) for layer in layers] == before


@pytest.mark.parametrize("call", ["lstm/cell", "lstm/cell:1", "lstm/cell:5"])
def test_what_a_loop_computes_is_refused(tmp_path: Path, digits: Digits, call: str) -> None:
    model = keras.Sequential(
        [keras.Input((8, 8)), keras.layers.LSTM(6, name="lstm"), softmax()]
    )
    model.compile("sgd", CROSSENTROPY)
    checkpoint = EmbeddingCheckpoint(
        tmp_path, digits[0], layers=call, pooling=lambda output: output[0]
    )
    with pytest.raises(MisuseError, match=r"inside of a loop.*choose the layer around it"):
        fit(model, *digits, checkpoint)
