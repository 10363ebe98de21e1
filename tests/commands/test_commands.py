"""What a newcomer runs first: the demo and the example."""

from __future__ import annotations

import os
import re
import runpy
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tb_embed_plugin import cli
from tb_embed_plugin.commands import demo
from tests.harness import PATIENCE, read_run, wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "mnist_fc1.py"

# A test run in the background ignores Ctrl-C, and what it starts would inherit that.
# The demo trains in the tests of this process; here it has but to be served.
HEARING_CTRL_C = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv.pop(1))
import tests.bare_tensorboard
from tests.clusters import record_clusters
from tb_embed_plugin.commands import demo
demo.train = lambda run_dir, *rest: record_clusters(run_dir, range(2))
from tb_embed_plugin.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def mnist_file(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> Path:
    """Digits in MNIST's shapes: 28 x 28, 5,200 to train with and 200 to test with."""
    images, labels = digits
    large = np.zeros((len(images), 28, 28), np.uint8)
    large[:, 2:26, 2:26] = np.kron(images * 255, np.ones((3, 3)))
    chosen = np.random.default_rng(0).integers(0, len(images), 5400)
    path = tmp_path_factory.mktemp("data") / "mnist.npz"
    np.savez(
        path,
        x_train=large[chosen[:5200]],
        y_train=labels[chosen[:5200]],
        x_test=large[chosen[5200:]],
        y_test=labels[chosen[5200:]],
    )
    return path


@pytest.mark.soak("trains on thousands of images in a process of its own")
def test_the_example_of_wrong_labels_finds_them(tmp_path: Path, mnist_file: Path) -> None:
    script = EXAMPLE.with_name("wrong_labels.py")
    result = subprocess.run(
        [sys.executable, script, "--data", mnist_file, "--logdir", tmp_path, "--epochs", "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = re.search(r"(\d+)% of the first \d+ were planted", result.stdout)
    assert found is not None
    assert int(found[1]) >= 60


def test_the_example_does_all_that_the_tutorial_did(
    tmp_path: Path,
    mnist_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--data", mnist_file, "--logdir", tmp_path, "--epochs", 2]
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *map(str, words)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    said = capsys.readouterr().out
    assert "val_accuracy" in said
    assert f"tensorboard --logdir={tmp_path}" in said

    run = read_run(tmp_path / "fc1")
    assert run.steps == [0, 1, 2]
    assert run.snapshot("fc1", 2).shape == (200, 200)
    sheet = np.asarray(Image.open(tmp_path / "fc1" / "sprite_images.png"))
    assert (sheet[:28, :2] == 255).all(), "dark strokes on white"

    events = {
        folder: EventAccumulator(str(tmp_path / folder)).Reload().Tags()["tensors"]
        for folder in ("training/train", "training/validation", "inputs")
    }
    assert {"epoch_loss", "epoch_accuracy"} <= set(events["training/validation"])
    for weight in ("fc1/kernel", "fc1/bias", "logits/kernel", "logits/bias"):
        assert any(weight in tag for tag in events["training/train"]), weight
    assert events["inputs"] == ["input"]


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 80


def test_the_demo_records_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["demo", "--epochs", "2", "--logdir", str(tmp_path), "--no-serve"])

    assert status == 0
    said = capsys.readouterr().out
    assert said.startswith("Training on 1,797 handwritten digits from scikit-learn; nothing to")
    assert f"tensorboard --logdir {tmp_path}" in said
    run = read_run(tmp_path / "digits")
    assert run.steps == [0, 1, 2]
    assert run.manifest.samples == 1797
    assert run.manifest.sprite is not None
    assert run.manifest.sprite.cell == (28, 28)


def test_the_demos_thumbnails_are_the_digits_enlarged(
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    images, _ = digits
    large = demo.as_large_as_mnist(images)

    assert large.shape == (len(images), 28, 28)
    assert large.dtype == np.float32
    assert (large.min(), large.max()) == (0, 1)
    # Each pixel of before lies where it was: a square of 3 x 3 within a margin of 2.
    means = large[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean(axis=(2, 4))
    assert np.corrcoef(means.ravel(), images.ravel())[0, 1] > 0.95


def test_a_demo_without_network_says_what_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    def fail() -> None:
        raise Exception("URL fetch failure on https://x/mnist.npz: None")  # noqa: TRY002 # as Keras

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)
    words = ["demo", "--dataset", "mnist", "--logdir", str(tmp_path), "--no-serve"]
    assert cli.main(words) == 1
    said = capsys.readouterr()
    assert "Keras downloads 11 MB" in said.out
    assert "leave --dataset out" in said.err


def test_the_demo_reads_a_file_of_mnist(tmp_path: Path, mnist_file: Path) -> None:
    words = ["demo", "--dataset", "mnist", "--data", str(mnist_file), "--epochs", "1"]
    assert cli.main([*words, "--logdir", str(tmp_path), "--no-serve"]) == 0

    run = read_run(tmp_path / "mnist")
    assert run.snapshot("fc1", 1).shape == (200, 200)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "x.npz"], "only works with --dataset mnist"),
        (["--dataset", "mnist", "--data", "/nowhere.npz"], "name an .npz file"),
    ],
)
def test_the_demo_says_what_is_wrong(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", "--logdir", str(tmp_path), *words]) == 1
    assert message in capsys.readouterr().err


def test_the_demo_serves_until_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HEARING_CTRL_C, str(EXAMPLE.parents[1]), "demo"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        address = next(line.split()[1] for line in process.stdout if line.startswith("Open "))
        assert address.endswith("/#tb_embed")
        runs = f"{address.partition('#')[0]}data/plugin/tb_embed/runs"
        wait_until(lambda: b"digits" in urllib.request.urlopen(runs).read(), every=0.5)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            status = process.wait(PATIENCE)
        finally:
            process.kill()
    assert status == 0
