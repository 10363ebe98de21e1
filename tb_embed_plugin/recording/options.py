"""The callback's small options, checked when it is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tb_embed_plugin.errors import MisuseError


def checked_layers(layers: str | Sequence[str]) -> tuple[str, ...]:
    """Returns the layers asked for, by name.

    Raises:
        MisuseError: There is none, or one twice.
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    if not names or len(set(names)) != len(names):
        raise MisuseError(
            f"expected one layer name or several different ones; received {layers!r}; name "
            "each layer once"
        )
    return names


def checked_max_to_keep(max_to_keep: int | None) -> int | None:
    """Returns how many snapshots are kept, None for all.

    Raises:
        MisuseError: It is less than the two that always stay.
    """
    if max_to_keep is not None and (not isinstance(max_to_keep, int) or max_to_keep < 2):
        raise MisuseError(
            f"expected max_to_keep of 2 or more, or None; received {max_to_keep!r}"
        )
    return max_to_keep


def checked_dtype(dtype: str) -> np.dtype[np.generic]:
    """Returns what activations are stored as.

    Raises:
        MisuseError: It is neither float32 nor float16.
    """
    if dtype not in {"float32", "float16"}:
        raise MisuseError(f'expected dtype "float32" or "float16"; received {dtype!r}')
    return np.dtype(dtype)
