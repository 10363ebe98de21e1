"""Layers and steps as a training loop hands them to `record`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.recording.model.given_outputs import numbers
from tb_embed_plugin.recording.options.natural_number import natural_number
from tb_embed_plugin.runs.json_fields import LARGEST
from tb_embed_plugin.wording import as_typed, listed

Rows = dict[str, NDArray[np.float32]]
"""Activations by layer, (n_samples, n_units) each."""

_RESERVED = "tb_embed/"
"""What the names of tensors begin with that are no layers, such as the outputs."""


def layer_rows(activations: Mapping[str, ArrayLike]) -> Rows:
    """Returns the activations of each layer.

    Raises:
        MisuseError: They are no mapping, or a layer's name or activations cannot be recorded.
    """
    if not isinstance(activations, Mapping) or not activations:
        received = "an empty one" if isinstance(activations, Mapping) else type(activations)
        received = received if isinstance(received, str) else f"of type {received.__name__}"
        raise MisuseError(
            f"activations must be a dictionary of layers, not {received}; name each layer, as "
            "in {'fc1': activations}"
        )
    rows = {_checked_name(name): _rows(name, array) for name, array in activations.items()}
    counts = {len(tensor) for tensor in rows.values()}
    if len(counts) > 1:
        raise MisuseError(
            f"the layers have {listed(sorted(counts))} rows; record the same samples for each"
        )
    return rows


def count_of(rows: Rows) -> int:
    """Returns the number of samples."""
    return len(next(iter(rows.values())))


def step_number(name: str, number: Any) -> int:
    """Returns a step or an epoch.

    Args:
        name: The argument's name.
        number: Its value, of Python or NumPy.

    Raises:
        MisuseError: It is not a whole number, or one that is beyond what a run holds.
    """
    whole = natural_number(number)
    if whole is None:
        raise MisuseError(
            f"{name} must be a whole number of at least 0, not {as_typed(number)}"
        )
    if whole > LARGEST:
        raise MisuseError(
            f"{name} must be at most {LARGEST}, not {whole}; count steps or epochs, not "
            "milliseconds"
        )
    return whole


def _checked_name(name: object) -> str:
    is_text = isinstance(name, str) and bool(name) and not name.startswith(_RESERVED)
    try:
        encoded = str(name).encode()
    except UnicodeEncodeError:  # half a surrogate pair
        encoded = b""
    if not is_text or not encoded:
        raise MisuseError(
            f"the layer name {name!r} must be a text that is not empty and does not begin "
            f"with {_RESERVED!r}; rename the layer"
        )
    return str(name)


def _rows(name: str, array: ArrayLike) -> NDArray[np.float32]:
    rows = numbers(f"the activations of layer {name!r}", array)
    if rows.ndim != 2 or 0 in rows.shape:
        raise MisuseError(
            f"the activations of layer {name!r} have shape {rows.shape}, not "
            "(n_samples, n_units); pool or flatten them"
        )
    if rows.shape[1] > MAX_UNITS:
        raise MisuseError(
            f"layer {name!r} has {rows.shape[1]} units, but at most {MAX_UNITS} are "
            "allowed; record a narrower layer, or pool or project this one first"
        )
    return rows
