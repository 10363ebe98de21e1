"""Models kept with a run: real trainings, whose recorded samples are placed anew."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError, open_run
from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import MODELS_FOLDER
from tb_embed_plugin.runs.kept_models import steps_with_models
from tb_embed_plugin.runs.logdir import Logdir
from tests.faults.system_calls import failing
from tests.harness import read_run

layers = keras.layers
RNG = np.random.default_rng(0)
X = RNG.random((40, 8), np.float32)
IMAGES = RNG.random((40, 8, 8, 3), np.float32)
TEXTS = np.array([" ".join(RNG.choice(["a", "b", "c", "d"], 5)) for _ in range(40)], object)
Y = np.arange(40) % 3
FEW = 7


@keras.saving.register_keras_serializable("tests")
class Scaled(keras.Model):  # type: ignore[misc] # Keras is untyped
    """A subclassed model that says what it is made from."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.fc1 = layers.Dense(units, "relu")
        self.classes = layers.Dense(3, "softmax")

    def call(self, x: Any) -> Any:
        return self.classes(self.fc1(2 * x))

    def get_config(self) -> dict[str, Any]:
        return {"units": self.units, "name": self.name}


class Unregistered(Scaled):
    """One whose class nobody finds again."""


def classifier(*first: Any, fc1: Any = None) -> Any:
    fc1 = layers.Dense(6, "relu", name="fc1") if fc1 is None else fc1
    return compiled(keras.Sequential([*first, fc1, layers.Dense(3, "softmax")]))


def compiled(model: Any, **options: Any) -> Any:
    model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"} | options)
    return model


def dense() -> Any:
    return classifier(keras.Input((8,)), layers.Dropout(0.5), layers.BatchNormalization())


def convolutional() -> Any:
    return classifier(
        keras.Input((8, 8, 3)),
        layers.Conv2D(4, 3, name="conv"),
        layers.GlobalAveragePooling2D(),
    )


def half() -> Any:
    return classifier(
        keras.Input((8,)), fc1=layers.Dense(6, "relu", name="fc1", dtype="mixed_bfloat16")
    )


def two_inputs() -> Any:
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    fc1 = layers.Dense(6, name="fc1")
    both = layers.Concatenate()([fc1(a), fc1(b)])
    return compiled(keras.Model({"a": a, "b": b}, layers.Dense(3, "softmax")(both)))


def gray() -> Any:
    """A model of one channel, of which Keras lets the axis be missing from x."""
    return classifier(keras.Input((8, 8, 1)), layers.Flatten())


def uneven_inputs() -> Any:
    a, b = keras.Input((8,), name="a"), keras.Input((5,), name="b")
    both = layers.Dense(6, name="fc1")(layers.Concatenate()([a, b]))
    return compiled(keras.Model({"a": a, "b": b}, layers.Dense(3, "softmax")(both)))


def texts() -> Any:
    vectors = layers.TextVectorization(output_mode="multi_hot", max_tokens=6)
    vectors.adapt(TEXTS.astype(str))
    inputs = keras.Input((), dtype="string")
    fc1 = layers.Dense(6, name="fc1")(vectors(inputs))
    return compiled(keras.Model(inputs, layers.Dense(3, "softmax")(fc1)))


def averaged() -> Any:
    return compiled(dense(), optimizer=keras.optimizers.SGD(use_ema=True, ema_momentum=0.5))


def train(network: Any, x: Any, run_dir: Path, epochs: int = 1, **options: Any) -> None:
    callbacks = options.pop("callbacks", [])
    checkpoint = EmbeddingCheckpoint(
        run_dir, x, Y, **{"keep_model": True, "images": False} | options
    )
    fed = tf.constant(x) if x is TEXTS else x
    network.fit(fed, Y, epochs=epochs, verbose=0, callbacks=[*callbacks, checkpoint])


def rows_of(x: Any) -> Any:
    return {k: v[:FEW] for k, v in x.items()} if isinstance(x, dict) else x[:FEW]


def off_by(run_dir: Path, layer_name: str, x: Any) -> dict[int, float]:
    """Returns by step how far recorded samples, placed anew, lie from their own points."""
    layer = open_run(run_dir).layer(layer_name)
    found = {}
    for step in layer.steps:
        recorded = layer.snapshot(step)
        at = layer.project_new(recorded, step).coordinates
        anew = layer.project_new(inputs=rows_of(x), step=step).coordinates
        radius = np.sqrt(at.var(axis=0).sum())
        found[step] = float(np.linalg.norm(anew - at[:FEW], axis=1).max() / radius)
    return found


