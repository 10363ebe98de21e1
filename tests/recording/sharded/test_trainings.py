"""Trainings whose workers record one run by `EmbeddingCheckpoint(shard=...)`."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.metadata import PARTS_FOLDER
from tb_embed_plugin.recording.sharded import own_part
from tb_embed_plugin.runs.parts import read_attempt
from tests.harness import read_run, wait_until

X = np.random.default_rng(0).normal(size=(24, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int32)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 4.0)


def build() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="relu", name="fc1"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def callbacks(
    log_dir: Path, world: int, labels: Any = Y, **options: Any
) -> list[EmbeddingCheckpoint]:
    """Returns the callback of each worker, with its part of the samples."""
    cuts = np.array_split(np.arange(len(X)), world)
    return [
        EmbeddingCheckpoint(log_dir, X[rows], labels[rows], shard=(rank, world), **options)
        for rank, rows in enumerate(cuts)
    ]


class Fit:
    """A training by workers that all see one model, as those of a synchronous one do."""

    def __init__(self, model: Any, workers: Sequence[EmbeddingCheckpoint]) -> None:
        self.model = model
        # The chief comes last, since each is a process that does not wait for the others.
        self.callbacks = keras.callbacks.CallbackList(workers[::-1], model=model, verbose=0)

    def run(self, epochs: range, each: Callable[[int], object] = lambda epoch: None) -> None:
        """Trains for some epochs."""
        self.callbacks.on_train_begin()
        for epoch in epochs:
            self.callbacks.on_epoch_begin(epoch)
            self.model.train_on_batch(X, Y)
            self.callbacks.on_epoch_end(epoch)
            each(epoch)
        self.callbacks.on_train_end()


def fit(model: Any, workers: Sequence[EmbeddingCheckpoint], epochs: range) -> None:
    Fit(model, workers).run(epochs)


def activations(model: Any) -> Any:
    return np.asarray(keras.Model(model.inputs, model.layers[0].output)(X))


def test_a_training_is_recorded_as_by_one_process_and_goes_on(tmp_path: Path) -> None:
    model, log_dir = build(), tmp_path / "run"
    expected = [activations(model)]
    for epochs in (range(2), range(2), range(4, 5)):
        one = Fit(model, callbacks(log_dir, 2))
        one.run(epochs, lambda epoch: expected.append(activations(model)))

    run = read_run(log_dir)
    assert run.steps == [0, 1, 2, 3, 4, 5]
    assert [(p.kind, p.step, p.epoch) for p in run.phases] == [
        ("began", None, 0),
        ("ended", 2, 2),
        ("resumed", 2, 2),
        ("ended", 4, 4),
        ("resumed", 4, 4),
        ("ended", 5, 5),
    ]
    assert [step.phase for step in run.step_facts] == [0, 0, 0, 2, 2, 4]
    assert [step.epoch for step in run.step_facts] == run.steps
    for step, values in enumerate(expected):
        np.testing.assert_allclose(run.snapshot("fc1", step)[:], values, atol=1e-6)
    assert not (tmp_path / "run-2").exists()


def test_a_training_goes_back_and_leaves_steps_behind(tmp_path: Path) -> None:
    model, log_dir = build(), tmp_path / "run"
    weights = []
    one = Fit(model, callbacks(log_dir, 2))
    one.run(range(3), lambda epoch: weights.append(model.get_weights()))
    model.set_weights(weights[1])
    fit(model, callbacks(log_dir, 2), range(2, 4))

    run = read_run(log_dir)
    assert [step.step for step in run.manifest.steps] == [0, 1, 2, 3, 4, 5]
    assert [step.superseded for step in run.manifest.steps] == [False] * 3 + [True] + [
        False
    ] * 2
    assert [step.epoch for step in run.step_facts] == [0, 1, 2, 3, 4]
    assert run.phases[2].kind == "restored"


def test_another_training_or_world_is_recorded_beside(tmp_path: Path) -> None:
    model, log_dir = build(), tmp_path / "run"
    fit(model, callbacks(log_dir, 2), range(1))
    with pytest.warns(RuntimeWarning, match=r"already holds a run of other samples; .*run-2"):
        fit(model, callbacks(log_dir, 3), range(1, 2))
    with pytest.warns(RuntimeWarning, match=r"already holds .*run-3 instead"):
        fit(build(), callbacks(log_dir, 2), range(1))
    fit(build(), callbacks(log_dir, 2, on_existing="overwrite"), range(2))
    assert [read_run(tmp_path / name).steps for name in ("run", "run-2", "run-3")] == [
        [0, 1, 2],
        [2],
        [0, 1],
    ]


def test_other_class_names_than_the_run_began_with_are_told(tmp_path: Path) -> None:
    model, names = build(), ["sick", "healthy"]
    words = np.array(names)[Y]
    fit(model, callbacks(tmp_path / "run", 2, words, class_names=names), range(1))
    with pytest.warns(RuntimeWarning, match=r"class_names are not those .* on_existing='new'"):
        fit(model, callbacks(tmp_path / "run", 2, words, class_names=names[::-1]), range(1, 2))
    assert read_run(tmp_path / "run").steps == [0, 1, 2]


def test_the_chief_thins_out_what_it_joins(tmp_path: Path) -> None:
    fit(build(), callbacks(tmp_path / "run", 2, max_to_keep=3), range(5))
    run = read_run(tmp_path / "run")
    assert len(run.steps) == 3
    assert (run.steps[0], run.steps[-1]) == (0, 5)
    assert len(list((tmp_path / "run").glob("*.index"))) == 3


def test_a_worker_whose_recorder_fails_hurts_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_part, "PATIENCE_SECONDS", 20.0)
    model, log_dir = build(), tmp_path / "run"

    def fail(step: int, tensors: object) -> None:
        if step == 1:
            raise OSError("a disk of one worker")

    chief, other = callbacks(log_dir, 2)
    other = EmbeddingCheckpoint(log_dir, X[12:], Y[12:], shard=(1, 2), on_snapshot=fail)
    with pytest.warns(RuntimeWarning) as told:
        fit(model, [chief, other], range(2))
    sentences = [str(one.message) for one in told]
    assert [s for s in sentences if "EmbeddingCheckpoint of worker 1 stopped recording" in s]
    assert [s for s in sentences if "1 and 2 are left out, because worker 1" in s]
    assert read_run(log_dir).steps == [0]


def test_what_the_chief_cannot_join_hurts_no_training(tmp_path: Path) -> None:
    model, log_dir = build(), tmp_path / "run"
    parts: list[int] = []

    def obstruct(epoch: int) -> None:
        if epoch == 0:
            wait_until((log_dir / "model.ckpt-1.index").exists)
            (log_dir / "model.ckpt-2.index").mkdir()
        if epoch == 1:
            attempt = log_dir / PARTS_FOLDER
            wait_until(lambda: (said := read_attempt(attempt)) is not None and said.has_failed)
        parts.append(len(list(log_dir.glob("plugins/**/model.ckpt-*.index"))))

    with pytest.warns(RuntimeWarning) as told:
        Fit(model, callbacks(log_dir, 2)).run(range(5), obstruct)
    sentences = [str(one.message) for one in told if one.category is RuntimeWarning]
    assert len(sentences) == 2
    assert "EmbeddingCheckpoint of worker 1 stopped recording: worker 0 has" in sentences[0]
    assert "EmbeddingCheckpoint stopped recording: the parts of" in sentences[1]
    assert read_run(log_dir).steps == [0, 1]
    assert parts[-1] == parts[2], "nobody writes what nobody joins"
    (log_dir / "model.ckpt-2.index").rmdir()


def test_a_training_whose_chief_fails_tells_the_others(tmp_path: Path) -> None:
    model, log_dir = build(), tmp_path / "run"
    chief, other = callbacks(log_dir, 2)
    first = keras.callbacks.CallbackList([chief], model=model, verbose=0)
    second = keras.callbacks.CallbackList([other], model=model, verbose=0)
    for each in (second, first):
        each.on_train_begin()
    for epoch in range(2):
        for each in (second, first):
            each.on_epoch_begin(epoch)
        model.train_on_batch(X, Y)
        for each in (second, first):
            each.on_epoch_end(epoch)
    wait_until((log_dir / "model.ckpt-2.index").exists)
    training = chief._training  # noqa: SLF001 # an exception in `fit` interrupts it
    assert training is not None
    training.interrupt()
    assert [p.kind for p in read_run(log_dir).phases] == ["began", "interrupted"]
    with pytest.warns(RuntimeWarning, match="worker 1 stopped recording: worker 0 has stopped"):
        second.on_epoch_end(2)
    second.on_train_end()


def test_an_interrupted_training_resumes(tmp_path: Path) -> None:
    model, log_dir = build(), tmp_path / "run"
    weights: list[Any] = []

    def fail(epoch: int) -> None:
        weights.append(model.get_weights())
        if epoch == 1:
            # What a worker still writes when the chief ends is joined by the next training.
            wait_until((log_dir / "model.ckpt-2.index").exists)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Fit(model, callbacks(log_dir, 2)).run(range(9), fail)
    gc.collect()
    wait_until(lambda: read_run(log_dir).phases[-1].kind == "interrupted")

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        fit(model, callbacks(log_dir, 2), range(2, 3))
    run = read_run(log_dir)
    assert run.steps == [0, 1, 2, 3]
    assert [p.kind for p in run.phases] == ["began", "interrupted", "resumed", "ended"]


def test_no_models_are_kept_of_parts(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="keep_model keeps no models of a run that several"):
        EmbeddingCheckpoint(tmp_path / "run", X, shard=(0, 2), keep_model=True)
