"""The check whether a head reproduces the model's outputs, on a few samples.

The model's structure alone may mislead: weights may be quantized, logits scaled or capped, or
the layer may do more than its class. So the recorded activations are multiplied by the recorded
kernel, and the result is compared with the recorded outputs.
"""

from __future__ import annotations

from tb_embed_plugin.metadata import OutputsKind
from tb_embed_plugin.recording.model.head import Head
from tb_embed_plugin.recording.model.head_tensors import (
    LOW_PRECISION_TOLERANCE,
    TOLERANCE,
    Rows,
    tensors_reproduce_outputs,
)


def head_reproduces_outputs(
    head: Head, activations: Rows, outputs: Rows, kind: OutputsKind
) -> bool:
    """Returns whether `activations @ kernel + bias` are the outputs.

    Args:
        head: The head.
        activations: Activations of the layer that feeds it, (n_samples, n_units).
        outputs: The recorded outputs, (n_samples, n_classes).
        kind: Their kind; probabilities are compared as centered logarithms.
    """
    is_exact = str(head.layer.compute_dtype) in {"float32", "float64"}
    tolerance = TOLERANCE if is_exact else LOW_PRECISION_TOLERANCE
    return tensors_reproduce_outputs(head.tensors(), activations, outputs, kind, tolerance)
