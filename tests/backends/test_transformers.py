"""The callback for Hugging Face's Trainer, in real trainings of a small untrained BERT."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.harness import columns_of, read_run

if os.environ.get("KERAS_BACKEND") != "torch":
    pytest.skip("shown once, beside Keras on PyTorch", allow_module_level=True)

from transformers import (
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

from tb_embed_plugin import MisuseError
from tb_embed_plugin.torch.transformers import EmbeddingCallback

SAMPLES, TOKENS = 24, 6
RNG = np.random.default_rng(0)
X = {
    "input_ids": RNG.integers(1, 30, (SAMPLES, TOKENS)),
    "attention_mask": (np.arange(TOKENS) < RNG.integers(2, 7, (SAMPLES, 1))).astype(np.int64),
}
Y = np.arange(SAMPLES) % 3
LAYERS = ["auto", "bert.encoder.layer.1"]


def train(folder: Path, *callbacks: Any, resume: bool = False, **options: Any) -> Any:
    """Returns the trained model."""
    set_seed(0)
    config = BertConfig(
        vocab_size=30,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=TOKENS,
        num_labels=3,
    )
    model = BertForSequenceClassification(config)
    data = [
        {**{name: torch.tensor(rows[i]) for name, rows in X.items()}, "labels": int(Y[i])}
        for i in range(SAMPLES)
    ]
    arguments: dict[str, Any] = {
        "per_device_train_batch_size": 8,
        "num_train_epochs": 2,
        "report_to": "none",
        "disable_tqdm": True,
        "save_strategy": "no",
        "logging_strategy": "no",
        "use_cpu": True,
        "learning_rate": 0.01,
    }
    trainer = Trainer(
        model,
        TrainingArguments(str(folder / "out"), **arguments | options),
        train_dataset=data,
        callbacks=list(callbacks),
    )
    trainer.train(resume_from_checkpoint=resume or None)
    return model


@pytest.mark.parametrize(
    ("save_freq", "options", "steps", "epochs"),
    [
        ("epoch", {}, [0, 1, 2], [0, 1, 2]),
        ([2, 5], {}, [0, 2, 5, 6], [0, 0, 1, 2]),
        ("epoch", {"max_steps": 4}, [0, 1, 2], [0, 1, 1]),
        ("epoch", {"gradient_accumulation_steps": 2}, [0, 1, 2], [0, 1, 2]),
    ],
)
def test_a_training_is_recorded_and_not_changed(
    tmp_path: Path, save_freq: Any, options: dict[str, Any], steps: list[int], epochs: list[int]
) -> None:
    run_dir = tmp_path / "run"
    callback = EmbeddingCallback(run_dir, X, Y, layers=LAYERS, save_freq=save_freq)
    model = train(tmp_path, callback, **options)

    plain = train(tmp_path, **options)
    for name, value in plain.state_dict().items():
        assert value.numpy().tobytes() == model.state_dict()[name].numpy().tobytes(), name
    run = read_run(run_dir)
    assert run.steps == steps
    assert [s.epoch for s in run.manifest.steps] == epochs
    assert [p.kind for p in run.manifest.phases] == ["began", "ended"]
    info = run.manifest.outputs
    assert info is not None
    assert (info.kind, info.classes, info.head) == ("logits", 3, "bert.pooler")
    assert [int(cell) for cell in columns_of(run)[1].cells] == Y.tolist()

    with torch.no_grad():
        tensors = {name: torch.from_numpy(rows) for name, rows in X.items()}
        bert = model.eval().bert(**tensors)
    kept = tensors["attention_mask"][..., None]
    mean = (bert.last_hidden_state * kept).sum(1) / kept.sum(1)
    np.testing.assert_allclose(
        run.snapshot("bert.pooler", steps[-1]), bert.pooler_output, atol=1e-5
    )
    np.testing.assert_allclose(run.snapshot(LAYERS[1], steps[-1]), mean, atol=1e-5)


def test_a_training_that_is_resumed_goes_on_in_its_run(tmp_path: Path) -> None:
    for epochs in (1, 3):
        callback = EmbeddingCallback(tmp_path / "run", X, Y)
        saved = {"save_strategy": "epoch", "lr_scheduler_type": "constant"}
        train(tmp_path, callback, resume=epochs == 3, num_train_epochs=epochs, **saved)

    run = read_run(tmp_path / "run")
    assert run.steps == [0, 1, 2, 3]
    kinds = [p.kind for p in run.manifest.phases]
    assert kinds == ["began", "ended", "resumed", "ended"]


def test_a_failure_warns_once_and_the_training_goes_on(tmp_path: Path) -> None:
    def fail(step: int, tensors: Any) -> None:
        raise RuntimeError("of the hook")

    callback = EmbeddingCallback(tmp_path / "run", X, Y, on_snapshot=fail)
    with pytest.warns(RuntimeWarning, match="EmbeddingCallback stopped recording: of the hook"):
        model = train(tmp_path, callback)
    plain = train(tmp_path)
    assert torch.equal(plain.classifier.weight, model.classifier.weight)


def test_misuse_fails_before_the_first_batch(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="nowhere"):
        train(tmp_path, EmbeddingCallback(tmp_path / "run", X, Y, layers="nowhere"))
    with pytest.raises(MisuseError, match="does not accept x"):
        train(tmp_path, EmbeddingCallback(tmp_path / "run", X["input_ids"] + 1000, Y))
