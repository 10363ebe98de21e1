"""How much memory the recorded forward pass needs beside the model, against `predict`.

Claim: the recorded pass needs at most the larger of 256 MiB and 1.5 times
`predict(batch_size=32)` beside the model: 600 images of 96 x 96 x 3 through a small
convolutional network, 200 sequences of 1,024 tokens through an attention layer.

600 images of 96 x 96 x 3 through a small convolutional network, whose first layer alone makes
2.4 MB a sample, and sequences through an attention layer. Each side in a process of its own:
the largest resident size of one call, above that before it. The bound is the larger of 256 MiB
and 1.5 times `predict(batch_size=32)`. Then the time of one pass of the tutorial's perceptron
over 10,000 samples, against `predict` with as large batches.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tb_embed_plugin.recording.forward_pass.batched_pass import MEMORY_BUDGET
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass

PAIRS = 15


def convolutional() -> tuple[Any, Any]:
    """Returns the network, and its samples."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((96, 96, 3)),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(64, activation="relu", name="fc1"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    return model, np.random.default_rng(0).random((600, 96, 96, 3), np.float32)


def attentive() -> tuple[Any, Any]:
    """Returns a layer of attention over 1,024 tokens, and its samples."""
    inputs = keras.Input((1024,), dtype="int32")
    tokens = keras.layers.Embedding(1000, 64)(inputs)
    tokens = keras.layers.MultiHeadAttention(8, 16)(tokens, tokens)
    pooled = keras.layers.GlobalAveragePooling1D()(tokens)
    hidden = keras.layers.Dense(64, activation="relu", name="fc1")(pooled)
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(hidden))
    return model, np.random.default_rng(0).integers(0, 1000, (200, 1024), np.int32)


def perceptron() -> tuple[Any, Any]:
    """Returns the tutorial's classifier, 784-200-10, and its samples."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(200, activation="relu", name="fc1"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    return model, np.random.default_rng(0).random((10_000, 784), np.float32)


MODELS = {"convolutional": convolutional, "attention": attentive}


def resident(key: str) -> int:
    """Returns VmRSS or VmHWM, the bytes resident now or at most so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"expected {key} in /proc/self/status, as Linux has it")


def measure(name: str, side: str) -> None:
    """Prints the bytes that one pass needs; in a process of its own."""
    model, x = MODELS[name]()
    few = x[:2]
    act: Callable[[Any], object]
    if side == "predict":
        act = lambda x: model.predict(x, batch_size=32, verbose=0)  # noqa: E731 # one of two
    else:
        act = lambda x: trace_forward_pass(model, ["fc1"], x).run()  # noqa: E731 # likewise
    act(few)  # everything is loaded before
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident("VmRSS")
    act(x)
    print(resident("VmHWM") - before)


def in_a_process(name: str, side: str) -> int:
    """Returns what `measure` prints."""
    command = [sys.executable, __file__, name, side]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[-1])


def compare_memory() -> bool:
    """Prints both sides for each model; returns whether every bound is kept."""
    kept = True
    for name in MODELS:
        predict, ours = in_a_process(name, "predict"), in_a_process(name, "recorded")
        most = max(MEMORY_BUDGET, 1.5 * predict)
        kept = kept and ours <= most
        print(
            f"{name}: the recorded pass needs {ours / 1e6:.0f} MB beside the model, "
            f"predict(batch_size=32) {predict / 1e6:.0f} MB (at most {most / 1e6:.0f} MB)"
        )
    return kept


def compare_time() -> None:
    """Prints the time of a pass over the perceptron's samples, beside `predict`."""
    model, x = perceptron()
    forward = trace_forward_pass(model, ["fc1"], x)
    sides: list[Callable[[], object]] = [
        forward.run,
        lambda: model.predict(x, batch_size=2000, verbose=0),
    ]
    times: list[list[float]] = [[], []]
    for i in range(2 * PAIRS + 4):
        start = time.perf_counter()
        sides[i % 2]()
        if i >= 4:
            times[i % 2].append(time.perf_counter() - start)
    ours, predict = (statistics.median(side) for side in times)
    print(
        f"perceptron, 10,000 samples: one recorded pass in batches of {forward.batch_size} "
        f"takes {ours / predict:.2f} of predict's time (medians of {PAIRS} pairs)"
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], sys.argv[2])
    else:
        compare_time()
        sys.exit(not compare_memory())
