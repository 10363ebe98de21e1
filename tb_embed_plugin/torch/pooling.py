"""Pooling of PyTorch's activations of any rank to (n_samples, n_units)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.model.pooling_choice import Pooling
from tb_embed_plugin.torch.module_calls import ModuleCall, is_same

_FIRST = ("Conv", "BatchNorm", "InstanceNorm", "MaxPool", "AvgPool", "GroupNorm")
_LAST = (
    "Linear",
    "LayerNorm",
    "Embedding",
    "MultiheadAttention",
    "LSTM",
    "GRU",
    "RNN",
    "RMSNorm",
)
"""Beginnings of the names of modules by the place of their channels."""


def has_channels_first(tensor: Any, calls: Sequence[ModuleCall]) -> bool:
    """Whether a tensor's channels are its second axis.

    Always so from four axes on; of three axes, as of the last module before it that tells.
    """
    if tensor is None or tensor.ndim != 3:
        return tensor is not None and tensor.ndim > 3
    ends = [i for i, call in enumerate(calls) if is_same(call.output, tensor)]
    for call in reversed(calls[: ends[-1] + 1] if ends else []):
        if getattr(call.output, "ndim", 0) != 3:
            continue
        kind = type(call.module).__name__
        if kind.startswith(_FIRST):
            return True
        if kind.startswith(_LAST):
            return False
    return False


def pool(output: Any, how: Pooling, mask: Any, *, channels_first: bool, name: str) -> Any:
    """Returns a tensor (n_samples, n_units).

    Args:
        output: (n_samples, ...).
        how: As in `EmbeddingCheckpoint`.
        mask: Nonzero (n_samples, n_tokens) for tokens that count, None for all.
        channels_first: Whether the channels are the second axis, not the last.
        name: The layer's name, for the message.

    Raises:
        MisuseError: `how` does not fit the output, or its numbers are complex.
    """
    rows = how(output) if callable(how) else output
    if rows.is_complex():
        raise MisuseError(
            f"layer {name!r} returns {rows.dtype}, not real numbers; pass a function as "
            "pooling, such as torch.abs"
        )
    if callable(how):
        return rows
    if output.ndim <= 2:
        return output.reshape(len(output), -1)
    if how == "flatten":
        return output.flatten(1)
    if output.ndim == 3 and channels_first:
        output, channels_first = output.swapaxes(1, 2), False
    if output.ndim > 3 and how in ("first", "last"):
        raise MisuseError(
            f"layer {name!r} returns {tuple(output.shape)}, but pooling={how!r} needs a "
            "sequence (n_samples, n_tokens, n_units); pass pooling='mean' or 'flatten', or a "
            "function"
        )
    if output.ndim > 3:
        return output.float().flatten(2).mean(2)
    kept = torch.ones(output.shape[:2], device=output.device)
    if mask is not None and mask.shape == output.shape[:2]:
        kept = (mask != 0).float()
    if how in ("auto", "mean"):
        weights = kept[..., None]
        return (output.float() * weights).sum(1) / weights.sum(1).clamp(min=1)
    tokens = torch.arange(output.shape[1], device=output.device)
    place = tokens * kept if how == "last" else -tokens * kept - (1 - kept) * len(tokens)
    return output[torch.arange(len(output), device=output.device), place.argmax(1)]
