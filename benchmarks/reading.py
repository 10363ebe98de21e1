"""Reading rows into memory against a memory map, in processor time, both in one run.

Claim: reading rows into memory takes at most 1.4 times the processor time of a memory map where
something is computed of them.

Prints, for layers that fit into the processor's cache and some that do not, the median time of
going through all rows once as float64, which is what a projection does at least, and of a PCA.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.ratio import Ratio
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.blocks import blocks
from tb_embed_plugin.runs.stored_rows import FileRows, Place
from tb_embed_plugin.snapshot import Snapshot

SHAPES = ((10_000, 64), (300_000, 128), (100_000, 1024))
ROUNDS = 9
MOST = 1.4
WIDEST = 128
"""Units of a layer of which a PCA is made; a wider one takes long, and not for reading."""


def main() -> int:
    """Prints the ratios; the exit status is 1 where one is above its bound."""
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values"
        for shape in SHAPES:
            np.random.default_rng(0).random(shape, np.float32).tofile(path)
            for name, work in (("rows as float64", look), ("PCA", project)):
                if work is look or shape[1] <= WIDEST:
                    print(f"{shape[0]:>7} x {shape[1]:<4} {name:<16} ", end="")
                    ratio, said = compared(path, shape, work)
                    print(said)
                    status |= ratio > MOST
    return status


def compared(
    path: Path, shape: tuple[int, int], work: Callable[[Snapshot], object]
) -> tuple[float, str]:
    """Returns how much more processor time reading takes, in turns, and that in words."""
    opened: dict[str, Callable[[], Snapshot]] = {
        "mapped": lambda: np.memmap(path, "<f4", mode="r", shape=shape),
        "read": lambda: FileRows(path, Place("<f4", shape, 0)),
    }
    times: dict[str, list[float]] = {name: [] for name in opened}
    for _ in range(ROUNDS):
        for name, open_it in opened.items():
            before = processor_seconds()
            work(open_it())
            times[name].append(processor_seconds() - before)
    mapped, read = (statistics.median(of) for of in times.values())
    ratio = Ratio.of(zip(times["read"], times["mapped"], strict=True))
    said = f"mapped {1e3 * mapped:7.1f} ms, read {1e3 * read:7.1f} ms: {ratio} (at most {MOST})"
    return ratio.median, said


def look(snapshot: Snapshot) -> None:
    """Goes through all rows."""
    for _, block in blocks(snapshot):
        block.sum()


def project(snapshot: Snapshot) -> None:
    """Fits and projects."""
    pca.fit(lambda _: snapshot, [0]).project(snapshot, 3)


def processor_seconds() -> float:
    """Returns the processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
