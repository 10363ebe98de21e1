"""The Keras callback in real trainings."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError, open_run
from tests.faults.system_calls import failing
from tests.harness import EPOCHS, Recording, columns_of, read_run, wait_until

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
MakeModel = Callable[..., Any]


def fit(model: Any, digits: Digits, *callbacks: Any, **options: Any) -> None:
    x, y = digits
    model.fit(
        x, y, **{"epochs": 2, "batch_size": 256, "verbose": 0} | options, callbacks=callbacks
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "recorder.json"
    }


def test_every_epoch_is_recorded_with_the_untrained_network_first(recording: Recording) -> None:
    run = read_run(recording.run_dir)

    assert run.steps == list(range(EPOCHS + 1)) == sorted(recording.activations)
    for step, expected in recording.activations.items():
        np.testing.assert_allclose(run.snapshot("fc1", step), expected, atol=1e-5)
    times = [step.wall_time for step in run.manifest.steps]
    assert times == sorted(times)
    iterations_per_epoch = -(-len(recording.images) // 32)
    assert [s.iterations for s in run.manifest.steps] == [
        epoch * iterations_per_epoch for epoch in range(EPOCHS + 1)
    ]
    assert not run.manifest.recording


def test_tensorflow_reads_the_checkpoints(recording: Recording) -> None:
    run = read_run(recording.run_dir)
    newest = tf.train.latest_checkpoint(str(recording.run_dir))

    assert newest == str(recording.run_dir / f"model.ckpt-{EPOCHS}")
    for step in run.steps:
        reader = tf.train.load_checkpoint(str(recording.run_dir / f"model.ckpt-{step}"))
        np.testing.assert_array_equal(reader.get_tensor("fc1"), run.snapshot("fc1", step))
        assert reader.get_tensor("tb_embed/outputs").sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.kind == "probabilities"


def test_metadata_and_sprite_are_the_samples(recording: Recording) -> None:
    run = read_run(recording.run_dir)
    index, label = columns_of(run)

    assert (index.name, label.name) == ("index", "label")
    assert [int(cell) for cell in label.cells] == recording.labels.tolist()
    sheet = np.asarray(Image.open(recording.run_dir / "sprite_images.png"))
    assert sheet.shape == (43 * 8, 43 * 8)
    np.testing.assert_array_equal(
        sheet[8:16, :8], np.rint(recording.images[43] * 255).astype(np.uint8)
    )


def functional() -> Any:
    inputs = keras.Input((8, 8))
    hidden = keras.layers.Dense(16, activation="relu", name="fc1")(
        keras.layers.Flatten()(inputs)
    )
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(hidden))


class Subclassed(keras.Model):  # type: ignore[misc] # Keras is untyped
    """A model whose graph is Python."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(16, activation="relu", name="fc1")
        self.classifier = keras.layers.Dense(10, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.classifier(self.hidden(self.flatten(x)))


@pytest.mark.parametrize("build", [functional, Subclassed])
def test_other_kinds_of_models_are_recorded(
    tmp_path: Path, digits: Digits, build: Callable[[], Any]
) -> None:
    keras.utils.set_random_seed(0)
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0], layers="fc1"))

    kernel, bias, *_ = model.get_weights()
    expected = np.maximum(digits[0].reshape(-1, 64) @ kernel + bias, 0)
    np.testing.assert_allclose(read_run(tmp_path).snapshot("fc1", 2), expected, atol=1e-5)


def test_several_layers_come_from_one_pass(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()
    fit(
        model, digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=["fc1", "probabilities"])
    )
    run = read_run(tmp_path)

    assert [(layer.name, layer.units) for layer in run.manifest.layers] == [
        ("fc1", 32),
        ("probabilities", 10),
    ]
    outputs = tf.train.load_checkpoint(str(tmp_path / "model.ckpt-2"))
    np.testing.assert_array_equal(
        run.snapshot("probabilities", 2), outputs.get_tensor("tb_embed/outputs")
    )


def test_logits_are_called_logits(tmp_path: Path, digits: Digits) -> None:
    model = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(16, name="fc1"), keras.layers.Dense(10)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), epochs=1)

    outputs = read_run(tmp_path).manifest.outputs
    assert outputs is not None
    assert (outputs.kind, outputs.classes) == ("logits", 10)


def test_a_regression_records_its_layer_and_no_outputs(tmp_path: Path, digits: Digits) -> None:
    model = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(16, name="fc1"), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), epochs=1)

    run = read_run(tmp_path)
    assert run.manifest.outputs is None
    assert run.steps == [0, 1]


