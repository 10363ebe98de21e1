"""t-SNE and UMAP by landmarks: MNIST's 70,000 beside layouts of all, and 500,000 x 64 x 3.

Claim: of MNIST with 20,000 landmarks the trustworthiness at 15 neighbors of the samples that
were placed is at most .02 below that of the same samples in a layout of all, and they keep at
least .7 of the neighbors that they keep there; with 2,800 landmarks, 4 %, the trustworthiness
is at most .03 below. Layouts of 500,000 x 64 at three steps take at most 3 times what that
of their 20,000 landmarks takes, and the bare product of all samples with the landmarks. Over
six equal snapshots t-SNE by landmarks moves at most twice as far as a layout of all.

- `mnist`: 64 units of a small network after each of three epochs on the 60,000, all 70,000;
  with `--pixels` the pixels themselves. Frames are computed as usual, the last step first.
- `time`: ten clusters that move apart. The product is NumPy's, of float32, in blocks, by as
  many threads as there are cores. What is held against the claim is processor time: other work
  on the machine changes it little.
- `still`: scikit-learn's 1,797 digits, the same at each of six steps, by 100 and 400 landmarks.
- `cells`: how many of the 15 nearest neighbors cells find among 24,000 random samples, printed
  and not bounded.

Layouts of all samples take minutes each; `--keep FOLDER` keeps them for the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when the first library loads

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from benchmarks.cell_recall import NEAREST, near_by_cells, share_found
from benchmarks.clock import cost
from benchmarks.judge_layout import Snapshots, holds
from benchmarks.landmark_data import STEPS, UNITS, activations, clusters, pixels
from tb_embed_plugin.projections.engine import LayoutEngine
from tb_embed_plugin.projections.frame_quality import frame_quality
from tb_embed_plugin.projections.landmarks import landmark_rows
from tb_embed_plugin.projections.motion import motion
from tb_embed_plugin.projections.quality_numbers import PlacedQuality
from tb_embed_plugin.projections.sequence import lay_out
from tb_embed_plugin.projections.threads import in_threads
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.projections.umap import UMAP

ENGINES: dict[str, LayoutEngine] = {"tsne": TSNE(), "umap": UMAP()}
LANDMARKS = 20_000
FEW = 2_800
"""Four of a hundred of MNIST's samples."""

MOST_BELOW = {LANDMARKS: 0.02, FEW: 0.03}
LEAST_KEPT = {LANDMARKS: 0.7, FEW: 0.0}
SAMPLES = 500_000
MOST_TIMES = 3
PARTS = ["mnist", "time", "still", "cells"]
EQUAL_STEPS = 6
MOST_DRIFT = 2
RANDOM_SAMPLES = 24_000
JUDGED = 300


def main() -> int:
    """Prints each claim as measured; the exit status is 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's .npz file")
    parser.add_argument("--only", choices=PARTS, nargs="*")
    parser.add_argument(
        "--engines", choices=sorted(ENGINES), nargs="*", default=sorted(ENGINES)
    )
    parser.add_argument("--pixels", action="store_true", help="MNIST's pixels as one step")
    parser.add_argument("--keep", type=Path, help="where layouts of all samples are kept")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of the part `time`")
    options = parser.parse_args()
    parts = options.only or PARTS
    kept = []
    if "mnist" in parts:
        snapshots = pixels(options.data) if options.pixels else activations(options.data)
        for name in options.engines:
            kept += compare(ENGINES[name], snapshots, options.keep)
    if "time" in parts:
        snapshots = clusters(options.samples)
        for name in options.engines:
            kept.append(measure_time(ENGINES[name], snapshots))
    if "still" in parts:
        kept += [measure_still(count) for count in (100, 400)]
    if "cells" in parts:
        measure_cells()
    return 0 if all(kept) else 1


def frames_of(
    engine: LayoutEngine,
    snapshots: Snapshots,
    landmarks: int = 0,
    known: Snapshots | None = None,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yields the frames of steps that are not known, the last step first."""
    return lay_out(
        engine,
        snapshots.__getitem__,
        list(snapshots),
        dict(known or {}),
        "backwards",
        engine.facts.settings({"landmarks": landmarks}),
        2,
        lambda step, share: None,
    )


def compare(engine: LayoutEngine, snapshots: Snapshots, keep: Path | None) -> list[bool]:
    """Holds what was placed against the same samples in a layout of all."""
    full = all_laid_out(engine, snapshots, keep)
    return [
        claim
        for count in (LANDMARKS, FEW)
        for claim in compare_with(engine, snapshots, full, count)
    ]


def all_laid_out(engine: LayoutEngine, snapshots: Snapshots, keep: Path | None) -> Snapshots:
    """Returns the layout of all samples, each frame from those that are kept if it is there."""
    name = hashlib.blake2b(b"".join(s.tobytes() for s in snapshots.values())).hexdigest()[:16]
    files = {
        step: keep / f"{engine.facts.name}-{name}-{step}.npy" for step in snapshots if keep
    }
    frames = {step: np.load(file) for step, file in files.items() if file.exists()}
    print(f"{engine.facts.title}, all samples laid out, kept before: {sorted(frames)}")
    start = time.perf_counter()
    for step, frame in frames_of(engine, snapshots, 0, frames):
        frames[step] = frame
        taken, start = time.perf_counter() - start, time.perf_counter()
        print(f"  step {step}: {taken:.0f} s", flush=True)
        if step in files:
            np.save(files[step], frame)
    return frames


