"""Checkpoints that others wrote, by TensorFlow's own savers, read back bit for bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tb_embed_plugin import record
from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.logdir import Logdir
from tests.foreign import open_run, save_by_checkpoint, save_by_saver, v1

RNG = np.random.default_rng(0)


def matrix(rows: int = 20, columns: int = 6) -> NDArray[np.float32]:
    return RNG.normal(size=(rows, columns)).astype(np.float32)


@pytest.mark.parametrize("with_state", [True, False])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("shards", [False, True])
def test_a_saver_of_many_steps_is_a_run_with_them(
    tmp_path: Path, parts: int, *, with_state: bool, shards: bool
) -> None:
    values: dict[int | None, dict[str, NDArray[np.float32]]] = {
        step: {"words": matrix(), "scope/images": matrix(9, 4)} for step in (0, 100, 20, 1000)
    }
    save_by_saver(tmp_path, values, parts, shards=shards)
    if not with_state:
        (tmp_path / "checkpoint").unlink()
    run = open_run(tmp_path)

    assert run.writer == "projector"
    assert run.problems == []
    assert [layer.name for layer in run.layers] == ["words", "scope/images"]
    assert run.steps == [0, 20, 100, 1000]
    for step, tensors in values.items():
        for name, value in tensors.items():
            read = np.asarray(run.snapshot(name, step or 0))
            assert read.dtype == np.float32
            assert read.tobytes() == value.tobytes()
            assert not read.flags.writeable


def test_a_saver_without_a_step_is_a_run_of_step_0(tmp_path: Path) -> None:
    value = matrix()
    run = open_run(save_by_saver(tmp_path, {None: {"words": value}}))

    assert run.steps == [0]
    assert np.asarray(run.snapshot("words", 0)).tobytes() == value.tobytes()


def test_a_checkpoint_manager_counts_the_steps(tmp_path: Path) -> None:
    values = [matrix() for _ in range(4)]
    run = open_run(save_by_checkpoint(tmp_path, values))

    (layer,) = run.layers
    assert layer.name == "embedding"
    assert run.steps == [1, 2, 3, 4]
    for step, value in enumerate(values, 1):
        assert np.asarray(run.snapshot("embedding", step)).tobytes() == value.tobytes()


def test_numbers_in_keras_old_names_are_steps(tmp_path: Path) -> None:
    values = {epoch: matrix() for epoch in (1, 2, 11)}
    for epoch, value in values.items():
        tf.train.Checkpoint(kernel=tf.Variable(value)).write(
            str(tmp_path / f"cp-{epoch:04d}.ckpt")
        )
    run = open_run(tmp_path)

    assert run.steps == [1, 2, 11]
    assert np.asarray(run.snapshot("kernel", 11)).tobytes() == values[11].tobytes()


@pytest.mark.parametrize(
    "dtype", ["float16", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16"]
)
def test_other_types_of_number_become_float32(tmp_path: Path, dtype: str) -> None:
    values = RNG.integers(0, 100, (5, 3)).astype(dtype)
    run = open_run(save_by_checkpoint(tmp_path, [values]))

    np.testing.assert_array_equal(run.snapshot("embedding", 1), values.astype(np.float32))


def test_bfloat16_is_widened_without_a_loss(tmp_path: Path) -> None:
    values = tf.cast(RNG.normal(size=(50, 4)), tf.bfloat16)
    variable = tf.Variable(values)
    tf.train.Checkpoint(embedding=variable).save(str(tmp_path / "ckpt"))

    read = np.asarray(open_run(tmp_path).snapshot("embedding", 1))
    assert read.tobytes() == tf.cast(values, tf.float32).numpy().tobytes()


@pytest.mark.parametrize("dtype", ["complex64", "string"])
def test_what_is_no_number_or_no_matrix_is_left_out(tmp_path: Path, dtype: str) -> None:
    odd = tf.cast([[1, 0], [0, 1]], dtype) if dtype != "string" else [["a", "b"], ["c", "d"]]
    tf.train.Checkpoint(
        odd=tf.Variable(odd),
        one=tf.Variable(1.0),
        bias=tf.Variable([1.0, 2.0]),
        row=tf.Variable([[1.0, 2.0]]),
        column=tf.Variable([[1.0], [2.0]]),
        images=tf.Variable(tf.zeros((2, 2, 2))),
    ).save(str(tmp_path / "ckpt"))
    run = open_run(tmp_path)

    assert [layer.name for layer in run.layers] == []
    (problem,) = run.problems
    assert "hold no matrix of 2 rows and 2 columns or more" in problem


OPTIMIZERS = [
    ("AdamOptimizer", {}),
    ("MomentumOptimizer", {"learning_rate": 0.1, "momentum": 0.9}),
    ("AdagradOptimizer", {"learning_rate": 0.1}),
    ("RMSPropOptimizer", {"learning_rate": 0.1}),
    ("FtrlOptimizer", {"learning_rate": 0.1}),
    ("AdadeltaOptimizer", {}),
]


def test_variables_of_tensorflow_1_optimizers_are_left_out(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        words = v1.get_variable("words", (6, 4))
        loss = tf.reduce_sum(words**2)
        steps = [
            getattr(v1.train, name)(**arguments).minimize(loss)
            for name, arguments in OPTIMIZERS
        ]
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            session.run(steps)
            assert len(v1.global_variables()) > 2 * len(OPTIMIZERS)
            v1.train.Saver().save(session, str(tmp_path / "model.ckpt"), global_step=1)

    assert [layer.name for layer in open_run(tmp_path).layers] == ["words"]


@pytest.mark.parametrize("track", ["model", "optimizer_first", "both"])
def test_keras_weights_bear_their_names_and_optimizers_are_left_out(
    tmp_path: Path, track: str
) -> None:
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Embedding(30, 8, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(4, name="fc1"),
        ],
        name="net",
    )
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 3)), np.zeros((4, 4)), verbose=0)
    tracked = {
        "model": {"model": model},
        "optimizer_first": {"a": model.optimizer, "model": model},
        "both": {"model": model, "optimizer": model.optimizer},
    }[track]
    tf.train.Checkpoint(**tracked).save(str(tmp_path / "ckpt"))
    run = open_run(tmp_path)

    assert {layer.name for layer in run.layers} == {"net/words/embeddings", "net/fc1/kernel"}
    words, kernel = (model.get_layer(name).weights[0].numpy() for name in ("words", "fc1"))
    assert np.asarray(run.snapshot("net/words/embeddings", 1)).tobytes() == words.tobytes()
    assert np.asarray(run.snapshot("net/fc1/kernel", 1)).tobytes() == kernel.tobytes()


def test_slots_of_keras_2_optimizers_are_left_out(tmp_path: Path) -> None:
    class Slotted(tf.Module):  # type: ignore[misc] # TensorFlow is untyped
        def __init__(self) -> None:
            super().__init__()
            self.words = tf.Variable(matrix())

    module = Slotted()
    optimizer = v1.train.AdamOptimizer()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(module.words**2)
    optimizer.apply_gradients([(tape.gradient(loss, module.words), module.words)])
    tf.train.Checkpoint(model=module, optimizer=optimizer).save(str(tmp_path / "ckpt"))
    keys = tf.train.load_checkpoint(str(tmp_path)).get_variable_to_shape_map()

    assert any(".OPTIMIZER_SLOT" in key for key in keys)
    assert [layer.name for layer in open_run(tmp_path).layers] == ["model/words"]


def test_rows_that_change_over_the_steps_are_shown_apart(tmp_path: Path) -> None:
    values = [matrix(10), matrix(12), matrix(10), matrix(12)]
    run = open_run(save_by_checkpoint(tmp_path, values))

    assert [(y.name, y.samples, y.steps) for y in run.layers] == [
        ("embedding", 12, (2, 4)),
        ("embedding (10 x 6)", 10, (1, 3)),
    ]
    assert np.asarray(run.snapshot("embedding (10 x 6)", 3)).tobytes() == values[2].tobytes()
    (problem,) = run.problems
    assert problem.startswith("embedding changes its shape between steps (12 x 6")


def test_a_second_series_bears_its_name(tmp_path: Path) -> None:
    tf.train.Checkpoint(words=tf.Variable(matrix())).write(str(tmp_path / "teacher"))
    save_by_checkpoint(tmp_path, [matrix(), matrix()], "words")
    run = open_run(tmp_path)

    assert [layer.name for layer in run.layers] == ["words", "words (teacher)"]
    assert "2 series of checkpoints" in run.problems[0]


def test_a_damaged_checkpoint_is_named_and_hides_no_other(tmp_path: Path) -> None:
    save_by_checkpoint(tmp_path, [matrix() for _ in range(5)])
    index = tmp_path / "ckpt-2.index"
    index.write_bytes(index.read_bytes()[:100])
    (tmp_path / "ckpt-3.index").unlink()
    data = tmp_path / "ckpt-4.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:50])
    run = open_run(tmp_path)

    assert run.steps == [1, 4, 5]
    assert any("ckpt-2.index is damaged" in problem for problem in run.problems)
    assert any("ckpt-3.index is missing" in problem for problem in run.problems)
    with pytest.raises(UnreadableError, match="is cut short"):
        run.snapshot("embedding", 4)


def test_tensorflows_first_format_is_named(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        v1.get_variable("words", (6, 4))
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            saver = v1.train.Saver(write_version=v1.train.SaverDef.V1)
            saver.save(session, str(tmp_path / "model.ckpt"), global_step=5)
    run = open_run(tmp_path)

    assert run.layers == []
    assert "format V1" in run.problems[0]


def test_new_steps_are_read_without_reading_the_old_ones_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counting(folder: Path, name: str) -> Checkpoint:
        read.append(name)
        return Checkpoint(folder, name)

    monkeypatch.setattr("tb_embed_plugin.runs.foreign.checkpoint_files.Checkpoint", counting)
    variable = tf.Variable(matrix())
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(words=variable), str(tmp_path), max_to_keep=2
    )
    manager.save()
    manager.save()
    logdir = Logdir(tmp_path, list)
    assert logdir.run(".").steps == [1, 2]
    manager.save()
    assert logdir.run(".").steps == [2, 3], "the manager deletes the oldest"
    assert read == ["ckpt-1", "ckpt-2", "ckpt-3"]


def test_a_snapshot_that_is_not_finite_is_told_once_it_was_read(tmp_path: Path) -> None:
    bad = matrix()
    bad[:, 2] = np.nan
    save_by_checkpoint(tmp_path, [matrix(), bad, matrix()])
    logdir = Logdir(tmp_path, list)
    run = logdir.run(".")
    assert run.problems == []
    assert np.asarray(run.snapshot("embedding", 2)).tobytes() == bad.tobytes()

    for again in (logdir.run("."), *logdir.list_runs()):
        assert isinstance(again, ForeignRun)
        assert again.layers[0].drawable == [1, 3]
        assert "NaN or infinity at step 2" in again.problems[0]


def test_our_manifest_wins_over_foreign_files(tmp_path: Path) -> None:
    save_by_checkpoint(tmp_path / "theirs", [matrix(30)])
    record(tmp_path / "ours", 0, {"fc1": matrix(8)})
    for file in (tmp_path / "theirs").iterdir():
        if file.name != "checkpoint":
            shutil.copy(file, tmp_path / "ours")
    run = open_run(tmp_path / "ours")

    assert (run.writer, [layer.name for layer in run.layers]) == ("tb_embed", ["fc1"])
