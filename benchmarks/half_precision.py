"""How many nearest neighbors survive `dtype="float16"`.

Claim: `dtype="float16"` keeps at least 99 % of the ten nearest neighbors of MNIST.

The tutorial's network after one epoch on MNIST: fc1 of the 10,000 test images as float32 and
as float16, the exact ten nearest neighbors of each sample by Euclidean distance in both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from benchmarks.recording import build_model
from tb_embed_plugin import EmbeddingCheckpoint

NEIGHBORS = 10
LEAST = 0.99


def neighbors(snapshot: NDArray[np.float32]) -> NDArray[np.int64]:
    """Returns the rows nearest to each row, (n_samples, NEIGHBORS), itself left out."""
    search = NearestNeighbors(n_neighbors=NEIGHBORS, algorithm="brute").fit(snapshot)
    found: NDArray[np.int64] = search.kneighbors(return_distance=False)
    return found


def main() -> int:
    """Prints the share that is kept; the exit status is 1 where it is below 99 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's .npz file")
    with np.load(parser.parse_args().data) as file:
        x, y, x_test = file["x_train"], file["y_train"], file["x_test"]
    x, x_test = (a.reshape(len(a), 784).astype(np.float32) / 255 for a in (x, x_test))
    taken: list[NDArray[np.float32]] = []
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = EmbeddingCheckpoint(
            folder,
            x_test,
            on_snapshot=lambda _, tensors: taken.append(tensors["fc1"].astype(np.float32)),
        )
        build_model().fit(x, y, batch_size=100, verbose=0, callbacks=[checkpoint])
    full = taken[-1]
    half = full.astype(np.float16).astype(np.float32)
    pairs = zip(neighbors(full), neighbors(half), strict=True)
    kept = sum(len(np.intersect1d(*pair)) for pair in pairs) / (NEIGHBORS * len(full))
    print(
        f'dtype="float16" keeps {kept:.2%} of the {NEIGHBORS} nearest neighbors of '
        f"{len(full):,} x {full.shape[1]} (at least {LEAST:.0%})"
    )
    return int(kept < LEAST)


if __name__ == "__main__":
    sys.exit(main())
