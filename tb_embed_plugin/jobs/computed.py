"""What was computed last of linear projections, and the queue in which more is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from tb_embed_plugin.compute_queue import ComputeQueue, Turns
from tb_embed_plugin.jobs.known_moments import KnownMoments
from tb_embed_plugin.linear_projection import AlignedLayer
from tb_embed_plugin.lru_cache import LruCache, Memory
from tb_embed_plugin.projections.basis import Basis

MAX_BASES = 64
"""Bases remembered; the widest has 330 kB."""

MAX_ALIGNED = 4
"""Maps between layers remembered; the widest has 34 MB."""

MAX_NUMBERS = 100_000
"""Single numbers remembered."""


@dataclass(frozen=True)
class Computed:
    """What was computed last of linear projections, and the queue in which more is.

    Attributes:
        turns: In which computations wait.
        bases: Bases, by `basis_key`.
        aligned: Maps between layers, by the keys of both and how their steps match.
        variances: Shares of a snapshot's variance.
        moments: The sums that bases were made from.
    """

    turns: Turns = field(default_factory=lambda: ComputeQueue().turns_of())
    bases: LruCache[Basis] = field(default_factory=lambda: LruCache[Basis](MAX_BASES))
    aligned: LruCache[AlignedLayer] = field(
        default_factory=lambda: LruCache[AlignedLayer](MAX_ALIGNED)
    )
    variances: LruCache[float | None] = field(
        default_factory=lambda: LruCache[float | None](MAX_NUMBERS)
    )
    moments: KnownMoments = field(default_factory=KnownMoments)

    @classmethod
    def within(cls, memory: Memory) -> Self:
        """Returns nothing computed yet, to be remembered within some memory."""
        return cls(
            bases=LruCache(MAX_BASES, memory),
            aligned=LruCache(MAX_ALIGNED, memory),
            variances=LruCache(MAX_NUMBERS, memory),
            moments=KnownMoments(memory),
        )
