"""A projection and metrics by two worker processes, against one, and against float64.

Claim: `tb-embed project --engine pca` and `tb-embed metrics` by two workers keep every process
below 1 GB, and by one worker they keep the same numbers to the last bit. The last step's frame
is that of axes streamed in float64, to a millionth of its radius. Two workers on two idle cores
take at most 1 / 1.6 of the time of one on one core.

Three steps of ten clusters that move apart, 1,000,000 x 128 unless `--samples` says otherwise;
the commands as processes, the memory that is no file's of each of them looked at ten times a
second, the cache emptied before each. The load before each command stands beside its time.
One worker computes with all cores that it is given, each of two with half of them. So one is
told to compute on one core, which is what a second core adds, and then on both, which says
whether one machine gains by more processes; that ratio is printed and not bounded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import numpy as np
from numpy.typing import NDArray

from benchmarks.large import own_memory
from tb_embed_plugin import record
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.linear_projection import first_projection
from tb_embed_plugin.metadata import CACHE_FOLDER
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.snapshot import Snapshot

STEPS = 3
BLOCK = 100_000
MOST_BYTES = 1e9
MOST_OFF = 1e-6
LEAST_FASTER = 1.6


def main() -> int:
    """Prints what was measured; the exit status is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--units", type=int, default=128)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logdir = Path(folder)
        write(logdir / "run", options.samples, options.units)
        kept = [compare(logdir, "project", "--engine", "pca"), off(logdir)]
        kept.append(compare(logdir, "metrics", "--json"))
    return 0 if all(kept) else 1


def write(run: Path, samples: int, units: int) -> None:
    """Records ten clusters."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, samples)
    centers = 2 * rng.normal(size=(10, units)).astype(np.float32)
    own = rng.standard_normal((samples, units), np.float32)
    for step in range(STEPS):
        rows = np.float32(0.5 + step / STEPS) * centers[labels]
        rows += own
        record(run, step, {"fc1": rows}, labels=labels, finished=step == STEPS - 1)


def compare(logdir: Path, command: str, *words: str) -> bool:
    """Runs a command with one worker and with two; whether all claims hold."""
    said, seconds, kept = set(), [], []
    for workers, cores in ((1, 1), (2, 2), (1, 2)):
        rmtree(logdir / "run" / CACHE_FOLDER, ignore_errors=True)
        load = os.getloadavg()[0]
        start = time.perf_counter()
        with on_cores(cores):
            answer, peaks = watch([command, str(logdir), *words, "--workers", str(workers)])
        seconds.append(time.perf_counter() - start)
        said.add(answer + numbers(logdir))
        kept.append(max(peaks) <= MOST_BYTES)
        megabytes = ", ".join(f"{peak / 1e6:.0f}" for peak in sorted(peaks, reverse=True))
        print(
            f"{command}, workers {workers} on {cores} of the cores: {seconds[-1]:.0f} s (load "
            f"{load:.1f} before it); MB of the processes, at most 1000: {megabytes}",
            flush=True,
        )
    one_core, two, one = seconds
    print(
        f"{command}: the same numbers: {len(said) == 1}; one worker on one core takes "
        f"{one_core / two:.2f} times as long as two on two (at least {LEAST_FASTER}), one on "
        f"both {one / two:.2f} times"
    )
    return len(said) == 1 and all(kept) and one_core / two >= LEAST_FASTER


@contextmanager
def on_cores(most: int) -> Iterator[None]:
    """Lets processes that are started meanwhile run on so many cores."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_cores)[:most])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


def watch(words: list[str]) -> tuple[str, list[int]]:
    """Runs `tb-embed`; returns what it says, and the largest memory of each process."""
    command = [sys.executable, "-m", "tb_embed_plugin.cli", *words]
    peaks: dict[int, int] = {}
    with (
        tempfile.TemporaryFile("w+") as answer,
        subprocess.Popen(command, stdout=answer, stderr=subprocess.DEVNULL) as process,
    ):
        while process.poll() is None:
            for pid in (process.pid, *children(process.pid)):
                peaks[pid] = max(peaks.get(pid, 0), own_memory(pid))
            time.sleep(0.1)
        if process.returncode:
            raise SystemExit(f"expected {words} to succeed; it ended with {process.returncode}")
        answer.seek(0)
        return answer.read(), list(peaks.values())


def children(pid: int) -> list[int]:
    """Returns the processes that one has started."""
    try:
        return [
            int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


def numbers(logdir: Path) -> str:
    """Returns all numbers that the cache holds."""
    files = sorted((logdir / "run" / CACHE_FOLDER).rglob("*.json"))
    return json.dumps([file.read_text() for file in files if "quality" in file.name])


def off(logdir: Path) -> bool:
    """Whether the last frame is that of axes that NumPy makes of the same rows in float64."""
    run = Logdir(logdir, list).run("run")
    projector = LinearProjector(first_projection(run, "fc1"), Logdir(logdir, list))
    snapshots = [projector.layer.snapshot(step) for step in range(STEPS)]
    covariance, mean = reference(snapshots)
    axes = np.linalg.eigh(covariance)[1][:, ::-1][:, :3]
    basis: Basis = projector.basis
    axes *= np.sign((axes * basis.axes[:, :3]).sum(axis=0))
    frame = basis.project(snapshots[-1], 3)
    radius = float(np.sqrt((frame.astype(np.float64) ** 2).sum(axis=1).mean()))
    worst = max(
        float(np.abs((rows - mean) @ axes - frame[start : start + BLOCK]).max())
        for start, rows in in_blocks(snapshots[-1])
    )
    print(f"the frame is off by {worst / radius:.1e} of its radius, at most {MOST_OFF:.0e}")
    return worst <= MOST_OFF * radius


def reference(snapshots: list[Snapshot]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the mean covariance of the steps, and the last one's mean, in two passes."""
    total = np.zeros((snapshots[0].shape[1],) * 2)
    mean = np.zeros(snapshots[0].shape[1])
    for snapshot in snapshots:
        mean = sum(rows.sum(axis=0) for _, rows in in_blocks(snapshot)) / len(snapshot)
        for _, rows in in_blocks(snapshot):
            total += (rows - mean).T @ (rows - mean) / len(snapshot)
    return total / len(snapshots), mean


def in_blocks(snapshot: Snapshot) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yields rows in float64 with the number of the first."""
    for start in range(0, len(snapshot), BLOCK):
        yield start, snapshot[start : start + BLOCK].astype(np.float64)


if __name__ == "__main__":
    sys.exit(main())
