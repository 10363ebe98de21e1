"""A log directory that is asked about: nothing in it is ever written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics, layer_measures
from tb_embed_plugin.analysis.metrics_cache import MetricsCache, Tensors
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.jobs.cache import Cache, cache_of
from tb_embed_plugin.lru_cache import LruCache, Memory
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.runs.logdir import Logdir

_MEMORY = 1 << 29
"""Bytes of what was computed that are remembered."""

_BASES = 16


class Opened:
    """A log directory, and what was computed of it.

    Args:
        path: TensorBoard's log directory; no run outside of it is found.
        url: TensorBoard's address for the links, or empty.

    Attributes:
        logdir: Its runs.
        url: As passed.
        cache: What was measured: here, or by TensorBoard, which has kept it.
        bases: Axes of pictures.
    """

    def __init__(self, path: Path, url: str = "") -> None:
        memory = Memory(_MEMORY)
        self.path = path
        self.logdir = Logdir(path, list)
        self.url = url
        self.cache = MetricsCache.within(memory, lambda run: _OnlyRead(cache_of(run)))
        self.bases: LruCache[Basis] = LruCache(_BASES, memory)

    def measures(self, run: str, layer: str | None, label: str | None) -> LayerMetrics:
        """Returns the measures of a layer.

        Args:
            run: The run's name.
            layer: The layer's; may be left out where the run has one alone.
            label: The column that is the label, empty for none; the layer's own by default.

        Raises:
            EmbedError: There is no such run, layer or column, or nothing to measure.
        """
        opened = self.logdir.run(run)
        return layer_measures(opened, opened.layer_or_only(layer).name, self.cache, label)


def check_sample(measures: LayerMetrics, sample: int) -> None:
    """Refuses a number that is no sample's.

    Raises:
        ArgumentError: It is none.
    """
    if not 0 <= sample < measures.facts.samples:
        raise ArgumentError(
            f"{measures.facts.name!r} has {measures.facts.samples} samples, so a sample must "
            f"be from 0 to {measures.facts.samples - 1}, not {sample}"
        )


class _OnlyRead:
    """The cache of a run, into which nothing is written."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def layout(self, facts: Mapping[str, Any]) -> str:
        return self._cache.layout(facts)

    def use(self, layout: str) -> None:
        """Notes nothing."""

    def tensors(
        self, layout: str, name: str, most: int
    ) -> tuple[Tensors, Mapping[str, Any]] | None:
        return self._cache.tensors(layout, name, most)

    def keep_tensors(
        self, layout: str, name: str, tensors: Tensors, info: Mapping[str, Any]
    ) -> None:
        """Keeps nothing."""

    def record(self, layout: str, name: str) -> Mapping[str, Any]:
        return self._cache.record(layout, name)

    def keep_record(self, layout: str, name: str, content: Mapping[str, Any]) -> None:
        """Keeps nothing."""
