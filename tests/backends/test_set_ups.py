"""Memory, masks and parts of models on Keras' other backends, against NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.recording.forward_pass.batched_pass import MEMORY_BUDGET
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tb_embed_plugin.recording.model import weight_values
from tb_embed_plugin.recording.model.weight_values import WeightReader
from tests.harness import read_run

layers = keras.layers
RNG = np.random.default_rng(0)


class Attention(keras.layers.Layer):  # type: ignore[misc] # Keras is untyped
    """Keras' own has no scores in memory where PyTorch computes it block by block."""

    def call(self, x: Any) -> Any:
        scores = keras.ops.softmax(keras.ops.matmul(x, keras.ops.transpose(x, (0, 2, 1))))
        return keras.ops.matmul(scores, x)


def test_an_attention_layers_scores_count() -> None:
    model = keras.Sequential(
        [
            keras.Input((1024, 8)),
            Attention(),
            layers.GlobalAveragePooling1D(name="pooled"),
            layers.Dense(2),
        ]
    )
    forward = trace_forward_pass(model, ["pooled"], RNG.random((5, 1024, 8), np.float32))

    # What a layer returns is 32 kB a sample, the scores 4 MiB.
    assert 1 <= forward.batch_size <= MEMORY_BUDGET // (1024 * 1024 * 4)


def test_a_digest_does_not_depend_on_how_variables_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(600), layers.BatchNormalization()]
    )
    one_by_one = np.concatenate(list(WeightReader(model.weights, 1000).read()))
    monkeypatch.setattr(weight_values, "FEW", 0)
    # Neither backend compiles where the variables lie in main memory.
    monkeypatch.setattr(weight_values, "_is_slow", lambda variable: True)
    values = WeightReader(model.weights, 1000)

    for _ in range(2):  # compiled by the first one
        assert np.concatenate(list(values.read())).tobytes() == one_by_one.tobytes()
    model.weights[0].assign(model.weights[0] + 1)
    assert np.concatenate(list(values.read())).tobytes() != one_by_one.tobytes()


def test_small_models_are_passed_in_large_batches() -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, name="fc1"), layers.Dense(2)])

    assert trace_forward_pass(model, ["fc1"], np.zeros((3, 8), np.float32)).batch_size == 2000


def test_a_mask_among_the_inputs() -> None:
    tokens, padding = (keras.Input((6,), name=name) for name in ("token_ids", "padding_mask"))
    embedding = layers.Embedding(10, 4, name="words")
    inputs = {"token_ids": tokens, "padding_mask": padding}
    model = keras.Model(inputs, layers.Dense(3)(embedding(tokens)[:, 0]))
    x: dict[str, Any] = {
        "token_ids": RNG.integers(0, 10, (9, 6)).astype(np.float32),
        "padding_mask": (np.arange(6) < RNG.integers(1, 7, (9, 1))).astype(np.float32),
    }
    vectors = embedding.get_weights()[0][x["token_ids"].astype(int)]
    kept = x["padding_mask"][..., None]
    expected = (vectors * kept).sum(axis=1) / kept.sum(axis=1)

    for mask in (None, x["padding_mask"], lambda batch: batch["padding_mask"]):
        recorded = trace_forward_pass(model, ["words"], x, mask=mask).run()["words"]
        np.testing.assert_allclose(recorded, expected, atol=1e-6)


def test_a_part_of_the_trained_model_is_recorded_as_it_changes(tmp_path: Path) -> None:
    part = keras.Sequential([keras.Input((8,)), layers.Dense(4, name="fc1")], name="part")
    model = keras.Sequential([part, layers.Dense(2)])
    model.compile("adam", "mse")
    x = RNG.random((20, 8), np.float32)
    callback = EmbeddingCheckpoint(tmp_path, x, model=part, layers="fc1", images=False)
    model.fit(x, np.zeros((20, 2)), epochs=2, verbose=0, callbacks=[callback])

    kernel, bias = part.get_layer("fc1").get_weights()
    run = read_run(tmp_path)
    np.testing.assert_allclose(run.snapshot("fc1", 2), x @ kernel + bias, atol=1e-5)
    assert not np.array_equal(run.snapshot("fc1", 0), run.snapshot("fc1", 2))
