"""Activations of every shape and size, as a recorder and as others write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboardX import SummaryWriter

from tb_embed_plugin import record
from tests.planted import Head, write_run

Snapshots = list[NDArray[np.float32]]

STEPS = 3
_RNG = np.random.default_rng(0)


def _normal(*shape: int, scale: float = 1.0) -> Snapshots:
    return [(_RNG.normal(size=shape) * scale).astype(np.float32) for _ in range(STEPS)]


def _mixed() -> Snapshots:
    scales = np.array([1e-38, 1e-20, 1, 1e20, 1e36])
    return [(_RNG.normal(size=(16, 5)) * scales).astype(np.float32) for _ in range(STEPS)]


def _constant_unit() -> Snapshots:
    found = _normal(16, 4)
    for snapshot in found:
        snapshot[:, 1] = 7
    return found


def _two_points() -> Snapshots:
    points = np.array([[0, 1, 2], [3, -1, 5]], np.float32)
    return [points[np.arange(16) % 2] * (step + 1) for step in range(STEPS)]


_SIZES = ((1, 1), (1, 2), (2, 2), (3, 2), (4, 1), (4, 2), (15, 2), (16, 1), (16, 2))

SHAPES: Mapping[str, Snapshots] = MappingProxyType(
    {
        **{f"{n} x {d}": _normal(n, d) for n, d in _SIZES},
        "16 x 20": _normal(16, 20),
        "identical": [np.full((16, 3), step + 2, np.float32) for step in range(STEPS)],
        "zero": [np.zeros((16, 3), np.float32)] * STEPS,
        "two points": _two_points(),
        "tiny": _normal(16, 4, scale=1e-38),
        "huge": _normal(16, 4, scale=1e36),
        "largest": [
            np.sign(snapshot) * np.finfo(np.float32).max for snapshot in _normal(16, 4)
        ],
        "mixed": _mixed(),
        "constant unit": _constant_unit(),
        "float16": [np.sign(snapshot) * np.float32(65504) for snapshot in _normal(16, 4)],
        "float16, tiny": _normal(16, 4, scale=6e-8),
    }
)

LABELS: Mapping[str, Any] = MappingProxyType(
    {
        "no label": lambda n: None,
        "two classes": lambda n: [f"class {i % 2}" for i in range(n)],
        "one class": lambda n: ["all"] * n,
        "own class": lambda n: [f"sample {i}" for i in range(n)],
    }
)


def write_recorded(logdir: Path, labelled: str, shapes: Iterable[str] = SHAPES) -> None:
    """Writes shapes by `record`, a run each, named by the shape."""
    for name in shapes:
        snapshots = SHAPES[name]
        labels = LABELS[labelled](len(snapshots[0]))
        for step, snapshot in enumerate(snapshots):
            record(
                logdir / name,
                step,
                {"fc1": snapshot},
                labels=labels if step == 0 else None,
                dtype="float16" if name.startswith("float16") else "float32",
                finished=step == STEPS - 1,
            )


def write_foreign(logdir: Path, shapes: Iterable[str]) -> None:
    """Writes shapes by tensorboardX's `add_embedding`."""
    for name in shapes:
        snapshots = SHAPES[name]
        words = LABELS["two classes"](len(snapshots[0]))
        with SummaryWriter(str(logdir / name)) as writer:
            for step, snapshot in enumerate(snapshots):
                writer.add_embedding(snapshot, metadata=words, global_step=step)


def write_with_outputs(logdir: Path, shapes: Iterable[str]) -> None:
    """Writes shapes with an output layer of two classes, the labels those."""
    from tb_embed_plugin.runs.tables.metadata_table import Column

    for name in shapes:
        snapshots = SHAPES[name]
        units = snapshots[0].shape[1]
        # Outputs of their own size: what a model makes of huge activations is infinite.
        largest = np.float32(max(1.0, *(float(np.abs(s).max()) for s in snapshots)))
        kernel = (np.eye(units, 2) / largest).astype(np.float32)
        head = Head([kernel] * STEPS, [np.zeros(2, np.float32)] * STEPS)
        label = Column("label", "category", [str(i % 2) for i in range(len(snapshots[0]))])
        samples = str(len(snapshots[0]))
        write_run(logdir / name, {"fc1": snapshots}, label, head=head, fingerprint=samples)
