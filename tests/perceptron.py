"""Trainings of a perceptron in NumPy, which cost a twentieth of the same ones in Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.planted import Head, Snapshots, write_run

Matrix = NDArray[np.float32]
BATCH = 16
CLASSES = 10


@dataclass
class Adam:
    """Keras' Adam."""

    rate: float = 1e-3
    steps: int = 0
    means: dict[int, tuple[Matrix, Matrix]] = field(default_factory=dict)

    def update(self, parameters: list[Matrix], gradients: list[Matrix]) -> None:
        """Moves the parameters, in place."""
        self.steps += 1
        rate = self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for i, gradient in enumerate(gradients):
            mean, square = self.means.get(i, (0 * gradient, 0 * gradient))
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            self.means[i] = mean, square
            parameters[i] -= (rate * mean / (np.sqrt(square) + 1e-7)).astype(np.float32)


@dataclass
class Momentum:
    """Keras' SGD with a momentum of 0.9."""

    rate: float
    speeds: dict[int, Matrix] = field(default_factory=dict)

    def update(self, parameters: list[Matrix], gradients: list[Matrix]) -> None:
        """Moves the parameters, in place."""
        for i, gradient in enumerate(gradients):
            speed = 0.9 * self.speeds.get(i, 0 * gradient) - self.rate * gradient
            self.speeds[i] = speed
            parameters[i] += speed


def train(
    run_dir: Path,
    x: Matrix,
    labels: NDArray[np.int64],
    optimizer: Adam | Momentum,
    *,
    epochs: int = 8,
    widths: tuple[int, ...] = (64,),
    bias: float = 0,
    frozen: bool = False,
    rates: Mapping[int, float] | None = None,
    learnt: Mapping[int, NDArray[np.int64]] | None = None,
    seed: int = 0,
) -> None:
    """Trains a classifier and writes a run of its last hidden layer, `fc1`, epoch by epoch.

    Args:
        run_dir: Where to.
        x: float32 (n_samples, n_features).
        labels: 0 to 9, the run's column `label`.
        optimizer: What moves the weights.
        epochs: How many.
        widths: Of the hidden layers, with ReLU.
        bias: What fc1's biases begin with.
        frozen: Whether fc1 stays as it is.
        rates: Learning rates by the epoch from which on they hold.
        learnt: Labels to learn in place of the right ones, by the epoch likewise.
        seed: Of the first weights, and of the order of the batches.
    """
    rng = np.random.default_rng(seed)
    parameters = initial(rng, [x.shape[1], *widths, CLASSES])
    parameters[-3] += np.float32(bias)
    targets = labels
    snapshots: Snapshots = []
    head = Head([], [])
    for epoch in range(epochs + 1):
        snapshots.append(forward(parameters, x)[-2])
        head.kernels.append(parameters[-2].copy())
        head.biases.append(parameters[-1].copy())
        optimizer.rate = (rates or {}).get(epoch, optimizer.rate)
        targets = (learnt or {}).get(epoch, targets)
        for rows in np.array_split(rng.permutation(len(x)), len(x) // BATCH):
            gradients = backward(parameters, x[rows], targets[rows])
            if frozen:
                gradients[-4], gradients[-3] = 0 * gradients[-4], 0 * gradients[-3]
            optimizer.update(parameters, gradients)
    column = Column("label", "category", [str(label) for label in labels])
    write_run(run_dir, {"fc1": snapshots}, column, head=head)


def initial(rng: np.random.Generator, widths: list[int]) -> list[Matrix]:
    """Returns kernels by Glorot and biases of 0, in turn."""
    parameters = []
    for before, after in pairwise(widths):
        most = np.sqrt(6 / (before + after))
        parameters.append(rng.uniform(-most, most, (before, after)).astype(np.float32))
        parameters.append(np.zeros(after, np.float32))
    return parameters


def forward(parameters: list[Matrix], x: Matrix) -> list[Matrix]:
    """Returns the input and what each layer yields, the logits last."""
    layers = [x]
    for i in range(0, len(parameters), 2):
        layers.append(layers[-1] @ parameters[i] + parameters[i + 1])
        if i + 2 < len(parameters):
            np.maximum(layers[-1], 0, out=layers[-1])
    return layers


def backward(parameters: list[Matrix], x: Matrix, labels: NDArray[np.int64]) -> list[Matrix]:
    """Returns the gradients of the mean cross entropy."""
    *layers, logits = forward(parameters, x)
    shares = np.exp(logits - logits.max(1, keepdims=True))
    error = (shares / shares.sum(1, keepdims=True) - np.eye(CLASSES)[labels]) / len(x)
    error = error.astype(np.float32)
    gradients: list[Matrix] = []
    for i in range(len(layers) - 1, -1, -1):
        gradients[:0] = [layers[i].T @ error, error.sum(0)]
        error = (error @ parameters[2 * i].T) * (layers[i] > 0)
    return gradients
