"""The kind of an output's values: by the last layer, by the loss, and by the values."""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import OutputsKind

_CATEGORICAL = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_focal_crossentropy",
    "kl_divergence",
)
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")


def losses_of(model: Any, keys: list[Any]) -> list[Any]:
    """Returns the loss of each output, None where it has none or the model is not compiled."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        names = keys
        if keys and not isinstance(keys[0], str):
            names = list(getattr(model, "output_names", None) or keys)
        return [loss.get(name) for name in names] if len(names) == len(keys) else []
    if isinstance(loss, list | tuple):
        return [*loss, *[None] * len(keys)][: len(keys)]
    return [loss] * len(keys)


def is_of_keras(loss: Any) -> bool:
    """Whether a loss is one of Keras, whose meaning is known by its name."""
    if loss is None:
        return False
    kind = loss if isinstance(loss, type) or callable(loss) else type(loss)
    return isinstance(loss, str) or (
        getattr(kind, "__module__", "") or type(loss).__module__
    ).startswith("keras")


def _family(loss: Any) -> tuple[Literal["categorical", "binary", "other", "none"], bool]:
    """Returns the family of a loss, and whether it takes logits."""
    if loss is None:
        return "none", False
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    from_logits = getattr(loss, "from_logits", None)
    if from_logits is None:
        from_logits = getattr(loss, "_fn_kwargs", {}).get("from_logits", False)
    name = getattr(getattr(loss, "fn", loss), "__name__", "")
    if name in _CATEGORICAL:
        return "categorical", bool(from_logits)
    return "binary" if name in _BINARY else "other", bool(from_logits)


def binary_kind(
    values: NDArray[np.float64], loss: Any, activation: str | None
) -> OutputsKind | None:
    """Returns the kind of one value a sample, None where it does not tell two classes apart.

    Args:
        values: The output for a few samples, (n_samples, 1).
        loss: The output's loss.
        activation: Name of the last activation function, None where no layer made the output.
    """
    family, from_logits = _family(loss)
    if family not in ("binary", "none"):
        return None
    if activation == "sigmoid":
        return "probabilities"
    if from_logits:
        return "logits"
    is_probability = bool(((values >= 0) & (values <= 1)).all())
    return "probabilities" if family == "binary" and is_probability else None


def categorical_kind(
    values: NDArray[np.float64], loss: Any, activation: str | None
) -> OutputsKind | None:
    """Returns the kind of several values a sample, None where they are not exclusive classes.

    Args:
        values: The output for a few samples, (n_samples, n_classes).
        loss: The output's loss.
        activation: Name of the last activation function, None where no layer made the output.
    """
    family, from_logits = _family(loss)
    if activation == "softmax":
        return "probabilities"
    if activation == "sigmoid" or family == "binary":
        return None  # several classes may hold at once
    if from_logits:
        return "logits"
    # Rows in bfloat16 add up to 1 within two digits.
    adds_up = bool((values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-2))
    return "probabilities" if family in ("categorical", "none") and adds_up else None
