"""One worker of a loop, in a process of its own: `worker.py LOG_DIR RANK WORLD STEPS ...`.

Besides whole numbers, which are recorded, a step may be `die`, `end` (the next is the last) or
`wait:NAME`, until the file LOG_DIR-NAME is there.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from tb_embed_plugin import record
from tb_embed_plugin.recording.sharded import own_part

SAMPLES = 50
RNG = np.random.default_rng(0)
X = RNG.normal(size=(SAMPLES, 4)).astype(np.float32)
KERNEL = RNG.normal(size=(4, 3)).astype(np.float32)
IMAGES = RNG.integers(0, 256, (SAMPLES, 9, 8, 3), dtype=np.uint8)
LABELS = [f"class {int(row[0] > 0)}" for row in X]
# Some workers have words alone, and some numbers.
MIXED = ["?" if i == SAMPLES - 1 else i for i in range(SAMPLES)]


def record_rows(
    log_dir: Path,
    step: int,
    shard: tuple[int, int] | None,
    *,
    finished: bool = False,
    dtype: str = "float32",
) -> None:
    """Records one step of the samples of a worker, or of all of them."""
    rank, world = shard or (0, 1)
    rows = np.array_split(np.arange(SAMPLES), world)[rank]
    logits = ((X @ KERNEL) * np.float32(1 + step))[rows]
    record(
        log_dir,
        step,
        {"fc1": X[rows] + np.float32(step), "logits": logits},
        outputs=logits,
        outputs_kind="logits",
        labels=[LABELS[i] for i in rows],
        metadata={"first": X[rows, 0], "mixed": [MIXED[i] for i in rows]},
        images=IMAGES[rows],
        finished=finished,
        dtype=dtype,
        shard=shard,
    )


def together(log_dir: Path, step: int, world: int, **options: Any) -> None:
    """Records the last step by all workers at once, each in a thread."""
    with ThreadPoolExecutor(world) as pool:
        shards = [(rank, world) for rank in range(world)]
        calls = [
            pool.submit(record_rows, log_dir, step, shard, finished=True, **options)
            for shard in shards
        ]
    for call in calls:
        call.result()


def main() -> None:
    """Records the steps of the command line."""
    log_dir, rank, world = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    own_part.PATIENCE_SECONDS = float(os.environ.get("PATIENCE", "60"))
    finished = False
    for word in sys.argv[4:]:
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "end":
            finished = True
        elif word.startswith("wait:"):
            while not log_dir.with_name(f"{log_dir.name}-{word[5:]}").exists():
                time.sleep(0.02)
        else:
            record_rows(log_dir, int(word), (rank, world), finished=finished)


if __name__ == "__main__":
    main()