def test_more_samples_than_a_batch_are_recorded_in_order(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    x = np.concatenate([digits[0], digits[0], digits[0]])
    model = make_model()
    fit(model, digits, EmbeddingCheckpoint(tmp_path, x), epochs=1)

    snapshot = read_run(tmp_path).snapshot("fc1", 1)
    np.testing.assert_allclose(snapshot[:1797], snapshot[1797:3594], atol=1e-6)
    np.testing.assert_allclose(snapshot[:1797], snapshot[3594:], atol=1e-6)
    assert np.std(snapshot) > 0


MISUSES: list[tuple[dict[str, Any], str]] = [
    ({"labels": np.zeros(5)}, "labels has 5 values but x has 1797 samples.*np.stack"),
    ({"labels": np.full((1797, 10), 2.0)}, r"labels has shape \(1797, 10\)"),
    ({"metadata": {"who": ["a"]}}, "metadata 'who' has 1 values but x has 1797 samples"),
    ({"images": np.zeros((4, 8, 8))}, "images has 4 images but x has 1797 samples"),
    ({"images": np.zeros((1797, 64))}, r"not \(1797, 64\)"),
    ({"image_shape": (28, 28)}, r"image_shape \(28, 28\) does not fit the 64 values"),
    ({"x": [None, b"a"]}, "array of numbers"),
    ({"x": np.zeros((0, 8, 8))}, "x has no samples"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSES)
def test_misuse_fails_when_the_callback_is_made(
    tmp_path: Path, digits: Digits, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(MisuseError, match=message):
        EmbeddingCheckpoint(tmp_path, **{"x": digits[0]} | arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            "fc2",
            r"no layer 'fc2'; did you mean 'fc1'\? Available: 'flatten.*', 'fc1' and",
        ),
        ((), "layers must name one or several"),
        (("fc1", "fc1"), "name each layer once"),
    ],
)
def test_misuse_of_layers_fails_before_training(
    tmp_path: Path, digits: Digits, make_model: MakeModel, layers: Any, message: str
) -> None:
    model = make_model()
    model.build((None, 8, 8))
    before = model.get_weights()

    with pytest.raises(MisuseError, match=message):
        fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0], layers=layers))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not list(tmp_path.iterdir())


def test_a_second_training_is_recorded_beside_the_first(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    run_dir = tmp_path / "run"
    fit(make_model(), digits, EmbeddingCheckpoint(run_dir, digits[0]))
    before = files_of(run_dir)

    # The same seed, so the same untrained network.
    with pytest.warns(
        RuntimeWarning, match=r"already holds a finished run; .*run-2 instead"
    ) as told:
        fit(make_model(), digits, EmbeddingCheckpoint(run_dir, digits[0]))
    assert [w.category for w in told].count(RuntimeWarning) == 1
    assert files_of(run_dir) == before
    assert read_run(tmp_path / "run-2").steps == [0, 1, 2]


@pytest.mark.parametrize("on_existing", ["auto", "continue"])
def test_a_run_of_others_is_resumed_by_the_same_samples_and_layers(
    tmp_path: Path, digits: Digits, make_model: MakeModel, on_existing: Any
) -> None:
    model, x = make_model(), digits[0]
    fit(model, digits, EmbeddingCheckpoint(tmp_path / "run", x, layers="fc1"))
    options: dict[str, Any] = {"on_existing": on_existing}
    few = EmbeddingCheckpoint(tmp_path / "run", x[:9], **options)
    another = EmbeddingCheckpoint(tmp_path / "run", x, layers=model.layers[-1], **options)
    remedy = r"instead. Pass the same x, labels, metadata and layers to resume that run, or on_"
    with pytest.warns(RuntimeWarning, match=f"holds a run of other samples; .*-2 {remedy}"):
        fit(model, digits, few)
    with pytest.warns(RuntimeWarning, match=rf"of other layers \(fc1\); .*-3 {remedy}"):
        fit(model, digits, another)


def test_overwrite_replaces_the_run_and_keeps_what_is_not_ours(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0]), epochs=3)
    (tmp_path / "notes.txt").write_text("mine")
    version = read_run(tmp_path).layer_version("fc1")
    fit(
        make_model(16),
        digits,
        EmbeddingCheckpoint(tmp_path, digits[0], on_existing="overwrite"),
    )

    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2]
    assert run.layer("fc1").units == 16
    assert run.layer_version("fc1") != version
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob("model.ckpt-3.*"))


def test_a_training_that_goes_on_continues_the_run(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), epochs=2)
    first = read_run(tmp_path)
    kept = {step: np.asarray(first.snapshot("fc1", step)).tobytes() for step in first.steps}
    model.save(tmp_path / "model.keras")

    resumed = keras.models.load_model(tmp_path / "model.keras")
    fit(resumed, digits, EmbeddingCheckpoint(tmp_path, digits[0]), initial_epoch=2, epochs=4)

    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2, 3, 4]
    for step, snapshot in kept.items():
        assert np.asarray(run.snapshot("fc1", step)).tobytes() == snapshot


def test_a_resumed_model_is_not_taken_for_an_untrained_one(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), initial_epoch=3, epochs=5)

    assert read_run(tmp_path).steps == [4, 5]


