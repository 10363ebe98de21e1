"""When the callback records, how it goes on, and what it costs: real trainings."""

from __future__ import annotations

import errno
import logging
import re
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.runs.writer import RunWriter
from tests.harness import PATIENCE, read_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
MakeModel = Callable[..., Any]

BATCHES = 8
"""Of 256 samples in an epoch of 1,797."""


def fit(model: Any, digits: Digits, *callbacks: Any, **options: Any) -> None:
    x, y = digits
    defaults = {"epochs": 2, "batch_size": 256, "verbose": 0}
    model.fit(x, y, **defaults | options, callbacks=callbacks)


@pytest.mark.parametrize(
    ("save_freq", "options", "expected"),
    [
        ("2 epochs", {"epochs": 5}, [0, 2, 4, 5]),
        (5, {}, [0, 5, 10, 15, 16]),
        ("8 batches", {}, [0, 8, 16]),
        ([1, 3, 9], {}, [0, 1, 3, 9, 16]),
        ("log", {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16]),
    ],
)
def test_what_is_due_is_recorded_and_so_are_both_ends(
    tmp_path: Path,
    digits: Digits,
    make_model: MakeModel,
    save_freq: Any,
    options: dict[str, Any],
    expected: list[int],
) -> None:
    seen = {}

    class Watch(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            weights = self.model.get_layer("fc1").get_weights()
            seen[int(self.model.optimizer.iterations)] = weights

    model = make_model()
    checkpoint = EmbeddingCheckpoint(tmp_path, digits[0], save_freq=save_freq)
    fit(model, digits, checkpoint, Watch(), **options)

    run = read_run(tmp_path)
    assert run.steps == expected
    flat = digits[0].reshape(-1, 64)
    for step in run.manifest.steps[1:]:
        assert step.iterations is not None
        kernel, bias = seen[step.iterations]
        fc1 = np.maximum(flat @ kernel + bias, 0)
        np.testing.assert_allclose(run.snapshot("fc1", step.step), fc1, atol=1e-5)


def test_a_batch_says_where_in_the_epoch_it_lies(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0], save_freq=5))

    steps = read_run(tmp_path).manifest.steps
    assert [(s.unit, s.epoch, s.batch, s.iterations) for s in steps] == [
        ("batch", 0, None, 0),
        ("batch", 0, 5, 5),
        ("batch", 1, 2, 10),
        ("batch", 1, 7, 15),
        ("batch", 2, None, 16),
    ]


def test_batches_executed_together_are_recorded_at_their_end(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model(steps_per_execution=4)
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0], save_freq=3))

    assert read_run(tmp_path).steps == [0, 4, 8, 12, 16]


def test_too_many_snapshots_are_thinned_out_evenly(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    checkpoint = EmbeddingCheckpoint(tmp_path, digits[0], max_to_keep=4)
    fit(make_model(), digits, checkpoint, epochs=9)

    run = read_run(tmp_path)
    assert len(run.steps) == 4
    assert (run.steps[0], run.steps[-1]) == (0, 9)
    assert max(np.diff(run.steps)) <= 5
    kept = sorted(file.name for file in tmp_path.glob("*.index"))
    assert kept == sorted(f"model.ckpt-{step}.index" for step in run.steps)


def test_half_precision_takes_half_the_disk(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    sizes = {}
    for dtype in ("float32", "float16"):
        run_dir = tmp_path / dtype
        fit(make_model(256), digits, EmbeddingCheckpoint(run_dir, digits[0], dtype=dtype))
        sizes[dtype] = sum(file.stat().st_size for file in run_dir.glob("*.data*"))
    whole = read_run(tmp_path / "float32").snapshot("fc1", 2)
    half = read_run(tmp_path / "float16").snapshot("fc1", 2)

    assert sizes["float16"] < 0.6 * sizes["float32"]
    np.testing.assert_array_equal(half, np.asarray(whole, np.float16))


def test_a_second_fit_goes_on_counting(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()
    checkpoint = EmbeddingCheckpoint(tmp_path, digits[0])
    fit(model, digits, checkpoint)
    fit(model, digits, checkpoint)
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), epochs=1)

    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2, 3, 4, 5]
    assert [s.epoch for s in run.manifest.steps] == run.steps
    assert [s.iterations for s in run.manifest.steps] == [8 * step for step in run.steps]


