"""What recording costs a training, and what is the least that it could cost.

First a training of 62 epochs of about two seconds, every other one followed by a snapshot of
10,000 x 200 that is written behind the next: 30 pairs of an epoch with and one without. Then
the snapshot alone, until it is on disk, against a floor: a bare compiled forward pass of the
same samples and a bare `SaveV2`, whose files and folder are flushed as ours are. What it is
against a floor that flushes nothing is told too. Both in 30 rounds, all three in turns.

Last the writing alone of a snapshot of 300,000 x 200, whose 240 MB are flushed as they are
written, against a bare `SaveV2`, flushed when all is written: nine rounds.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks.ratio import Ratio
from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint

PAIRS = 30
EPOCH_SECONDS = 2.0
MOST = 0.03
MOST_OF_FLOOR = 1.3
LARGE = (300_000, 200)
LARGE_PAIRS = 9

Times = tuple[float, float]
"""Wall and processor time in seconds."""


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


class Stamps(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Notes the times at the end of each epoch, before anything is recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Times] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Notes both times."""
        self.taken.append(now())


def now() -> Times:
    """Returns the times of now."""
    return time.perf_counter(), time.process_time()


def taken_by(act: Callable[[], object]) -> Times:
    """Returns how long `act` takes."""
    wall, cpu = now()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def medians(times: Iterable[Times]) -> Times:
    """Returns the median of either time."""
    wall, cpu = (statistics.median(side) for side in zip(*times, strict=True))
    return wall, cpu


def training_data() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Returns as many samples as this machine learns from in about two seconds."""
    rng = np.random.default_rng(0)
    x, y = rng.random((60_000, 784), np.float32), rng.integers(0, 10, 60_000)
    stamps = Stamps()
    build_model().fit(x, y, batch_size=100, epochs=5, verbose=0, callbacks=[stamps])
    # The first epoch is slower; between two calls of fit there is more than an epoch.
    seconds = statistics.median(np.diff(stamps.taken, axis=0)[:, 0].tolist())
    count = max(10_000, int(len(x) * EPOCH_SECONDS / seconds) // 100 * 100)
    return np.resize(x, (count, 784)), np.resize(y, count)


def measure_training(run_dir: Path, x: NDArray[Any], y: NDArray[Any]) -> float:
    """Prints what snapshots add to epochs and returns their share of one."""
    stamps = Stamps()
    checkpoint = EmbeddingCheckpoint(
        run_dir, x[:10_000], labels=y[:10_000], save_freq="2 epochs"
    )
    options = {"batch_size": 100, "epochs": 2 * PAIRS + 2, "verbose": 0}
    build_model().fit(x, y, **options, callbacks=[stamps, checkpoint])
    # The snapshots follow epochs 2, 4, 6 and so on; the first epochs warm the machine up.
    epochs = np.diff(stamps.taken[1:], axis=0)
    recorded, plain = epochs[0::2][:PAIRS], epochs[1::2][:PAIRS]
    added, added_cpu = np.median(recorded - plain, axis=0)
    epoch = float(np.median(plain[:, 0]))
    share = float(added) / epoch
    print(
        f"recording 10,000 x 200 adds {added * 1e3:.0f} ms ({added_cpu * 1e3:.0f} ms of "
        f"processor time) to an epoch of {epoch:.2f} s: {share:.1%} (at most {MOST:.0%}), "
        f"median of {PAIRS} pairs"
    )
    return share


def flush(path: Path) -> None:
    """Waits until a file, or a folder, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def measure_snapshot(folder: Path, x: NDArray[Any], y: NDArray[Any]) -> float:
    """Prints what one snapshot costs beside the floor, and returns the ratio of both."""
    model = build_model()
    checkpoint = EmbeddingCheckpoint(folder / "alone", x, labels=y, images=False)
    checkpoint.set_model(model)
    checkpoint.on_train_begin()
    checkpoint.on_epoch_begin(0)
    training = checkpoint._training  # noqa: SLF001 # nobody else waits for the background
    recorder = None if training is None else training._recorder  # noqa: SLF001 # as above
    assert recorder is not None  # noqa: S101 # on_epoch_begin made it
    epochs = iter(range(PAIRS + 1))
    fc1, constant_x = tf.function(model.layers[0]), tf.constant(x)

    def ours() -> None:
        checkpoint.on_epoch_end(next(epochs))
        recorder.wait()

    def floor() -> None:
        save_bare(folder / "bare", fc1(constant_x))

    def flushed_floor() -> None:
        floor()
        for path in (*folder.glob("bare.*"), folder):
            flush(path)

    sides = (ours, flushed_floor, floor)
    for act in sides:
        act()
    rounds = [tuple(map(taken_by, sides)) for _ in range(PAIRS)]
    (mine, mine_cpu), (bare, bare_cpu), (loose, loose_cpu) = (
        medians(side) for side in zip(*rounds, strict=True)
    )
    ratio = Ratio.of((of_ours[0], flushed[0]) for of_ours, flushed, _ in rounds)
    without = Ratio.of((of_ours[0], unflushed[0]) for of_ours, _, unflushed in rounds)
    print(
        f"one snapshot until it is on disk: {mine * 1e3:.0f} ms, {mine_cpu * 1e3:.0f} ms of "
        f"processor time; the floor, a bare forward pass and a bare SaveV2, flushed: "
        f"{bare * 1e3:.0f} ms, {bare_cpu * 1e3:.0f} ms; {ratio} (at most "
        f"{MOST_OF_FLOOR:g}). Not flushed: {loose * 1e3:.0f} ms, {loose_cpu * 1e3:.0f} ms; "
        f"{without}"
    )
    return ratio.median


