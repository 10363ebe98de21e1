"""Sums over all pairs of samples, made in the same pass that finds their neighbors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class PairSums(Protocol):
    """What is summed up over all pairs of samples in the same pass that finds neighbors."""

    @property
    def order(self) -> NDArray[np.intp]:
        """All samples in the order in which their columns are wanted, (n_samples,)."""

    def add(self, queries: NDArray[np.intp], squares: NDArray[np.float32]) -> None:
        """Takes the squared distances of some samples; called by several threads.

        Args:
            queries: The samples, (b,).
            squares: Their squared distances to all samples in `order`, float32
                (b, n_samples): in one unit that is not told, 0 to the sample itself, off by
                rounding to others, even below 0. May be overwritten.
        """
