"""A recorded run in a notebook: arrays and, where pandas is there, data frames.

See docs/analysis.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.analysis.open_layer import OpenLayer
from tb_embed_plugin.remote.local_copy import directory_of
from tb_embed_plugin.runs.logdir import Logdir

if TYPE_CHECKING:
    from tb_embed_plugin.runs.run import Run


def open_run(logdir: str | Path, run: str = ".") -> OpenRun:
    """Opens a recorded run; nothing is read before it is asked for, nothing ever written.

    Args:
        logdir: TensorBoard's log directory, or an address such as `s3://bucket/logs`.
        run: The run's name, its path below `logdir`.

    Raises:
        MisuseError: The address is unknown, or needs `tb-embed-plugin[remote]`.
        NotRecordedError: There is no such run.
        UnreadableError: It is damaged, or the address cannot be read (StorageError).
    """
    return OpenRun(Logdir(directory_of(logdir), lambda: [run]).run(run))


class OpenRun:
    """A run that was opened by `open_run`.

    Attributes:
        name: TensorBoard's name of it.
    """

    def __init__(self, run: Run) -> None:
        self.name = run.name
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
        return OpenLayer(LayerMetrics(self._run, chosen, self._cache, label))
