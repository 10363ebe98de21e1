"""Padding that Keras forgets on the way through a transformer does not count either."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(1, 20, (6, 9))
TOKENS[::2, 5:] = 0


def attended(embedded: Any, name: str) -> Any:
    attention = keras.layers.MultiHeadAttention(2, 4)(embedded, embedded)
    added = keras.layers.Add(name=f"{name}_added")([embedded, attention])
    return keras.layers.LayerNormalization(name=f"{name}_norm")(added)


def without_padding(rows: Any, tokens: Any) -> Any:
    return [
        row[kept != 0].mean(axis=0)
        for row, kept in zip(keras.ops.convert_to_numpy(rows), tokens, strict=True)
    ]


def test_layers_of_a_transformer_are_pooled_without_padding() -> None:
    inputs = keras.Input((9,), dtype="int32")
    embedded = keras.layers.Embedding(20, 6, mask_zero=True, name="words")(inputs)
    norm = attended(embedded, "block")
    pooled = keras.layers.GlobalAveragePooling1D()(norm)
    model = keras.Model(inputs, keras.layers.Dense(3)(pooled))
    layers = ["words", "block_added", "block_norm"]

    tensors = trace_forward_pass(model, layers, TOKENS).run()
    for name in layers:
        rows = keras.Model(inputs, model.get_layer(name).output)(TOKENS)
        np.testing.assert_allclose(tensors[name], without_padding(rows, TOKENS), atol=1e-5)


def test_what_has_other_tokens_keeps_all() -> None:
    inputs = keras.Input((9,), dtype="int32")
    embedded = keras.layers.Embedding(20, 6, mask_zero=True)(inputs)
    shorter = keras.layers.Conv1D(4, 2, strides=2, name="shorter")(attended(embedded, "block"))
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(shorter)))

    tensors = trace_forward_pass(model, ["shorter"], TOKENS).run()
    rows = keras.ops.convert_to_numpy(keras.Model(inputs, shorter)(TOKENS))
    np.testing.assert_allclose(tensors["shorter"], rows.mean(axis=1), atol=1e-5)


@pytest.mark.parametrize("shared", [True, False])
def test_of_two_texts_nobody_knows_whose_padding_is_meant(*, shared: bool) -> None:
    texts = [keras.Input((9,), dtype="int32") for _ in range(2)]
    embeddings = [keras.layers.Embedding(20, 6, mask_zero=True) for _ in range(2)]
    one, other = (embeddings[i * (not shared)](text) for i, text in enumerate(texts))
    joined = keras.layers.Concatenate()([attended(one, "one"), attended(other, "other")])
    outputs = keras.layers.Dense(3)(keras.layers.Flatten()(joined))
    model = keras.Model(texts, outputs)

    x = [TOKENS, TOKENS[::-1].copy()]
    tensors = trace_forward_pass(model, ["one_norm"], x).run()
    rows = keras.ops.convert_to_numpy(keras.Model(texts, model.get_layer("one_norm").output)(x))
    np.testing.assert_allclose(tensors["one_norm"], rows.mean(axis=1), atol=1e-5)
