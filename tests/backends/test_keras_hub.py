"""KerasHub's models, small and untrained, against what they predict themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import keras_hub
import numpy as np
import pytest

from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tests.harness import read_run

RNG = np.random.default_rng(0)
SAMPLES, TOKENS = 9, 6
SIZES = {
    "vocabulary_size": 30,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 16,
    "intermediate_dim": 32,
    "max_sequence_length": TOKENS,
}
X = {
    "token_ids": RNG.integers(1, 30, (SAMPLES, TOKENS)).astype(np.int32),
    "padding_mask": (np.arange(TOKENS) < RNG.integers(2, 6, (SAMPLES, 1))).astype(np.int32),
}
WITH_SEGMENTS = X | {"segment_ids": np.zeros((SAMPLES, TOKENS), np.int32)}
Y = np.arange(SAMPLES) % 3
NAMES = ("bert/pooled_dense", "bert/transformer_layers/1")
"""What "auto" finds, and the layer below it."""


def mean_token(sequence: Any) -> Any:
    kept = X["padding_mask"][..., None]
    return (sequence * kept).sum(axis=1) / kept.sum(axis=1)


def classifier() -> Any:
    keras.utils.set_random_seed(0)
    model = keras_hub.models.BertTextClassifier(
        backbone=keras_hub.models.BertBackbone(**SIZES, name="bert"),
        num_classes=3,
        preprocessor=None,
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_a_text_classifier_is_recorded_with_its_head(tmp_path: Path) -> None:
    layers = ["auto", NAMES[1]]
    weights = []
    for callbacks in ([], [EmbeddingCheckpoint(tmp_path, WITH_SEGMENTS, Y, layers=layers)]):
        model = classifier()
        model.fit(WITH_SEGMENTS, Y, batch_size=4, shuffle=False, verbose=0, callbacks=callbacks)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)

    run = read_run(tmp_path)
    pooled, last = (run.snapshot(name, 1) for name in NAMES)
    expected = model.backbone.predict(WITH_SEGMENTS, verbose=0)
    np.testing.assert_allclose(pooled, expected["pooled_output"], atol=1e-5)
    np.testing.assert_allclose(last, mean_token(expected["sequence_output"]), atol=1e-5)
    outputs = run.manifest.outputs
    assert outputs is not None
    assert outputs.kind == "logits"
    assert outputs.head == NAMES[0]


def test_a_quantized_text_classifier_is_recorded() -> None:
    model = classifier()
    model.quantize("int8")
    recorded = trace_forward_pass(model, ["auto"], WITH_SEGMENTS).run()[NAMES[0]]

    expected = model.backbone.predict(WITH_SEGMENTS, verbose=0)["pooled_output"]
    np.testing.assert_allclose(recorded, expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["GPT2Backbone", "OPTBackbone"])
def test_padding_of_a_backbone_is_not_pooled(kind: str) -> None:
    model = getattr(keras_hub.models, kind)(**SIZES)
    recorded = trace_forward_pass(model, ["layer_norm"], X).run()["layer_norm"]

    expected = mean_token(model.predict(X, verbose=0))
    np.testing.assert_allclose(recorded, expected, atol=1e-5)
