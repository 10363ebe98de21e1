"""The model's output that is recorded: that of a classifier with one class a sample.

Whether its values are logits or probabilities follows from the last layer's activation first,
then from the loss, and last from the values themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_OUTPUT_CLASSES, OutputsChoice, OutputsKind
from tb_embed_plugin.recording.model.call_graph import CallGraph, output_tensors
from tb_embed_plugin.recording.model.output_kinds import (
    binary_kind,
    categorical_kind,
    is_of_keras,
    losses_of,
)


@dataclass(frozen=True)
class RecordedOutput:
    """The output that is recorded.

    Attributes:
        key: Its position among the model's outputs, or its name where they are a dict.
        kind: Whether its values are logits or probabilities.
        classes: Recorded columns: two for a binary output, else its width.
        is_binary: Whether it is one value a sample, for the second of two classes.
        producer: Index of the call that made it, None where no layer made it.
    """

    key: Any
    kind: OutputsKind
    classes: int
    is_binary: bool
    producer: int | None

    def columns(self, outputs: Any) -> Any:
        """Returns the recorded columns of the model's outputs, a tensor (n_samples, classes).

        A binary output p, or logit z, becomes the two columns (1 - p, p) or (0, z): softmax
        of (0, z) is (1 - sigmoid(z), sigmoid(z)).
        """
        tensor = keras.ops.cast(output_tensors(outputs)[self.key], "float32")
        if not self.is_binary:
            return tensor
        second = keras.ops.reshape(tensor, (-1, 1))
        first = keras.ops.zeros_like(second) if self.kind == "logits" else 1 - second
        return keras.ops.concatenate([first, second], axis=1)


def find_recorded_output(
    model: Any, graph: CallGraph, wanted: OutputsChoice = "auto"
) -> RecordedOutput | None:
    """Returns the first of the model's outputs that is one of classes, None where none is.

    Args:
        model: The Keras model.
        graph: One pass of the model.
        wanted: The kind of the outputs; "auto" to infer it, None to record none.

    Raises:
        MisuseError: The outputs are not of the wanted kind.
    """
    if wanted is None:
        return None
    outputs = output_tensors(graph.outputs)
    losses = losses_of(model, list(outputs))
    for (key, tensor), loss, producer in zip(
        outputs.items(), losses, graph.producers, strict=True
    ):
        values = _values(tensor)
        if values is None:
            continue
        width = values.shape[1]
        if wanted != "auto":
            _check_wanted(values, wanted)
            return RecordedOutput(key, wanted, max(width, 2), width == 1, producer)
        activation = _last_activation(graph, producer)
        find_kind = binary_kind if width == 1 else categorical_kind
        kind = find_kind(values, loss, activation)
        if kind is not None:
            return RecordedOutput(key, kind, max(width, 2), width == 1, producer)
    if wanted != "auto":
        raise MisuseError(
            f"outputs={wanted!r} needs an output (n_samples, n_classes) of at most "
            f"{MAX_OUTPUT_CLASSES} classes, which the model does not have; leave outputs= "
            "out"
        )
    return None


def why_no_output(model: Any, graph: CallGraph) -> str:
    """Returns the reason, for the log, why an output that may be of classes is not recorded.

    Empty where no output may be. A custom loss does not tell the kind of the outputs, and there
    may be too many classes.
    """
    outputs = output_tensors(graph.outputs)
    losses = losses_of(model, list(outputs))
    for tensor, loss, producer in zip(outputs.values(), losses, graph.producers, strict=True):
        rows = _rows(tensor)
        if rows is None:
            continue
        classes = rows.shape[1]
        if classes > MAX_OUTPUT_CLASSES:
            if categorical_kind(rows, loss, _last_activation(graph, producer)) is None:
                continue
            return (
                f"The model's outputs are not recorded, since they have {classes:,} classes "
                f"and at most {MAX_OUTPUT_CLASSES:,} are recorded: predictions, and what "
                "follows from them, are left out. outputs=None leaves this line out."
            )
        if classes == 1 or is_of_keras(loss):
            continue
        which = "it has no loss that tells" if loss is None else "its loss does not tell"
        return (
            f"The model's outputs are not recorded, since {which} whether they are logits "
            "or probabilities; pass outputs='logits' or outputs='probabilities'."
        )
    return ""


def _values(tensor: Any) -> NDArray[np.float64] | None:
    """Returns an output as rows, None where it cannot be one of classes that are recorded."""
    rows = _rows(tensor)
    return rows if rows is not None and rows.shape[1] <= MAX_OUTPUT_CLASSES else None


def _rows(tensor: Any) -> NDArray[np.float64] | None:
    """Returns an output as rows, None where it has none, or nothing in them."""
    if not keras.ops.is_tensor(tensor) or len(tensor.shape) not in (1, 2):
        return None
    values = keras.ops.convert_to_numpy(tensor)
    rows: NDArray[np.float64] = values.astype(np.float64).reshape(len(values), -1)
    return rows if rows.shape[1] else None


def _check_wanted(values: NDArray[np.float64], wanted: OutputsKind) -> None:
    if wanted == "probabilities" and not ((values >= 0) & (values <= 1)).all():
        raise MisuseError(
            "outputs='probabilities' needs outputs in [0, 1], but the model returns "
            f"{values.min():.3g} to {values.max():.3g}; pass outputs='logits'"
        )


def activations_before(graph: CallGraph, producer: int) -> tuple[list[str], int | None]:
    """Returns the activation functions before an output, and the call with weights."""
    names: list[str] = []
    index: int | None = producer
    while index is not None:
        layer = graph.calls[index].layer
        name = _activation_name(layer)
        if name not in (None, "linear"):
            names.append(str(name))
        if layer.weights or name is None:
            return names, index
        index = graph.fed_by(index)
    return names, None


def _last_activation(graph: CallGraph, producer: int | None) -> str | None:
    if producer is None:
        return None
    names, _ = activations_before(graph, producer)
    return names[0] if names else "linear"


def _activation_name(layer: Any) -> str | None:
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", None)
