"""How much of the labels one sees in the plane of the default axes.

Claim: along the default axes 15 neighbors in the plane of MNIST's last step tell at least as
many labels as along the step's own, less .01.

The tutorial's network over ten epochs of MNIST: fc1 of the 10,000 test images in two
dimensions at the last step, along the default axes, along those of all rows pooled and along
the step's own; the share of samples whose 15 nearest neighbors there tell their label.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.recording import build_model
from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.basis import Basis

NEIGHBORS = 15
EPOCHS = 10
LESS = 0.01


def main() -> int:
    """Prints the shares; the exit status is 1 where ours is .01 below the step's own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's .npz file")
    with np.load(parser.parse_args().data) as file:
        x, y, x_test, y_test = (file[n] for n in ("x_train", "y_train", "x_test", "y_test"))
    x, x_test = (a.reshape(len(a), 784).astype(np.float32) / 255 for a in (x, x_test))
    taken: list[NDArray[np.float32]] = []
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = EmbeddingCheckpoint(
            folder,
            x_test,
            on_snapshot=lambda _, tensors: taken.append(tensors["fc1"].astype(np.float32)),
        )
        build_model().fit(
            x, y, batch_size=100, epochs=EPOCHS, verbose=0, callbacks=[checkpoint]
        )
    steps = range(len(taken))
    default = pca.fit(taken.__getitem__, steps, pca.ENGINE.settings({}))
    bases = {
        "the default axes": default,
        "pooled ones": pca.fit(taken.__getitem__, steps),
        "the step's own": pca.fit(taken.__getitem__, steps[-1:]),
    }
    told = {name: labels_told(basis, taken[-1], y_test) for name, basis in bases.items()}
    said = ", ".join(f"{share:.3f} along {name}" for name, share in told.items())
    print(f"{NEIGHBORS} neighbors in the plane tell the labels of {said}")
    return int(told["the default axes"] < told["the step's own"] - LESS)


def labels_told(
    basis: Basis, snapshot: NDArray[np.float32], labels: NDArray[np.integer]
) -> float:
    """Returns the share of samples whose label most of their neighbors in the plane have."""
    plane = basis.project(snapshot, 2)
    search = KNeighborsClassifier(NEIGHBORS).fit(plane, labels)
    # Without rows to look for, scikit-learn leaves each sample itself out.
    votes = labels[search.kneighbors(return_distance=False)]
    most = [np.bincount(row).argmax() for row in votes]
    return float(np.equal(most, labels).mean())


if __name__ == "__main__":
    sys.exit(main())
