"""What recording one epoch costs, against the least it could cost.

The floor is a bare compiled forward pass to fc1 of the same 10,000 samples and a bare
`SaveV2` of the array that comes out. Both sides in one process, pair by pair.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tb_embed_plugin import EmbeddingCheckpoint

PAIRS = 30


def build_model() -> keras.Model:
    """Returns the tutorial's classifier: 784-200-10."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(200, activation="relu", name="fc1"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def seconds(act: Callable[[], object]) -> float:
    """Returns how long `act` takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> int:
    """Prints the ratio; the exit status is 1 where it is above 1.5."""
    rng = np.random.default_rng(0)
    x = rng.random((10_000, 784), np.float32)
    model = build_model()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = EmbeddingCheckpoint(
            Path(folder) / "run", x, labels=rng.integers(0, 10, 10_000)
        )
        checkpoint.set_model(model)
        checkpoint.on_train_begin()
        checkpoint.on_epoch_begin(0)

        fc1 = tf.function(model.layers[0])
        bare_prefix = str(Path(folder) / "bare")
        constant_x = tf.constant(x)

        def floor() -> None:
            tf.raw_ops.SaveV2(
                prefix=bare_prefix,
                tensor_names=["fc1"],
                shape_and_slices=[""],
                tensors=[fc1(constant_x)],
            )

        def ours(epoch: int) -> None:
            checkpoint.on_epoch_end(epoch)
            # The write goes on behind a training; here it is part of the cost.
            assert checkpoint._recorder is not None  # noqa: S101, SLF001 # on_epoch_begin made it
            checkpoint._recorder.wait()  # noqa: SLF001 # nobody else may need it

        floor()
        pairs = [(seconds(partial(ours, epoch)), seconds(floor)) for epoch in range(PAIRS)]
    ratio = statistics.median(mine / bare for mine, bare in pairs)
    mine, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(
        f"recording one epoch of 10,000 x 200: {mine * 1e3:.1f} ms; bare forward pass and "
        f"SaveV2: {bare * 1e3:.1f} ms; median ratio of {PAIRS} pairs {ratio:.2f} (at most 1.5)"
    )
    return int(ratio > 1.5)


if __name__ == "__main__":
    sys.exit(main())
