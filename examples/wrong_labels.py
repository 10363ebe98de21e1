"""Finds wrong labels: of MNIST's 10,000 test labels, 200 are changed before recording."""

import argparse
from pathlib import Path

import keras
import numpy as np
from mnist_fc1 import build_model, load_mnist

from tb_embed_plugin import EmbeddingCheckpoint, open_run

PLANTED = 200


def main() -> float:
    """Trains, records, and returns the share of planted labels among those found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="an .npz file with MNIST's four arrays")
    parser.add_argument("--logdir", type=Path, default=Path("logs"))
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    x_train, y_train, x_test, y_test = load_mnist(options.data)
    rng = np.random.default_rng(0)
    planted = rng.choice(len(y_test), PLANTED, replace=False)
    labels = y_test.astype(int)
    labels[planted] = (labels[planted] + rng.integers(1, 10, PLANTED)) % 10

    keras.utils.set_random_seed(0)
    model = build_model()
    recorder = EmbeddingCheckpoint(
        options.logdir / "wrong_labels",
        x_test,
        layers="fc1",
        labels=labels,
        metadata={"true label": [str(label) for label in y_test]},
        image_shape=(28, 28),
        on_existing="overwrite",
    )
    model.fit(
        x_train, y_train, batch_size=100, epochs=options.epochs, verbose=2, callbacks=[recorder]
    )

    layer = open_run(options.logdir, "wrong_labels").layer("fc1")
    found = layer.label_errors()
    print(found.table())
    share = float(np.isin(found.samples[:PLANTED], planted).mean())
    print(f"{share:.0%} of the first {len(found.samples[:PLANTED])} were planted")
    return share


if __name__ == "__main__":
    main()
