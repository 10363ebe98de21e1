"""By whom a command's metrics are measured: this process, or workers ahead of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tqdm import tqdm

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.commands.progress_bar import BAR
from tb_embed_plugin.commands.workers_argument import roots_of
from tb_embed_plugin.distribution.measuring import measure_layer
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.jobs.cache import cache_of


@dataclass(frozen=True)
class Metering:
    """Who measures, and where it is kept.

    Attributes:
        workers: The workers, None where this process measures when it is asked.
        logdir: Where the runs are.
        cache: What was measured: by workers on the disk, where the server finds it as well.
    """

    workers: Workers | None
    logdir: Path
    cache: MetricsCache = field(default_factory=MetricsCache)

    @classmethod
    def by(cls, workers: Workers | None, logdir: Path) -> Self:
        """Returns the metering by workers, or by this process."""
        return cls(workers, logdir, MetricsCache(None if workers is None else cache_of))

    def measure(self, layer: LayerMetrics) -> None:
        """Has workers measure all of a layer, if there are any, with a bar.

        Raises:
            EmbedError: A snapshot cannot be read, or workers are lost.
        """
        if self.workers is None:
            return
        name = f"{layer.run.name}, {layer.facts.name}"
        with tqdm(total=2 * len(layer.steps), desc=name, bar_format=BAR) as bar:

            def tell(done: int, total: int) -> None:
                bar.total = total
                bar.set_postfix_str(f"measured {done} of {total} parts", refresh=False)
                bar.update(done - bar.n)

            measure_layer(self.workers, roots_of(self.logdir), layer, tell)
