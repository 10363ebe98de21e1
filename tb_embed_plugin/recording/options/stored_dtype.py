"""The dtype of stored activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.wording import must_be_one_of


def checked_dtype(dtype: Any) -> np.dtype[np.generic]:
    """Returns the dtype of stored activations.

    Args:
        dtype: Its name, or a dtype of NumPy.

    Raises:
        MisuseError: It is neither float32 nor float16.
    """
    try:
        stored_as: np.dtype[np.generic] | None = None if dtype is None else np.dtype(dtype)
    except TypeError:
        stored_as = None
    if stored_as is None or stored_as.name not in {"float32", "float16"}:
        raise MisuseError(must_be_one_of("dtype", dtype, ["float32", "float16"]))
    return stored_as
