"""A run in a notebook: what `open_run(…)` returns. See docs/analysis.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tb_embed_plugin.analysis.guests import ActivationsOf
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.analysis.open_layer import OpenLayer

if TYPE_CHECKING:
    from tb_embed_plugin.runs.run import Run


class OpenRun:
    """A run that was opened by `open_run`.

    Attributes:
        name: TensorBoard's name of it.
    """

    def __init__(self, run: Run, activations_of: ActivationsOf | None = None) -> None:
        self.name = run.name
        self._activations_of = activations_of
        self._run = run
        self._cache = MetricsCache()

    @property
    def layers(self) -> list[str]:
        """The names of the recorded layers."""
        return [layer.name for layer in self._run.layers]

    @property
    def steps(self) -> list[int]:
        """The steps of all snapshots, ascending."""
        return self._run.steps

    @property
    def step_names(self) -> list[str]:
        """What a person calls each of them: its number, or what was written in its place."""
        return [self._run.step_name(step) for step in self.steps]

    def layer(self, name: str | None = None, label: str | None = None) -> OpenLayer:
        """Returns a layer.

        Args:
            name: Its name; may be left out where only one was recorded.
            label: The column that is the label, empty for none; the layer's own by default.

        Raises:
            NotRecordedError: There is no such layer, or several to choose from.
        """
        chosen = self._run.layer_or_only(name).name
        measures = LayerMetrics(self._run, chosen, self._cache, label)
        return OpenLayer(measures, self._activations_of)
