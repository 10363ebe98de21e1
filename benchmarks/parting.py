"""Where two trainings part: how often the step is named at which a learning rate changed.

Claim: of trainings whose learning rate is ten times as high, or a tenth, from an epoch on, that
epoch or the next one is named for all that had the same seed before and for nine in ten that
had another, with a third run to compare with; of two seeds alike in all else nothing is named
in nine of ten pairs without a third run, and in all pairs with one.

The tutorial's network on 10,000 images of MNIST, the activations of 1,000 test images at each
of 12 epochs, by Adam and by SGD; five seeds each, which the rule was not chosen on. In each
seed the rate changes at another epoch. Every such training is compared with one without a
change: of its own seed, of the next seed, and of the next seed with the one after it as the
third run. Nothing is claimed of another seed without a third run; how often that is named is
told, and each comparison that is not answered rightly.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, open_run
from tb_embed_plugin.analysis.open_layer import OpenLayer

EPOCHS = 12
SEEDS = 5
RATES = {"adam": 0.001, "sgd": 0.05}
FACTORS = (10.0, 0.1)
LATE = 1
"""Snapshots after the change at which it still counts as named."""


@dataclass
class Count:
    """How many comparisons there were, and in how many the answer was right."""

    right: int = 0
    all: int = 0


class FromEpochOn(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Multiplies the learning rate from an epoch on.

    Args:
        step: The first snapshot of what was trained at the new rate.
        factor: Times the rate before.
    """

    def __init__(self, step: int, factor: float) -> None:
        super().__init__()
        self._step, self._factor = step, factor

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Sets it; the snapshot after the first epoch is that of step 1."""
        if epoch + 1 == self._step:
            optimizer = self.model.optimizer
            optimizer.learning_rate = float(optimizer.learning_rate) * self._factor


def main() -> int:
    """Prints how often the step is named; the exit status is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="an .npz file with MNIST")
    with np.load(parser.parse_args().data) as mnist:
        data = {name: mnist[name] for name in mnist.files}
    counts: dict[str, Count] = defaultdict(Count)
    keras.utils.disable_interactive_logging()
    with tempfile.TemporaryDirectory() as folder:
        for optimizer in RATES:
            judge(Path(folder) / optimizer, optimizer, data, counts)
    claims = {
        "same seed": 1.0,
        "other seed, third run": 0.9,
        "two seeds": 0.9,
        "two seeds, third run": 1.0,
    }
    held = []
    for kind, count in counts.items():
        least = claims.get(kind)
        share = count.right / count.all
        held.append(least is None or share >= least)
        said = "" if least is None else f" (at least {least:.0%})"
        print(f"{kind}: right in {count.right} of {count.all}{said}", flush=True)
    return int(not all(held))


def judge(
    logdir: Path, optimizer: str, data: dict[str, NDArray[np.uint8]], counts: dict[str, Count]
) -> None:
    """Trains with one optimizer, compares the runs and counts the answers."""
    plain = [train(logdir / f"plain{s}", s, optimizer, data) for s in range(SEEDS + 2)]
    for seed in range(SEEDS):
        here, after = plain[seed + 1], plain[seed + 2]
        count(counts["two seeds"], plain[seed], here, None)
        count(counts["two seeds, third run"], here, plain[seed], None, after)
        # In the middle, where there is something before it and after it.
        at = 3 + seed
        for factor in FACTORS:
            change = FromEpochOn(at, factor)
            name = f"changed{seed}_{factor:g}"
            changed = train(logdir / name, seed, optimizer, data, change)
            count(counts["same seed"], plain[seed], changed, at)
            count(counts["other seed"], here, changed, at)
            count(counts["other seed, third run"], here, changed, at, after)


def train(
    run: Path,
    seed: int,
    optimizer: str,
    data: dict[str, NDArray[np.uint8]],
    change: FromEpochOn | None = None,
) -> OpenLayer:
    """Trains the tutorial's network and returns the layer that was recorded."""
    keras.utils.set_random_seed(1_000 + seed)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(200, activation="relu", name="fc1"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    how = {"class_name": optimizer, "config": {"learning_rate": RATES[optimizer]}}
    model.compile(keras.optimizers.get(how), "sparse_categorical_crossentropy")
    x_train, x_test = (
        data[f"x_{part}"][:most].reshape(-1, 784).astype(np.float32) / 255
        for part, most in (("train", 10_000), ("test", 1_000))
    )
    recorder = EmbeddingCheckpoint(
        run, x_test, labels=data["y_test"][:1_000], layers=["fc1"], images=False
    )
    callbacks = [recorder] if change is None else [change, recorder]
    model.fit(x_train, data["y_train"][:10_000], epochs=EPOCHS, callbacks=callbacks, verbose=0)
    return open_run(run.parent, run.name).layer("fc1")


def count(
    kept: Count,
    here: OpenLayer,
    there: OpenLayer,
    at: int | None,
    seed: OpenLayer | None = None,
) -> None:
    """Counts one comparison, and whether it names the step `at`, or nothing for None."""
    found = here.parted(there, seed).parting
    named = None if found is None else found.step
    right = named is None if at is None else named is not None and 0 <= named - at <= LATE
    kept.right += right
    kept.all += 1
    if not right:
        told = "nothing is named" if found is None else found.sentence
        changed = "no change" if at is None else f"a change at step {at}"
        third = "no third run" if seed is None else "a third run"
        print(f"  {changed}, {third}: {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
