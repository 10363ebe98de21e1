"""Kill -9 while recording: what is listed reads back, and training goes on after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_embed_plugin import EmbeddingCheckpoint
from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.runs.manifest_file import read_manifest
from tests.harness import read_run, wait_until

WRITE_FOR_EVER = """
    import sys
    from pathlib import Path
    import numpy as np
    from tb_embed_plugin.runs.manifest import Layer, Step
    from tb_embed_plugin.runs.tables.metadata_table import index_column
    from tb_embed_plugin.runs.manifest_file import read_manifest
    from tb_embed_plugin.runs.writer import RunWriter

    run_dir = Path(sys.argv[1])
    recorded = read_manifest(run_dir)
    writer = RunWriter(run_dir, recorded) if recorded else RunWriter.begin(
        run_dir, layers=[Layer("fc1", 50)], columns=[index_column(2000)],
        fingerprint="f", outputs=None)
    step = len(writer.manifest.steps)
    while True:
        fc1 = np.random.default_rng(step).normal(size=(2000, 50)).astype(np.float32)
        writer.write_snapshot(Step(step, "epoch", step, None, 0.0, step), {"fc1": fc1})
        print(step, flush=True)
        step += 1
"""

TRAIN = (
    "import sys\nfrom tests.recording.training.test_crash import train\ntrain(*sys.argv[1:])"
)


class Death(BaseException):
    """Ends a training as a kill does, within this process."""


def train(logs: str, backup: str, die_at: str, die_in: str, how: str) -> None:
    """Trains for six epochs with a backup after each, or until it dies in epoch `die_in`."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(640, 8)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(16, name="fc1"), keras.layers.Dense(2)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def die(snapshots: int) -> None:
        # They are written behind the training.
        wait_until(lambda: (run := read_manifest(Path(logs))) and len(run.steps) >= snapshots)
        if how == "raise":
            raise Death
        os.kill(os.getpid(), signal.SIGKILL)

    class Die(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            if die_at == "batch" and self.epoch == int(die_in) and batch == 5:
                die(self.epoch + 1)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if die_at == "epoch_end" and epoch == int(die_in):
                die(epoch + 2)

    # Between the snapshot of an epoch and its backup.
    saves = keras.callbacks.BackupAndRestore(backup)
    callbacks = [EmbeddingCheckpoint(logs, x), Die(), saves]
    model.fit(x, y, batch_size=64, epochs=6, verbose=0, callbacks=callbacks)


HOW = pytest.mark.parametrize(
    "how", ["raise", pytest.param("kill", marks=pytest.mark.soak("loads TensorFlow again"))]
)


def dies(logs: Path, backup: Path, die_at: str, die_in: int, how: str) -> None:
    """Begins a training that dies, of an exception here or of a kill in another process."""
    words = (str(logs), str(backup), die_at, str(die_in), how)
    if how == "raise":
        with pytest.raises(Death):
            train(*words)
    else:
        killed = start(TRAIN, *words)
        assert killed.wait() == -signal.SIGKILL, killed.communicate()[1]


def goes_on(logs: Path, backup: Path) -> None:
    """Starts the same training again, which goes on from its backup."""
    train(str(logs), str(backup), "never", "0", "raise")


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def test_whatever_is_listed_when_the_writer_is_killed_reads_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    recorded = 0
    for _ in range(4):
        process = start(WRITE_FOR_EVER, tmp_path)
        assert process.stdout is not None
        process.stdout.readline()
        # A write takes some 5 ms; most of these end in the middle of one.
        time.sleep(rng.uniform(0.02, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

        run = read_run(tmp_path)
        assert len(run.steps) > recorded, "it went on after the last one"
        recorded = len(run.steps)
        assert run.steps == list(range(recorded))
        for step in run.steps:
            expected = np.random.default_rng(step).normal(size=(2000, 50)).astype(np.float32)
            np.testing.assert_array_equal(run.snapshot("fc1", step), expected)


def test_a_training_killed_in_an_epoch_resumes_into_the_same_run(tmp_path: Path) -> None:
    logs, backup = tmp_path / "logs", tmp_path / "backup"
    dies(logs, backup, "batch", 3, "kill")
    before = read_run(logs)
    assert before.steps == [0, 1, 2, 3]
    assert before.manifest.recording
    kept = [np.asarray(before.snapshot("fc1", step)).tobytes() for step in before.steps]

    goes_on(logs, backup)
    after = read_run(logs)
    assert after.steps == [0, 1, 2, 3, 4, 5, 6]
    assert [np.asarray(after.snapshot("fc1", step)).tobytes() for step in before.steps] == kept
    assert [s.iterations for s in after.manifest.steps] == [0, 10, 20, 30, 40, 50, 60]
    assert not after.manifest.recording


@HOW
def test_an_epoch_recorded_but_not_backed_up_is_superseded(tmp_path: Path, how: str) -> None:
    logs, backup = tmp_path / "logs", tmp_path / "backup"
    dies(logs, backup, "epoch_end", 3, how)
    before = read_run(logs)
    assert before.steps == [0, 1, 2, 3, 4]

    goes_on(logs, backup)
    after = read_run(logs)
    assert [step.epoch for step in after.step_facts] == [0, 1, 2, 3, 4, 5, 6]
    assert after.steps == [0, 1, 2, 3, 5, 6, 7]
    assert after.manifest.steps[:4] == before.manifest.steps[:4]
    assert after.manifest.steps[4] == replace(before.manifest.steps[4], superseded=True)
    assert after.manifest.phases[-2].kind == "restored"


def test_leftovers_of_an_unfinished_write_are_no_run(tmp_path: Path) -> None:
    (tmp_path / "metadata.tsv").write_text("index\tlabel\n")

    with pytest.raises(EmbedError, match="there is no run"):
        read_run(tmp_path)


@HOW
def test_a_training_killed_in_its_first_epoch_starts_anew(tmp_path: Path, how: str) -> None:
    logs, backup = tmp_path / "logs", tmp_path / "backup"
    dies(logs, backup, "epoch_end", 0, how)
    assert read_run(logs).steps == [0, 1]

    # Its weights are those of the untrained network, as any other training's may be.
    with pytest.warns(RuntimeWarning, match="already holds .*logs-2"):
        goes_on(logs, backup)
    beside = tmp_path / "logs-2"
    assert read_run(beside).steps == [0, 1, 2, 3, 4, 5, 6]
    assert (beside / "events.out.tfevents.0000000000.tb_embed").exists()
    assert read_run(logs).steps == [0, 1]


def test_what_a_killed_overwrite_left_is_still_ours(tmp_path: Path) -> None:
    first = start(WRITE_FOR_EVER, tmp_path)
    assert first.stdout is not None
    first.stdout.readline()
    first.kill()
    first.wait()
    # As after a kill between the manifest, which goes first, and the rest.
    (tmp_path / "plugins/tb_embed/manifest.json").unlink()

    second = start(WRITE_FOR_EVER, tmp_path)
    assert second.stdout is not None
    assert second.stdout.readline() == "0\n"
    second.kill()
    second.wait()
    assert read_run(tmp_path).steps[0] == 0
