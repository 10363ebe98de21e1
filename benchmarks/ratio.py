"""The ratio of what was measured in pairs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """How much more one side takes than the other, pair by pair.

    Attributes:
        median: Of all pairs; it is what a claim is held against.
        least: The smallest of them.
        most: The greatest of them.
        pairs: How many there were.
    """

    median: float
    least: float
    most: float
    pairs: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Ratio:
        """Compares the first of each pair to its second."""
        ratios = [ours / other for ours, other in pairs]
        return cls(statistics.median(ratios), min(ratios), max(ratios), len(ratios))

    def __str__(self) -> str:
        return (
            f"median ratio of {self.pairs} pairs {self.median:.2f} "
            f"({self.least:.2f} to {self.most:.2f})"
        )
