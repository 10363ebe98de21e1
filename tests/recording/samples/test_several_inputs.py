"""Models of several inputs, recorded while they train."""

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
from tests.harness import read_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


def model_of_two(make_inputs: Callable[[Any, Any], Any]) -> Any:
    keras.utils.set_random_seed(0)
    left, right = keras.Input((32,), name="left"), keras.Input((32,), name="right")
    joined = keras.layers.Concatenate()([left, right])
    hidden = keras.layers.Dense(16, activation="relu", name="fc1")(joined)
    outputs = keras.layers.Dense(10, activation="softmax")(hidden)
    model = keras.Model(make_inputs(left, right), outputs)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def a_dict(left: Any, right: Any) -> Any:
    return {"left": left, "right": right}


def a_list(left: Any, right: Any) -> Any:
    return [left, right]


def a_tuple(left: Any, right: Any) -> Any:
    return left, right


@pytest.mark.parametrize(
    ("structure", "in_batches"),
    [
        (a_dict, False),
        (a_list, False),
        (a_tuple, False),
        (a_dict, True),
        (a_list, True),
    ],
)
def test_several_inputs_are_recorded(
    tmp_path: Path,
    digits: Digits,
    structure: Callable[[Any, Any], Any],
    *,
    in_batches: bool,
) -> None:
    flat = digits[0].reshape(-1, 64)
    x = structure(flat[:, :32], flat[:, 32:])
    given = x
    if in_batches:
        # A tuple, as TensorFlow makes one tensor of a list.
        parts = tuple(x) if isinstance(x, list) else x
        given = tf.data.Dataset.from_tensor_slices((parts, digits[1])).batch(64)
    model = model_of_two(structure)
    callback = EmbeddingCheckpoint(tmp_path, given, labels=digits[1], images=False)
    model.fit(x, digits[1], batch_size=256, verbose=0, callbacks=[callback])

    kernel, bias = model.get_layer("fc1").get_weights()
    run = read_run(tmp_path)
    expected = np.maximum(flat @ kernel + bias, 0)
    np.testing.assert_allclose(run.snapshot("fc1", 1), expected, atol=1e-5)
