"""MNIST with one hidden layer, fc1, in PyTorch: the network of `mnist_fc1.py`, recorded."""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tb_embed_plugin.torch import EmbeddingRecorder


class Classifier(nn.Module):  # type: ignore[misc] # untyped without torch
    """784 pixels, 200 hidden units, 10 digits."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Sequential(nn.Linear(784, 200), nn.ReLU())
        self.logits = nn.Linear(200, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the logits, (n_samples, 10), of rows of pixels in [0, 1]."""
        return self.logits(self.fc1(x))


def train_epoch(model: nn.Module, data: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    """Goes through the data once."""
    for x, y in data:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()


def main() -> None:
    """Trains, recording how the test set is seen after every epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="an .npz file with MNIST's four arrays"
    )
    parser.add_argument("--logdir", type=Path, default=Path("logs"))
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    with np.load(options.data) as arrays:
        x_train, x_test = (
            arrays[name].reshape(-1, 784) / np.float32(255) for name in ("x_train", "x_test")
        )
        y_train, y_test = arrays["y_train"].astype(int), arrays["y_test"].astype(int)
    torch.manual_seed(0)
    model = Classifier()
    rows = TensorDataset(torch.from_numpy(x_train[5000:]), torch.from_numpy(y_train[5000:]))
    data = DataLoader(rows, batch_size=100, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), 0.001)

    recorder = EmbeddingRecorder(
        options.logdir / "torch",
        model,
        x_test,
        y_test,
        layers="fc1",
        outputs="logits",
        image_shape=(28, 28),
        invert_images=True,
        on_existing="overwrite",
    )
    with recorder:
        for _ in range(options.epochs):
            train_epoch(model, data, optimizer)
            recorder.step()
    print(f"tensorboard --logdir={options.logdir}")


if __name__ == "__main__":
    main()
