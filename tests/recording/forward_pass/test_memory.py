"""How many samples are passed at once: as many as the memory budget allows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin.recording.forward_pass import free_memory
from tb_embed_plugin.recording.forward_pass.batched_pass import MAX_BATCH_SIZE, MEMORY_BUDGET
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass

RNG = np.random.default_rng(0)
layers = keras.layers


def convolutional() -> tuple[Any, Any, int]:
    """A network, samples, and the bytes that its widest layer alone makes of a sample."""
    model = keras.Sequential(
        [
            keras.Input((96, 96, 3)),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(8),
            layers.GlobalAveragePooling2D(name="pooled"),
            layers.Dense(2),
        ]
    )
    return model, RNG.random((5, 96, 96, 3), np.float32), 96 * 96 * 64 * 4


def attention() -> tuple[Any, Any, int]:
    """The scores are no layer's output: 4 heads, 512 x 512 each."""
    inputs = keras.Input((512, 8))
    mixed = layers.MultiHeadAttention(4, 8)(inputs, inputs)
    pooled = layers.GlobalAveragePooling1D(name="pooled")(mixed)
    model = keras.Model(inputs, layers.Dense(2)(pooled))
    return model, RNG.random((5, 512, 8), np.float32), 4 * 512 * 512 * 4


@pytest.mark.parametrize("build", [convolutional, attention])
def test_a_batch_stays_within_the_budget(build: Any) -> None:
    model, x, of_a_sample = build()
    forward = trace_forward_pass(model, ["pooled"], x)

    assert 1 <= forward.batch_size <= MEMORY_BUDGET // of_a_sample


def test_small_models_are_passed_in_the_largest_batches() -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, name="fc1"), layers.Dense(2)])

    assert trace_forward_pass(model, ["fc1"], np.zeros((3, 8))).batch_size == MAX_BATCH_SIZE
    chosen = trace_forward_pass(model, ["fc1"], np.zeros((9, 8), np.float32), batch_size=4)
    assert chosen.batch_size == 4
    assert chosen.run()["fc1"].shape == (9, 4)


class Greedy(keras.layers.Layer):  # type: ignore[misc] # Keras is untyped
    """Runs out of memory with more than three samples."""

    def call(self, x: Any) -> Any:
        import tensorflow as tf

        def check(x: Any) -> Any:
            if len(x) > 3:
                raise MemoryError
            return x

        return tf.ensure_shape(tf.numpy_function(check, [x], x.dtype), x.shape)


def test_running_out_of_memory_halves_the_batch() -> None:
    model = keras.Sequential([keras.Input((8,)), Greedy(name="greedy"), layers.Dense(2)])
    x = RNG.random((11, 8), np.float32)
    forward = trace_forward_pass(model, ["greedy"], x, batch_size=8)

    np.testing.assert_array_equal(forward.run()["greedy"], x)
    assert forward.batch_size == 2


def test_a_stateful_rnn_gets_batches_of_its_size() -> None:
    inputs = keras.Input(batch_shape=(4, 7, 5))
    recurrent = layers.LSTM(6, stateful=True, name="lstm")
    model = keras.Model(inputs, layers.Dense(3)(recurrent(inputs)))
    x = RNG.random((10, 7, 5), np.float32)
    forward = trace_forward_pass(model, ["lstm"], x)

    recorded = forward.run()["lstm"].copy()
    again = forward.run()["lstm"]
    first = np.asarray(recurrent(x[:4]))
    recurrent.reset_state()
    last = np.asarray(recurrent(x[[8, 9, 0, 1]]))
    assert forward.batch_size == 4
    np.testing.assert_allclose(recorded[:4], first, atol=1e-6)
    np.testing.assert_allclose(recorded[8:], last[:2], atol=1e-6)
    # No state is left behind: what the model remembers is its own.
    np.testing.assert_array_equal(again, recorded)


def test_arrays_that_do_not_fit_are_refused_with_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(free_memory, "free_memory", lambda: 1000)
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, name="fc1"), layers.Dense(2)])

    with pytest.raises(MemoryError, match=r"100 samples needs 1.6e-06 GB.*max_samples"):
        trace_forward_pass(model, ["fc1"], np.zeros((100, 8), np.float32))


def test_free_memory_is_what_the_system_says() -> None:
    free = free_memory.free_memory()

    assert free is not None
    assert 1 << 20 < free < 1 << 50
