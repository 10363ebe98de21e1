"""What a long run costs more than a short one, snapshot by snapshot.

`record` of 40 x 5 activations into a run of 500 snapshots and into one of five, in turns.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tb_embed_plugin import record

PAIRS = 40
MOST = 1.6


def main() -> int:
    """Prints the ratio; the exit status is 1 where it is above its bound."""
    with tempfile.TemporaryDirectory() as folder:
        return int(measure_snapshots(Path(folder)) > MOST)


def measure_snapshots(folder: Path) -> float:
    """Prints and returns how much more the 500th snapshot costs than the 5th."""
    rows = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)

    def next_of(run: str, steps: range) -> list[float]:
        return [seconds(partial(record, folder / run, n, {"a": rows})) for n in steps]

    next_of("short", range(5))
    next_of("long", range(500))
    pairs = [
        (next_of("long", range(500 + i, 501 + i))[0], next_of("short", range(5 + i, 6 + i))[0])
        for i in range(PAIRS)
    ]
    late, early = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"a snapshot of 40 x 5 by record: {late * 1e3:.2f} ms after 500 others, "
        f"{early * 1e3:.2f} ms after five; median ratio of {PAIRS} pairs {ratio:.2f} "
        f"(at most {MOST:g})"
    )
    return ratio


def seconds(act: Callable[[], object]) -> float:
    """Returns how much processor time `act` takes."""
    start = time.process_time()
    act()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