def test_a_resumed_training_goes_on_between_two_snapshots(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()

    class Kill(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                raise KeyboardInterrupt

    killed = EmbeddingCheckpoint(tmp_path, digits[0], save_freq="2 epochs")
    with pytest.raises(KeyboardInterrupt):
        fit(model, digits, killed, Kill(), epochs=5)
    # As if the weights of epoch 3 had been backed up; the last snapshot is of epoch 2.
    checkpoint = EmbeddingCheckpoint(tmp_path, digits[0], save_freq="2 epochs")
    fit(model, digits, checkpoint, initial_epoch=3, epochs=5)

    assert read_run(tmp_path).steps == [0, 2, 4, 5]


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_new_training_is_recorded_beside_a_finished_run(
    tmp_path: Path, digits: Digits, make_model: MakeModel, epochs: int
) -> None:
    run_dir = tmp_path / "run"
    fit(make_model(), digits, EmbeddingCheckpoint(run_dir, digits[0]), epochs=epochs)

    with pytest.warns(RuntimeWarning, match=r"already holds a finished run; .*run-2 instead"):
        fit(make_model(seed=1), digits, EmbeddingCheckpoint(run_dir, digits[0]))
    assert read_run(run_dir).steps == list(range(epochs + 1))
    assert read_run(tmp_path / "run-2").steps == [0, 1, 2]


def test_a_finished_run_goes_on_from_an_earlier_epoch(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    model = make_model()
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), epochs=2)
    model.save(tmp_path / "second.keras")
    fit(model, digits, EmbeddingCheckpoint(tmp_path, digits[0]), initial_epoch=2, epochs=3)

    older = keras.models.load_model(tmp_path / "second.keras")
    fit(older, digits, EmbeddingCheckpoint(tmp_path, digits[0]), initial_epoch=2, epochs=4)
    run = read_run(tmp_path)
    assert [(s.step, s.epoch) for s in run.step_facts] == [
        (0, 0),
        (1, 1),
        (2, 2),
        (4, 3),
        (5, 4),
    ]
    (superseded,) = [s for s in run.manifest.steps if s.superseded]
    assert (superseded.step, superseded.epoch) == (3, 3)
    assert [p.kind for p in run.manifest.phases] == [
        "began",
        "ended",
        "resumed",
        "ended",
        "restored",
        "ended",
    ]


def test_the_hook_sees_every_snapshot(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    seen: dict[int, NDArray[np.generic]] = {}

    def hook(step: int, tensors: Any) -> None:
        seen[step] = tensors["fc1"].copy()

    fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0], on_snapshot=hook))

    run = read_run(tmp_path)
    assert sorted(seen) == run.steps
    for step, fc1 in seen.items():
        np.testing.assert_array_equal(run.snapshot("fc1", step), fc1)


def test_a_failing_forward_pass_warns_once_and_training_goes_on(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    import tensorflow as tf

    def hook(step: int, tensors: Any) -> None:
        if step == 1:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")

    model = make_model()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        checkpoint = EmbeddingCheckpoint(tmp_path, digits[0], on_snapshot=hook)
        fit(model, digits, checkpoint, epochs=3)

    told = [str(w.message) for w in caught if w.category is RuntimeWarning]
    assert len(told) == 1
    assert "out of memory" in told[0]
    assert int(model.optimizer.iterations) == 3 * BATCHES
    assert read_run(tmp_path).steps == [0]


def test_a_disk_that_is_too_small_is_told_before_training(
    tmp_path: Path, digits: Digits, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.warns(
        RuntimeWarning, match=r"needs about 906 kB .* 1e\+03 bytes are free|needs"
    ):
        fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0]))
    assert read_run(tmp_path).steps == [0, 1, 2], "it tries all the same"


@pytest.mark.parametrize(
    ("log_dir", "logdir"),
    [("logs/run1", "logs"), ("run1", "."), (".", "."), ("my logs/run1", "'my logs'")],
)
def test_a_training_ends_with_one_line_that_leads_to_the_page(
    tmp_path: Path,
    digits: Digits,
    make_model: MakeModel,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    log_dir: str,
    logdir: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.INFO, "tb_embed_plugin"):
        fit(make_model(), digits, EmbeddingCheckpoint(log_dir, digits[0]), verbose=2)
    before, after = (record.getMessage() for record in caplog.records)

    assert before == f"Recording layer fc1 to {log_dir} (about 3 snapshots, 906 kB)."
    assert re.fullmatch(
        r"Recorded 3 snapshots \(906 kB, \S+% of the training's time\)\. "
        rf"To see them, run tensorboard --logdir {re.escape(logdir)} and open its tab "
        r"EMBEDDINGS: http://localhost:6006/#tb_embed",
        after,
    )