def test_other_samples_in_the_same_directory_are_recorded_beside(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()
    fit(model, digits, EmbeddingCheckpoint(tmp_path / "run", digits[0]), epochs=1)

    others = EmbeddingCheckpoint(tmp_path / "run", digits[0][::-1])
    with pytest.warns(RuntimeWarning, match=r"run of other samples; .*run-2 instead"):
        fit(model, digits, others, initial_epoch=1, epochs=2)
    assert read_run(tmp_path / "run").steps == [0, 1]
    assert read_run(tmp_path / "run-2").steps == [2]


@pytest.mark.parametrize(("point", "recorded"), [(1, None), (60, [0])])
def test_a_failing_recorder_warns_once_and_training_goes_on(
    tmp_path: Path, digits: Digits, make_model: MakeModel, point: int, recorded: Any
) -> None:
    """The disk is full from the first file on, or while the first epoch is written."""
    model = make_model()
    with warnings.catch_warnings(record=True) as caught, failing("ENOSPC", point) as system:
        warnings.simplefilter("always")
        checkpoint = EmbeddingCheckpoint(tmp_path / "run", digits[0], images=False)
        fit(model, digits, checkpoint, epochs=4)

    assert system.has_struck
    told = [str(w.message) for w in caught if w.category is RuntimeWarning]
    assert len(told) == 1
    assert "no space is left on the disk; free some space" in told[0]
    assert int(model.optimizer.iterations) == 4 * 8
    if recorded is not None:
        assert read_run(tmp_path / "run").steps == recorded


def test_a_vanished_directory_does_not_stop_the_training(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    run_dir = tmp_path / "run"

    class Vandal(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                wait_until(lambda: read_run(run_dir).steps == [0, 1])
                run_dir.rename(tmp_path / "elsewhere")
                run_dir.write_text("a file where the run was")

    model = make_model()
    with pytest.warns(RuntimeWarning, match="stopped recording"):
        fit(model, digits, EmbeddingCheckpoint(run_dir, digits[0]), Vandal(), epochs=3)
    assert read_run(tmp_path / "elsewhere").steps == [0, 1]


def test_a_deleted_directory_does_not_come_back_in_part(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    run_dir = tmp_path / "run"

    class Vandal(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                wait_until(lambda: read_run(run_dir).steps == [0, 1])
                shutil.rmtree(run_dir)

    model = make_model()
    checkpoint = EmbeddingCheckpoint(run_dir, digits[0], images=False)
    with pytest.warns(RuntimeWarning, match="stopped recording") as told:
        fit(model, digits, checkpoint, Vandal(), epochs=3)
    assert [w.category for w in told].count(RuntimeWarning) == 1
    assert int(model.optimizer.iterations) == 3 * 8
    assert not run_dir.exists()


def test_nan_activations_are_recorded_as_they_are(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    x = digits[0].copy()
    x[7] = np.nan
    model = make_model(activation="linear")
    with pytest.warns(RuntimeWarning, match="NaN or infinity in fc1") as told:
        fit(model, digits, EmbeddingCheckpoint(tmp_path, x, images=False), epochs=1)

    assert [w.category for w in told].count(RuntimeWarning) == 1
    snapshot = read_run(tmp_path).snapshot("fc1", 1)
    assert np.isnan(snapshot[7]).any()
    assert np.isfinite(np.delete(snapshot, 7, axis=0)).all()


def test_the_manifest_is_what_the_documentation_says(recording: Recording) -> None:
    manifest = json.loads((recording.run_dir / "plugins/tb_embed/manifest.json").read_text())

    assert manifest["format_version"] == 2
    assert manifest["layers"] == [{"name": "fc1", "units": 200}]
    sprite = {"cell": [8, 8], "columns": 43, "channels": 1, "pages": None, "scaling": ""}
    assert manifest["sprite"] == sprite
    documentation = (Path(__file__).parents[2] / "docs/run_format.md").read_text()
    for key in [*manifest, *manifest["steps"][0], *manifest["phases"][0]]:
        assert f"`{key}`" in documentation, key


def test_audit_logs_the_labels_that_are_probably_wrong_and_never_fails(
    tmp_path: Path, digits: Digits, make_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    x, y = digits
    wrong = y.copy()
    wrong[:30] = (y[:30] + 1) % 10
    checkpoint = EmbeddingCheckpoint(tmp_path / "run", x, wrong, images=False, audit=True)
    with caplog.at_level("INFO", "tb_embed_plugin"):
        fit(make_model(), digits, checkpoint, epochs=4, batch_size=16)
    found = open_run(tmp_path, "run").layer().label_errors()
    assert caplog.messages[-1] == f"By layer 'fc1': {found.table()}"
    assert np.isin(found.samples[:10], np.arange(30)).sum() >= 8

    unlabeled = EmbeddingCheckpoint(tmp_path / "other", x, images=False, audit=True)
    with pytest.warns(RuntimeWarning, match="could not look for label errors.*no labels"):
        fit(make_model(), digits, unlabeled, epochs=1)
    assert read_run(tmp_path / "other").steps == [0, 1]