def compare_with(
    engine: LayoutEngine, snapshots: Snapshots, full: Snapshots, count: int
) -> list[bool]:
    """Holds a layout by so many landmarks against a layout of all."""
    samples = len(next(iter(snapshots.values())))
    chosen = landmark_rows(samples, count, 0)
    title = f"{engine.facts.title}, {count:,} of {samples:,}"
    placed, taken = cost(lambda: dict(frames_of(engine, snapshots, count)))
    print(f"{title}: {len(snapshots)} steps in {taken}", flush=True)
    below, kept = [], []
    for step in sorted(snapshots):
        there, here = (
            quality(snapshots[step], frames[step], chosen) for frames in (full, placed)
        )
        below.append(there.trustworthiness - here.trustworthiness)
        kept.append(here.neighbors_kept / there.neighbors_kept)
        print(
            f"  step {step}, those that were placed: trustworthiness "
            f"{here.trustworthiness:.4f}, laid out {there.trustworthiness:.4f}; neighbors kept "
            f"{here.neighbors_kept:.3f}, laid out {there.neighbors_kept:.3f}",
            flush=True,
        )
    return [
        holds(f"{title}, trustworthiness below, at most", max(below), MOST_BELOW[count]),
        holds(f"{title}, share of neighbors lost", 1 - min(kept), 1 - LEAST_KEPT[count]),
    ]


def quality(
    snapshot: NDArray[np.float32], frame: NDArray[np.float32], chosen: NDArray[np.intp]
) -> PlacedQuality:
    """Returns what is kept of those that are no landmarks."""
    placed = frame_quality(snapshot, frame, landmarks=chosen).placed
    if placed is None:
        raise SystemExit("expected samples that were placed; there are landmarks alone")
    return placed


def measure_time(engine: LayoutEngine, snapshots: Snapshots) -> bool:
    """Holds the time of a layout by landmarks against that of the landmarks."""
    samples = len(next(iter(snapshots.values())))
    chosen = landmark_rows(samples, LANDMARKS, 0)
    known = {step: snapshot[chosen] for step, snapshot in snapshots.items()}
    title = f"{engine.facts.title}, {samples:,} x {UNITS} x {STEPS}"
    _, product = cost(lambda: [multiply(snapshots[s], known[s]) for s in snapshots])
    print(f"{title}: the bare product {product}", flush=True)
    _, alone = cost(lambda: dict(frames_of(engine, known)))
    print(f"  {LANDMARKS:,} landmarks alone: {alone}", flush=True)
    _, every = cost(lambda: dict(frames_of(engine, snapshots, LANDMARKS)))
    print(f"  by landmarks: {every}", flush=True)
    most = MOST_TIMES * alone.processor + product.processor
    holds(
        f"{title}, seconds of the clock", every.clock, MOST_TIMES * alone.clock + product.clock
    )
    return holds(f"{title}, seconds of processor time", every.processor, most)


def measure_still(count: int) -> bool:
    """Holds how far samples move where nothing changes against a layout of all."""
    rows = load_digits().data.astype(np.float32)
    snapshots = dict.fromkeys(range(1, EQUAL_STEPS + 1), rows)
    moved = []
    for landmarks in (0, count):
        frames = dict(frames_of(ENGINES["tsne"], snapshots, landmarks))
        # The last step is laid out first.
        moved.append(motion(frames[1], frames[EQUAL_STEPS]).mean)
    title = f"t-SNE of {len(rows):,} digits, {count} landmarks, motion over {EQUAL_STEPS} steps"
    return holds(title, moved[1], MOST_DRIFT * moved[0])


def measure_cells() -> None:
    """Prints which share of the nearest neighbors cells find."""
    rng = np.random.default_rng(0)
    few = rng.standard_normal((RANDOM_SAMPLES, 8), np.float32)
    for what, rows in (
        ("64 units that follow 8 directions", few @ rng.standard_normal((8, 64), np.float32)),
        (
            "64 units that are independent",
            rng.standard_normal((RANDOM_SAMPLES, 64), np.float32),
        ),
        (
            "512 units that are independent",
            rng.standard_normal((RANDOM_SAMPLES, 512), np.float32),
        ),
    ):
        landmarks = landmark_rows(len(rows), RANDOM_SAMPLES // 12, 0)
        some = rng.choice(len(rows), JUDGED, replace=False)
        share = share_found(rows, near_by_cells(rows, landmarks), some)
        print(f"cells, {RANDOM_SAMPLES:,} x {what}: {share:.2f} of {NEAREST} neighbors found")


def multiply(rows: NDArray[np.float32], others: NDArray[np.float32]) -> Sequence[None]:
    """Multiplies all rows with the landmarks, and keeps nothing."""
    across = np.ascontiguousarray(others.T)

    def block(start: int) -> None:
        rows[start : start + 1_000] @ across

    act: Callable[[int], None] = block
    return list(in_threads(act, range(0, len(rows), 1_000)))


if __name__ == "__main__":
    sys.exit(main())
