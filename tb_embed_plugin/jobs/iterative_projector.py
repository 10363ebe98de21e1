"""The frames of projections by engines that iterate: those that a worker has laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.quality_records import QualityRecords, words
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.projection import Projection
from tb_embed_plugin.runs.logdir import Logdir


class IterativeProjector:
    """A projection by an engine that iterates; nothing is computed here.

    Args:
        projection: What is projected, by one of `engines.LAYOUT`.
        logdir: Where its run is.
    """

    def __init__(self, projection: Projection, logdir: Logdir) -> None:
        self.projection = projection
        self.layer = LayerData.of(logdir, projection.layer)

    @cached_property
    def cache(self) -> LayoutCache:
        """What is kept of it: its frames, and their quality."""
        return LayoutCache(self.projection, self.layer.run, self.layer.facts)

    @property
    def version(self) -> str:
        """Changes when the layer's data do."""
        return self.layer.version

    @property
    def noise_floor(self) -> float | None:
        """How far the engine moves samples where nothing has changed; None if not measured."""
        floor = QualityRecords(self.cache, {}, None).floor()
        return None if floor is None else floor["motion"]

    def frames(self, steps: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Returns the finished frames among `steps`, float32 (n_samples, components) each.

        Hidden samples lie where another one does.
        """
        frames = self.cache.frames(steps)
        return {step: self.cache.layer.with_hidden(frame) for step, frame in frames.items()}

    def quality(self, steps: Sequence[int], label: str | None) -> list[dict[str, Any]]:
        """Returns the numbers of the frames of `steps`, see `Projector.quality`."""
        return QualityRecords(self.cache, self.cache.known_digests(), label).of_frames(steps)

    def sentence(self, frames: Sequence[Mapping[str, Any]]) -> str:
        """Returns in a few plain words what `frames`, as `quality` returns them, show."""
        return f"{self.cache.title}: {words(frames) or 'not measured yet'}."
