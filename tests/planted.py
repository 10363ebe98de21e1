"""Snapshots of which we know what is in them, and runs made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import HEAD_BIAS_TENSOR, HEAD_KERNEL_TENSOR, OUTPUTS_TENSOR
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo, Step
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.runs.writer import RunWriter

Snapshots = list[NDArray[np.float32]]


def random_snapshots(
    seed: int, steps: int = 3, samples: int = 200, units: int = 12, offset: float = 0
) -> Snapshots:
    """Returns clouds whose units are correlated and differ in size."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(units, units)) * np.geomspace(5, 0.1, units)
    return [
        (rng.normal(size=(samples, units)) @ mixing.T + offset).astype(np.float32)
        for _ in range(steps)
    ]


def random_rotation(seed: int, units: int) -> NDArray[np.float64]:
    """Returns an orthogonal matrix, (units, units)."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(units, units)))[0]


def turned(snapshots: Snapshots, rotation: NDArray[np.float64]) -> Snapshots:
    """Returns the snapshots seen in other units."""
    return [
        (snapshot.astype(np.float64) @ rotation).astype(np.float32) for snapshot in snapshots
    ]


def class_snapshots(
    seed: int, steps: int = 3, samples: int = 300, units: int = 12, n_classes: int = 4
) -> tuple[Snapshots, NDArray[np.int32]]:
    """Returns clouds of unequal spread, one a class, that move apart, and each row's class."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_classes, samples).astype(np.int32)
    codes[:n_classes] = np.arange(n_classes)
    centres = rng.normal(size=(n_classes, units)) * 3
    spread = rng.normal(size=(units, units)) * np.geomspace(3, 0.3, units)
    drift = rng.normal(size=units) * 20
    snapshots = [
        (
            centres[codes] * (step + 1)
            + rng.normal(size=(samples, units)) @ spread.T
            + drift * step
        ).astype(np.float32)
        for step in range(steps)
    ]
    return snapshots, codes


@dataclass(frozen=True)
class Head:
    """An output layer that the first recorded layer feeds.

    Attributes:
        kernels: float32 (n_units, n_classes), one a step.
        biases: float32 (n_classes,), one a step.
    """

    kernels: Snapshots
    biases: Snapshots


def write_run(
    run_dir: Path,
    layers: Mapping[str, Snapshots],
    *columns: Column,
    fingerprint: str = "samples",
    epochs: Sequence[int | None] | None = None,
    first: int = 0,
    head: Head | None = None,
) -> None:
    """Writes a run as the recorder does.

    Args:
        run_dir: Its directory.
        layers: Equally many snapshots of each.
        columns: The metadata; left out, the rows' numbers.
        fingerprint: Of the samples.
        epochs: The epoch of each step; left out, its place.
        first: Number of the first step.
        head: The output layer; its logits are recorded too.
    """
    feeding, snapshots = next(iter(layers.items()))
    rows = [str(row) for row in range(len(snapshots[0]))]
    writer = RunWriter.begin(
        run_dir,
        layers=[Layer(name, of_layer[0].shape[1]) for name, of_layer in layers.items()],
        columns=columns or [Column("index", "number", rows)],
        fingerprint=fingerprint,
        outputs=None
        if head is None
        else OutputsInfo(head.kernels[0].shape[1], "logits", feeding),
    )
    for i, epoch in enumerate(range(len(snapshots)) if epochs is None else epochs):
        tensors: dict[str, NDArray[np.float32]] = {
            n: of_layer[i] for n, of_layer in layers.items()
        }
        if head is not None:
            kernel, bias = head.kernels[i], head.biases[i]
            tensors[OUTPUTS_TENSOR] = snapshots[i] @ kernel + bias
            tensors[HEAD_KERNEL_TENSOR] = kernel[None]
            tensors[HEAD_BIAS_TENSOR] = bias[None, None]
        writer.write_snapshot(Step(first + i, "epoch", epoch, None, 1.0 + i, i), tensors)
    writer.finish()
