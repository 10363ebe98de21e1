"""Commands within a limit on memory, which a process of their own has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.planted import write_run

LIMITED = """
import os, resource, sys
most, cores = int(sys.argv[1]) << 20, int(sys.argv[2])
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
from tb_embed_plugin.projections import frame_quality
frame_quality.EXACT_SAMPLES = 4000  # fewer pairs: how many there are takes time, not memory
from tb_embed_plugin.cli import main
sys.exit(main(sys.argv[3:]))
"""


def project(logdir: Path, megabytes: int, cores: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED, str(megabytes), str(cores), "project"]
    return subprocess.run(
        [*command, str(logdir), "--engine", "pca", "--memory", "256"],
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_snapshot_is_projected_and_judged_in_less_memory_than_its_copies_take(
    tmp_path: Path,
) -> None:
    rows = np.random.default_rng(0).standard_normal((300_000, 64), np.float32)
    write_run(tmp_path, {"fc1": [rows, rows + 1]})

    # The snapshot and its copy in float64 alone would take 220 of it, imports take 190.
    done = project(tmp_path, 500, cores=2)
    assert done.returncode == 0, done.stderr
    assert "of nearest neighbors preserved" in done.stdout


def test_a_want_of_memory_is_a_sentence(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((4_000_000, 4), np.float32)
    write_run(tmp_path, {"fc1": [rows]})

    # A frame and the tree that its neighbors are searched with take more than 450. On one core,
    # since whether the parts of several are in memory together is left to chance.
    refused = project(tmp_path, 330, cores=1)

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "tb-embed: there is not enough memory for this; " in refused.stderr
