"""Sources of batches that shuffle are recorded in an order of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from PIL import Image

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.recording.samples.samples import Samples
from tests.harness import columns_of, read_run
from tests.recording.samples.test_inputs import DataLoader, Uncounted, prepare

RNG = np.random.default_rng(0)
N = 30
X = RNG.normal(size=(N, 4)).astype(np.float32)
X[3] = X[4]
X[5:9] = X[9]
Y = RNG.integers(0, 3, N)
Y[3] = Y[4]
Y[5:9] = 0, 1, 2, 0  # of the same inputs


def dataset(**options: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(N, **options).batch(8)


SHUFFLED: dict[str, Callable[[], Any]] = {
    "tf.data": dataset,
    "tf.data with a seed": lambda: dataset(seed=0),
    "DataLoader": lambda: DataLoader(X, Y, shuffle=True),
}


def pairs(samples: Samples) -> set[tuple[bytes, str]]:
    labels = samples.columns[1].cells
    return {(row.tobytes(), label) for row, label in zip(samples.x, labels, strict=True)}


@pytest.mark.parametrize("kind", SHUFFLED)
@pytest.mark.parametrize("max_samples", [None, 12])
def test_each_sample_keeps_its_label_and_all_readings_are_alike(
    kind: str, max_samples: int | None
) -> None:
    first, second = (prepare(SHUFFLED[kind](), max_samples=max_samples) for _ in range(2))
    given = {(row.tobytes(), str(label)) for row, label in zip(X, Y, strict=True)}
    assert first.is_shuffled
    assert pairs(first) <= given
    assert first.count == (max_samples or N)
    assert first.fingerprint == second.fingerprint
    np.testing.assert_array_equal(first.x, second.x)
    if max_samples is None:
        assert pairs(first) == given
        np.testing.assert_array_equal(np.sort(first.x, axis=0), np.sort(X, axis=0))


def test_sparse_and_ragged_rows_come_in_one_order() -> None:
    rows = tf.ragged.constant([[i] * (i % 3 + 1) for i in range(N)])
    ragged = tf.data.Dataset.from_tensor_slices((rows, np.arange(N))).shuffle(N).batch(8)
    samples = prepare(ragged)
    values = [int(samples.x[np.array([i])].values[0]) for i in range(N)]
    assert list(map(str, values)) == list(samples.columns[1].cells)
    assert sorted(values) == list(range(N))


def test_a_directory_of_images_is_recorded_as_keras_reads_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Which shuffles unless it is told not to."""
    caplog.set_level(logging.INFO)
    for kind, tone in (("cat", 40), ("dog", 200)):
        (tmp_path / kind).mkdir()
        for i in range(5):
            pixels = np.full((12, 10, 3), tone + i, np.uint8)
            Image.fromarray(pixels).save(tmp_path / kind / f"{i}.png")
    shown = keras.utils.image_dataset_from_directory(
        tmp_path, image_size=(12, 10), batch_size=4, verbose=False
    )
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(3, name="fc1"),
            keras.layers.Dense(2, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    names = shown.class_names
    recorder = EmbeddingCheckpoint(tmp_path / "run", shown, class_names=names, verbose=True)
    model.fit(shown, verbose=0, callbacks=[recorder])

    run = read_run(tmp_path / "run")
    samples = recorder._samples  # noqa: SLF001 # what was recorded
    expected = np.asarray(keras.Model(model.inputs, model.layers[1].output)(samples.x))
    np.testing.assert_allclose(run.snapshot("fc1", 1), expected, rtol=1e-4)
    is_dog = samples.x[:, 0, 0, 0] > 100
    assert list(columns_of(run)[1].cells) == ["dog" if dog else "cat" for dog in is_dog]
    assert "x is shuffled: its samples are recorded in an order of their own" in caplog.text


def test_iterators_of_keras_image_generator_are_read() -> None:
    tones = np.arange(N, dtype=np.float32)
    images = np.broadcast_to(tones[:, None, None, None], (N, 9, 8, 3))
    generator = ImageDataGenerator(rescale=1 / 255)
    for seed in (None, 1):
        first, second = (
            prepare(generator.flow(images, Y, batch_size=8, seed=seed)) for _ in range(2)
        )
        read = np.rint(first.x[:, 0, 0, 0] * 255).astype(int)
        assert sorted(read) == list(range(N))
        assert list(first.columns[1].cells) == [str(label) for label in Y[read]]
        assert first.fingerprint == second.fingerprint
    in_order = prepare(generator.flow(images, Y, batch_size=8, shuffle=False))
    np.testing.assert_array_equal(np.rint(in_order.x[:, 0, 0, 0] * 255), tones)


@pytest.mark.parametrize("seed", [None, 1])
def test_an_iterator_gives_the_training_what_it_would_without_us(
    seed: int | None, tmp_path: Path
) -> None:
    def trained(*, recorded: bool) -> list[Any]:
        keras.utils.set_random_seed(0)
        batches = ImageDataGenerator().flow(X[:, :, None, None], Y, batch_size=8, seed=seed)
        model = keras.Sequential(
            [keras.layers.Flatten(), keras.layers.Dense(3, "softmax", name="fc1")]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        callbacks = (
            [EmbeddingCheckpoint(tmp_path, batches, layers="fc1", images=False)]
            if recorded
            else []
        )
        model.fit(batches, epochs=2, verbose=0, callbacks=callbacks)
        return [*model.get_weights(), np.random.random()]  # noqa: NPY002 # what Keras draws from

    for with_us, without in zip(trained(recorded=True), trained(recorded=False), strict=True):
        np.testing.assert_array_equal(with_us, without)


def other_samples() -> dict[str, Any]:
    batch = (X, Y)
    flipped = np.full((20, N, 1), 1)
    flipped[np.arange(20), np.arange(20)] = -1  # another sample each time
    return {
        "augmented": Uncounted(lambda: iter([(X * RNG.random(X.shape), Y)])),
        "one augmented": Uncounted(map(iter, ([(X * f, Y)] for f in flipped)).__next__),
        "without the last batch": dataset().unbatch().batch(8, drop_remainder=True),
        "shorter": Uncounted(map(iter, ([batch, batch], *[[batch]] * 3)).__next__),
        "longer": Uncounted(map(iter, ([batch], *[[batch, batch]] * 3)).__next__),
    }


@pytest.mark.parametrize("kind", other_samples())
@pytest.mark.parametrize("max_samples", [None, 3])
def test_a_source_that_gives_other_samples_is_refused(
    kind: str, max_samples: int | None
) -> None:
    with pytest.raises(MisuseError, match=r"other samples the second time.*augmentation"):
        prepare(other_samples()[kind], max_samples=max_samples)


BESIDE: list[dict[str, Any]] = [
    {"labels": Y},
    {"metadata": {"a": Y}},
    {"images": np.zeros((N, 8, 8))},
]


@pytest.mark.parametrize("beside", BESIDE)
def test_what_is_passed_beside_a_shuffled_source_is_refused(beside: dict[str, Any]) -> None:
    with pytest.raises(MisuseError, match=r"another order.*reshuffle_each_iteration=False"):
        prepare(dataset(), **beside)


def test_a_mask_beside_a_shuffled_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"mask has a row for each sample, but x"):
        EmbeddingCheckpoint(tmp_path, dataset(), mask=np.ones((N, 4)))
