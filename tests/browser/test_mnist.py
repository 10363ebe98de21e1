"""The tutorial's own size: 10,000 digits, 11 epochs. Part of `make soak`, as it needs MNIST."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.first_picture import assert_worth_a_look
from tests.browser.tab import Open
from tests.harness import columns_of, read_run, tensorboard

EXAMPLE = Path(__file__).parents[2] / "examples" / "mnist_fc1.py"


def test_ten_thousand_digits_play_eleven_epochs(
    open_tab: Open, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    mnist = request.config.getoption("--mnist")
    if mnist is None:
        pytest.skip("needs a file with MNIST: make soak MNIST=FILE.npz")
    result = subprocess.run(
        [sys.executable, EXAMPLE, "--data", mnist, "--logdir", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    accuracy = float(result.stdout.rpartition("val_accuracy: ")[2].split()[0])
    assert accuracy >= 0.975

    run = read_run(tmp_path / "fc1")
    assert run.steps == list(range(11))
    assert run.snapshot("fc1", 10).shape == (10_000, 200)
    assert len(columns_of(run)[1].cells) == 10_000
    with tensorboard(tmp_path, with_tensorflow=True) as server:
        tab = open_tab(server, hosted=True, reduced_motion=True)
        tab.wait_for_picture(10)
        expect(tab.canvas).to_have_accessible_name("2D PCA of fc1, epoch 10, 10,000 samples")
        labels = np.array([int(cell) for cell in columns_of(run)[1].cells])
        assert_worth_a_look(tab, np.asarray(run.snapshot("fc1", 10)), labels)
        tab.note_titles()
        tab.frame.get_by_role("button", name="Play").click()
        tab.wait_until(lambda: len(tab.titles()) == 11)
