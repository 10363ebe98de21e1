"""Two trainers that are killed with `kill -9` and started again record one run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.metadata import PARTS_FOLDER
from tb_embed_plugin.runs.manifest_file import read_manifest
from tests.harness import PATIENCE, read_run, wait_until

X = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
DIES_IN = 3
TRAIN = (
    "import sys\n"
    "from tests.recording.sharded.test_killed_training import train\n"
    "train(*sys.argv[1:])"
)


def train(run_dir: str, backup: str, rank: str, dies: str) -> None:
    """Trains for six epochs with a backup after each, or until it kills itself."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(6, name="fc1"), keras.layers.Dense(2)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    class Die(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if dies == "dies" and epoch == DIES_IN:
                # All have begun, but nobody knows how much is joined.
                wait_until(lambda: (run := read_manifest(Path(run_dir))) and run.steps)
                (part,) = (Path(run_dir) / PARTS_FOLDER).glob(f"{rank}-*")
                wait_until(lambda: (own := read_manifest(part)) and len(own.steps) > DIES_IN)
                os.kill(os.getpid(), signal.SIGKILL)

    recorder = EmbeddingCheckpoint(
        run_dir, X[int(rank) :: 2], layers="fc1", shard=(int(rank), 2)
    )
    callbacks = [recorder, keras.callbacks.BackupAndRestore(f"{backup}-{rank}"), Die()]
    model.fit(X, (X[:, 0] > 0) * 1, epochs=6, verbose=0, callbacks=callbacks)


def run_both(tmp_path: Path, dies: str) -> list[int]:
    """Returns how both workers have ended."""
    workers = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", TRAIN),
                *(str(tmp_path / "run"), str(tmp_path / "backup"), str(rank), dies),
            ],
            cwd=Path(__file__).parents[3],
        )
        for rank in range(2)
    ]
    return [worker.wait(PATIENCE) for worker in workers]


@pytest.mark.soak("four processes load TensorFlow")
def test_trainers_that_are_killed_resume_into_the_same_run(tmp_path: Path) -> None:
    assert run_both(tmp_path, "dies") == [-signal.SIGKILL] * 2
    assert run_both(tmp_path, "lives") == [0, 0]

    run = read_run(tmp_path / "run")
    assert run.steps == [0, 1, 2, 3, 4, 5, 6]
    assert (run.problems, run.recording) == ([], False)
    assert [phase.kind for phase in run.phases] == ["began", "resumed", "ended"]
    assert not (tmp_path / "run-2").exists()
