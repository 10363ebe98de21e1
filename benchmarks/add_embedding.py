"""What one snapshot with its metadata and sprite costs, against PyTorch's `add_embedding`.

Claim: `record` takes at most a fifth of the time of PyTorch's `SummaryWriter.add_embedding` for
the first snapshot, which writes metadata and sprite too, and a twentieth for each later one.

MNIST's 10,000 test images, 200 activations each, with labels and thumbnails, at two steps of
one run: `record` until all is on disk, and `add_embedding` with the same arguments, which
writes values, labels and images anew at each step. In turns, in one process of the environment
that has PyTorch.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from torch import from_numpy
from torch.utils.tensorboard import SummaryWriter

from benchmarks.clock import seconds
from benchmarks.ratio import Ratio
from tb_embed_plugin import record

MOST = (1 / 5, 1 / 20)
"""Of the first step, and of the second."""
PAIRS = 5


def main() -> int:
    """Prints the ratios; the exit status is 1 where one is more than is claimed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="an .npz file with MNIST")
    with np.load(parser.parse_args().data) as mnist:
        images, labels = mnist["x_test"], mnist["y_test"]
    weights = np.random.default_rng(0).normal(size=(784, 200)).astype(np.float32)
    rows = np.maximum(0, images.reshape(-1, 784).astype(np.float32) / 255 @ weights)
    tensors, names = from_numpy(images[:, None] / np.float32(255)), labels.tolist()
    pairs: list[list[tuple[float, float]]] = [[] for _ in range(len(MOST))]
    with tempfile.TemporaryDirectory() as folder:
        for i in range(PAIRS + 1):
            run, writer = Path(folder) / f"ours{i}", SummaryWriter(f"{folder}/theirs{i}")
            for step in range(len(MOST)):
                ours = partial(record, run, step, {"fc1": rows}, labels=labels, images=images)
                theirs = partial(writer.add_embedding, rows, names, tensors, step)
                pair = seconds(partial(ours, finished=step == len(MOST) - 1)), seconds(theirs)
                # The first round is for what both import.
                if i:
                    pairs[step].append(pair)
            writer.close()
    held = [report(step, of_step) for step, of_step in enumerate(pairs)]
    return int(not all(held))


def report(step: int, pairs: list[tuple[float, float]]) -> bool:
    """Prints what a step took on both sides, and says whether the claim holds."""
    ratio = Ratio.of(pairs)
    mine, stock = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
    print(
        f"step {step}: record {mine:.0f} ms, add_embedding {stock:.0f} ms; one in "
        f"{1 / ratio.median:.0f}, {ratio} (at most {MOST[step]:g})"
    )
    return ratio.median <= MOST[step]


if __name__ == "__main__":
    sys.exit(main())
