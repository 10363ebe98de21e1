"""What the model's outputs are, and the head: the layer that made them.

Recorded are the outputs of a classifier with one class a sample. What the last layer does is
believed before what the loss says, and what the outputs look like comes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import (
    HEAD_BIAS_TENSOR,
    HEAD_KERNEL_TENSOR,
    MAX_OUTPUT_CLASSES,
    OutputsKind,
)
from tb_embed_plugin.recording.calls import Survey, output_tensors
from tb_embed_plugin.recording.layers import Target
from tb_embed_plugin.recording.output_kinds import (
    binary_kind,
    categorical_kind,
    is_of_keras,
    losses_of,
)

OutputsChoice = OutputsKind | Literal["auto"] | None
"""What the model's outputs are, as somebody has said."""

MAX_HEAD_BYTES = 1 << 20
"""A larger kernel is not recorded."""


@dataclass(frozen=True)
class UsableOutput:
    """The output that is recorded.

    Attributes:
        key: Its position among the model's outputs, or its name where they are a dict.
        kind: What its values are.
        classes: Columns that are recorded: two for a binary output, else its width.
        is_binary: Whether it is one value a sample, for the second of two classes.
        producer: Index of the call that made it, None where no layer made it.
    """

    key: Any
    kind: OutputsKind
    classes: int
    is_binary: bool
    producer: int | None

    def columns(self, outputs: Any) -> Any:
        """Returns what is recorded of the model's outputs, a tensor (n_samples, classes).

        A binary output p, or logit z, becomes the two columns (1 - p, p) or (0, z): softmax
        of (0, z) is (1 - sigmoid(z), sigmoid(z)).
        """
        tensor = keras.ops.cast(output_tensors(outputs)[self.key], "float32")
        if not self.is_binary:
            return tensor
        second = keras.ops.reshape(tensor, (-1, 1))
        first = keras.ops.zeros_like(second) if self.kind == "logits" else 1 - second
        return keras.ops.concatenate([first, second], axis=1)


