"""The recorded pass: what is recorded of one pass, of a model or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OutputsChoice
from tb_embed_plugin.recording.model.head import Head
from tb_embed_plugin.recording.model.pooling import pool
from tb_embed_plugin.recording.model.pooling_choice import (
    Pooling,
    checked_width,
    pooling_by_layer,
)
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo
from tb_embed_plugin.wording import no_such

Tensors = dict[str, Any]
Split = Callable[[Any], tuple[Any, Any]]
"""A function from a batch to the model's inputs and a mask (n_samples, n_tokens) or None."""


@dataclass(frozen=True)
class RecordingRequest:
    """The request of a recording: the callback's options about layers and outputs.

    Attributes:
        layers: Layers by name, path or pattern, themselves, or "auto".
        pooling: How activations that are no rows become (n_samples, n_units).
        outputs: The kind of the model's outputs.
        requires_mask: Whether a mask was passed, which must fit a layer.
    """

    layers: Sequence[Any]
    pooling: Pooling | Mapping[str, Pooling] = "auto"
    outputs: OutputsChoice = "auto"
    requires_mask: bool = False


@dataclass(frozen=True)
class RecordedPass:
    """The recorded part of one pass.

    Attributes:
        layers: The recorded layers.
        outputs: The recorded outputs; None where they are not recorded.
        head: The output layer, where its weights are recorded too.
        forward: From a batch of tensors to float32 tensors (n_samples, n_units) by name.
        bytes_per_sample: Bytes of all layers' outputs together.
        notes: Reasons why something is not recorded, for the log.
        pooling: How each layer's activations become rows, by the layer's name.
    """

    layers: tuple[Layer, ...]
    outputs: OutputsInfo | None
    head: Head | None
    forward: Callable[[Any], Tensors]
    bytes_per_sample: int
    notes: tuple[str, ...] = field(default=())
    pooling: Mapping[str, Pooling] = field(default_factory=dict)


def trace_function(
    function: Callable[[Any], Any], probe: Any, split: Split, request: RecordingRequest
) -> RecordedPass:
    """Returns the recorded pass of a function from a batch to tensors by name.

    Raises:
        MisuseError: It returns something else, or tensors that are not rows after pooling.
    """
    returned = function(split(probe)[0])
    if not isinstance(returned, Mapping) or not returned:
        raise MisuseError(
            "model= must return {name: tensor} for a batch, not of type "
            f"{type(returned).__name__}; return a dict"
        )
    all_of_them = "auto" in request.layers
    names = [name for name in returned if all_of_them or name in request.layers]
    missing = [name for name in request.layers if name != "auto" and name not in returned]
    if missing:
        raise MisuseError(
            no_such("layer", missing[0], returned, "the function given as model=")
        )
    how = pooling_by_layer(request.pooling, {name: name for name in names})

    def forward(batch: Any) -> Tensors:
        inputs, mask = split(batch)
        tensors = function(inputs)
        return {
            name: keras.ops.cast(
                pool(tensors[name], how[name], channels_first=False, name=name, mask=mask),
                "float32",
            )
            for name in names
        }

    tensors, n_samples = forward(probe), count_samples(split(probe)[0])
    layers = tuple(Layer(name, checked_width(name, tensors[name], n_samples)) for name in names)
    size = sum(layer.units * 4 for layer in layers)
    return RecordedPass(layers, None, None, forward, size, pooling=how)


def count_samples(inputs: Any) -> int:
    """Returns the length of a structure's first array."""
    return int(keras.tree.flatten(inputs)[0].shape[0])
