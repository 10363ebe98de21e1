"""Ways to draw landmarks: what samples keep that are placed among them, class by class.

Measures, and claims nothing: MNIST as it is, with one class of 70 samples, and with a long
tail (7,000, 3,500 and so on down to 13 samples a class). Activations are those of the network
of `landmarks.py` after the last epoch.

- `even`: each sample is as likely as any other, as `landmark_rows` draws without labels.
- `label`: each class has its share, and at least 100 where it has so many samples, as
  `landmark_rows` draws with labels.
- `cells`: of cells about random pivots each has landmarks by the root of its samples.
- `spread`: half of them evenly, half by the squared distance from the nearest pivot (the
  sampling of coresets), so that thin regions have more.
- `both`: `spread` within the classes of `label`.

For each: trustworthiness and neighbors kept of the placed samples at 15 neighbors, the same of
the worst class, and of the rarest one how many landmarks it has, and of all its samples what
they keep.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when the first library loads

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from benchmarks.landmark_data import activations, pixels
from benchmarks.landmarks import ENGINES, FEW, LANDMARKS
from tb_embed_plugin.projections import neighbor_layout
from tb_embed_plugin.projections.cells import Pivots
from tb_embed_plugin.projections.initial_positions import unit_shift
from tb_embed_plugin.projections.landmarks import CLASS_LANDMARKS, landmark_rows
from tb_embed_plugin.projections.neighbor_parts import Space

NEIGHBORS = 15
PIVOTS = 256
QUERIES = 2_000
OF_A_CLASS = 200
"""Samples judged of all, and of each class as well."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Data:
    """Samples, and the class of each."""

    name: str
    snapshot: NDArray[np.float32]
    labels: NDArray[np.intp]


Draw = Callable[[Data, int], Rows]


def even(data: Data, count: int) -> Rows:
    """Returns landmarks that are drawn evenly."""
    return landmark_rows(len(data.labels), count, 0)


def by_label(data: Data, count: int) -> Rows:
    """Returns a share of each class, of small ones more."""
    return landmark_rows(len(data.labels), count, 0, data.labels)


def by_cells(data: Data, count: int) -> Rows:
    """Returns landmarks of cells, by the root of how many samples each has."""
    drawn_evenly = even(data, PIVOTS)
    pivots = Pivots.of(data.snapshot, drawn_evenly, "euclidean", 0, unit_shift(data.snapshot))
    own = pivots.assign(data.snapshot, slice(0, len(data.labels)))
    weights = 1 / np.sqrt(np.bincount(own)[own])
    return drawn(np.arange(len(weights)), count, weights)


def spread(data: Data, count: int) -> Rows:
    """Returns landmarks of which thin regions have more than their share."""
    return drawn(np.arange(len(data.labels)), count, sensitivities(data))


def both(data: Data, count: int) -> Rows:
    """Returns those of thin regions within classes."""
    return of_classes(data, count, sensitivities(data))


DRAWS: dict[str, Draw] = {
    "even": even,
    "label": by_label,
    "cells": by_cells,
    "spread": spread,
    "both": both,
}


def sensitivities(data: Data) -> NDArray[np.float64]:
    """Returns how likely a sample is to be drawn: half the same for all."""
    pivots = data.snapshot[even(data, PIVOTS)]
    squares = np.einsum("ij,ij->i", pivots, pivots)
    blocks = np.array_split(data.snapshot, 100)
    away = np.concatenate([(squares - 2 * rows @ pivots.T).min(axis=1) for rows in blocks])
    away = np.maximum(away + np.einsum("ij,ij->i", data.snapshot, data.snapshot), 0)
    likely: NDArray[np.float64] = away / away.sum(dtype=np.float64)
    return 0.5 / len(away) + 0.5 * likely


def of_classes(data: Data, count: int, weights: NDArray[np.float64]) -> Rows:
    """Returns landmarks of each class: its share, or the floor."""
    sizes = np.bincount(data.labels)
    least = np.minimum(sizes, CLASS_LANDMARKS)
    quotas = least + np.floor((count - least.sum()) * (sizes - least) / (sizes - least).sum())
    parts = [
        drawn(np.flatnonzero(data.labels == label), int(quota), weights)
        for label, quota in enumerate(quotas)
        if quota
    ]
    return np.sort(np.concatenate(parts))


def drawn(rows: Rows, count: int, weights: NDArray[np.float64]) -> Rows:
    """Returns some of the rows, by their weights."""
    likely = weights[rows] / weights[rows].sum()
    chosen = np.random.default_rng([0, 1]).choice(rows, count, replace=False, p=likely)
    return np.sort(chosen)


