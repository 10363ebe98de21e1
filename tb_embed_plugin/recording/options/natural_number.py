"""Natural numbers among the arguments, Python's or NumPy's."""

from __future__ import annotations

import numpy as np


def natural_number(value: object) -> int | None:
    """Returns a whole number of at least 0, of Python or NumPy; None for anything else."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        return None
    return int(value) if value >= 0 else None
