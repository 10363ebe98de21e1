"""Recording on the backend that KERAS_BACKEND names: `make test-backends` runs it for both.

Every model is trained for real and held against NumPy on its weights. TensorFlow is the file
format there and nothing else.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tests.harness import read_run
from tests.recording.forward_pass.test_models import (
    CROSSENTROPY,
    Digits,
    Subclassed,
    dense,
    fit,
    functional,
    relu,
    sequential,
    softmax,
    with_noise,
)

BACKEND = keras.backend.backend()

if "KERAS_BACKEND" not in os.environ:
    pytest.skip("KERAS_BACKEND names no backend", allow_module_level=True)


def test_this_is_no_tensorflow() -> None:
    assert BACKEND in ("jax", "torch")
    assert os.environ["KERAS_BACKEND"] == BACKEND


@pytest.mark.parametrize("batches", [1, 3])
def test_every_epoch_is_recorded(tmp_path: Path, digits: Digits, batches: int) -> None:
    x, y = np.tile(digits[0], (batches, 1, 1)), np.tile(digits[1], batches)
    weights: list[NDArray[np.float64]] = []

    class Keep(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            weights.append(dense(self.model.get_layer("fc1"), x))

        def on_train_end(self, logs: Any = None) -> None:
            self.on_epoch_begin(0)

    model = sequential(built=False)
    model.compile("adam", CROSSENTROPY)
    fit(model, x, y, EmbeddingCheckpoint(tmp_path, x), Keep(), epochs=2)

    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2]
    for step, expected in enumerate(weights):
        np.testing.assert_allclose(run.snapshot("fc1", step), expected, atol=1e-5)
    assert not np.allclose(weights[0], weights[2], atol=1e-3)


def test_outputs_and_head(tmp_path: Path, digits: Digits) -> None:
    model = functional()
    model.compile("adam", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="auto"))

    info = read_run(tmp_path).manifest.outputs
    assert info is not None
    assert (info.classes, info.kind, info.head) == (10, "probabilities", "fc1")
    tensors = all_tensors(tmp_path / "model.ckpt-1")
    kernel, bias = model.get_layer("probabilities").get_weights()
    np.testing.assert_array_equal(tensors["tb_embed/head/kernel"][0], kernel)
    np.testing.assert_array_equal(tensors["tb_embed/head/bias"][0, 0], bias)
    powers = np.exp(tensors["fc1"] @ kernel.astype(np.float64) + bias)
    np.testing.assert_allclose(
        tensors["tb_embed/outputs"], powers / powers.sum(axis=1, keepdims=True), atol=1e-5
    )


def all_tensors(checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(checkpoint))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def test_a_subclassed_model(tmp_path: Path, digits: Digits) -> None:
    model = Subclassed()
    model.compile("adam", CROSSENTROPY)
    fit(
        model,
        *digits,
        EmbeddingCheckpoint(tmp_path, digits[0], layers=["encoder/fc1", "blocks/1"]),
    )

    run = read_run(tmp_path)
    fc1 = dense(model.encoder.fc1, digits[0])
    np.testing.assert_allclose(run.snapshot("encoder/fc1", 1), fc1, atol=1e-5)
    last = dense(model.blocks[1], dense(model.blocks[0], fc1))
    np.testing.assert_allclose(run.snapshot("blocks/1", 1), last, atol=1e-5)
    with pytest.raises(MisuseError, match=r"'encoder', 'encoder/flatten', 'encoder/fc1'"):
        fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="fc9"))


def test_several_inputs(tmp_path: Path, digits: Digits) -> None:
    halves = {
        "left": digits[0][:, :, :4].reshape(-1, 32),
        "right": digits[0][:, :, 4:].reshape(-1, 32),
    }
    inputs = {name: keras.Input((32,), name=name) for name in halves}
    joined = keras.layers.Concatenate()([relu(6, "fc1")(inputs["left"]), inputs["right"]])
    model = keras.Model(inputs, softmax()(joined))
    model.compile("adam", CROSSENTROPY)
    callback = EmbeddingCheckpoint(tmp_path, halves, layers="fc1", images=False)
    fit(model, halves, digits[1], callback)

    expected = dense(model.get_layer("fc1"), halves["left"])
    np.testing.assert_allclose(read_run(tmp_path).snapshot("fc1", 1), expected, atol=1e-5)


def test_feature_maps_and_masked_sequences(tmp_path: Path, digits: Digits) -> None:
    tokens = np.rint(digits[0][:, :, 3] * 8).astype(np.int32)
    images = digits[0][..., None]
    maps, words = keras.Input((8, 8, 1)), keras.Input((8,), dtype="int32")
    conv = keras.layers.Conv2D(4, 3, name="conv")(maps)
    embedded = keras.layers.Embedding(9, 5, mask_zero=True, name="embedding")(words)
    joined = keras.layers.Concatenate()(
        [keras.layers.Flatten()(conv), keras.layers.LSTM(3)(embedded)]
    )
    model = keras.Model([maps, words], softmax()(joined))
    model.compile("adam", CROSSENTROPY)
    x = [images, tokens]
    layers = ["conv", "embedding"]
    fit(model, x, digits[1], EmbeddingCheckpoint(tmp_path, x, layers=layers, images=False))

    run = read_run(tmp_path)
    inner = keras.Model(model.inputs, [model.get_layer(name).output for name in layers])
    by_hand, rows = (np.asarray(a) for a in inner.predict(x, verbose=0))
    np.testing.assert_allclose(run.snapshot("conv", 1), by_hand.mean(axis=(1, 2)), atol=1e-5)
    kept = (tokens != 0)[:, :, None]
    means = (rows * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
    np.testing.assert_allclose(run.snapshot("embedding", 1), means, atol=1e-5)


def test_bfloat16(tmp_path: Path, digits: Digits) -> None:
    half = keras.layers.Dense(16, activation="relu", name="fc1", dtype="mixed_bfloat16")
    last = keras.layers.Dense(10, activation="softmax", dtype="float32")
    model = keras.Sequential([keras.layers.Flatten(), half, last])
    model.compile("adam", CROSSENTROPY)
    fit(model, *digits, EmbeddingCheckpoint(tmp_path, digits[0]))

    run = read_run(tmp_path)
    np.testing.assert_allclose(
        run.snapshot("fc1", 1), dense(half, digits[0]), atol=0.05, rtol=0.02
    )
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.head == "fc1"


@pytest.mark.parametrize("build", [lambda: sequential(built=False), Subclassed, with_noise])
def test_weights_are_those_without_the_callback(
    tmp_path: Path, digits: Digits, build: Callable[[], Any]
) -> None:
    def trained(*callbacks: Any) -> list[NDArray[Any]]:
        keras.utils.set_random_seed(3)
        model = build()
        model.compile("adam", CROSSENTROPY)
        fit(model, *digits, *callbacks, epochs=2)
        variables = (*model.variables, *model.optimizer.variables)
        return [keras.ops.convert_to_numpy(v.value) for v in variables]

    plain = trained()
    recorded = trained(EmbeddingCheckpoint(tmp_path, digits[0], layers="auto"))

    assert read_run(tmp_path).steps == [0, 1, 2]
    for one, other in zip(plain, recorded, strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_middle_of_an_epoch_has_its_own_weights(tmp_path: Path, digits: Digits) -> None:
    model = functional()
    model.compile("adam", CROSSENTROPY)
    checkpoint = EmbeddingCheckpoint(tmp_path, digits[0], save_freq=[2, 4])
    fit(model, *digits, checkpoint)

    run = read_run(tmp_path)
    snapshots = [np.asarray(run.snapshot("fc1", step)) for step in run.steps]
    assert len(snapshots) >= 3
    for one, other in itertools.pairwise(snapshots):
        assert np.abs(one - other).max() > 1e-4


@pytest.mark.skipif(BACKEND != "torch", reason="modules have a mode on PyTorch alone")
def test_modules_of_pytorch_keep_their_mode(tmp_path: Path, digits: Digits) -> None:
    import torch

    # Not BatchNorm1d, whose statistics Keras spoils with unset memory when it builds a model.
    dropout, norm = torch.nn.Dropout(0.5), torch.nn.LayerNorm(16)
    norm.eval()  # frozen by its owner

    class Mixed(keras.Model):  # type: ignore[misc] # Keras is untyped
        def __init__(self) -> None:
            super().__init__()
            self.flatten = keras.layers.Flatten()
            self.fc1 = relu(16)
            self.dropout = dropout
            self.norm = norm
            self.out = softmax()

        def call(self, x: Any) -> Any:
            return self.out(self.norm(self.dropout(self.fc1(self.flatten(x)))))

    model = Mixed()
    model.compile("adam", CROSSENTROPY)
    modes: list[list[bool]] = []

    class Modes(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            modes.append([module.training for module in self.model.modules()])

    checkpoint = EmbeddingCheckpoint(
        tmp_path, digits[0], layers=["fc1", "dropout"], save_freq=[1, 2]
    )
    fit(model, *digits, Modes(), checkpoint, Modes())

    assert all(any(mode) for mode in modes)
    assert all(mode == modes[0] for mode in modes)
    run = read_run(tmp_path)
    np.testing.assert_array_equal(run.snapshot("dropout", 1), run.snapshot("fc1", 1))
    assert all(p.requires_grad for p in model.fc1.parameters())


def test_what_a_loop_computes_is_refused(tmp_path: Path, digits: Digits) -> None:
    model = keras.Sequential(
        [keras.Input((8, 8)), keras.layers.LSTM(6, name="lstm"), softmax()]
    )
    model.compile("adam", CROSSENTROPY)
    checkpoint = EmbeddingCheckpoint(
        tmp_path, digits[0], layers="lstm/cell", pooling=lambda output: output[0]
    )
    # PyTorch's LSTM is one kernel and has no calls of a cell.
    message = "inside of a loop" if BACKEND == "jax" else "does not call"
    with pytest.raises(MisuseError, match=message):
        fit(model, *digits, checkpoint)
    assert not list(tmp_path.iterdir())


def test_tensorflow_is_not_even_loaded(tmp_path: Path) -> None:
    # Once in use, it would take the memory of the GPUs that the training needs.
    code = f"""
import sys
import numpy as np, keras
from tb_embed_plugin import EmbeddingCheckpoint
model = keras.Sequential([keras.layers.Dense(3, name="fc1"), keras.layers.Dense(1)])
model.compile("adam", "mse")
x = np.ones((80, 8, 8), "float32")
model.fit(x, x[:, :, :1], verbose=0, callbacks=[EmbeddingCheckpoint({str(tmp_path)!r}, x)])
assert "tensorflow" not in sys.modules
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert read_run(tmp_path).steps == [0, 1]
