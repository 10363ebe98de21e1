"""What `save_freq="log"` takes before a training of 10,000,000 batches, and at each of them.

Claim: `save_freq="log"` over 10,000,000 planned batches takes at most 10 ms before the
training.

Before the first batch the callback counts the snapshots to come, to say how much disk they
need; that must not be a walk over all batches.
"""

from __future__ import annotations

import statistics
import sys
import time

from tb_embed_plugin.recording.options.schedule import parse_schedule

BATCHES = 10_000_000
REPEATS = 15
ASKED = 20_000


def main() -> bool:
    """Prints both times, and returns whether the first is within 10 ms."""
    before = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        schedule = parse_schedule("log")
        count = schedule.count(BATCHES)
        before.append(time.perf_counter() - start)
    start = time.perf_counter()
    for batch in range(ASKED):
        schedule.due_between(batch, batch + 1)
    each = (time.perf_counter() - start) / ASKED
    took = statistics.median(before)
    print(
        f"{count} snapshots of {BATCHES:,} batches are counted in {took * 1e3:.2f} ms "
        f"(at most 10); a batch is asked for in {each * 1e6:.2f} microseconds"
    )
    return took <= 10e-3


if __name__ == "__main__":
    sys.exit(not main())