@pytest.mark.parametrize(
    ("build", "x", "options", "most"),
    [
        (dense, X, {}, 1e-4),
        (convolutional, IMAGES, {"layers": "conv", "pooling": {"conv": "flatten"}}, 1e-4),
        (half, X, {}, 1e-2),
        (two_inputs, {"a": X, "b": 1 - X}, {"layers": ["fc1:1", "fc1"]}, 1e-4),
        (uneven_inputs, {"b": X[:, :5], "a": X}, {"layers": "fc1"}, 1e-4),
        (gray, IMAGES[..., 0], {"layers": "fc1"}, 1e-4),
        (texts, TEXTS, {"layers": "fc1"}, 1e-4),
        (lambda: compiled(Scaled(6)), X, {"layers": "fc1"}, 1e-4),
        (averaged, X, {"epochs": 1, "callbacks": [keras.callbacks.SwapEMAWeights()]}, 1e-4),
    ],
    ids=[
        "dense",
        "pooled",
        "half",
        "inputs",
        "order",
        "gray",
        "texts",
        "subclassed",
        "averaged",
    ],
)
def test_a_recorded_sample_lands_on_its_own_point_at_every_step(
    tmp_path: Path,
    build: Callable[[], Any],
    x: Any,
    options: dict[str, Any],
    most: float,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        train(build(), x, tmp_path, **options)

    names = [layer.name for layer in read_run(tmp_path).layers]
    for name in names:
        off = off_by(tmp_path, name, x)
        assert {0, 1} <= off.keys()
        assert max(off.values()) < most, (name, off)


def test_inputs_of_other_names_are_refused(tmp_path: Path) -> None:
    train(uneven_inputs(), {"a": X, "b": X[:, :5]}, tmp_path, layers="fc1")
    with pytest.raises(MisuseError, match=r"(?s)'a' of shape \(8,\) and 'b' .*x\['c'\]"):
        open_run(tmp_path).layer().project_new(inputs={"b": X[:, :5], "c": X})


def test_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    train(convolutional(), IMAGES, tmp_path, layers="conv", pooling={"conv": "flatten"})
    with pytest.raises(MisuseError, match=r"\(8, 8, 3\) .* does not accept x of .* 7, 8, 3\)"):
        open_run(tmp_path).layer().project_new(inputs=IMAGES[:, 1:])


def test_a_part_of_the_model_is_kept(tmp_path: Path) -> None:
    encoder = keras.Sequential(
        [keras.Input((8,)), layers.Dense(6, name="fc1"), layers.Dense(4)], name="encoder"
    )
    model = compiled(keras.Sequential([encoder, layers.Dense(3, "softmax")]))
    train(model, X, tmp_path, model=encoder, layers="fc1")
    assert max(off_by(tmp_path, "fc1", X).values()) < 1e-4
    assert read_run(tmp_path).steps == steps_with_models(read_run(tmp_path)) == [0, 1]


def test_the_archive_is_keras_own_without_the_optimizer(tmp_path: Path) -> None:
    model = dense()
    train(model, X, tmp_path)
    kept = keras.saving.load_model(tmp_path / MODELS_FOLDER / "model-1.keras")
    for weight, expected in zip(kept.weights, model.weights, strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert getattr(kept, "optimizer", None) is None


def test_a_training_whose_models_are_kept_is_the_one_without(tmp_path: Path) -> None:
    def trained(name: str, *, keep_model: bool) -> tuple[list[Any], object, str]:
        keras.utils.set_random_seed(1)
        keras.backend.clear_session()
        model = dense()
        train(model, X, tmp_path / name, keep_model=keep_model)
        return model.get_weights(), random.getstate(), layers.Dense(3).name

    kept, without = trained("kept", keep_model=True), trained("not", keep_model=False)
    assert kept[1:] == without[1:]
    for a, b in zip(kept[0], without[0], strict=True):
        np.testing.assert_array_equal(a, b)


REFUSED: list[tuple[Callable[[], Any], dict[str, Any], str]] = [
    (
        lambda: classifier(keras.Input((8,)), layers.Lambda(lambda x: 2 * x)),
        {},
        "safe mode.*Lambda.*register_keras_serializable",
    ),
    (lambda: compiled(Unregistered(6)), {"layers": "fc1"}, "Could not locate class"),
    (dense, {"pooling": lambda rows: rows}, "pooling of 'fc1' is a function"),
    (dense, {"model": lambda batch: {"fc1": batch}}, "model= is a function"),
]


@pytest.mark.parametrize(("build", "options", "words"), REFUSED)
def test_what_cannot_be_kept_is_named_once_and_all_else_is_recorded(
    tmp_path: Path, build: Callable[[], Any], options: dict[str, Any], words: str
) -> None:
    with pytest.warns(RuntimeWarning, match=f"(?s)keeps no model.*{words}") as told:
        train(build(), X, tmp_path, **options)
    (warning,) = [w for w in told if w.category is RuntimeWarning]
    assert "cannot be placed" in str(warning.message)
    run = read_run(tmp_path)
    assert run.steps == [0, 1]
    with pytest.raises(NotRecordedError, match="keeps no model of step 1, but of none"):
        open_run(tmp_path).layer().project_new(inputs=X)


def test_a_model_that_is_another_once_it_is_loaded_is_named(tmp_path: Path) -> None:
    model = Scaled(6)
    model.fc1.activation = keras.activations.tanh
    with pytest.warns(RuntimeWarning, match="other activations of 'fc1' once it is saved"):
        train(compiled(model), X, tmp_path, layers="fc1")
    assert read_run(tmp_path).steps == [0, 1]


def test_models_go_with_their_snapshots_and_make_no_run(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    train(dense(), X, run_dir, epochs=4, max_to_keep=3)
    steps = read_run(run_dir).steps
    files = {path.name for path in (run_dir / MODELS_FOLDER).iterdir()}
    assert len(steps) == 3
    assert files == {f"model-{step}.{end}" for step in steps for end in ("keras", "json")}
    assert [run.name for run in Logdir(tmp_path, list).list_runs()] == ["run"]
    assert steps_with_models(read_run(run_dir)) == steps

    train(dense(), X, run_dir, on_existing="overwrite", keep_model=False)
    assert not list((run_dir / MODELS_FOLDER).iterdir())


def test_a_model_left_over_from_another_training_counts_as_none(tmp_path: Path) -> None:
    train(dense(), X, tmp_path)
    facts = tmp_path / MODELS_FOLDER / "model-1.json"
    kept = json.loads(facts.read_text())
    facts.write_text(json.dumps(kept | {"digest": "0" * 32}))
    assert steps_with_models(read_run(tmp_path)) == [0]
    facts.write_text("{")
    with pytest.raises(UnreadableError, match=r"model-1\.json .* is damaged"):
        open_run(tmp_path).layer().project_new(inputs=X, step=1)


def test_a_disk_that_takes_no_model_takes_the_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tb_embed_plugin.runs.writer.write_model", full)
    with pytest.warns(RuntimeWarning, match="keeps no model.*no space is left") as told:
        train(dense(), X, tmp_path)
    assert [w.category for w in told].count(RuntimeWarning) == 1
    assert read_run(tmp_path).steps == [0, 1]


def test_a_failing_disk_stops_no_training(tmp_path: Path) -> None:
    model = dense()
    with warnings.catch_warnings(), failing("ENOSPC", 40):
        warnings.simplefilter("ignore", RuntimeWarning)
        train(model, X, tmp_path, epochs=3)
    assert int(model.optimizer.iterations) == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "activations or inputs, not neither"),
        ({"activations": X, "inputs": X}, "not both"),
        (
            {"inputs": X[:, :5]},
            r"shape \(8,\) for each sample, and does not accept x of shape \(40, 5\)",
        ),
        ({"inputs": "a.npy"}, "x must be an array"),
    ],
)
def test_what_the_model_does_not_take_is_refused(
    tmp_path_factory: pytest.TempPathFactory, arguments: dict[str, Any], words: str
) -> None:
    run_dir = tmp_path_factory.getbasetemp() / "kept"
    if not run_dir.exists():
        train(dense(), X, run_dir)
    with pytest.raises(MisuseError, match=words):
        open_run(run_dir).layer().project_new(**arguments)
