"""What recording adds to a training, whose epochs take two seconds.

One `fit` of the tutorial's network, with 10,000 samples of MNIST's shape recorded after every
other epoch: the epochs after a snapshot, which share the machine with its writing, against
those after none, in turn.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from recording import build_model

from tb_embed_plugin import EmbeddingCheckpoint

PAIRS = 30
EPOCH_SECONDS = 2.0
MOST = 0.03


class Stamps(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Notes wall and processor time at the end of each epoch, before anything is recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Notes both times."""
        self.taken.append((time.perf_counter(), time.process_time()))


def samples_of_an_epoch(x: np.ndarray, y: np.ndarray) -> int:
    """Returns how many samples this machine learns from in two seconds."""
    model = build_model()
    model.fit(x, y, batch_size=100, verbose=0)
    start = time.perf_counter()
    model.fit(x, y, batch_size=100, verbose=0)
    seconds = time.perf_counter() - start
    return min(len(x), int(len(x) * EPOCH_SECONDS / seconds) // 100 * 100)


def main() -> int:
    """Prints what recording adds; the exit status is 1 where it is above 3 %."""
    rng = np.random.default_rng(0)
    x, y = rng.random((60_000, 784), np.float32), rng.integers(0, 10, 60_000)
    n_train = samples_of_an_epoch(x, y)
    stamps = Stamps()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = EmbeddingCheckpoint(
            Path(folder) / "run", x[:10_000], labels=y[:10_000], save_freq="2 epochs"
        )
        build_model().fit(
            x[:n_train],
            y[:n_train],
            batch_size=100,
            epochs=2 * PAIRS + 2,
            verbose=0,
            callbacks=[stamps, checkpoint],
        )
    # The snapshots follow epochs 2, 4, 6 and so on; the first epochs warm the machine up.
    wall, cpu = (np.diff([stamp[i] for stamp in stamps.taken[1:]]) for i in (0, 1))
    added = statistics.median((wall[0::2][:PAIRS] - wall[1::2][:PAIRS]).tolist())
    added_cpu = statistics.median((cpu[0::2][:PAIRS] - cpu[1::2][:PAIRS]).tolist())
    epoch = statistics.median(wall[1::2].tolist())
    share = added / epoch
    print(
        f"recording 10,000 x 200 adds {added * 1e3:.0f} ms ({added_cpu * 1e3:.0f} ms of "
        f"processor time) to an epoch of {epoch:.2f} s: {share:.1%} (at most {MOST:.0%}), "
        f"median of {PAIRS} pairs"
    )
    return int(share > MOST)


if __name__ == "__main__":
    sys.exit(main())
