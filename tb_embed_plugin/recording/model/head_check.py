"""The check whether a head reproduces the model's outputs, on a few samples.

The model's structure alone may mislead: weights may be quantized, logits scaled or capped, or
the layer may do more than its class. So the recorded activations are multiplied by the recorded
kernel, and the result is compared with the recorded outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import HEAD_BIAS_TENSOR, HEAD_KERNEL_TENSOR, OutputsKind
from tb_embed_plugin.recording.model.head import Head

TOLERANCE = 1e-4
"""Tolerance relative to the logits' root mean square, in float32."""

LOW_PRECISION_TOLERANCE = 2e-2
"""The same in mixed precision."""

_LEAST_PROBABILITY = 1e-6
"""Smaller probabilities are rounding errors in float32."""

Rows = NDArray[np.floating[Any]]


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
    tensors = head.tensors()
    kernel, bias = tensors[HEAD_KERNEL_TENSOR][0], tensors[HEAD_BIAS_TENSOR][0]
    logits = activations.astype(np.float64) @ kernel.astype(np.float64) + bias
    recorded = outputs.astype(np.float64)
    if kind == "probabilities":
        logits, recorded = _log_softmax(logits), np.log(np.maximum(recorded, 1e-300))
        logits, recorded = (
            _centered(np.maximum(values, np.log(_LEAST_PROBABILITY)))
            for values in (logits, recorded)
        )
    is_exact = str(head.layer.compute_dtype) in {"float32", "float64"}
    tolerance = TOLERANCE if is_exact else LOW_PRECISION_TOLERANCE
    size = np.sqrt(np.mean(recorded**2))
    error = np.sqrt(np.mean((logits - recorded) ** 2))
    return bool(error <= tolerance * size)


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _centered(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values - values.mean(axis=1, keepdims=True))
