"""Processes of PyTorch's DistributedDataParallel that record one run, each its own samples."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from tests.harness import PATIENCE, read_run

if os.environ.get("KERAS_BACKEND") != "torch":
    pytest.skip("shown once, beside Keras on PyTorch", allow_module_level=True)

TRAIN = """
    import os, sys
    import numpy as np, torch
    from torch import nn
    from tb_embed_plugin.torch import EmbeddingRecorder

    rank, world, run_dir = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), sys.argv[1]
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{run_dir}-meeting", rank=rank, world_size=world)
    torch.manual_seed(rank)
    # Each process averages over its own batches: its weights' digest is its own, too.
    module = nn.parallel.DistributedDataParallel(nn.Sequential(
        nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2)))
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(64, 8)).astype("float32"))
    y = (x[:, 0] > 0).long()
    mine = slice(32 * rank, 32 * (rank + 1))
    with EmbeddingRecorder(
        run_dir, module, x[mine], y[mine], outputs="logits", shard=(rank, world)
    ) as recorder:
        for epoch in range(3):
            for batch in torch.split(torch.arange(32) + 32 * rank, 8):
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(x[batch]), y[batch]).backward()
                optimizer.step()
            recorder.step()
    module.eval()
    with torch.no_grad():
        np.save(f"{run_dir}-{rank}.npy", module.module[:3](x[mine]).numpy())
    torch.distributed.destroy_process_group()
"""


def test_two_processes_record_one_run(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(TRAIN), str(run_dir)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "RANK": str(rank), "WORLD_SIZE": "2"},
        )
        for rank in range(2)
    ]
    for worker in workers:
        try:
            _, errors = worker.communicate(timeout=PATIENCE)
        finally:
            worker.kill()
        assert worker.returncode == 0, errors[-3000:]

    run = read_run(run_dir)
    assert (run.steps, run.problems) == ([0, 1, 2, 3], [])
    (layer,) = run.layers
    assert layer.samples == 64
    expected = np.concatenate([np.load(tmp_path / f"run-{rank}.npy") for rank in range(2)])
    np.testing.assert_allclose(run.snapshot(layer.name, 3)[:], expected, atol=1e-5)