@dataclass(frozen=True)
class Head:
    """The output layer that a recorded layer feeds.

    Attributes:
        fed_by: Tensor name of the recorded layer.
        layer: The output layer, a Dense.
        is_binary: As of the output.
    """

    fed_by: str
    layer: Any
    is_binary: bool

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Returns its weights of now, so that `activations @ kernel + bias` are the logits.

        Returns:
            float32 kernel (1, n_units, n_classes) and bias (1, 1, n_classes); the stock
            Projector lists tensors of rank 2 and leaves these out.
        """
        kernel = _to_numpy(self.layer.kernel)
        bias = np.zeros(kernel.shape[1], np.float32)
        if self.layer.bias is not None:
            bias = _to_numpy(self.layer.bias)
        if self.is_binary:
            kernel = np.pad(kernel, ((0, 0), (1, 0)))
            bias = np.pad(bias, (1, 0))
        return {HEAD_KERNEL_TENSOR: kernel[None], HEAD_BIAS_TENSOR: bias[None, None]}


def _to_numpy(variable: Any) -> NDArray[np.float32]:
    # By way of a tensor: NumPy warns of TensorFlow's variables.
    tensor = keras.ops.cast(keras.ops.convert_to_tensor(variable), "float32")
    return np.array(keras.ops.convert_to_numpy(tensor))


def find_usable_output(
    model: Any, survey: Survey, wanted: OutputsChoice = "auto"
) -> UsableOutput | None:
    """Returns the first of the model's outputs that names classes, None where none does.

    Args:
        model: The Keras model.
        survey: One pass of the model.
        wanted: What the outputs are; "auto" to find it out, None to record none.

    Raises:
        MisuseError: They are not what is wanted.
    """
    if wanted is None:
        return None
    outputs = output_tensors(survey.outputs)
    losses = losses_of(model, list(outputs))
    for (key, tensor), loss, producer in zip(
        outputs.items(), losses, survey.producers, strict=True
    ):
        values = _values(tensor)
        if values is None:
            continue
        width = values.shape[1]
        if wanted != "auto":
            _check_wanted(values, wanted)
            return UsableOutput(key, wanted, max(width, 2), width == 1, producer)
        activation = _last_activation(survey, producer)
        find_kind = binary_kind if width == 1 else categorical_kind
        kind = find_kind(values, loss, activation)
        if kind is not None:
            return UsableOutput(key, kind, max(width, 2), width == 1, producer)
    if wanted != "auto":
        raise MisuseError(
            f"outputs={wanted!r} needs an output (n_samples, n_classes) of at most "
            f"{MAX_OUTPUT_CLASSES} classes; the model has none; leave outputs= out"
        )
    return None


def why_no_output(model: Any, survey: Survey) -> str:
    """Returns why no output is recorded that could be one of classes; empty where none could.

    For the log: a loss of one's own does not say what the outputs are.
    """
    outputs = output_tensors(survey.outputs)
    for tensor, loss in zip(outputs.values(), losses_of(model, list(outputs)), strict=True):
        values = _values(tensor)
        if values is None or values.shape[1] == 1 or is_of_keras(loss):
            continue
        which = "no loss says" if loss is None else "the loss does not say"
        return (
            f"The model's outputs are not recorded: {which} what they are; pass "
            "outputs='logits' or 'probabilities'."
        )
    return ""


def _values(tensor: Any) -> NDArray[np.float64] | None:
    """Returns an output as rows, None where it is nothing of classes."""
    if not keras.ops.is_tensor(tensor) or len(tensor.shape) not in (1, 2):
        return None
    values = keras.ops.convert_to_numpy(tensor)
    rows: NDArray[np.float64] = values.astype(np.float64).reshape(len(values), -1)
    return rows if 1 <= rows.shape[1] <= MAX_OUTPUT_CLASSES else None


def _check_wanted(values: NDArray[np.float64], wanted: OutputsKind) -> None:
    if wanted == "probabilities" and not ((values >= 0) & (values <= 1)).all():
        raise MisuseError(
            "outputs='probabilities' needs outputs in [0, 1]; the model gives values from "
            f"{values.min():.3g} to {values.max():.3g}; pass outputs='logits'"
        )


def find_head(output: UsableOutput, targets: Sequence[Target], survey: Survey) -> Head | None:
    """Returns the output layer where one of `targets` feeds it directly.

    Args:
        output: The output that is recorded.
        targets: The recorded layers that are stored as they are, not pooled by a function.
        survey: One pass of the model.
    """
    if output.producer is None:
        return None
    activations, index = _activations(survey, output.producer)
    wanted = "sigmoid" if output.is_binary else "softmax"
    if activations != ([] if output.kind == "logits" else [wanted]) or index is None:
        return None
    call = survey.calls[index]
    if not isinstance(call.layer, keras.layers.Dense):
        return None
    if call.layer.kernel.shape[0] * output.classes * 4 > MAX_HEAD_BYTES:
        return None
    for target in targets:
        recorded = survey.calls[target.call]
        if len(recorded.shape or ()) == 2 and recorded.made_by == call.inputs[0]:
            return Head(target.name, call.layer, output.is_binary)
    return None


def _activations(survey: Survey, producer: int) -> tuple[list[str], int | None]:
    """Returns the activation functions before an output, and the layer with weights."""
    names: list[str] = []
    index: int | None = producer
    while index is not None:
        layer = survey.calls[index].layer
        name = _activation_name(layer)
        if name not in (None, "linear"):
            names.append(str(name))
        if layer.weights or name is None:
            return names, index
        index = survey.fed_by(index)
    return names, None


def _last_activation(survey: Survey, producer: int | None) -> str | None:
    if producer is None:
        return None
    names, _ = _activations(survey, producer)
    return names[0] if names else "linear"


def _activation_name(layer: Any) -> str | None:
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", None)
