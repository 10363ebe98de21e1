"""A twin of the trained model: what whoever loads the kept file will have.

It is made once, by saving the model and loading it in Keras' safe mode, so a model that cannot
be loaded later is known at once. At each snapshot it takes the model's weights; it is saved
while the training goes on. It has no optimizer, so neither has the file.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import keras
import numpy as np

from tb_embed_plugin.errors import MisuseError, UnreadableError
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.runs.scratch_folder import scratch_folder
from tb_embed_plugin.wording import error_words

T = TypeVar("T")

BLOCK_BYTES = 1 << 20


class ModelTwin:
    """A second model, of the same configuration.

    Args:
        model: A built Keras model, or a part of one.
        trainer: The trained model, which is or contains it.

    Attributes:
        loaded: The twin.

    Raises:
        MisuseError: The model cannot be saved, or not be loaded in Keras' safe mode.
    """

    def __init__(self, model: Any, trainer: Any) -> None:
        self._model = model
        self._trainer = trainer
        try:
            self.loaded = _apart(lambda: _saved_and_loaded(model))
        except Exception as error:
            raise MisuseError(
                f"the model {model.name!r} cannot be saved and loaded in Keras' safe mode "
                f"({error_words(error)}); write what is no layer of Keras as a class that "
                "has get_config() and @keras.saving.register_keras_serializable()"
            ) from error
        here, there = (
            [(tuple(weight.shape), weight.dtype) for weight in one.weights]
            for one in (model, self.loaded)
        )
        if here != there:
            raise MisuseError(
                f"the model {model.name!r} has {len(here)} weights, but {len(there)}, or of "
                "other shapes, once it is saved and loaded; have get_config() return what "
                "its layers are made from, and make them in __init__() or build()"
            )

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(
            math.prod(weight.shape) * np.dtype(weight.dtype).itemsize
            for weight in self.loaded.weights
        )

    def take(self) -> None:
        """Takes the model's present weights."""
        if hasattr(self._trainer, "jax_state_sync"):
            # In the middle of an epoch the train step holds the weights.
            self._trainer.jax_state_sync()
        for weight, own in zip(self._model.weights, self.loaded.weights, strict=True):
            # A copy: JAX gives the memory of a training's weights to those that follow.
            own.assign(
                np.array(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(weight)))
            )

    def save(self, file: BinaryIO) -> None:
        """Writes the archive into an open file; may be called by another thread."""
        with scratch_folder() as folder:
            path = folder / "model.keras"
            keras.saving.save_model(self.loaded, path)
            with open_file(path) as saved:
                file.writelines(iter(partial(saved.read, BLOCK_BYTES), b""))


def load_model(path: Path) -> Any:
    """Returns the model in an archive; nothing that it holds is run but known layers.

    Raises:
        UnreadableError: It is no such archive, or needs classes that are not here.
    """
    try:
        return _apart(lambda: keras.saving.load_model(path, compile=False, safe_mode=True))
    except Exception as error:
        raise UnreadableError(
            f"{path.name} cannot be loaded in Keras' safe mode ({error_words(error)}); import "
            "the module of the model's own layers first, or record the run again"
        ) from error


def _saved_and_loaded(model: Any) -> Any:
    with scratch_folder() as folder:
        path = folder / "model.keras"
        keras.saving.save_model(model, path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def _apart(call: Callable[[], T]) -> T:
    """Calls in a thread of its own, with random numbers put back.

    Keras counts names and seeds thread by thread, and draws seeds from Python's generator: the
    training, and the models that come after it, are those without us.
    """
    state = random.getstate()
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(call).result()
    finally:
        random.setstate(state)
