"""The head as tensors: its kernel and bias, and whether they give the outputs.

NumPy alone, for the callback's models as for arrays of any other training loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import HEAD_BIAS_TENSOR, HEAD_KERNEL_TENSOR, OutputsKind

MAX_HEAD_BYTES = 1 << 20
"""A larger kernel is not recorded."""

TOLERANCE = 1e-4
"""Tolerance relative to the logits' root mean square, in float32."""

LOW_PRECISION_TOLERANCE = 2e-2
"""The same in mixed precision, or where the precision is not known."""

_LEAST_PROBABILITY = 1e-6
"""Smaller probabilities are rounding errors in float32."""

Rows = NDArray[np.floating[Any]]


def two_columns(second: NDArray[np.float32], kind: OutputsKind) -> NDArray[np.float32]:
    """Returns a binary output p, or logit z, (n_samples, 1), as (1 - p, p) or (0, z)."""
    first = np.zeros_like(second) if kind == "logits" else 1 - second
    return np.concatenate([first, second], axis=1)


def head_tensors(
    kernel: NDArray[np.float32], bias: NDArray[np.float32], *, is_binary: bool
) -> dict[str, NDArray[np.float32]]:
    """Returns a head so that `activations @ kernel + bias` are the recorded logits.

    Args:
        kernel: (n_units, n_classes); (n_units, 1) of a binary output.
        bias: (n_classes,) or (1,).
        is_binary: Whether the output is one value a sample, recorded as two columns.

    Returns:
        float32 kernel (1, n_units, n_classes) and bias (1, 1, n_classes); the stock
        Projector lists tensors of rank 2 and leaves these out.
    """
    if is_binary:
        kernel = np.pad(kernel, ((0, 0), (1, 0)))
        bias = np.pad(bias, (1, 0))
    return {HEAD_KERNEL_TENSOR: kernel[None], HEAD_BIAS_TENSOR: bias[None, None]}


def tensors_reproduce_outputs(
    head: dict[str, NDArray[np.float32]],
    activations: Rows,
    outputs: Rows,
    kind: OutputsKind,
    tolerance: float,
) -> bool:
    """Returns whether `activations @ kernel + bias` are the outputs.

    Args:
        head: As `head_tensors` returns it.
        activations: Activations of the layer that feeds it, (n_samples, n_units).
        outputs: The recorded outputs, (n_samples, n_classes).
        kind: Their kind; probabilities are compared as centered logarithms.
        tolerance: Error that is allowed, relative to the logits' root mean square.
    """
    kernel, bias = head[HEAD_KERNEL_TENSOR][0], head[HEAD_BIAS_TENSOR][0]
    logits = activations.astype(np.float64) @ kernel.astype(np.float64) + bias
    recorded = outputs.astype(np.float64)
    if kind == "probabilities":
        logits, recorded = _log_softmax(logits), np.log(np.maximum(recorded, 1e-300))
        logits, recorded = (
            _centered(np.maximum(values, np.log(_LEAST_PROBABILITY)))
            for values in (logits, recorded)
        )
    size = np.sqrt(np.mean(recorded**2))
    error = np.sqrt(np.mean((logits - recorded) ** 2))
    return bool(error <= tolerance * size)


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _centered(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values - values.mean(axis=1, keepdims=True))
