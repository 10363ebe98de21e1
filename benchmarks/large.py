"""What many samples need: time and memory of whole processes, on clustered random data.

- t-SNE and UMAP of 70,000 x 200 over 10 frames: that they finish, and the peak memory of the
  process, libraries and all, against the input, which is the ten frames (560 MB).

Each part runs in a process of its own whose memory this one watches: pages of the process'
own, without those of mapped files, which belong to the system's cache.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import LayoutEngine
from tb_embed_plugin.projections.sequence import lay_out
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.projections.umap import UMAP

MIB = 1 << 20
WATCH_SECONDS = 0.05


def main() -> int:
    """Prints each claim as measured; the exit status is 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["tsne", "umap"], nargs="*", default=["tsne", "umap"])
    parser.add_argument("--samples", type=int, default=70_000)
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        PARTS[options.part](options.folder)
        return 0
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        for engine in options.only:
            kept += measure_layouts(engine, Path(folder), options.samples, options.frames)
    return 0 if all(kept) else 1


def measure_layouts(engine: str, folder: Path, samples: int, frames: int) -> list[bool]:
    """Memory and time of an engine."""
    write_frames(folder, samples, 200, frames)
    taken, peak = watch(engine, folder)
    frame = samples * 200 * 4
    print(
        f"{engine}: {frames} frames of {samples} in {taken:.0f} s; "
        f"one frame has {frame / MIB:.0f} MiB"
    )
    return [holds(f"{engine}, peak memory, MiB", peak / MIB, 4 * frames * frame / MIB)]


def write_frames(folder: Path, samples: int, units: int, frames: int) -> None:
    """Writes ReLU activations of a hundred clusters that drift apart, frame by frame."""
    for old in folder.glob("*.npy"):
        old.unlink()
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, units)).astype(np.float32)
    codes = rng.integers(0, len(centres), samples)
    own = rng.standard_normal((samples, units), np.float32)
    for step in range(frames):
        spread = np.float32(0.5 + step / frames)
        np.save(folder / f"{step + 1}.npy", np.maximum(spread * centres[codes] + own, 0))


def watch(part: str, folder: Path) -> tuple[float, int]:
    """Runs a part in a process of its own.

    Returns:
        The seconds that it says its work took, and its largest memory in bytes.
    """
    process = subprocess.Popen(
        [sys.executable, __file__, "--part", part, "--folder", folder],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, own_memory(process.pid))
        time.sleep(WATCH_SECONDS)
    if process.returncode or process.stdout is None:
        raise SystemExit(f"expected {part} to finish; it ended with {process.returncode}")
    return float(process.stdout.read().split()[-1]), peak


def own_memory(pid: int) -> int:
    """Returns the bytes of a process that are no file's, 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("RssAnon")]
    return int(lines[0][1]) * 1024 if lines else 0


def run_tsne(folder: Path) -> None:
    """All frames by t-SNE."""
    run_layouts(TSNE(), folder)


def run_umap(folder: Path) -> None:
    """All frames by UMAP."""
    run_layouts(UMAP(), folder)


def run_layouts(engine: LayoutEngine, folder: Path) -> None:
    """All frames by an engine, with progress."""

    def work() -> None:
        frames = lay_out(
            engine,
            lambda step: load(folder, step),
            steps_in(folder),
            {},
            "backwards",
            engine.facts.settings({}),
            2,
            lambda step, share: None,
        )
        for step, _ in frames:
            print(f"  frame {step} is done", file=sys.stderr, flush=True)

    say(work)


PARTS: dict[str, Callable[[Path], None]] = {
    "tsne": run_tsne,
    "umap": run_umap,
}


def say(work: Callable[[], None]) -> None:
    """Does the work and prints its seconds for the process that watches."""
    start = time.perf_counter()
    work()
    print(time.perf_counter() - start)


def steps_in(folder: Path) -> list[int]:
    """Returns the steps that were written."""
    return sorted(int(path.stem) for path in folder.glob("*.npy"))


def load(folder: Path, step: int) -> NDArray[np.float32]:
    """Returns a frame as a run does: mapped into memory."""
    frame: NDArray[np.float32] = np.load(folder / f"{step}.npy", mmap_mode="r")
    return frame


def holds(claim: str, value: float, most: float) -> bool:
    """Prints a claim as measured, and says whether it holds."""
    verdict = "holds" if value <= most else "DOES NOT HOLD"
    print(f"{claim}: {value:.4g}, at most {most:.4g}: {verdict}", flush=True)
    return value <= most


if __name__ == "__main__":
    sys.exit(main())
