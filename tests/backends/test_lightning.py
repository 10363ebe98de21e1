"""The Lightning callback in real trainings."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tb_embed_plugin import MisuseError
from tests.harness import read_run

if os.environ.get("KERAS_BACKEND") != "torch":
    pytest.skip("shown once, beside Keras on PyTorch", allow_module_level=True)

import lightning

from tb_embed_plugin.torch.lightning import EmbeddingCallback

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


class Classifier(lightning.LightningModule):  # type: ignore[misc] # untyped without Lightning
    """Digits by one hidden layer with dropout and batch norm."""

    fails_at = -1

    def __init__(self) -> None:
        super().__init__()
        parts = [nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU()]
        self.body = nn.Sequential(*parts)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(16, 10))

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x))

    def training_step(self, batch: Any, index: int) -> Any:
        if self.global_step == self.fails_at:
            raise RuntimeError("the training's own")
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), 0.01)


def fit(
    digits: Digits, folder: Path, *callbacks: Any, fails_at: int = -1, **options: Any
) -> Classifier:
    lightning.seed_everything(0, verbose=False)
    module = Classifier()
    module.fails_at = fails_at
    data = TensorDataset(torch.from_numpy(digits[0]), torch.from_numpy(digits[1]))
    checkpoint = options.pop("ckpt_path", None)
    quiet = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "accelerator": "cpu",
        "default_root_dir": folder,
        "max_epochs": 2,
    }
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        trainer = lightning.Trainer(callbacks=list(callbacks), **quiet | options)
        loader = DataLoader(data, batch_size=100, shuffle=True)
        trainer.fit(module, loader, ckpt_path=checkpoint)
    if checkpoint is None:
        trainer.save_checkpoint(folder / "last.ckpt")
    return module


@pytest.fixture
def few(digits: Digits) -> Digits:
    return digits[0][:250], digits[1][:250]


def same_weights(one: Any, other: Any) -> bool:
    states = (one.state_dict(), other.state_dict())
    return all(
        states[0][name].numpy().tobytes() == states[1][name].numpy().tobytes()
        for name in states[0]
    )


@pytest.mark.parametrize("save_freq", ["epoch", "2 batches"])
def test_a_training_is_recorded_and_not_changed(
    tmp_path: Path, few: Digits, save_freq: str
) -> None:
    run_dir = tmp_path / "run"
    callback = EmbeddingCallback(run_dir, *few, outputs="logits", save_freq=save_freq)
    module = fit(few, tmp_path, callback)

    assert same_weights(module, fit(few, tmp_path))
    run = read_run(run_dir)
    steps = run.manifest.steps
    epochs = save_freq == "epoch"
    assert run.steps == ([0, 1, 2] if epochs else [0, 2, 4, 6])
    assert [s.iterations for s in steps] == ([0, 3, 6] if epochs else [0, 2, 4, 6])
    assert [s.epoch for s in steps] == ([0, 1, 2] if epochs else [0, 0, 1, 1])
    assert [p.kind for p in run.manifest.phases] == ["began", "ended"]
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.head == "body"
    with torch.no_grad():
        expected = module.eval().body(torch.from_numpy(few[0]))
    np.testing.assert_allclose(run.snapshot("body", run.steps[-1]), expected, atol=1e-5)


def test_weights_that_another_callback_sets_at_the_end_are_recorded(
    tmp_path: Path, few: Digits
) -> None:
    class Halve(lightning.Callback):  # type: ignore[misc] # untyped without Lightning
        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            with torch.no_grad():
                pl_module.body[1].weight.mul_(0.5)

    module = fit(few, tmp_path, EmbeddingCallback(tmp_path / "run", *few), Halve())

    run = read_run(tmp_path / "run")
    with torch.no_grad():
        expected = module.eval().body(torch.from_numpy(few[0]))
    np.testing.assert_allclose(run.snapshot("body", run.steps[-1]), expected, atol=1e-5)
    assert run.manifest.steps[-1].end


def test_a_training_that_is_resumed_goes_on_in_its_run(tmp_path: Path, few: Digits) -> None:
    for epochs, start in ((2, None), (4, tmp_path / "last.ckpt")):
        callback = EmbeddingCallback(tmp_path / "run", *few)
        fit(few, tmp_path, callback, max_epochs=epochs, ckpt_path=start)

    run = read_run(tmp_path / "run")
    assert run.steps == [0, 1, 2, 3, 4]
    kinds = [p.kind for p in run.manifest.phases]
    assert kinds == ["began", "ended", "resumed", "ended"]


def test_an_exception_of_the_training_ends_the_recording(tmp_path: Path, few: Digits) -> None:
    with pytest.raises(RuntimeError, match="the training's own"):
        fit(few, tmp_path, EmbeddingCallback(tmp_path / "run", *few), fails_at=4)
    run = read_run(tmp_path / "run")
    assert run.steps == [0, 1]
    assert [p.kind for p in run.manifest.phases] == ["began", "interrupted"]


def test_a_failure_warns_once_and_the_training_goes_on(tmp_path: Path, few: Digits) -> None:
    def fail(step: int, tensors: Any) -> None:
        if step:
            raise RuntimeError("of the hook")

    callback = EmbeddingCallback(tmp_path / "run", *few, on_snapshot=fail)
    with pytest.warns(RuntimeWarning, match="EmbeddingCallback stopped recording: of the hook"):
        module = fit(few, tmp_path, callback)
    assert same_weights(module, fit(few, tmp_path))
    assert read_run(tmp_path / "run").steps == [0]


def test_misuse_fails_before_the_first_batch(tmp_path: Path, few: Digits) -> None:
    with pytest.raises(MisuseError, match=r"labels? has 3"):
        EmbeddingCallback(tmp_path / "run", few[0], np.zeros(3))
    with pytest.raises(MisuseError, match="fc9"):
        fit(few, tmp_path, EmbeddingCallback(tmp_path / "run", *few, layers="fc9"), fails_at=0)
