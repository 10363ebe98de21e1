"""Layouts by landmarks of very many samples: memory, time, and how many neighbors cells find.

Measures, and claims nothing. The samples are ten clusters of 64 units in a file, of which rows
are read as those of a run are. Each frame is computed in a process of its own, whose largest
memory is printed with and without the libraries' own, as it stands before the frame. Of the
neighbors that cells find `JUDGED` samples' are held against the exact ones.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when the first library loads

import numpy as np

from benchmarks.cell_recall import NEAREST, near_by_cells, share_found
from benchmarks.clock import cost
from benchmarks.landmarks import ENGINES, LANDMARKS
from tb_embed_plugin.projections.landmarks import landmark_rows
from tb_embed_plugin.projections.working_memory import use_memory
from tb_embed_plugin.runs.stored_rows import FileRows, Place
from tb_embed_plugin.snapshot import SharedRows

CLUSTERS = 10
JUDGED = 200
BLOCK = 100_000


def main() -> None:
    """Prints what each number of samples takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, nargs="*", default=[500_000, 1_000_000])
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument(
        "--directions", type=int, help="that clusters extend in; as many as units by default"
    )
    parser.add_argument("--parts", choices=[*ENGINES, "recall"], nargs="*")
    parser.add_argument("--memory", type=int, help="megabytes that are worked in")
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    for samples in options.samples:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "rows")
            write(file, samples, options.units, options.directions or options.units)
            for part in options.parts or [*ENGINES, "recall"]:
                work = recall if part == "recall" else frame
                arguments = file, samples, options.units, options.memory, part
                process = spawn.Process(target=work, args=arguments)
                process.start()
                process.join()
                if process.exitcode:
                    raise SystemExit(f"{part} of {samples:,} has ended by {process.exitcode}")


def write(file: Path, samples: int, units: int, directions: int) -> None:
    """Writes clusters that extend in so many directions, block by block."""
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((directions, units), np.float32)
    centers = 2 * rng.standard_normal((CLUSTERS, units), np.float32)
    with file.open("wb") as out:
        for start in range(0, samples, BLOCK):
            count = min(BLOCK, samples - start)
            rows = centers[rng.integers(0, CLUSTERS, count)]
            own = rng.standard_normal((count, directions), np.float32)
            rows += own if directions == units else own @ mixing
            out.write(rows.tobytes())


def frame(file: Path, samples: int, units: int, memory: int | None, part: str) -> None:
    """Prints what a first frame takes, and a following one of the same rows."""
    use_memory(memory)
    engine = ENGINES[part]
    settings = engine.facts.settings({"landmarks": LANDMARKS})
    few = np.random.default_rng(0).standard_normal((2_000, 8)).astype(np.float32)
    engine.frame(few, None, engine.facts.settings({"landmarks": 200}), 2, lambda share: None)
    rows = FileRows(file, Place("<f4", (samples, units), 0))
    idle, before = largest(), None
    for which in ("first", "following"):
        next_frame = partial(engine.frame, rows, before, settings, 2, lambda share: None)
        before, taken = cost(partial(next_frame, snapshot_before=lambda: rows))
        print(
            f"{engine.facts.title}, {samples:,} x {units}, {which} frame: {taken}, largest "
            f"memory {largest() >> 20} MB, {(largest() - idle) / samples:.0f} bytes a sample",
            flush=True,
        )


def recall(file: Path, samples: int, units: int, memory: int | None, part: str) -> None:
    """Prints which share of the nearest neighbors cells find."""
    use_memory(memory)
    rows = SharedRows(FileRows(file, Place("<f4", (samples, units), 0)))
    landmarks = landmark_rows(samples, min(LANDMARKS, samples // 10), 0)
    found, taken = cost(lambda: near_by_cells(rows, landmarks))
    some = np.sort(np.random.default_rng(1).choice(samples, JUDGED, replace=False))
    share = share_found(rows, found, some)
    print(
        f"cells, {samples:,} x {units}: {share:.2f} of {NEAREST} neighbors found in {taken}",
        flush=True,
    )


def largest() -> int:
    """Returns the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


if __name__ == "__main__":
    main()
