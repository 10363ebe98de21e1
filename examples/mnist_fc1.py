"""MNIST with one hidden layer, fc1, recorded after every epoch for the Embeddings tab."""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tb_embed_plugin import EmbeddingCheckpoint


def load_mnist(file: Path | None) -> tuple[np.ndarray, ...]:
    """Returns x_train, y_train, x_test, y_test; images as float32 rows in [0, 1]."""
    if file is None:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    else:
        with np.load(file) as data:
            names = ("x_train", "y_train", "x_test", "y_test")
            x_train, y_train, x_test, y_test = (data[name] for name in names)
    x_train, x_test = (x.reshape(-1, 784) / np.float32(255) for x in (x_train, x_test))
    return x_train, y_train, x_test, y_test


def build_model() -> keras.Model:
    """Returns the classifier: 784 pixels, 200 hidden units, 10 digits."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(200, activation="relu", name="fc1"),
            keras.layers.Dense(10, name="logits"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"])
    return model


def main() -> None:
    """Trains, logging all that TensorBoard can show of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="an .npz file with MNIST's four arrays")
    parser.add_argument("--logdir", type=Path, default=Path("logs"))
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    x_train, y_train, x_test, y_test = load_mnist(options.data)
    keras.utils.set_random_seed(0)
    model = build_model()

    with tf.summary.create_file_writer(str(options.logdir / "inputs")).as_default():
        tf.summary.image("input", x_train[:10].reshape(-1, 28, 28, 1), 0, max_outputs=10)

    # Loss and accuracy as scalars, kernels and biases as histograms.
    scalars = keras.callbacks.TensorBoard(options.logdir / "training", histogram_freq=1)
    fc1 = EmbeddingCheckpoint(
        options.logdir / "fc1",
        x_test,
        layers="fc1",
        labels=y_test,
        image_shape=(28, 28),
        invert_images=True,
        on_existing="overwrite",
    )
    model.fit(
        x_train[5000:],
        y_train[5000:],
        batch_size=100,
        epochs=options.epochs,
        validation_data=(x_train[:5000], y_train[:5000]),
        callbacks=[scalars, fc1],
    )
    print(f"tensorboard --logdir={options.logdir}")


if __name__ == "__main__":
    main()
