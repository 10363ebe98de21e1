"""Labels: several a sample, words whose classes are named, and what is refused."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError, open_run, record
from tb_embed_plugin.recording.samples.labels import label_columns
from tests.recording.samples.test_metadata_columns import as_the_page_reads


def train(output: Any, x: Any, y: Any, recorder: EmbeddingCheckpoint) -> Any:
    """Fits a layer fc1 and an output layer, whose weights stay as they are."""
    model = keras.Sequential(
        [keras.layers.Dense(2, name="fc1", kernel_initializer="zeros"), output]
    )
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0, callbacks=[recorder])
    return model


def test_targets_of_several_outputs_are_refused_with_what_to_pass(tmp_path: Path) -> None:
    targets: list[Any] = [np.zeros(3), np.ones((3, 2))]
    x = np.zeros((3, 2))
    with pytest.raises(MisuseError, match=r"a list of 2 arrays.* as in labels=y\[0\], and"):
        EmbeddingCheckpoint(tmp_path, x, targets)
    with pytest.raises(MisuseError, match=r"maps 'kind' to .* as in labels=y\['kind'\], and"):
        EmbeddingCheckpoint(tmp_path, x, {"kind": targets[0]})  # type: ignore[arg-type] # refused


def test_a_hint_to_stack_a_list_of_samples_is_complete(tmp_path: Path) -> None:
    samples = [np.zeros(2)] * 3
    with pytest.raises(MisuseError, match=r"np\.stack makes it samples\)"):
        EmbeddingCheckpoint(tmp_path, samples, labels=[0, 1, 2])


@pytest.mark.parametrize("source", ["arrays", "batches"])
def test_several_classes_a_sample_are_a_column_each(tmp_path: Path, source: str) -> None:
    x = np.eye(4, dtype=np.float32)
    tags = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 1]], np.float32)
    given: tuple[Any, Any] = (x, tags)
    if source == "batches":
        given = tf.data.Dataset.from_tensor_slices((x, tags)).batch(3), None
    names = ["red", "wet", "new"]
    recorder = EmbeddingCheckpoint(tmp_path / "run", *given, class_names=names)
    train(keras.layers.Dense(3, "sigmoid"), x, tags, recorder)

    page = as_the_page_reads(tmp_path)
    assert page["label"] == ["red+new", "none", "wet", "red+new"]
    for i, name in enumerate(names):
        assert page[f"label {name}"] == [f"{tag:.0f}" for tag in tags[:, i]]


def test_words_are_the_classes_that_class_names_says(tmp_path: Path) -> None:
    """Though the model is mostly wrong, and the words' order is not that of the classes."""
    x, y = np.eye(4, dtype=np.float32)[[0, 0, 0, 1]], np.array([0, 0, 0, 1])
    words = np.array(["sick", "healthy"])[y]
    recorder = EmbeddingCheckpoint(tmp_path / "run", x, words, class_names=["sick", "healthy"])
    always_healthy = keras.layers.Dense(1, "sigmoid", bias_initializer="ones")
    model = train(always_healthy, x, y, recorder)

    accuracy = model.evaluate(x, y, verbose=0)[1]
    assert accuracy == 0.25
    assert open_run(tmp_path, "run").layer("fc1").metrics()["accuracy"][-1] == accuracy


@pytest.mark.parametrize("began", [None, ["sick", "healthy"]])
def test_other_class_names_than_the_run_began_with_are_told(
    tmp_path: Path, began: list[str] | None
) -> None:
    x, y = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])
    words, other = np.array(["sick", "healthy"])[y], ["healthy", "sick"]

    def recorder(names: list[str] | None) -> EmbeddingCheckpoint:
        return EmbeddingCheckpoint(tmp_path / "run", x, words, class_names=names)

    model = train(keras.layers.Dense(1, "sigmoid"), x, y, recorder(began))
    model.fit(x, y, verbose=0, callbacks=[recorder(began)])
    with pytest.warns(RuntimeWarning, match=r"class_names are not those .* on_existing='new'"):
        model.fit(x, y, verbose=0, callbacks=[recorder(other)])
    assert len(open_run(tmp_path, "run").steps) == 4

    given: dict[str, Any] = {"outputs": x[:, :2], "outputs_kind": "logits", "labels": words}
    for step in range(2):
        record(tmp_path / "loop", step, {"fc1": x}, class_names=began, **given)
    with pytest.raises(MisuseError, match="class_names are not those that the run began with"):
        record(tmp_path / "loop", 2, {"fc1": x}, class_names=other, **given)
    record(tmp_path / "loop", 2, {"fc1": x}, finished=True, **given)


def test_words_without_class_names_are_told_before_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    x, y = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])
    for name, labels in (("numbers", y), ("words", np.array(["sick", "healthy"])[y])):
        recorder = EmbeddingCheckpoint(tmp_path / name, x, labels, verbose=True)
        train(keras.layers.Dense(1, "sigmoid"), x, y, recorder)
        is_told = "pass class_names=, in the order of its outputs" in caplog.text
        assert is_told == (name == "words")


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (np.arange(300) % 100 + 25.0, "number"),  # targets of a regression that are whole
        (np.arange(300) % 100, "category"),
        (np.arange(300) % 100 + 1, "category"),
        (np.arange(300) % 100 - 1, "category"),  # -1 stands for none
        (np.arange(300) % 100 - 2, "number"),
        (np.arange(300) % 60 + 25, "category"),
        (np.arange(600) % 100 + 25, "category"),  # classes that begin later, 6 samples each
    ],
)
def test_whole_targets_of_a_regression_are_numbers(labels: Any, kind: str) -> None:
    (column,) = label_columns(labels, len(labels), None)
    assert column.type == kind