def data_sets(data: Path, *, of_pixels: bool) -> list[Data]:
    """Returns MNIST, with one rare class, and with a long tail."""
    with np.load(data) as arrays:
        labels = np.concatenate([arrays["y_train"], arrays["y_test"]]).astype(np.intp)
    if of_pixels:
        return [Data("MNIST's pixels", pixels(data)[1], labels)]
    steps = activations(data)
    snapshot = steps[max(steps)]
    rare = some_of(labels, {3: 70})
    tail = some_of(labels, {label: 7_000 >> label for label in range(10)})
    return [
        Data("MNIST", snapshot, labels),
        Data("one class of 70", snapshot[rare], labels[rare]),
        Data("long tail", snapshot[tail], labels[tail]),
    ]


def some_of(labels: NDArray[np.intp], most: dict[int, int]) -> Rows:
    """Returns samples, of some classes the first ones alone."""
    parts = [
        np.flatnonzero(labels == label)[: most.get(label)] for label in range(labels.max() + 1)
    ]
    return np.sort(np.concatenate(parts))


def judge(data: Data, frame: NDArray[np.float32], landmarks: Rows) -> str:
    """Returns in words what placed samples keep."""
    rng = np.random.default_rng(1)
    placed = np.setdiff1d(np.arange(len(data.labels)), landmarks)
    classes = range(int(data.labels.max()) + 1)
    rarest = int(np.bincount(data.labels).argmin())
    groups = {-1: rng.permutation(placed)[:QUERIES]}
    for label in classes:
        of_class = placed[data.labels[placed] == label]
        groups[label] = rng.permutation(of_class)[:OF_A_CLASS]
    groups[-2] = np.flatnonzero(data.labels == rarest)[:OF_A_CLASS]
    queries = np.unique(np.concatenate(list(groups.values())))
    near = np.asarray(KDTree(frame).query(frame[queries], NEIGHBORS + 1)[1])
    others = near != queries[:, np.newaxis]
    others[others.all(axis=1), NEIGHBORS] = False
    near = near[others].reshape(-1, NEIGHBORS).astype(np.int32)
    ranks = Space.of(data.snapshot, "euclidean").ranks(queries, near)
    n = len(data.labels)

    def keeps(group: int) -> tuple[float, float]:
        own = ranks[np.searchsorted(queries, groups[group])]
        if not len(own):
            return np.nan, np.nan
        most = NEIGHBORS * (2 * n - 3 * NEIGHBORS - 1) / 2
        lost = np.maximum(own - NEIGHBORS, 0).sum(axis=1).mean() / most
        return float(1 - lost), float((own <= NEIGHBORS).mean())

    by_class = np.array([keeps(label) for label in classes])
    every, rare = keeps(-1), keeps(-2)
    worst = np.nanmin(by_class, axis=0)
    there = int((data.labels[landmarks] == rarest).sum())
    return (
        f"trust {every[0]:.4f}, kept {every[1]:.3f}; worst class {worst[0]:.4f}, "
        f"{worst[1]:.3f}; rarest class of {len(groups[-2])}: {there} landmarks, "
        f"{rare[0]:.4f}, {rare[1]:.3f}"
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's .npz file")
    parser.add_argument("--engines", choices=sorted(ENGINES), nargs="*", default=["umap"])
    parser.add_argument("--draws", choices=list(DRAWS), nargs="*", default=list(DRAWS))
    parser.add_argument("--landmarks", type=int, nargs="*", default=[FEW, LANDMARKS])
    parser.add_argument("--sets", nargs="*", help="names of data sets, all by default")
    parser.add_argument("--pixels", action="store_true", help="MNIST's pixels instead")
    options = parser.parse_args()
    for data in data_sets(options.data, of_pixels=options.pixels):
        if options.sets and data.name not in options.sets:
            continue
        for engine in options.engines:
            for count in options.landmarks:
                if count * 2 > len(data.labels):
                    continue
                for name in options.draws:
                    landmarks = DRAWS[name](data, count)
                    with patch.object(
                        neighbor_layout, "landmark_rows", lambda *_, rows=landmarks: rows
                    ):
                        frame = ENGINES[engine].frame(
                            data.snapshot,
                            None,
                            ENGINES[engine].facts.settings({"landmarks": len(landmarks)}),
                            2,
                            lambda share: None,
                        )
                    print(
                        f"{data.name}, {engine}, {count:,} by {name}: "
                        f"{judge(data, frame, landmarks)}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
