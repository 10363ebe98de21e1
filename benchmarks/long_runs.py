"""What a long run costs more than a short one, snapshot by snapshot.

`record` of 40 x 5 activations into a run of 500 snapshots and into one of five, in turns; and
how many of ten million batches the schedule "log" takes, against as many of three thousand.
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
from tb_embed_plugin.recording.schedule import parse_schedule

PAIRS = 40
MOST = 1.6
MOST_MILLISECONDS = 10


def main() -> int:
    """Prints both; the exit status is 1 where either is above its bound."""
    with tempfile.TemporaryDirectory() as folder:
        ratio = measure_snapshots(Path(folder))
    milliseconds = measure_schedule()
    return int(ratio > MOST or milliseconds > MOST_MILLISECONDS)


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


def measure_schedule() -> float:
    """Prints and returns the milliseconds of counting what is due of ten million batches."""
    schedule = parse_schedule("log")
    long, short = (
        1e3 * statistics.median(seconds(partial(schedule.count, last)) for _ in range(PAIRS))
        for last in (10_000_000, 3000)
    )
    print(
        f'what "log" takes of 10,000,000 batches is counted in {long:.3f} ms, of 3,000 in '
        f"{short:.3f} ms (at most {MOST_MILLISECONDS} ms)"
    )
    return long


def seconds(act: Callable[[], object]) -> float:
    """Returns how much processor time `act` takes."""
    start = time.process_time()
    act()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
