"""The digest of some values of each of a network's variables, for any library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

MAX_VALUES = 4096
"""Number of values of each variable in the digest, spread evenly over it."""

MAX_TOTAL = 1 << 16
"""Number of values of all variables together: each is a cache line to be fetched."""


def digest_values(
    shapes: Sequence[tuple[int, ...]], values: Iterable[NDArray[np.generic]]
) -> str:
    """Returns 32 hexadecimal digits of the variables' shapes and some of their values."""
    content = hashlib.blake2b(repr(list(shapes)).encode(), digest_size=16)
    for some in values:
        content.update(some.tobytes())
    return content.hexdigest()
