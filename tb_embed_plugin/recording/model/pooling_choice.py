"""How each recorded layer's activations become rows, as it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.wording import as_typed, did_you_mean, listed

MASK_INPUTS = ("padding_mask", "attention_mask", "mask")
"""Names by which an input is recognized as a mask."""

PoolingName = Literal["auto", "mean", "first", "last", "flatten"]
Pooling = PoolingName | Callable[[Any], Any]
"""How a layer's activations become rows; a function receives the layer's own output."""

REMEDY = (
    "pass pooling='mean', 'first', 'last' or 'flatten', or a function that returns a tensor "
    "(n_samples, n_units)"
)


def pooling_by_layer(
    pooling: Pooling | Mapping[str, Pooling], layers: Mapping[str, str]
) -> dict[str, Pooling]:
    """Returns the pooling of each layer: "auto" for layers that a dict does not name.

    Args:
        pooling: One for all layers, or a dict by the names or requests of layers.
        layers: The request for each layer, by the layer's name.

    Raises:
        MisuseError: The pooling is unknown, or names a layer that is not recorded.
    """
    if not isinstance(pooling, Mapping):
        pooling = dict.fromkeys(layers, pooling)
    for name, how in pooling.items():
        if name not in layers and name not in layers.values():
            raise MisuseError(
                f"pooling names the layer {name!r}, which is not recorded; the recorded layers "
                f"are {listed(layers)}{did_you_mean(name, layers)}"
            )
        if not callable(how) and how not in get_args(PoolingName):
            raise MisuseError(
                f"pooling must be {listed(get_args(PoolingName))}, a function, or a dict "
                "of these by layer, not "
                f"{as_typed(how)}; {REMEDY}{did_you_mean(how, get_args(PoolingName))}"
            )
    return {
        name: pooling.get(name, pooling.get(requested, "auto"))
        for name, requested in layers.items()
    }


def checked_width(name: str, tensor: Any, n_samples: int) -> int:
    """Returns the units of a pooled layer, of which `tensor` holds a few samples.

    Raises:
        MisuseError: The tensor is not rows, or too wide.
    """
    shape = tuple(tensor.shape)
    if len(shape) != 2 or shape[0] != n_samples or not shape[1]:
        raise MisuseError(
            f"layer {name!r} returns {shape} for {n_samples} samples after pooling, not "
            f"(n_samples, n_units); {REMEDY}"
        )
    if shape[1] > MAX_UNITS:
        raise MisuseError(
            f"layer {name!r} has {shape[1]} units, but at most {MAX_UNITS} are allowed; "
            "choose a narrower layer, or pass pooling='mean' or a function that projects "
            "it"
        )
    return int(shape[1])
