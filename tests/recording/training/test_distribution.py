"""Trainings in several replicas and in several processes: the chief alone writes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_embed_plugin import EmbeddingCheckpoint
from tests.harness import PATIENCE, read_run

MODEL = """
    import os, sys
    import keras, numpy as np, tensorflow as tf
    from tb_embed_plugin import EmbeddingCheckpoint

    x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")

    def train(strategy, run_dir):
        with strategy.scope():
            keras.utils.set_random_seed(0)
            model = keras.Sequential([
                keras.Input((8,)),
                keras.layers.Dense(6, activation="relu", name="fc1"),
                keras.layers.BatchNormalization(),
                keras.layers.Dense(2, activation="softmax")])
            model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=16, epochs=2, verbose=0,
                  callbacks=[EmbeddingCheckpoint(run_dir, x, layers="fc1")])
        np.savez(run_dir + "-weights.npz", *model.get_weights())
"""

MIRRORED = """
    cpus = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
    train(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), sys.argv[1])
"""

# Keras 3.15's own `fit` fails on this strategy before its first batch, with or without
# callbacks, so the loop is written out, as whoever uses it has to.
WORKER = """
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([
            keras.Input((8,)),
            keras.layers.Dense(6, activation="relu", name="fc1"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)

    @tf.function
    def step(batch, labels):
        def replica(batch, labels):
            with tf.GradientTape() as tape:
                losses = keras.losses.sparse_categorical_crossentropy(
                    labels, model(batch, training=True))
                loss = tf.reduce_mean(losses) / strategy.num_replicas_in_sync
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        strategy.run(replica, args=(batch, labels))

    if os.environ.get("SHARDED"):
        rank = strategy.cluster_resolver.task_id
        recorder = EmbeddingCheckpoint(
            os.environ["SHARDED"], x[32 * rank:32 * (rank + 1)], layers="fc1", shard=(rank, 2))
    else:
        recorder = EmbeddingCheckpoint(sys.argv[1], x, layers="fc1")
    callbacks = keras.callbacks.CallbackList([recorder], model=model, epochs=2, steps=4)
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for start in range(0, 64, 16):
            step(tf.constant(x[start:start + 16]), tf.constant(y[start:start + 16]))
        callbacks.on_epoch_end(epoch)
    callbacks.on_train_end()
    np.savez(sys.argv[1] + "-weights.npz", *model.get_weights())
"""


def start(script: str, run_dir: Path, **environment: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(MODEL) + textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(run_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def finish(process: subprocess.Popen[str]) -> None:
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0, errors[-3000:]


def check_last_snapshot(run_dir: Path, weights_file: Path) -> None:
    x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    with np.load(weights_file) as weights:
        kernel, bias = weights["arr_0"], weights["arr_1"]
    run = read_run(run_dir)
    assert run.steps == [0, 1, 2]
    fc1 = np.maximum(x @ kernel + bias, 0)
    np.testing.assert_allclose(run.snapshot("fc1", 2), fc1, atol=1e-5)


@pytest.mark.soak("TensorFlow compiles for each replica")
def test_replicas_on_one_machine(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    finish(start(MIRRORED, run_dir))

    check_last_snapshot(run_dir, tmp_path / "run-weights.npz")


def test_who_is_not_the_chief_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extended = type(tf.distribute.get_strategy().extended)
    monkeypatch.setattr(extended, "should_checkpoint", False)
    x = np.zeros((8, 4), np.float32)
    model = keras.Sequential([keras.layers.Dense(3, name="fc1"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callbacks = [EmbeddingCheckpoint(tmp_path / "run", x)]
    model.fit(x, x[:, :1], epochs=2, verbose=0, callbacks=callbacks)

    assert not list(tmp_path.iterdir())


def free_ports(count: int) -> list[int]:
    """Returns ports that differ, since all are taken at once."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def finish_two_workers(tmp_path: Path, **environment: str) -> None:
    """Trains one model in two processes on loopback."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    workers = [
        start(
            WORKER,
            tmp_path / f"worker-{index}",
            TF_CONFIG=json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": index}}
            ),
            **environment,
        )
        for index in range(2)
    ]
    for worker in workers:
        finish(worker)


@pytest.mark.soak("two processes load TensorFlow and wait for one another")
def test_of_two_processes_the_chief_alone_writes(tmp_path: Path) -> None:
    finish_two_workers(tmp_path)

    check_last_snapshot(tmp_path / "worker-0", tmp_path / "worker-0-weights.npz")
    assert not (tmp_path / "worker-1").exists()


@pytest.mark.soak("two processes load TensorFlow and wait for one another")
def test_two_workers_record_one_run(tmp_path: Path) -> None:
    finish_two_workers(tmp_path, SHARDED=str(tmp_path / "run"))

    for rank in range(2):
        check_last_snapshot(tmp_path / "run", tmp_path / f"worker-{rank}-weights.npz")
    assert read_run(tmp_path / "run").problems == []
