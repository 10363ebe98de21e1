"""The keeper of a training's models: one with each snapshot (`keep_model=True`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, BinaryIO

import keras
import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.kept_model.kept_pass import compute
from tb_embed_plugin.recording.kept_model.twin import ModelTwin
from tb_embed_plugin.recording.model.pooling_choice import Pooling
from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.recording.samples.input_arrays import map_arrays
from tb_embed_plugin.runs.kept_models import KeptPass
from tb_embed_plugin.wording import listed

N_CHECKED = 3
"""Samples whose activations by the twin are compared with those recorded, once."""

TOLERANCE = 1e-4
"""Of the largest activation; in half precision a hundred times as much."""


class ModelKeeper:
    """What takes the model of each snapshot, and writes it.

    Args:
        model: The trained model.
        of: The part of it that is recorded, or a function; None for all of it.
        pooling: How each recorded layer's activations become rows, by the layer's name.
        x: The samples' inputs.
        mask: The tokens that count, as in `EmbeddingCheckpoint`.

    Attributes:
        kept: What is recorded of the model.

    Raises:
        MisuseError: The model, or what is recorded of it, cannot be kept.
    """

    def __init__(
        self,
        model: Any,
        of: Any,
        pooling: Mapping[str, Pooling],
        x: Any,
        mask: Any,
    ) -> None:
        passed = model if of is None else of
        self.kept = _kept_pass(passed, pooling, mask, _limits(x))
        self._twin = ModelTwin(passed, model)
        self._few = map_arrays(lambda rows: rows[:N_CHECKED], x)
        self._is_checked = False

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return self._twin.size

    def take(self, tensors: Tensors) -> None:
        """Takes the model of a snapshot.

        Args:
            tensors: The snapshot.

        Raises:
            MisuseError: The twin does not yield the recorded activations.
        """
        self._twin.take()
        if not self._is_checked:
            self._check(tensors)
            self._is_checked = True

    def save(self, file: BinaryIO) -> None:
        """Writes the model that was taken last; may be called by another thread."""
        self._twin.save(file)

    def _check(self, tensors: Tensors) -> None:
        found = compute(self._twin.loaded, self._few, self.kept)
        is_half = "16" in getattr(self._twin.loaded, "compute_dtype", "")
        for name, rows in found.items():
            recorded = tensors[name][:N_CHECKED]
            most = TOLERANCE * (100 if is_half else 1) * np.abs(recorded).max()
            if not np.allclose(rows, recorded, rtol=0, atol=most, equal_nan=True):
                raise MisuseError(
                    f"the model yields other activations of {name!r} once it is saved and "
                    "loaded; have get_config() return all that its layers are made from"
                )


def _kept_pass(
    passed: Any,
    pooling: Mapping[str, Pooling],
    mask: Any,
    limits: tuple[float, float] | None,
) -> KeptPass:
    """Returns the recorded part of the pass, as a file can hold it.

    Raises:
        MisuseError: A part of it is a function, or belongs to the recorded samples alone.
    """
    if not isinstance(passed, keras.Layer):
        raise MisuseError(
            "model= is a function, which no file can hold; pass a model or a layer"
        )
    functions = [name for name, how in pooling.items() if callable(how)]
    if functions:
        raise MisuseError(
            f"the pooling of {listed(functions)} is a function, which no file can hold; pass "
            "'mean', 'first', 'last' or 'flatten', or write it as a layer"
        )
    if mask is not None and not isinstance(mask, str):
        raise MisuseError(
            "mask= is an array or a function, which no new sample has; pass the key of an input"
        )
    return KeptPass(
        pooling={name: str(how) for name, how in pooling.items()},
        mask=mask,
        floatx=keras.config.floatx(),
        data_format=keras.config.image_data_format(),
        limits=limits,
    )


def _limits(x: Any) -> tuple[float, float] | None:
    """Returns the smallest and the largest number of inputs that are shaped as images."""
    if not isinstance(x, np.ndarray) or x.ndim < 3 or x.dtype.kind not in "buif":
        return None
    low, high = float(x.min()), float(x.max())
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
