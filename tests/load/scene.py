"""What the clients look at: a finished run, one under way, and TensorBoard's own scalars."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tensorboardX import SummaryWriter

from tb_embed_plugin import record
from tests.load.clients import PLUGIN, Question

CLASSES = 5
STEPS = 4

TRAIN = f"""
import sys, time, numpy as np
from tb_embed_plugin import record
rng = np.random.default_rng(1)
labels = np.arange(400) % {CLASSES}
for step in range(100_000):
    values = rng.normal(size=(400, 16)).astype("float32")
    record(sys.argv[1], step, {{"fc1": values}}, labels=labels)
    print(step, flush=True)
    time.sleep(float(sys.argv[2]))
"""


def write_scene(logdir: Path, samples: int = 1500, units: int = 32) -> None:
    """Records the finished run `done`, and `scalars`, which holds no activations."""
    rng = np.random.default_rng(0)
    labels = np.arange(samples) % CLASSES
    centers = rng.normal(size=(CLASSES, units))
    images = rng.integers(0, 255, (samples, 8, 8, 1), dtype=np.uint8)
    for step in range(STEPS):
        values = rng.normal(size=(samples, units)) + 0.5 * step * centers[labels]
        record(
            logdir / "done",
            step,
            {"fc1": values.astype(np.float32), "fc2": np.abs(values).astype(np.float32)},
            labels=labels,
            images=images,
        )
    with SummaryWriter(str(logdir / "scalars")) as writer:
        for step in range(200):
            writer.add_scalar("loss", 1 / (1 + step), step)


@contextmanager
def training(logdir: Path, every: float) -> Iterator[list[int]]:
    """Records into the run `live`; what is yielded holds, at the end, what was acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(logdir / "live"), str(every)],
        stdout=subprocess.PIPE,
        text=True,
    )
    acknowledged: list[int] = []
    assert process.stdout is not None
    acknowledged.append(int(process.stdout.readline()))
    try:
        yield acknowledged
    finally:
        process.kill()
        acknowledged += [int(line) for line in process.stdout.read().split()]
        process.wait()


def opening() -> list[Question]:
    """Returns what a page asks first; the last is its first picture."""
    return [
        Question("runs", f"{PLUGIN}runs", fixed=False),
        _of_done("metadata"),
        _of_done("projection", f"steps={STEPS - 1}"),
    ]


def others() -> list[Question]:
    """Returns what is asked by chance: every route, of the finished run and of the live one."""
    measured = [
        _of_done("metrics", fixed=False),
        _of_done("findings", fixed=False),
        _of_done("samples", "rule=moved", fixed=False),
        _of_done("sample_metrics", "name=distance&step=1", fixed=False),
        _of_done("class_pair", "first=0&second=1", fixed=False),
        _of_done("units", "step=1", fixed=False),
        _of_done("similarity", "with_layer=fc2", fixed=False),
        _of_done("comparison", "with_layer=fc2", fixed=False),
        _of_done("quality", "steps=all", fixed=False),
    ]
    alike = [
        Question("catalog", f"{PLUGIN}catalog"),
        Question("engines", f"{PLUGIN}engines"),
        _of_done("sprite"),
        _of_done("vectors", "step=2"),
        _of_done("projection", "steps=all"),
        _of_done("projection", "steps=all&engine=axes&column=label"),
        _of_done("projection", "steps=1&standardize=true"),
        _of_done("neighbors", "step=3&sample=7"),
        _of_done("neighbor_history", "sample=7&k=5"),
    ]
    live = [
        Question(
            "live projection", f"{PLUGIN}projection?run=live&layer=fc1&steps=0", fixed=False
        ),
        Question("live vectors", f"{PLUGIN}vectors?run=live&layer=fc1&step=0"),
    ]
    host = [
        Question("scalars", "data/plugin/scalars/scalars?run=scalars&tag=loss"),
        Question("host", "data/plugins_listing", fixed=False),
    ]
    return [*measured, *alike, *live, *host]


def _of_done(route: str, query: str = "", *, fixed: bool = True) -> Question:
    return Question(route, f"{PLUGIN}{route}?run=done&layer=fc1&{query}".rstrip("&"), fixed)
