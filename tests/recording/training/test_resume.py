"""Every way to train that people use is recorded, and none is changed by that."""

from __future__ import annotations

import copy
import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tests.harness import read_run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int32)
BATCHES = 3
"""Of 8 samples in an epoch."""

Callbacks = list[Any]
History = dict[str, list[float]]


def build(seed: int = 0) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="relu", name="fc1"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def compiled(seed: int = 0, optimizer: Any = "sgd", **options: Any) -> Any:
    model = build(seed)
    model.compile(optimizer, "sparse_categorical_crossentropy", **options)
    return model


def uncompiled(seed: int = 0) -> Any:
    """Trains without a graph, where how it trains does not matter."""
    return compiled(seed, run_eagerly=True)


def fit(model: Any, callbacks: Callbacks, **options: Any) -> History:
    options = {"epochs": 2, "batch_size": 8, "verbose": 0, "shuffle": False} | options
    return dict(model.fit(X, Y, callbacks=callbacks, **options).history)


class Stop(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Ctrl-C in the middle of the second epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.epoch == 1 and batch == 1:
            raise KeyboardInterrupt


class Worse(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
    """Says that the first epoch was the best one."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["badness"] = epoch


def best_weights() -> Any:
    return keras.callbacks.EarlyStopping(
        "badness", patience=9, mode="min", restore_best_weights=True
    )


class OwnStep(keras.Model):  # type: ignore[misc] # Keras is untyped
    """Trains by a rule of its own, with two optimizers or with none."""

    def __init__(self, optimizers: int) -> None:
        super().__init__()
        self.fc1 = keras.layers.Dense(5, activation="relu")
        self.out = keras.layers.Dense(2, activation="softmax")
        self.several = [keras.optimizers.SGD(0.1) for _ in range(optimizers)]

    def call(self, x: Any) -> Any:
        return self.out(self.fc1(x))

    def train_step(self, data: Any) -> Any:
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x))
        weights = self.trainable_variables
        gradients = tape.gradient(loss, weights)
        if self.several:
            self.several[0].apply(gradients[:2], weights[:2])
            self.several[1].apply(gradients[2:], weights[2:])
        else:
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.assign_sub(0.1 * gradient)
        return {"loss": loss}


def own_step(optimizers: int) -> Any:
    keras.utils.set_random_seed(0)
    model = OwnStep(optimizers)
    model.compile(loss="sparse_categorical_crossentropy")
    model.optimizer = None
    model(X[:1])
    for i, optimizer in enumerate(model.several):
        optimizer.build(model.trainable_variables[2 * i : 2 * i + 2])
    return model


def freeze_and_unfreeze(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = build()
    model.layers[0].trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    first = fit(model, make())
    model.layers[0].trainable = True
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model, [first, fit(model, make())]


def interrupt(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled()
    with pytest.raises(KeyboardInterrupt):
        fit(model, [*make(), Stop()])
    return model, [fit(model, make())]


def five_times_one(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled()
    return model, [fit(model, make(), epochs=1) for _ in range(5)]


def accumulate(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled(optimizer=keras.optimizers.SGD(0.01, gradient_accumulation_steps=2))
    return model, [fit(model, make())]


def execute_several(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled(steps_per_execution=2)
    return model, [fit(model, make())]


def two_optimizers(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = own_step(2)
    return model, [fit(model, make())]


def no_optimizer(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = own_step(0)
    return model, [fit(model, make())]


def best_before(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled()
    return model, [fit(model, [Worse(), best_weights(), *make()], epochs=3)]


def best_behind(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled()
    return model, [fit(model, [*make(), Worse(), best_weights()], epochs=3)]


def use_ema(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled(optimizer=keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5))
    return model, [fit(model, make()), fit(model, make())]


def swap_ema(make: Callable[[], Callbacks], _: Path) -> tuple[Any, list[History]]:
    model = compiled(optimizer=keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    return model, [fit(model, [*make(), swap])]


def back_up(make: Callable[[], Callbacks], folder: Path) -> tuple[Any, list[History]]:
    def backup() -> Any:
        return keras.callbacks.BackupAndRestore(folder / f"backup-{len(make())}")

    with pytest.raises(KeyboardInterrupt):
        fit(compiled(), [*make(), backup(), Stop()], epochs=3)
    model = compiled(seed=7)
    return model, [fit(model, [*make(), backup()], epochs=3)]


SETUPS: dict[str, tuple[Any, list[int]]] = {
    "freeze, fit, unfreeze, recompile, fit": (freeze_and_unfreeze, [0, 1, 2, 3, 4]),
    "Ctrl-C in an epoch, fit again": (interrupt, [0, 1, 2, 3]),
    "five times fit(epochs=1)": (five_times_one, [0, 1, 2, 3, 4, 5]),
    "gradient_accumulation_steps": (accumulate, [0, 1, 2]),
    "steps_per_execution": (execute_several, [0, 1, 2]),
    "two optimizers": (two_optimizers, [0, 1, 2]),
    "no optimizer": (no_optimizer, [0, 1, 2]),
    "restore_best_weights, before": (best_before, [0, 1, 2, 3, 3]),
    "restore_best_weights, behind": (best_behind, [0, 1, 2, 3, 3]),
    "use_ema": (use_ema, [0, 1, 2, 2, 3, 4, 4]),
    "SwapEMAWeights": (swap_ema, [0, 1, 2, 2]),
    "BackupAndRestore": (back_up, [0, 1, 2, 3]),
}


def check_last(run_dir: Path, model: Any) -> None:
    """The last snapshot is that of the model that is left."""
    kernel, bias = model.layers[0].get_weights()
    run = read_run(run_dir)
    fc1 = np.maximum(X.astype(np.float64) @ kernel + bias, 0)
    name = run.layers[0].name
    np.testing.assert_allclose(run.snapshot(name, run.steps[-1]), fc1, atol=1e-5)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", SETUPS)
def test_a_set_up_is_recorded_and_not_changed(tmp_path: Path, name: str) -> None:
    train, epochs = SETUPS[name]
    run_dir = tmp_path / "run"
    plain, histories = train(list, tmp_path)
    recorded, others = train(
        lambda: [EmbeddingCheckpoint(run_dir, X, Y, layers="fc1")], tmp_path
    )

    assert histories == others
    for one, other in zip(plain.get_weights(), recorded.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()
    run = read_run(run_dir)
    assert [step.epoch for step in run.step_facts] == epochs
    assert not (tmp_path / "run-2").exists()
    assert not run.recording
    check_last(run_dir, recorded)
    ends = [s for s, after in zip(run.step_facts, epochs[1:], strict=False) if s.epoch == after]
    assert sum(step.end for step in run.step_facts) == len(ends)


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (accumulate, [0, 2, 4, 6]),
        (execute_several, [0, 2, 5, 6]),
        (two_optimizers, [0, 2, 4, 6]),
        (no_optimizer, [0, 2, 4, 6]),
        (interrupt, [0, 2, 4, 6, 8, 10, 11]),
        (five_times_one, [0, 2, 3, 4, 6, 8, 9, 10, 12, 14, 15]),
    ],
)
def test_save_freq_means_batches_that_fit_ran(
    tmp_path: Path, train: Any, expected: list[int]
) -> None:
    model, _ = train(
        lambda: [EmbeddingCheckpoint(tmp_path / "run", X, layers="fc1", save_freq=2)],
        tmp_path,
    )
    run = read_run(tmp_path / "run")
    assert [step.batches for step in run.step_facts] == expected
    assert run.steps == expected
    check_last(tmp_path / "run", model)


def kinds(run_dir: Path) -> list[str]:
    return [phase.kind for phase in read_run(run_dir).manifest.phases]


def test_phases_say_what_happened(tmp_path: Path) -> None:
    freeze_and_unfreeze(lambda: [EmbeddingCheckpoint(tmp_path / "a", X)], tmp_path)
    assert kinds(tmp_path / "a") == ["began", "ended", "recompiled", "ended"]
    interrupt(lambda: [EmbeddingCheckpoint(tmp_path / "b", X)], tmp_path)
    assert kinds(tmp_path / "b") == ["began", "interrupted", "resumed", "ended"]
    phases = read_run(tmp_path / "b").manifest.phases
    assert [phase.step for phase in phases] == [None, 1, 1, 3]


def test_an_interrupted_epoch_is_gone_on_with_even_where_python_holds_it(
    tmp_path: Path,
) -> None:
    model = uncompiled()
    with pytest.raises(KeyboardInterrupt) as kept:
        fit(model, [EmbeddingCheckpoint(tmp_path / "run", X), Stop()])
    fit(model, [EmbeddingCheckpoint(tmp_path / "run", X)])

    assert kept.traceback, "as a notebook keeps it"
    assert read_run(tmp_path / "run").steps == [0, 1, 2, 3]
    assert kinds(tmp_path / "run") == ["began", "interrupted", "resumed", "ended"]


def test_weights_that_were_changed_after_an_interruption_are_a_new_training(
    tmp_path: Path,
) -> None:
    model = uncompiled()
    with pytest.raises(KeyboardInterrupt):
        fit(model, [EmbeddingCheckpoint(tmp_path / "run", X), Stop()])
    model.set_weights(build(5).get_weights())
    with pytest.warns(
        RuntimeWarning, match="already holds the run of another training; .*run-2 instead"
    ):
        fit(model, [EmbeddingCheckpoint(tmp_path / "run", X)])
    assert read_run(tmp_path / "run").steps == [0, 1]
    assert read_run(tmp_path / "run-2").steps == [0, 1, 2]


def test_each_fold_has_a_run_and_goes_on_with_its_own(tmp_path: Path) -> None:
    models = [uncompiled() for _ in range(3)]  # of the same untrained network
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for i, model in enumerate(models):
            model.fit(
                X[i:],
                Y[i:],
                epochs=2,
                verbose=0,
                callbacks=[EmbeddingCheckpoint(tmp_path / "run", X)],
            )
    warned = [str(w.message) for w in told if w.category is RuntimeWarning]
    assert ["run-2" in warned[0], "run-3" in warned[1], len(warned)] == [True, True, 2]
    fit(models[1], [EmbeddingCheckpoint(tmp_path / "run", X)], epochs=1)
    assert [len(read_run(tmp_path / name).steps) for name in ("run", "run-2", "run-3")] == [
        3,
        4,
        3,
    ]


def test_copies_of_a_callback_record_a_run_each(tmp_path: Path) -> None:
    # As KerasTuner does it for each trial.
    original = EmbeddingCheckpoint(tmp_path / "run", X, Y, save_freq=3)
    unpickled = pickle.loads(pickle.dumps(original))  # noqa: S301 # our own
    for copied in (copy.deepcopy(original), unpickled):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            fit(uncompiled(), [copied])
    assert read_run(tmp_path / "run").steps == [0, 3, 6]
    assert read_run(tmp_path / "run-2").steps == [0, 3, 6]
    pickle.dumps(copied)


@pytest.mark.parametrize(
    ("on_existing", "steps", "beside"),
    [("continue", [0, 1, 2, 3], None), ("new", [0, 1, 2], [0, 1]), ("overwrite", [0, 1], None)],
)
def test_on_existing_chooses(
    tmp_path: Path, on_existing: Any, steps: list[int], beside: list[int] | None
) -> None:
    fit(uncompiled(), [EmbeddingCheckpoint(tmp_path / "run", X)])
    checkpoint = EmbeddingCheckpoint(tmp_path / "run", X, on_existing=on_existing)
    fit(uncompiled(seed=3), [checkpoint], epochs=1)

    assert read_run(tmp_path / "run").steps == steps
    assert (tmp_path / "run-2").exists() == (beside is not None)
    if beside is not None:
        assert read_run(tmp_path / "run-2").steps == beside


def test_superseded_snapshots_count_for_max_to_keep(tmp_path: Path) -> None:
    model = uncompiled()
    checkpoint = EmbeddingCheckpoint(tmp_path / "run", X, max_to_keep=4)
    saved = None

    class Save(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            nonlocal saved
            if epoch == 0:
                saved = model.get_weights()

    fit(model, [checkpoint, Save()], epochs=3)
    model.set_weights(saved)
    fit(model, [checkpoint], epochs=2)
    steps = read_run(tmp_path / "run").manifest.steps
    assert len(steps) == 4
    assert len(list((tmp_path / "run").glob("model.ckpt-*.index"))) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, "logs"), "swap them"),
        (("logs", "x.npy"), "not the path"),
        (("logs", X, "fc1"), r"did you mean layers='fc1'\?"),
    ],
)
def test_swapped_arguments_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        EmbeddingCheckpoint(*arguments)


def test_a_directory_that_cannot_be_written_is_told_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def refuse(path: Any, *args: Any, **options: Any) -> None:
        if path == "plugins":
            raise PermissionError(13, "Permission denied")
        make(path, *args, **options)

    monkeypatch.setattr(os, "mkdir", refuse)  # root may write everywhere
    model = uncompiled()
    with pytest.warns(RuntimeWarning, match="permission denied.*training goes on") as told:
        fit(model, [EmbeddingCheckpoint(tmp_path / "run", X)])
    assert [w.category for w in told].count(RuntimeWarning) == 1
    assert int(model.optimizer.iterations) == 2 * BATCHES


def test_numbers_and_dtypes_of_numpy_are_taken(tmp_path: Path) -> None:
    checkpoint = EmbeddingCheckpoint(
        tmp_path / "run",
        X,
        save_freq=np.int64(3),
        max_to_keep=np.int32(4),
        dtype=np.float16,
    )
    fit(uncompiled(), [checkpoint])
    assert read_run(tmp_path / "run").steps == [0, 3, 6]


def test_lines_are_said_where_fit_says_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import logging

    with caplog.at_level(logging.INFO, "tb_embed_plugin"):
        fit(uncompiled(), [EmbeddingCheckpoint(tmp_path / "a", X)], epochs=1)
        assert not caplog.records
        fit(uncompiled(), [EmbeddingCheckpoint(tmp_path / "b", X, verbose=True)], epochs=1)
    assert len(caplog.records) == 2


def ckpt_state(folder: Path) -> NDArray[Any]:
    return np.frombuffer((folder / "checkpoint").read_bytes(), np.uint8)


def test_a_checkpoint_manager_in_the_directory_and_we_keep_all(tmp_path: Path) -> None:
    import tensorflow as tf

    run_dir = tmp_path / "run"
    fit(model := uncompiled(), [EmbeddingCheckpoint(run_dir, X, layers="fc1")])
    kept = [np.asarray(read_run(run_dir).snapshot("fc1", step)).tobytes() for step in (0, 1, 2)]
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(v=tf.Variable(3.0)), str(run_dir), max_to_keep=2
    )
    for _ in range(4):
        manager.save()
    theirs = {p.name: p.read_bytes() for p in run_dir.glob("ckpt-*")}
    state = ckpt_state(run_dir).tobytes()
    fit(model, [EmbeddingCheckpoint(run_dir, X, layers="fc1")])

    assert {p.name: p.read_bytes() for p in run_dir.glob("ckpt-*")} == theirs
    assert ckpt_state(run_dir).tobytes() == state
    assert tf.train.latest_checkpoint(str(run_dir)) == str(run_dir / "ckpt-4")
    run = read_run(run_dir)
    assert run.steps == [0, 1, 2, 3, 4]
    assert [np.asarray(run.snapshot("fc1", step)).tobytes() for step in (0, 1, 2)] == kept
    check_last(run_dir, model)
    fit(uncompiled(), [EmbeddingCheckpoint(run_dir, X, layers="fc1", on_existing="overwrite")])
    assert {p.name: p.read_bytes() for p in run_dir.glob("ckpt-*")} == theirs
    assert read_run(run_dir).steps == [0, 1, 2]


def test_a_saver_that_calls_its_files_as_we_do_loses_none(tmp_path: Path) -> None:
    import tensorflow as tf

    run_dir = tmp_path / "run"
    fit(model := uncompiled(), [EmbeddingCheckpoint(run_dir, X, layers="fc1")])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("v", initializer=1.0)
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver()
        saver.save(session, str(run_dir / "model.ckpt"), global_step=1)
        saver.save(session, str(run_dir / "model.ckpt"), global_step=3)
    theirs = {p.name: p.read_bytes() for n in (1, 3) for p in run_dir.glob(f"model.ckpt-{n}.*")}
    fit(model, [EmbeddingCheckpoint(run_dir, X, layers="fc1")])

    for name, content in theirs.items():
        assert (run_dir / name).read_bytes() == content
    assert tf.train.latest_checkpoint(str(run_dir)) == str(run_dir / "model.ckpt-3")
    assert read_run(run_dir).steps == [0, 2, 3, 4], "step 1 was written over before we knew"
    check_last(run_dir, model)


def manage(folder: Path) -> str:
    """Saves as a `CheckpointManager`, and returns its newest checkpoint."""
    import tensorflow as tf

    checkpoint = tf.train.Checkpoint(v=tf.Variable(3.0))
    return str(tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=2).save())


def save_as_we_do(folder: Path) -> str:
    """Saves as a `Saver` under our names, and returns its newest checkpoint."""
    import tensorflow as tf

    folder.mkdir(parents=True, exist_ok=True)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("v", initializer=1.0)
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver()
        return str(saver.save(session, str(folder / "model.ckpt"), global_step=1))


@pytest.mark.parametrize("on_existing", ["auto", "new", "overwrite"])
@pytest.mark.parametrize("save", [manage, save_as_we_do])
def test_checkpoints_of_others_that_were_there_before_stay_and_ours_go_beside(
    tmp_path: Path, save: Callable[[Path], str], on_existing: Any
) -> None:
    import tensorflow as tf

    run_dir = tmp_path / "run"
    newest = save(run_dir)
    theirs = {p.name: p.read_bytes() for p in run_dir.iterdir()}
    model = uncompiled()
    checkpoint = EmbeddingCheckpoint(run_dir, X, layers="fc1", on_existing=on_existing)
    with pytest.warns(RuntimeWarning, match=r"already holds checkpoint.*run-2 instead") as told:
        fit(model, [checkpoint], epochs=1)
    assert [w.category for w in told].count(RuntimeWarning) == 1
    if on_existing == "auto":
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            fit(model, [EmbeddingCheckpoint(run_dir, X, layers="fc1")], epochs=1)

    assert {p.name: p.read_bytes() for p in run_dir.iterdir()} == theirs
    assert tf.train.latest_checkpoint(str(run_dir)) == newest
    assert read_run(tmp_path / "run-2").steps == (
        [0, 1, 2] if on_existing == "auto" else [0, 1]
    )
    check_last(tmp_path / "run-2", model)
