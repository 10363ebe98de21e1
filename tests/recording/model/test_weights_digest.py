"""The digest of a model's weights, by which a training that goes on is known."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin.recording.model import weight_values
from tb_embed_plugin.recording.model.weights_digest import digest_weights


def build(seed: int = 0) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )


class Variables(keras.layers.Layer):  # type: ignore[misc] # Keras is untyped
    """Of every shape and dtype that a digest may meet."""

    def __init__(self) -> None:
        super().__init__()
        shapes = ((), (1,), (5,), (70, 70), (3, 4, 500), (0, 3))
        for i, shape in enumerate(shapes):
            for dtype in ("float32", "bfloat16", "float16", "int32"):
                self.add_weight(
                    shape=shape, dtype=dtype, initializer="ones", name=f"{i}{dtype}"
                )
        rng = np.random.default_rng(0)
        for variable in self.weights:
            variable.assign(rng.normal(0, 1e-3, variable.shape).astype(np.float32))


@pytest.mark.parametrize("few", [0, 64], ids=["together", "one by one"])
def test_a_digest_survives_files_and_precision_and_sees_every_change(
    tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build()
    digest = digest_weights(model)
    monkeypatch.setattr(weight_values, "FEW", few)
    model.save(tmp_path / "a.keras")
    model.save_weights(tmp_path / "a.weights.h5")
    other = build(9)
    other.load_weights(tmp_path / "a.weights.h5")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = build(4)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.load_weights(tmp_path / "a.weights.h5")

    loaded = keras.models.load_model(tmp_path / "a.keras")
    assert [digest_weights(m) for m in (model, model, loaded, other, mixed)] == [digest] * 5
    for place in range(len(model.weights)):
        weights = model.get_weights()
        weights[place] = np.nextafter(weights[place], np.float32(np.inf))
        other.set_weights(weights)
        assert digest_weights(other) != digest
    model.layers[0].trainable = False
    assert digest_weights(model) == digest


def test_a_digest_does_not_depend_on_how_variables_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = Variables()
    one_by_one = digest_weights(keras.Sequential([layer]))
    monkeypatch.setattr(weight_values, "FEW", 0)
    model = keras.Sequential([layer])

    assert [digest_weights(model), digest_weights(model)] == [one_by_one] * 2
    model.weights[0].assign(3.0)
    assert digest_weights(model) != one_by_one


def test_a_digest_leaves_the_variables_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_values, "FEW", 0)
    model = build()
    digest_weights(model)

    # After a gather TensorFlow would copy the weights whenever a training reads them.
    for variable in model.weights:
        first, second = (memoryview(variable.value.value()) for _ in range(2))
        assert np.shares_memory(np.asarray(first), np.asarray(second)), variable.path


def test_what_reads_the_variables_is_made_once_and_goes_with_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    compile_one = weight_values._compile  # noqa: SLF001 # how often, nobody else tells

    def counted(*given: Any) -> Any:
        made.append(given)
        return compile_one(*given)

    monkeypatch.setattr(weight_values, "FEW", 0)
    monkeypatch.setattr(weight_values, "_compile", counted)
    model = build()
    digests = {digest_weights(model), digest_weights(model)}
    assert (len(digests), len(made)) == (1, 1)
    model.add(keras.layers.Dense(3))
    digest_weights(model)
    assert len(made) == 2

    made.clear()
    variable = weakref.ref(model.weights[0])
    del model
    gc.collect()
    assert variable() is None
