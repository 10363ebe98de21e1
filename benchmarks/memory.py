"""How much memory recording needs beside the arrays that it records.

Claim: recording 100,000 x 512 x 3 layers needs at most one layer's array (205 MB) beside the
recorded arrays themselves.

100,000 samples, three layers of 512 units: arrays of 205 MB each. In a fresh process, the
largest resident size of a training that records them, above that of the same process before
the recorder is made and the arrays themselves. The bound is one more such array.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tb_embed_plugin import EmbeddingCheckpoint

SAMPLES, UNITS, LAYERS = 100_000, 512, 3
ARRAY = SAMPLES * UNITS * 4


def resident(key: str) -> int:
    """Returns VmRSS or VmHWM, the bytes resident now or at most so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"expected {key} in /proc/self/status, as Linux has it")


def train(model: keras.Model, x: np.ndarray, *callbacks: Any) -> None:
    """Trains for two epochs on few samples: what is measured is the recording."""
    model.fit(x[:500], np.zeros(500), epochs=2, verbose=0, callbacks=callbacks)


def main() -> int:
    """Prints the memory; the exit status is 1 where it is more than the bound."""
    names = [f"fc{i + 1}" for i in range(LAYERS)]
    layers = [keras.layers.Dense(UNITS, activation="relu", name=name) for name in names]
    model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    x = np.random.default_rng(0).random((SAMPLES, 64), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        # Everything is loaded and compiled once before.
        train(model, x, EmbeddingCheckpoint(f"{folder}/few", x[:2000], layers=names))
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        before = resident("VmRSS")
        train(
            model, x, EmbeddingCheckpoint(f"{folder}/all", x, layers=names, save_freq="epoch")
        )
    above = resident("VmHWM") - before - LAYERS * ARRAY
    print(
        f"recording {SAMPLES:,} x {UNITS} x {LAYERS} layers: {above / 1e6:.0f} MB at the peak "
        f"beside the arrays of {LAYERS} x {ARRAY / 1e6:.0f} MB (at most {ARRAY / 1e6:.0f} MB)"
    )
    return int(above > ARRAY)


if __name__ == "__main__":
    sys.exit(main())