def test_a_silent_fit_is_recorded_without_a_line(
    tmp_path: Path, digits: Digits, make_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tb_embed_plugin"):
        fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0]), verbose=0)

    assert not caplog.records


def test_a_recording_that_failed_does_not_end_as_if_all_were_well(
    tmp_path: Path,
    digits: Digits,
    make_model: MakeModel,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/else")

    monkeypatch.setattr(RunWriter, "write_snapshot", fail)
    full = re.escape(
        f"stopped recording: cannot write {tmp_path}: no space is left on the disk"
    )
    with (
        caplog.at_level(logging.INFO, "tb_embed_plugin"),
        pytest.warns(RuntimeWarning, match=full),
    ):
        fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0]), verbose=2)

    assert [record.getMessage().split()[0] for record in caplog.records] == ["Recording"]


def test_the_training_goes_on_while_a_snapshot_is_written(
    tmp_path: Path, digits: Digits, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = RunWriter.write_snapshot
    batch_done = threading.Event()
    waited: list[bool] = []

    def slow(self: RunWriter, *snapshot: Any) -> None:
        # Would never come if the first batch waited for this.
        waited.append(batch_done.wait(PATIENCE))
        write(self, *snapshot)

    class Watch(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            batch_done.set()

    monkeypatch.setattr(RunWriter, "write_snapshot", slow)
    fit(make_model(), digits, EmbeddingCheckpoint(tmp_path, digits[0]), Watch())

    assert waited == [True, True, True]
    assert read_run(tmp_path).steps == [0, 1, 2]


@pytest.mark.soak("loads TensorFlow again")
def test_a_training_that_dies_leaves_what_it_had_recorded(tmp_path: Path) -> None:
    script = """
        import sys, threading
        import keras, numpy as np
        from tb_embed_plugin import EmbeddingCheckpoint
        from tb_embed_plugin.runs.writer import RunWriter

        write = RunWriter.write_snapshot
        failing = threading.Event()
        def slow(self, step, *rest):
            if step.step == 2:
                failing.wait()
            write(self, step, *rest)
        RunWriter.write_snapshot = slow

        class Fail(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                if epoch == 1:
                    failing.set()
                    raise ValueError("something else went wrong")

        x = np.zeros((20, 4), "float32")
        model = keras.Sequential([keras.layers.Dense(3, name="fc1"), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, x[:, :1], epochs=5, verbose=0,
                  callbacks=[EmbeddingCheckpoint(sys.argv[1], x), Fail()])
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "something else went wrong" in result.stderr
    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2]
    assert run.manifest.recording


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"save_freq": "often"}, "save_freq must be"),
        ({"max_to_keep": 1}, "max_to_keep must be at least 2.*not 1"),
        ({"dtype": "int8"}, "dtype must be 'float32' or 'float16', not 'int8'"),
    ],
)
def test_misuse_of_the_schedule_fails_at_once(
    tmp_path: Path, digits: Digits, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(MisuseError, match=message):
        EmbeddingCheckpoint(tmp_path, digits[0], **options)


def test_keras_own_callback_in_the_same_directory_keeps_our_configuration(
    tmp_path: Path, digits: Digits
) -> None:
    words = np.random.default_rng(0).integers(0, 50, (200, 6))
    model = keras.Sequential(
        [
            keras.layers.Embedding(50, 4),
            keras.layers.Flatten(),
            keras.layers.Dense(8, name="fc1"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    theirs = keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1)
    model.fit(
        words,
        words[:, 0] % 2,
        epochs=2,
        verbose=0,
        callbacks=[theirs, EmbeddingCheckpoint(tmp_path, words)],
    )

    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_name: "fc1"' in config
    assert list((tmp_path / "train").glob("events.out.tfevents.*"))
    assert read_run(tmp_path).steps == [0, 1, 2]
