"""`tb-embed demo`: a small training on real digits, recorded and shown."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.errors import MisuseError


@dataclass(frozen=True)
class Digits:
    """Handwritten digits.

    Attributes:
        x_train: Images to learn from, float32 in [0, 1] (n, height, width).
        y_train: What they show, 0 to 9.
        x_test: The images that are recorded.
        y_test: What those show.
        thumbnails: The recorded images as they are drawn, float32 in [0, 1] (n, 28, 28).
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.integer]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.integer]
    thumbnails: NDArray[np.float32]


# What each data set is and costs, for whoever waits.
_SAID = {
    "digits": "1,797 handwritten digits from scikit-learn; nothing to download",
    "mnist": "the 70,000 digits of MNIST; Keras downloads 11 MB once",
}


def train(run_dir: Path, dataset: str, data: Path | None, epochs: int) -> None:
    """Trains a network with one hidden layer, fc1, and records it into `run_dir`.

    Args:
        run_dir: The run; one that is there already is replaced.
        dataset: `digits` or `mnist`.
        data: For mnist, a file that holds it; else Keras fetches it.
        epochs: How long to train.

    Raises:
        MisuseError: `data` is given but not for mnist, or is not such a file.
    """
    said = _SAID[dataset] if data is None else f"the digits of {data}"
    print(f"Training on {said}.\nLoading TensorFlow...", flush=True)
    # What TensorFlow says of the machine is no news to a newcomer.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from tb_embed_plugin import EmbeddingCheckpoint

    digits = _load(dataset, data)
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input(digits.x_train.shape[1:]),
            keras.layers.Flatten(),
            keras.layers.Dense(200, activation="relu", name="fc1"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    checkpoint = EmbeddingCheckpoint(
        run_dir,
        digits.x_test,
        digits.y_test,
        layers="fc1",
        images=digits.thumbnails,
        on_existing="overwrite",
    )
    model.fit(
        digits.x_train,
        digits.y_train,
        batch_size=100,
        epochs=epochs,
        validation_data=(digits.x_test, digits.y_test),
        callbacks=[checkpoint, keras.callbacks.TensorBoard(run_dir.with_name("scalars"))],
        verbose=2,
    )


def serve(logdir: Path) -> None:
    """Runs TensorBoard on `logdir` until Ctrl-C, and prints the address of our tab."""
    from tensorboard import program

    server = program.TensorBoard()
    server.configure(argv=["tensorboard", "--logdir", str(logdir)])
    address = server.launch()
    print(f"\nOpen {address}#tb_embed in a browser (Ctrl-C ends it).", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()


def _load(dataset: str, data: Path | None) -> Digits:
    if dataset == "mnist":
        return _load_mnist(data)
    if data is not None:
        raise MisuseError(f"--data {data} only works with --dataset mnist; leave it out")
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    images = (x / 16).astype(np.float32).reshape(-1, 8, 8)
    # All are recorded, as they are few; a fifth of them is never learned from.
    n_train = len(x) * 4 // 5
    return Digits(images[:n_train], y[:n_train], images, y, as_large_as_mnist(images))


def as_large_as_mnist(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns 8x8 images at 28x28 with smooth strokes, as the pen that wrote them drew."""
    enlarged = [
        Image.fromarray(image).resize((24, 24), Image.Resampling.BICUBIC) for image in images
    ]
    # Interpolation blurs; an S-shaped curve makes strokes of it again.
    strokes = 1 / (1 + np.exp(8 * (0.42 - np.stack([np.asarray(image) for image in enlarged]))))
    strokes = (strokes - strokes.min()) / (strokes.max() - strokes.min())
    return np.pad(strokes, ((0, 0), (2, 2), (2, 2))).astype(np.float32)


def _load_mnist(data: Path | None) -> Digits:
    if data is None:
        (x_train, y_train), (x_test, y_test) = _download_mnist()
    else:
        try:
            with np.load(data) as file:
                x_train, y_train = file["x_train"], file["y_train"]
                x_test, y_test = file["x_test"], file["y_test"]
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise MisuseError(
                "--data must name an .npz file with x_train, y_train, x_test and y_test; "
                f"{data} is not one ({error})"
            ) from error
    images = _unit(x_test)
    return Digits(_unit(x_train), y_train, images, y_test, images)


def _download_mnist() -> Any:
    import keras

    try:
        return keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises it bare.
        raise MisuseError(
            f"MNIST could not be downloaded ({error}); leave --dataset out for digits that "
            "need no network, or pass --data FILE.npz"
        ) from error


def _unit(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.astype(np.float32) / np.float32(255)
