"""Kept models on the backend that KERAS_BACKEND names: new samples are placed by them there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, open_run, place
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.decoding import BASE, positions_of
from tests.harness import client_for
from tests.recording.forward_pass.test_models import (
    CROSSENTROPY,
    Digits,
    fit,
    functional,
    sequential,
)

if "KERAS_BACKEND" not in os.environ:
    pytest.skip("KERAS_BACKEND names no backend", allow_module_level=True)

ROWS = [3, 50, 7]


def plain() -> Any:
    return sequential(built=False)


def convolutional() -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(4, 3),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(16, "relu", name="fc1"),
            keras.layers.Dense(10, "softmax"),
        ]
    )


def trained(
    logdir: Path, digits: Digits, build: Callable[[], Any], *, keep_model: bool
) -> list[NDArray[Any]]:
    keras.utils.set_random_seed(3)
    model = build()
    model.compile("adam", CROSSENTROPY)
    checkpoint = EmbeddingCheckpoint(logdir / "run", *digits, keep_model=keep_model)
    fit(model, *digits, checkpoint, epochs=2)
    variables = (*model.variables, *model.optimizer.variables)
    return [keras.ops.convert_to_numpy(variable.value) for variable in variables]


@pytest.mark.parametrize("build", [plain, functional, convolutional])
def test_recorded_samples_placed_anew_lie_on_their_own_points(
    tmp_path: Path, digits: Digits, build: Callable[[], Any]
) -> None:
    trained(tmp_path, digits, build, keep_model=True)
    layer = open_run(tmp_path / "run").layer()
    new = digits[0][ROWS]
    for step in (0, 1, 2):
        guests = layer.project_new(inputs=new, step=step)
        np.testing.assert_array_equal(guests.neighbors[:, 0], ROWS)
        np.testing.assert_allclose(guests.distances[:, 0], 0, atol=1e-3)

    placed = place(tmp_path, "run", new, ["a", "b", "c"])
    assert (placed.steps, placed.without_model) == ((0, 1, 2), ())
    assert_on_their_points(tmp_path, layer.name)


def assert_on_their_points(logdir: Path, layer: str) -> None:
    client = client_for(logdir, EmbeddingsPlugin)
    frames, found = (
        positions_of(client.get(BASE + route, query_string={"run": "run", "layer": layer}))
        for route in ("projection", "guests")
    )
    radius = np.sqrt(frames.var(axis=1).sum(axis=1))
    off = np.linalg.norm(found - frames[:, ROWS], axis=2).max(axis=1)
    assert (off < 1e-4 * radius).all(), off / radius


def test_tensorflow_places_by_the_same_models(tmp_path: Path, digits: Digits) -> None:
    trained(tmp_path, digits, functional, keep_model=True)
    np.save(tmp_path / "new.npy", digits[0][ROWS])
    command = "import sys; from tb_embed_plugin.cli import main; sys.exit(main())"
    subprocess.run(
        [sys.executable, "-c", command, "place", tmp_path, "run", tmp_path / "new.npy"],
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        check=True,
    )
    assert_on_their_points(tmp_path, "fc1")


@pytest.mark.parametrize("build", [plain, convolutional])
def test_weights_are_those_of_a_training_that_keeps_no_model(
    tmp_path: Path, digits: Digits, build: Callable[[], Any]
) -> None:
    kept, alone = (
        trained(tmp_path / str(keep), digits, build, keep_model=keep) for keep in (True, False)
    )
    assert len(kept) == len(alone)
    for one, other in zip(kept, alone, strict=True):
        np.testing.assert_array_equal(one, other)
