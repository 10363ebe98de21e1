"""Layers that return several tensors, or complex numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tests.harness import read_run

X = np.random.default_rng(0).normal(size=(12, 5, 4)).astype(np.float32)
X[::2, 3:] = 0


class Spectrum(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Complex numbers, as a Fourier transform gives them."""

    def call(self, inputs: Any) -> Any:
        return keras.ops.cast(inputs, "complex64") * 1j


def fit(run_dir: Path, inputs: Any, outputs: Any, **options: Any) -> Any:
    model = keras.Model(inputs, keras.layers.Dense(1)(outputs))
    model.compile("sgd", "mse")
    recorder = EmbeddingCheckpoint(run_dir, X, images=False, **options)
    model.fit(X, np.zeros(len(X)), verbose=0, callbacks=[recorder])
    return model


def test_a_recurrent_layer_that_returns_its_state_is_recorded_by_its_output(
    tmp_path: Path,
) -> None:
    inputs = keras.Input((5, 4))
    masked = keras.layers.Masking()(inputs)
    output, _, cell = keras.layers.LSTM(
        3, return_sequences=True, return_state=True, name="lstm"
    )(masked)
    model = fit(tmp_path, inputs, cell, layers="lstm")

    outputs = keras.ops.convert_to_numpy(keras.Model(model.inputs, output)(X))
    expected = [
        rows[:3].mean(axis=0) if i % 2 == 0 else rows.mean(axis=0)
        for i, rows in enumerate(outputs)
    ]
    recorded = read_run(tmp_path).snapshot("lstm", 1)
    np.testing.assert_allclose(recorded, expected, rtol=1e-5, atol=1e-6)


class Named(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Several tensors by name, the first not first in the alphabet."""

    def call(self, inputs: Any) -> Any:
        return {"tokens": 2 * inputs[:, 0], "attention": 0 * inputs[:, 1]}


def test_of_tensors_by_name_the_first_that_is_named_is_recorded(tmp_path: Path) -> None:
    inputs = keras.Input((5, 4))
    fit(tmp_path, inputs, Named(name="named")(inputs)["tokens"], layers="named")
    np.testing.assert_allclose(read_run(tmp_path).snapshot("named", 1), 2 * X[:, 0], rtol=1e-6)


def test_a_function_gets_all_of_them(tmp_path: Path) -> None:
    inputs = keras.Input((5, 4))
    output, scores = keras.layers.MultiHeadAttention(2, 3, name="attention")(
        inputs, inputs, return_attention_scores=True
    )
    flat = keras.layers.Flatten()(output)
    model = fit(
        tmp_path, inputs, flat, layers="attention", pooling=lambda both: both[1][:, 0, 0]
    )
    expected = keras.ops.convert_to_numpy(keras.Model(model.inputs, scores)(X))[:, 0, 0]
    np.testing.assert_allclose(read_run(tmp_path).snapshot("attention", 1), expected, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["auto", lambda spectrum: spectrum[:, 0]])
def test_complex_numbers_are_refused_with_what_to_pass(tmp_path: Path, pooling: Any) -> None:
    inputs = keras.Input((5, 4))
    outputs = keras.layers.Flatten()(
        keras.layers.Lambda(keras.ops.abs)(Spectrum(name="fft")(inputs))
    )
    with pytest.raises(
        MisuseError, match=r"'fft' returns complex64.* lambda output: keras.ops.abs"
    ):
        fit(tmp_path / "refused", inputs, outputs, layers="fft", pooling=pooling)
    fit(
        tmp_path / "run",
        inputs,
        outputs,
        layers="fft",
        pooling=lambda s: keras.ops.abs(s[:, 0]),
    )
    np.testing.assert_allclose(
        read_run(tmp_path / "run").snapshot("fft", 1), abs(X[:, 0]), rtol=1e-6
    )
