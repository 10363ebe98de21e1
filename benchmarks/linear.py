"""PCA of all steps, from files to coordinates, against NumPy on arrays in memory.

Claim: PCA of 10,000 x 200 over 11 steps, from files to all frames of 10 components, takes at
most twice NumPy's covariance and `eigh` of arrays in memory.

PCA of 1,000,000 x 128 over 3 steps likewise, with at most 1.5 times one step's array in memory,
and of layers of 4,096 units likewise; of fewer samples than units at most half of it.

The floor is the covariance of arrays that are in memory already, in float64 as NumPy makes it
quickest, step by step, and `eigh`; it makes no coordinates. It is given all threads of BLAS and
one, and the better time counts: on a machine that does other work too, two threads that wait
for one another can take ten times as long. Ours opens the run, reads the snapshots from its
checkpoints, fits the basis and makes all frames of ten components, as a request does. Both
sides in one process, pair by pair; the files are in the system's cache, as they are while a
training writes them.

What ours needs at its peak beyond an idle process is measured in a process of its own; pages of
the files that are mapped count.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.clock import seconds
from benchmarks.ratio import Ratio
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.linear_projection import first_projection
from tb_embed_plugin.runs.logdir import Logdir

MOST = 2.0
MOST_MEMORY = 1.5
COMPONENTS = 10
MEMORY = "--memory-of"


def make_snapshots(samples: int, units: int, steps: int) -> list[NDArray[np.float32]]:
    """Returns what a layer with ReLU looks like: half of it 0."""
    rng = np.random.default_rng(0)
    return [
        np.maximum(rng.standard_normal((samples, units), np.float32), 0) for _ in range(steps)
    ]


def project(logdir: Path) -> NDArray[np.float32]:
    """Returns all frames of the run in `logdir`, by a server that has seen nothing yet."""
    runs = Logdir(logdir, list)
    asked = replace(first_projection(runs.run("."), "fc1"), components=COMPONENTS)
    frames = LinearProjector(asked, runs).frames(asked.basis_steps)
    return np.stack(list(frames.values()))


def floor(snapshots: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Returns the axes by NumPy alone."""
    means, covariance = [], np.zeros((snapshots[0].shape[1],) * 2)
    for snapshot in snapshots:
        centred = snapshot.astype(np.float64)
        means.append(centred.mean(axis=0))
        centred -= means[-1]
        covariance += centred.T @ centred / len(centred)
    covariance = covariance / len(snapshots) + np.cov(np.stack(means), rowvar=False, bias=True)
    return np.asarray(np.linalg.eigh(covariance)[1][:, ::-1][:, :COMPONENTS])


def quickest(snapshots: list[NDArray[np.float32]]) -> float:
    """Returns how long the floor takes with the number of threads that suits it."""
    act = partial(floor, snapshots)
    with threadpool_limits(1, user_api="blas"):
        alone = seconds(act)
    return min(alone, seconds(act))


def peak_mib() -> float:
    """Returns the most memory that this process has had, in MiB."""
    # Not getrusage: its peak is that of the process which started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(samples: int, units: int, steps: int, n_pairs: int, most: float = MOST) -> bool:
    """Prints both claims for one size; returns whether they hold."""
    # Here, so that the process whose memory is measured does not load what the tests need.
    from tests.planted import write_run

    with tempfile.TemporaryDirectory() as folder:
        logdir = Path(folder)
        snapshots = make_snapshots(samples, units, steps)
        write_run(logdir, {"fc1": snapshots})
        ours_once = partial(project, logdir)
        ours_once()
        pairs = [(seconds(ours_once), quickest(snapshots)) for _ in range(n_pairs)]
        command = [sys.executable, "-m", "benchmarks.linear", MEMORY, str(logdir)]
        used = float(subprocess.run(command, check=True, capture_output=True).stdout)
    ratio = Ratio.of(pairs)
    ours, least = (statistics.median(side) for side in zip(*pairs, strict=True))
    step_mib = samples * units * 4 / 2**20
    print(
        f"PCA of {steps} steps of {samples:,} x {units}, files to coordinates: {ours:.3f} s; "
        f"NumPy's covariance and eigh in memory: {least:.3f} s; "
        f"{ratio} (at most {most}); at the peak {used:.0f} MiB, "
        f"{used / step_mib:.2f} times one step's array",
        flush=True,
    )
    large = samples >= 1_000_000
    return ratio.median <= most and (not large or used <= MOST_MEMORY * step_mib)


def main() -> int:
    """Measures both sizes; the exit status is 1 where a claim does not hold."""
    if MEMORY in sys.argv:
        before = peak_mib()
        project(Path(sys.argv[-1]))
        print(peak_mib() - before)
        return 0
    held = [
        measure(10_000, 200, 11, n_pairs=15),
        measure(1_000_000, 128, 3, n_pairs=3),
        measure(500, 4_096, 3, n_pairs=2, most=0.5),
        measure(10_000, 4_096, 2, n_pairs=2),
    ]
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
