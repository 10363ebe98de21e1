"""One traced forward pass that yields the activations of chosen layers and the outputs.

While the model is traced, each chosen layer's `call` is wrapped to hand out what it returns.
This works for Sequential, functional and subclassed models alike, where a second model
`keras.Model(inputs, layer.output)` needs symbolic tensors that many models lack, and it is
one pass for all layers. The wrapper is gone once the trace is made; the model is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OUTPUTS_TENSOR
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo, OutputsKind

BATCH_SIZE = 2000
"""Samples a forward pass: larger batches gain nothing and need memory (docs/architecture)."""

MAX_CLASSES = 1000
"""Outputs wider than this are not recorded."""


def find_layers(model: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Returns the Keras layers called `names`.

    Raises:
        MisuseError: The model has no such layer; the message lists those it has.
    """
    layers = {layer.name: layer for layer in model.layers}
    unknown = [name for name in names if name not in layers]
    if unknown:
        raise MisuseError(
            f"expected layers of the model, which are {list(layers)}; received "
            f"{unknown[0]!r}; pass one of those names"
        )
    return {name: layers[name] for name in names}


@dataclass(frozen=True)
class ForwardPass:
    """A model's forward pass over the samples, in inference mode.

    Attributes:
        layers: What it yields besides the outputs.
        outputs: What the outputs are; None where they are not recorded.
    """

    layers: tuple[Layer, ...]
    outputs: OutputsInfo | None
    _x: NDArray[np.generic]
    _traced: Callable[[Any], dict[str, Any]]

    def run(self) -> dict[str, NDArray[np.float32]]:
        """Returns float32 (n_samples, n_units) by tensor name, with the weights of now."""
        widths = {layer.name: layer.units for layer in self.layers}
        if self.outputs is not None:
            widths[OUTPUTS_TENSOR] = self.outputs.classes
        n_samples = len(self._x)
        tensors = {
            name: np.empty((n_samples, width), np.float32) for name, width in widths.items()
        }
        for start in range(0, n_samples, BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            captured = self._traced(self._x[batch])
            for name, tensor in tensors.items():
                tensor[batch] = captured[name]
        return tensors


def trace_forward_pass(
    model: Any, names: tuple[str, ...], x: NDArray[np.generic]
) -> ForwardPass:
    """Traces `model` for the layers `names`, building it first if need be.

    Args:
        model: A compiled Keras model.
        names: Layer names.
        x: The samples' inputs (n_samples, ...).

    Raises:
        MisuseError: A layer is unknown, is not called, or yields no (n_samples, n_units).
    """
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise MisuseError(
            "expected Keras on its TensorFlow backend; received "
            f"{keras.backend.backend()!r}; set KERAS_BACKEND=tensorflow"
        )
    if not model.built:
        model(x[:1])
    layers = find_layers(model, names)

    def forward(batch: Any) -> dict[str, Any]:
        with _captured_calls(layers) as captured:
            outputs = model(batch, training=False)
        return {**captured, OUTPUTS_TENSOR: outputs}

    def forward_in_float32(batch: Any) -> dict[str, Any]:
        return {name: tf.cast(value, tf.float32) for name, value in _tensors(forward(batch))}

    signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype)]
    traced = tf.function(forward_in_float32, input_signature=signature)
    shapes = {
        name: tuple(value.shape)
        for name, value in traced.get_concrete_function().structured_outputs.items()
    }
    return ForwardPass(
        layers=tuple(_layer(name, shapes.get(name)) for name in names),
        outputs=_outputs_info(model, shapes.get(OUTPUTS_TENSOR)),
        _x=x,
        _traced=traced,
    )


def _tensors(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leaves out what is no single tensor, such as the outputs of a model with several."""
    return ((n, v) for n, v in values.items() if keras.ops.is_tensor(v))


@contextmanager
def _captured_calls(layers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Collects what each layer returns when it is called inside of the `with` block."""
    captured: dict[str, Any] = {}

    def capturing(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def captured_call(*args: Any, **kwargs: Any) -> Any:
            captured[name] = call(*args, **kwargs)
            return captured[name]

        return captured_call

    for name, layer in layers.items():
        # object's own, since Keras tracks what is set on a layer.
        object.__setattr__(layer, "call", capturing(name, layer.call))
    try:
        yield captured
    finally:
        for layer in layers.values():
            object.__delattr__(layer, "call")


def _layer(name: str, shape: tuple[int | None, ...] | None) -> Layer:
    if shape is None:
        raise MisuseError(
            f"expected layer {name!r} to be called by the model and to return one tensor; "
            "it is not or does not; choose another layer"
        )
    if len(shape) != 2 or shape[1] is None:
        raise MisuseError(
            f"expected layer {name!r} to yield (n_samples, n_units); it yields {shape}; "
            "choose a Dense layer, or pool or flatten its output in a layer of its own"
        )
    return Layer(name, shape[1])


def _outputs_info(model: Any, shape: tuple[int | None, ...] | None) -> OutputsInfo | None:
    """Says what the model's outputs are, None where they name no classes."""
    if shape is None or len(shape) != 2 or shape[1] is None:
        return None
    kind = _outputs_kind(model)
    if kind is None or not 1 < shape[1] <= MAX_CLASSES:
        return None
    return OutputsInfo(classes=shape[1], kind=kind)


def _outputs_kind(model: Any) -> OutputsKind | None:
    loss = model.loss if not isinstance(model.loss, str) else keras.losses.get(model.loss)
    from_logits = getattr(loss, "from_logits", None)
    if from_logits is None:
        from_logits = getattr(loss, "_fn_kwargs", {}).get("from_logits")
    if from_logits:
        return "logits"
    activation = getattr(model.layers[-1], "activation", None)
    return "probabilities" if activation is keras.activations.softmax else None
