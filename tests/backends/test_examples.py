"""The examples of one network in Keras, PyTorch and JAX: the same kinds of findings."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import open_run
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.server import routes
from tb_embed_plugin.server.response import Service

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = {"fc1": "mnist_fc1.py", "torch": "mnist_torch.py", "jax": "mnist_jax.py"}
BACKEND = os.environ.get("KERAS_BACKEND", "")
RUNS = ["fc1", BACKEND]
PLANTED = 30

if BACKEND not in FILES:
    pytest.skip("KERAS_BACKEND names no example", allow_module_level=True)


@pytest.fixture(scope="module")
def logs(
    tmp_path_factory: pytest.TempPathFactory, digits: tuple[NDArray[np.float32], Any]
) -> tuple[Path, NDArray[np.intp]]:
    """The log directory of both examples, and which of the test labels are wrong."""
    folder = tmp_path_factory.mktemp("examples")
    x = np.pad(np.kron(digits[0], np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))
    pixels, y = (x * 255).astype(np.uint8), digits[1].astype(np.uint8)
    rng = np.random.default_rng(0)
    wrong = rng.choice(500, PLANTED, replace=False)
    labels = y[:500].copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, PLANTED)) % 10
    np.savez(
        folder / "mnist.npz",
        x_train=np.tile(pixels[500:], (5, 1, 1)),
        y_train=np.tile(y[500:], 5),
        x_test=pixels[:500],
        y_test=labels,
    )
    arguments = ["--data", str(folder / "mnist.npz"), "--logdir", str(folder / "logs")]
    with pytest.MonkeyPatch.context() as patch:
        for name in RUNS:
            patch.setattr(sys, "argv", [FILES[name], *arguments, "--epochs", "6"])
            runpy.run_path(str(EXAMPLES / FILES[name]), run_name="__main__")
    return folder / "logs", wrong


def test_the_same_network_is_recorded_alike(logs: tuple[Path, NDArray[np.intp]]) -> None:
    for name in RUNS:
        layer = open_run(logs[0], name).layer("fc1")
        assert layer.steps == list(range(7))
        outputs = layer.outputs(6)
        assert outputs is not None
        assert outputs.shape == (500, 10)
        assert layer.metrics()["accuracy"][-1] > 0.8


def test_planted_labels_are_found(logs: tuple[Path, NDArray[np.intp]]) -> None:
    for name in RUNS:
        found = open_run(logs[0], name).layer("fc1").ranking("label_error").samples
        assert np.isin(found[:PLANTED], logs[1]).mean() > 0.8, name


@pytest.mark.parametrize(
    ("route", "query"),
    [
        *(("samples", {"rule": rule}) for rule in RULES),
        ("confusion", {"step": "6"}),
        ("regions", {}),
        ("metrics", {}),
        ("findings", {}),
    ],
    ids=str,
)
def test_both_are_answered(
    logs: tuple[Path, NDArray[np.intp]], route: str, query: dict[str, str]
) -> None:
    service = Service(Logdir(logs[0], lambda: RUNS))
    answers = [
        routes.ROUTES[route](service, Arguments({"run": name, "layer": "fc1", **query}))
        for name in RUNS
    ]
    assert {answer.status for answer in answers} == {200}
    assert answers[0].content_type == answers[1].content_type
