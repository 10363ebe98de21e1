"""The sums of snapshots that axes were made from last: a run under way is not read anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.lru_cache import LruCache, Memory
from tb_embed_plugin.projections.row_sums import RowSums, sums_here
from tb_embed_plugin.projections.scaling import Scaling
from tb_embed_plugin.projections.step_moments import StepMoments, add_steps

MAX_UNITS = 1024
"""Of a layer whose sums are remembered: 8 MB."""

MAX_LAYERS = 8


@dataclass(frozen=True)
class _Known:
    """The sums of a layer's first steps, and what those snapshots are known by."""

    key: str
    moments: StepMoments


class KnownMoments:
    """Remembers sums over the steps of layers, each of which more steps may follow.

    Args:
        memory: What it shares with other caches; no limit if left out.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._layers: LruCache[_Known] = LruCache(MAX_LAYERS, memory)

    def of(self, layer: LayerData, steps: Sequence[int]) -> StepMoments:
        """Returns the sums of some steps; reads those that came after the ones remembered.

        Raises:
            EmbedError: A snapshot cannot be read, or holds NaN or infinity.
        """
        known, begun = self._layers.find(layer.place), StepMoments()
        if known is not None and known.key == layer.key(steps[: known.moments.count]):
            begun = known.moments
        moments = add_steps(begun, Scaling(), layer.snapshot, steps[begun.count :])
        self._layers.put(layer.place, _Known(layer.key(steps), moments))
        return moments

    def sums(self, layer: LayerData) -> RowSums:
        """Returns who makes sums over the rows of a layer."""
        return sums_here(layer.snapshot)
