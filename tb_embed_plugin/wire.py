"""Arrays as self-describing binary: safetensors, called here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

CONTENT_TYPE = "application/octet-stream"

_INT16_MAX = 32767


def encode(
    tensors: Mapping[str, NDArray[np.generic]], info: Mapping[str, Any] | None = None
) -> bytes:
    """Returns a safetensors body.

    Args:
        tensors: Arrays of any memory layout, by name.
        info: What else there is to say; it goes into the header as JSON.
    """
    # safetensors writes the bytes as they lie in memory: those of a transposed or strided
    # array would be wrong, and it does not say so.
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    metadata = None if info is None else {"json": json.dumps(info)}
    return safetensors.numpy.save(contiguous, metadata)


def decode(body: bytes) -> tuple[dict[str, NDArray[np.generic]], Mapping[str, Any]]:
    """Returns the tensors of a safetensors body, and what else its header says.

    Raises:
        ValueError: It is no such body, or is cut short.
    """
    try:
        tensors = safetensors.numpy.load(body)
        size = int.from_bytes(body[:8], "little")
        metadata = json.loads(body[8 : 8 + size]).get("__metadata__", {})
        return tensors, json.loads(metadata.get("json", "{}"))
    # A header's types and offsets can be wrong in as many ways.
    except (safetensors.SafetensorError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the body is not safetensors ({error})") from error


def encode_strings(prefix: str, strings: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """Returns strings as two tensors, `<prefix>.bytes` in UTF-8 and `<prefix>.offsets`."""
    encoded = [string.encode() for string in strings]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.uint32)
    return {
        f"{prefix}.bytes": np.frombuffer(b"".join(encoded), np.uint8),
        f"{prefix}.offsets": offsets,
    }


def quantize(frames: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Returns frames as int16 with a scale and an offset each.

    A coordinate is `positions * scale + offset`, off by half a scale at most. All axes of a
    frame share one scale, so that the page may draw with equal axes.

    Args:
        frames: float32 (n_steps, n_samples, components).

    Returns:
        `positions` int16 (n_steps, n_samples, components), `scale` float32 (n_steps,),
        `offset` float32 (n_steps, components).
    """
    low, high = frames.min(axis=1).astype(np.float64), frames.max(axis=1).astype(np.float64)
    offset = ((low + high) / 2).astype(np.float32)
    scale = ((high - low).max(axis=1) / (2 * _INT16_MAX)).astype(np.float32)
    # All samples at one place, or so near that float32 loses digits of the scale.
    scale[scale < np.finfo(np.float32).tiny] = 1
    positions = np.empty(frames.shape, np.int16)
    for i, frame in enumerate(frames):
        rounded = np.rint((frame - offset[i].astype(np.float64)) / scale[i])
        positions[i] = np.clip(rounded, -_INT16_MAX, _INT16_MAX)
    return {"positions": positions, "scale": scale, "offset": offset}
