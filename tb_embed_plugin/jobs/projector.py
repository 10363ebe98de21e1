"""An open projection: those of its frames that exist, and their quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.iterative_projector import IterativeProjector
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.projection import Projection
from tb_embed_plugin.projection_arguments import read_projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.runs.logdir import Logdir


class Projector(Protocol):
    """Gives what there is of a projection; frames that take long are a worker's business."""

    @property
    def projection(self) -> Projection:
        """What is projected."""

    @property
    def layer(self) -> LayerData:
        """The layer that is shown."""

    @property
    def cache(self) -> LayoutCache:
        """What is kept of it."""

    @property
    def version(self) -> str:
        """Changes when the data do that it follows from."""

    @property
    def noise_floor(self) -> float | None:
        """How far the engine moves samples where nothing has changed; None if not measured."""

    def frames(self, steps: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Returns the frames of `steps` that there are, float32 (n_samples, components).

        Hidden samples lie where another one does.
        """

    def quality(self, steps: Sequence[int], label: str | None) -> list[dict[str, Any]]:
        """Returns how far each frame can be believed.

        Args:
            steps: The steps.
            label: The column by which label accuracy is measured, None for no label.

        Returns:
            A number for each of `quality_records.NUMBERS`, None where it was not measured,
            with the `step`, and the `reason` where there is none.
        """

    def sentence(self, frames: Sequence[Mapping[str, Any]]) -> str:
        """Returns in a few plain words what `frames`, as `quality` returns them, show."""


def projector_of(
    projection: Projection, logdir: Logdir, computed: Computed | None = None
) -> Projector:
    """Opens a projection.

    Args:
        projection: The projection.
        logdir: Where its runs are.
        computed: What was computed before of linear ones.

    Raises:
        EmbedError: There is no such run, or it cannot be read.
    """
    if projection.engine in engines.LAYOUT:
        return IterativeProjector(projection, logdir)
    return LinearProjector(projection, logdir, computed)


def read_projector(
    logdir: Logdir, arguments: Arguments, computed: Computed | None = None
) -> Projector:
    """Opens the projection that the arguments of a request name, the basis fitted.

    Raises:
        EmbedError: As `read_projection`, or the basis cannot be fitted.
    """
    projector = projector_of(read_projection(logdir, arguments), logdir, computed)
    if not isinstance(projector, LinearProjector):
        return projector
    try:
        _ = projector.basis
    except UnsuitableDataError:
        # Some of what others wrote may hold NaN, of which nobody knew before it was read.
        layer, before = projector.layer, projector.layer.facts
        layer.run.learn(layer.name, before.drawable)
        projector = LinearProjector(read_projection(logdir, arguments), logdir, computed)
        if projector.layer.facts == before:
            raise
    return projector
