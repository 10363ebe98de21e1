"""The tensors of a snapshot, as `on_snapshot` receives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.generic]]
"""A snapshot's arrays by tensor name, (n_samples, n_units) each."""
