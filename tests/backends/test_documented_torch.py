"""Each block of Python on the page about PyTorch runs, in the training that it belongs to."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

if os.environ.get("KERAS_BACKEND") != "torch":
    pytest.skip("shown once, beside Keras on PyTorch", allow_module_level=True)

import lightning
import transformers

from tests.harness import read_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]

PAGE = Path(__file__).parents[2] / "docs" / "pytorch.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
EPOCHS = 2


@pytest.fixture
def network(digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A folder to work in, and the names of a loop and of a trainer of Lightning."""
    monkeypatch.chdir(tmp_path)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    data = TensorDataset(torch.from_numpy(digits[0]), torch.from_numpy(digits[1]))
    loader = DataLoader(data, batch_size=256)

    class Module(lightning.LightningModule):  # type: ignore[misc] # untyped without Lightning
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Any) -> Any:
            return self.model(x)

        def training_step(self, batch: Any, _: int) -> Any:
            return nn.functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    return {
        "model": model,
        "x_test": digits[0],
        "y_test": digits[1],
        "train_one_epoch": lambda _: None,
        "lightning": lightning,
        "module": Module(),
        "loader": loader,
    }


@pytest.mark.parametrize(("block", "run"), [(0, "torch"), (1, "lightning")])
def test_loops_and_lightning(network: dict[str, Any], block: int, run: str) -> None:
    exec(BLOCKS[block].replace("10", str(EPOCHS)), network)  # noqa: S102 # our own page
    assert read_run(Path("logs") / run).steps == [*range(EPOCHS + 1)]


def test_a_trainer_of_hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    samples, tokens = 12, 6
    ids = np.random.default_rng(0).integers(1, 30, (samples, tokens))
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    labels = np.arange(samples) % 3
    config = transformers.BertConfig(
        vocab_size=30,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=tokens,
        num_labels=3,
    )
    names: dict[str, Any] = {
        # Of the hub's tokenizers nothing is at hand here.
        "tokenizer": lambda _texts, **_options: inputs,
        "texts": [],
        "labels": labels,
        "model": transformers.BertForSequenceClassification(config),
        "Trainer": transformers.Trainer,
        "arguments": transformers.TrainingArguments(
            "out", num_train_epochs=EPOCHS, report_to="none", use_cpu=True, save_strategy="no"
        ),
        "dataset": [
            {"input_ids": torch.from_numpy(row), "labels": int(label)}
            for row, label in zip(ids, labels, strict=True)
        ],
    }
    exec(BLOCKS[2], names)  # noqa: S102 # our own page
    assert read_run(Path("logs/bert")).steps == [*range(EPOCHS + 1)]
