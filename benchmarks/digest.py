"""What the digest of a model's weights takes, against one multiplication by as many weights.

Claim: a digest of 49 M weights in 600 variables, and of 50 M in 4, takes at most what a product
of one sample with as many weights does.

49 M weights in 600 variables, as a deep network has them, and in 4. The digest is taken with
every snapshot, so it must be no more than a small part of what one batch of a training reads:
at most a sample's product with each of the weights. What the first call compiles is told apart.
"""

from __future__ import annotations

import statistics
import sys

import keras
import numpy as np

from benchmarks.clock import seconds
from benchmarks.ratio import Ratio
from tb_embed_plugin.recording.model.weights_digest import digest_weights

PAIRS = 15
SHAPES = {600: 286, 4: 3536}
"""Number of square variables, and the side of one: 49 and 50 M weights."""


class Wide(keras.layers.Layer):  # type: ignore[misc] # Keras is untyped
    """Holds variables."""

    def __init__(self, count: int, side: int) -> None:
        super().__init__()
        for i in range(count):
            self.add_weight(shape=(side, side), initializer="ones", name=f"kernel{i}")


def measure(count: int, side: int) -> float:
    """Prints the digest's time beside the product's, and returns the median ratio."""
    model = keras.Sequential([Wide(count, side)])
    arrays = [np.ones((side, side), np.float32) for _ in range(count)]
    sample = np.ones((1, side), np.float32)

    def digest() -> object:
        return digest_weights(model)

    def product() -> object:
        return [sample @ array for array in arrays]

    first = seconds(digest)
    pairs = [(seconds(digest), seconds(product)) for _ in range(PAIRS)]
    ours, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = Ratio.of(pairs)
    print(
        f"{count * side**2 / 1e6:.0f} M weights in {count} variables: {ours * 1e3:.1f} ms "
        f"(the first time {first * 1e3:.0f} ms), a sample's product with them "
        f"{floor * 1e3:.1f} ms; {ratio} (at most 1)"
    )
    return ratio.median


if __name__ == "__main__":
    sys.exit(max(measure(count, side) for count, side in SHAPES.items()) > 1)
