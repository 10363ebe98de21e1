"""The head: the output layer whose weights are recorded beside the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.recording.model.call_graph import CallGraph
from tb_embed_plugin.recording.model.head_tensors import MAX_HEAD_BYTES, head_tensors
from tb_embed_plugin.recording.model.layer_selection import Target
from tb_embed_plugin.recording.model.outputs import RecordedOutput, activations_before


@dataclass(frozen=True)
class Head:
    """The output layer that a recorded layer feeds.

    Attributes:
        fed_by: Tensor name of the recorded layer.
        layer: The output layer, a Dense.
        is_binary: Whether the output is one value a sample.
    """

    fed_by: str
    layer: Any
    is_binary: bool

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Returns its present weights, so that `activations @ kernel + bias` are the logits.

        Returns:
            float32 kernel (1, n_units, n_classes) and bias (1, 1, n_classes); the stock
            Projector lists tensors of rank 2 and leaves these out.
        """
        kernel = _to_numpy(self.layer.kernel)
        bias = np.zeros(kernel.shape[1], np.float32)
        if self.layer.bias is not None:
            bias = _to_numpy(self.layer.bias)
        return head_tensors(kernel, bias, is_binary=self.is_binary)


def _to_numpy(variable: Any) -> NDArray[np.float32]:
    # By way of a tensor: NumPy warns of TensorFlow's variables.
    tensor = keras.ops.cast(keras.ops.convert_to_tensor(variable), "float32")
    return np.array(keras.ops.convert_to_numpy(tensor))


def find_head(
    output: RecordedOutput, targets: Sequence[Target], graph: CallGraph
) -> Head | None:
    """Returns the output layer where one of `targets` feeds it directly, else None.

    Args:
        output: The output that is recorded.
        targets: The recorded layers that are stored unchanged, not pooled by a function.
        graph: One pass of the model.
    """
    if output.producer is None:
        return None
    activations, index = activations_before(graph, output.producer)
    wanted = "sigmoid" if output.is_binary else "softmax"
    if activations != ([] if output.kind == "logits" else [wanted]) or index is None:
        return None
    call = graph.calls[index]
    if not isinstance(call.layer, keras.layers.Dense):
        return None
    if call.layer.kernel.shape[0] * output.classes * 4 > MAX_HEAD_BYTES:
        return None
    for target in targets:
        recorded = graph.calls[target.call]
        if len(recorded.shape or ()) == 2 and recorded.made_by == call.inputs[0]:
            return Head(target.name, call.layer, output.is_binary)
    return None
