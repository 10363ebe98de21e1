"""What a new snapshot costs the server that somebody watches a training with.

Claim: of a run of 1,000 x 64 the server answers what a page asks at a new snapshot (the runs,
the frame, in axes of all steps) after 500 others in at most 4 times the processor time that it
takes after two.

Two runs that are recorded into in turns, one with 500 snapshots, one with two; after each
snapshot the routes `runs` and `projection` are asked, without a network.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from werkzeug.test import Client

from benchmarks.ask_picture import ask_picture
from benchmarks.ratio import Ratio
from tb_embed_plugin import record
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.harness import client_for

SHORT, LONG = 2, 500
MOST = 4.0
ROUNDS = 15
WARM = 2
RNG = np.random.default_rng(0)


def main() -> int:
    """Prints the ratio; the exit status is 1 where it is above its bound."""
    with tempfile.TemporaryDirectory() as folder:
        clients = {steps: _watched(Path(folder) / str(steps), steps) for steps in (SHORT, LONG)}
        seconds: dict[int, list[float]] = {steps: [] for steps in clients}
        for i in range(ROUNDS):
            for steps, client in clients.items():
                _record(Path(folder) / str(steps), steps + i)
                start = time.process_time()
                ask_picture(client, steps + i)
                seconds[steps].append(time.process_time() - start)
    late, early = (seconds[steps][WARM:] for steps in (LONG, SHORT))
    ratio = Ratio.of(zip(late, early, strict=True))
    print(
        f"what a page asks at a new snapshot of 1,000 x 64, processor time: "
        f"{statistics.median(late) * 1e3:.1f} ms after {LONG} others, "
        f"{statistics.median(early) * 1e3:.1f} ms after {SHORT}; {ratio} (at most {MOST:g})"
    )
    return int(ratio.median > MOST)


def _watched(logdir: Path, steps: int) -> Client:
    """Returns the client of a server that has shown so many steps."""
    for step in range(steps):
        _record(logdir, step)
    client = client_for(logdir, EmbeddingsPlugin)
    ask_picture(client, steps - 1)
    return client


def _record(logdir: Path, step: int) -> None:
    rows = RNG.normal(size=(1000, 64)).astype(np.float32)
    record(logdir / "run", step, {"fc1": rows}, finished=False)


if __name__ == "__main__":
    sys.exit(main())
