"""Whether a recorded head says what the model says: shown on samples before anything is kept.

A head found by the model's structure may be another one in truth: quantized weights, scaled or
capped logits, a layer that does more than its kind. So the recorded activations are multiplied
by the recorded kernel, and the result is held against the recorded outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import HEAD_BIAS_TENSOR, HEAD_KERNEL_TENSOR, OutputsKind
from tb_embed_plugin.recording.outputs import Head

TOLERANCE = 1e-4
"""Of the logits' root mean square, in float32."""

LOW_PRECISION_TOLERANCE = 2e-2
"""In mixed precision."""

_LEAST_PROBABILITY = 1e-6
"""Below, float32 rounds what is left of a probability."""

Rows = NDArray[np.floating[Any]]


def reproduces(head: Head, activations: Rows, outputs: Rows, kind: OutputsKind) -> bool:
    """Returns whether `activations @ kernel + bias` are the outputs.

    Args:
        head: The head.
        activations: Of the layer that feeds it, (n_samples, n_units).
        outputs: As they are recorded, (n_samples, n_classes).
        kind: What they are; probabilities are compared as logarithms about their mean.
    """
    tensors = head.tensors()
    kernel, bias = tensors[HEAD_KERNEL_TENSOR][0], tensors[HEAD_BIAS_TENSOR][0]
    logits = activations.astype(np.float64) @ kernel.astype(np.float64) + bias
    recorded = outputs.astype(np.float64)
    if kind == "probabilities":
        logits, recorded = _log_softmax(logits), np.log(np.maximum(recorded, 1e-300))
        logits, recorded = (
            _centred(np.maximum(values, np.log(_LEAST_PROBABILITY)))
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


def _centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values - values.mean(axis=1, keepdims=True))
