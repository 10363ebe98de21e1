"""What a long run costs more than a short one, snapshot by snapshot.

Claim: a snapshot of 1,000 x 64 by `record` into a run of 1,000 costs at most 1.3 times what one
into a run of two does, into a run of 10,000 at most 3 times.

`record` of 1,000 x 64 activations into runs of two, 1,000 and 10,000 snapshots, in turns. The
long ones are the short one whose manifest lists as many steps: their files are never looked at.

![Processor time of a snapshot by those before it](pictures/long_runs.svg)
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.growth_picture import draw
from benchmarks.ratio import Ratio
from tb_embed_plugin import record
from tb_embed_plugin.metadata import MANIFEST_FILE

SHORT = 2
BOUNDS = {1_000: 1.3, 10_000: 3.0}
ROUNDS = 25
WARM = 2
ROWS = np.random.default_rng(0).normal(size=(1000, 64)).astype(np.float32)


def main() -> int:
    """Prints the ratios; the exit status is 1 where one is above its bound."""
    with tempfile.TemporaryDirectory() as folder:
        runs = write_runs(Path(folder))
        seconds: dict[int, list[float]] = {steps: [] for steps in runs}
        for i in range(ROUNDS):
            for steps, run in runs.items():
                seconds[steps].append(seconds_of_next(run, steps + i))
    medians = {steps: statistics.median(of_steps[WARM:]) for steps, of_steps in seconds.items()}
    draw("long_runs", "snapshots before it", {"a snapshot": medians})
    status = 0
    short = seconds[SHORT][WARM:]
    for steps, most in BOUNDS.items():
        late = seconds[steps][WARM:]
        ratio = Ratio.of(zip(late, short, strict=True))
        print(
            f"a snapshot of 1,000 x 64 by record, processor time: "
            f"{statistics.median(late) * 1e3:.2f} ms after {steps:,} others, "
            f"{statistics.median(short) * 1e3:.2f} ms after {SHORT}; "
            f"{ratio} (at most {most:g})"
        )
        status |= ratio.median > most
    return status


def write_runs(folder: Path) -> dict[int, Path]:
    """Returns runs by how many snapshots they list."""
    base, runs = folder / "base", {}
    for step in range(SHORT):
        record(base, step, {"fc1": ROWS}, labels=np.arange(1000) % 10, finished=step == 1)
    for steps in (SHORT, *BOUNDS):
        runs[steps] = Path(shutil.copytree(base, folder / str(steps)))
        manifest = runs[steps] / MANIFEST_FILE
        content = json.loads(manifest.read_text())
        last = content["steps"][-1]
        content["steps"] = [{**last, "step": step} for step in range(steps)]
        manifest.write_text(json.dumps({**content, "recording": True}))
    return runs


def seconds_of_next(run: Path, step: int) -> float:
    """Returns how much processor time the next snapshot takes."""
    start = time.process_time()
    record(run, step, {"fc1": ROWS})
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
