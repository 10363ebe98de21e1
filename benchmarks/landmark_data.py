"""Snapshots for layouts by landmarks: MNIST's pixels, a network's activations, and clusters."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.judge_layout import Snapshots

UNITS, STEPS = 64, 3


def pixels(data: Path) -> Snapshots:
    """Returns all images as one step, float32 (70000, 784)."""
    with np.load(data) as arrays:
        images = np.concatenate([arrays["x_train"], arrays["x_test"]])
    return {1: images.reshape(len(images), -1).astype(np.float32) / np.float32(255)}


def activations(data: Path) -> Snapshots:
    """Returns the last hidden layer after each epoch, float32 (70000, 64) each."""
    import keras

    images = pixels(data)[1]
    with np.load(data) as arrays:
        labels = arrays["y_train"]
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    network = keras.Sequential(
        [
            keras.Input((784,)),
            dense(128, activation="relu"),
            dense(UNITS, activation="relu", name="fc"),
            dense(10),
        ]
    )
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    layer = keras.Model(network.inputs, network.get_layer("fc").output)
    found = {}
    for epoch in range(1, STEPS + 1):
        network.fit(images[: len(labels)], labels, batch_size=128, epochs=1, verbose=0)
        found[epoch] = np.asarray(layer.predict(images, batch_size=4096, verbose=0))
    return found


def clusters(samples: int) -> Snapshots:
    """Returns ten clusters that move apart."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, samples)
    centers = 2 * rng.standard_normal((10, UNITS), np.float32)
    own = rng.standard_normal((samples, UNITS), np.float32)
    return {
        step: np.float32(0.5 + step / STEPS) * centers[labels] + own
        for step in range(1, STEPS + 1)
    }
