"""What the tests share: one real training, recorded, and TensorBoard around it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from tests.harness import EPOCHS, PATIENCE, Recording

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Threads of engines that spin while they wait cost a busy machine ten times as much.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# No test asks a cloud: where one names no server of its own, nobody listens.
os.environ |= {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
    "GCE_METADATA_HOST": "127.0.0.1:9",
    "NO_GCE_CHECK": "true",
    # Else gcsfs asks Google about each bucket, whatever server is named.
    "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
}

# A slow machine fails no test, and CI tries the same examples each time.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def _patience() -> Iterator[None]:
    """Gives what has a limit of seconds as many as a slow machine may need."""
    from tb_embed_plugin import compute_queue
    from tb_embed_plugin.runs import discovery, logdir
    from tb_embed_plugin.runs.foreign import hdf5
    from tb_embed_plugin.server import time_budget

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time_budget, "SECONDS", PATIENCE)
        patch.setattr(compute_queue, "WAIT_SECONDS", PATIENCE)
        patch.setattr(discovery, "MAX_SECONDS", PATIENCE)
        patch.setattr(logdir, "RUN_SECONDS", PATIENCE)
        patch.setattr(hdf5, "START_SECONDS", PATIENCE)
        patch.setattr(hdf5, "FILE_SECONDS", PATIENCE)
        yield


@pytest.fixture(scope="session", autouse=True)
def _measured_here() -> Iterator[None]:
    """Measures in this process: another one per server would take a second each to start.

    That one is the business of `tests/server/test_measuring.py`.
    """
    from tb_embed_plugin.server import measuring

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "MeasuringProcess", lambda most_bytes: None)
        yield


@pytest.fixture(scope="session")
def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The 1,797 digits of scikit-learn: float32 (n, 8, 8) in [0, 1], and their labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32).reshape(-1, 8, 8), y


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Any]:
    """Makes a compiled classifier of 8x8 digits with a hidden layer fc1."""
    import keras

    def make(
        units: int = 32, seed: int = 0, activation: str = "relu", **compile_options: Any
    ) -> Any:
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                keras.layers.Flatten(),
                keras.layers.Dense(units, activation=activation, name="fc1"),
                keras.layers.Dense(10, activation="softmax", name="probabilities"),
            ]
        )
        options = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
        model.compile(**options | compile_options)
        return model

    return make


@pytest.fixture(scope="session")
def recording(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> Recording:
    """A run `digits` of 1,797 samples, 200 units and steps 0 to 10."""
    import keras

    from tb_embed_plugin import EmbeddingCheckpoint

    images, labels = digits
    logdir = tmp_path_factory.mktemp("logs")
    weights: dict[int, list[Any]] = {}

    class KeepWeights(keras.callbacks.Callback):  # type: ignore[misc] # Keras is untyped
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            weights[epoch] = self.model.get_weights()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            weights[epoch + 1] = self.model.get_weights()

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Flatten(),
            keras.layers.Dense(200, activation="relu", name="fc1"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    checkpoint = EmbeddingCheckpoint(logdir / "digits", images, labels=labels)
    model.fit(images, labels, epochs=EPOCHS, verbose=0, callbacks=[checkpoint, KeepWeights()])
    flat = images.reshape(-1, 64).astype(np.float64)
    return Recording(
        logdir=logdir,
        run_dir=logdir / "digits",
        images=images,
        labels=labels,
        activations={
            step: np.maximum(flat @ kernel + bias, 0).astype(np.float32)
            for step, (kernel, bias, *_) in weights.items()
        },
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that `make soak` gives."""
    parser.addoption("--soak", action="store_true", help="run the slow checks too")
    parser.addoption("--mnist", help="an .npz file with MNIST's four arrays")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the slow checks, marked `soak` with what makes them slow, to `make soak`."""
    if config.getoption("--soak"):
        return
    for item in items:
        if mark := item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason=f"{mark.args[0]}: make soak"))