def measure_large(folder: Path) -> float:
    """Prints what writing a large snapshot takes beside `SaveV2`, and returns the ratio."""
    rows = np.random.default_rng(0).random(LARGE, np.float32)
    tensor = tf.constant(rows)

    def ours() -> None:
        write_checkpoint(folder, "large", {"fc1": rows}, rows.dtype)

    def floor() -> None:
        save_bare(folder / "bare_large", tensor)
        for path in (*folder.glob("bare_large.*"), folder):
            flush(path)

    for act in (ours, floor):
        act()
    rounds = [(taken_by(ours), taken_by(floor)) for _ in range(LARGE_PAIRS)]
    (mine, mine_cpu), (bare, bare_cpu) = (medians(side) for side in zip(*rounds, strict=True))
    ratio = Ratio.of((of_ours[0], of_floor[0]) for of_ours, of_floor in rounds)
    print(
        f"writing {LARGE[0]} x {LARGE[1]}: {mine * 1e3:.0f} ms, {mine_cpu * 1e3:.0f} ms of "
        f"processor time; SaveV2, flushed: {bare * 1e3:.0f} ms, {bare_cpu * 1e3:.0f} ms; "
        f"{ratio} (at most {MOST_OF_FLOOR:g})"
    )
    return ratio.median


def save_bare(prefix: Path, tensor: tf.Tensor) -> None:
    """Writes a checkpoint of one tensor by TensorFlow, which flushes nothing."""
    tf.raw_ops.SaveV2(
        prefix=str(prefix), tensor_names=["fc1"], shape_and_slices=[""], tensors=[tensor]
    )


def main() -> int:
    """Prints all; the exit status is 1 where one of them is more than is claimed."""
    x, y = training_data()
    with tempfile.TemporaryDirectory() as folder:
        share = measure_training(Path(folder) / "run", x, y)
        ratios = (
            measure_snapshot(Path(folder), x[:10_000], y[:10_000]),
            measure_large(Path(folder)),
        )
    return int(share > MOST or max(ratios) > MOST_OF_FLOOR)


if __name__ == "__main__":
    sys.exit(main())
