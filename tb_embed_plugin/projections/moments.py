"""Mean and covariance of rows that are never in memory together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.threads import one_blas_thread


class Moments:
    """Count, sum and sum of outer products of rows, in float64 about an origin.

    The origin, the first row added, keeps the digits that a large common offset would cost;
    any other row would do as well.

    Attributes:
        origin: float64 (n_units,); empty before the first row.
        count: Rows so far.
    """

    def __init__(self) -> None:
        self.origin = np.zeros(0)
        self.count = 0
        self._sum = np.zeros(0)
        self._products = np.zeros((0, 0))
        self._waiting: list[NDArray[np.float64]] = []

    def add(self, block: NDArray[np.float64]) -> None:
        """Adds rows, (n_rows, n_units), one or more."""
        if not self.count:
            self.origin = block[0].copy()
            self._sum = np.zeros(len(self.origin))
            self._products = np.zeros((len(self.origin), len(self.origin)))
        centred = block - self.origin
        self.count += len(centred)
        self._sum += centred.sum(axis=0)
        self._waiting.append(centred)
        # Of a wide layer a block has few rows, and adding n_units² numbers costs more than
        # they do.
        if sum(map(len, self._waiting)) >= len(self.origin) // 4:
            self._multiply()

    def merge(self, other: Moments) -> None:
        """Adds the rows of another; both have one row or more."""
        self._multiply()
        other._multiply()
        shift = other.origin - self.origin
        # Of each row of the other, seen from here: (x + shift)(x + shift)ᵀ.
        crossed = np.outer(shift, other._sum + other.count / 2 * shift)
        self._products += other._products
        self._products += crossed
        self._products += crossed.T
        self._sum += other._sum + other.count * shift
        self.count += other.count

    def _multiply(self) -> None:
        if self._waiting:
            rows = self._waiting[0] if len(self._waiting) == 1 else np.vstack(self._waiting)
            self._waiting.clear()
            # More threads would add in another order, and workers have one each.
            with one_blas_thread():
                self._products += rows.T @ rows

    def mean(self) -> NDArray[np.float64]:
        """Returns the mean of the rows, (n_units,)."""
        return self.origin + self._sum / self.count

    def covariance(self) -> NDArray[np.float64]:
        """Returns their covariance, (n_units, n_units), divided by their number."""
        self._multiply()
        shift = self._sum / self.count
        covariance: NDArray[np.float64] = self._products / self.count
        return covariance - np.outer(shift, shift)


class Spread:
    """Mean and variance of each unit alone, added block by block about the first row.

    Attributes:
        count: Rows so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._origin: NDArray[np.float64] | float = 0.0
        self._sum: NDArray[np.float64] | float = 0.0
        self._squares: NDArray[np.float64] | float = 0.0

    def add(self, block: NDArray[np.float64]) -> None:
        """Adds rows, (n_rows, n_units)."""
        if not self.count:
            self._origin = block[0].copy()
        centred = block - self._origin
        self.count += len(centred)
        self._sum = self._sum + centred.sum(axis=0)
        self._squares = self._squares + np.einsum("ij,ij->j", centred, centred)

    def merge(self, other: Spread) -> None:
        """Adds the rows of another; both have one row or more."""
        shift = np.asarray(other._origin - self._origin)
        self._squares = self._squares + other._squares
        self._squares = self._squares + shift * (2 * other._sum + other.count * shift)
        self._sum = self._sum + (other._sum + other.count * shift)
        self.count += other.count

    def mean(self) -> NDArray[np.float64]:
        """Returns the mean of each unit, (n_units,)."""
        return np.asarray(self._origin + self._sum / self.count)

    def variance(self) -> NDArray[np.float64]:
        """Returns the variance of each unit, (n_units,)."""
        shift = self._sum / self.count
        variance: NDArray[np.float64] = self._squares / self.count - np.square(shift)
        return variance.clip(min=0)
