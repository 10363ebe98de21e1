"""The frames of linear projections, computed by turns.

A basis is fitted once however many requests ask for it, and remembered by what it was made
from; a frame is then so cheap that none is kept. What is remembered, and a few frames, wait
for no turn, nor what is being computed. Only who has a turn computes, so that nobody waits for
somebody who waits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import NotRecordedError, UnsuitableDataError
from tb_embed_plugin.jobs.cache import cache_of
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.kept_basis import LEAST_VALUES, kept_basis
from tb_embed_plugin.jobs.known_moments import MAX_UNITS
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.quality_records import QualityRecords, words
from tb_embed_plugin.linear_projection import (
    AlignedLayer,
    LayerData,
    align_layer,
    basis_key,
    fit,
)
from tb_embed_plugin.lru_cache import LruCache
from tb_embed_plugin.projection import Projection
from tb_embed_plugin.projections import pca
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.blocks import SnapshotOf, check_finite
from tb_embed_plugin.projections.plane import logits_on_plane
from tb_embed_plugin.projections.step_moments import StepMoments
from tb_embed_plugin.runs.logdir import Logdir

Value = TypeVar("Value")


class LinearProjector:
    """A projection by an engine that has a basis.

    Args:
        projection: What is projected, by one of `engines.LINEAR`.
        logdir: Where its runs are.
        computed: What was computed before; nothing if left out.

    Attributes:
        noise_floor: How far the engine moves samples where nothing has changed.
    """

    noise_floor = 0.0

    def __init__(
        self, projection: Projection, logdir: Logdir, computed: Computed | None = None
    ) -> None:
        self.projection = projection
        self.layer = LayerData.of(logdir, projection.layer)
        onto = projection.aligned_to
        self.home = self.layer if onto is None else LayerData.of(logdir, onto.layer)
        self._computed = Computed() if computed is None else computed

    @cached_property
    def key(self) -> str:
        """Equal for projections that share a basis."""
        return basis_key(self.projection, self.home)

    @cached_property
    def cache(self) -> LayoutCache:
        """What is kept of it: its quality, as its frames are no cost."""
        origins = [self.key]
        if self.projection.aligned_to is not None:
            origins += [self._whole(self.home), self.projection.aligned_to.match]
        return LayoutCache(self.projection, self.layer.run, self.layer.facts, tuple(origins))

    @property
    def version(self) -> str:
        """Changes when the data of the layer that is shown do, or of what it is aligned to."""
        if self.projection.aligned_to is None:
            return self.layer.version
        return f"{self.layer.version}-{self.home.version}"

    @property
    def basis(self) -> Basis:
        """The basis.

        Raises:
            EmbedError: A snapshot cannot be read or projected, or too many requests wait.
        """
        return self._remembered(self._computed.bases, self.key, self._find_basis)

    def use(self, basis: Basis) -> None:
        """Takes the basis from whoever has it."""
        self._computed.bases.put(self.key, basis)

    @property
    def aligned(self) -> AlignedLayer | None:
        """How the layer is aligned first, None where it stays in its own space.

        Raises:
            EmbedError: They share no samples or steps, cannot be aligned, or too many wait.
        """
        onto = self.projection.aligned_to
        if onto is None:
            return None
        return self._remembered(
            self._computed.aligned,
            self._alignment_key,
            lambda: align_layer(self.layer, self.home, onto.match),
        )

    def frames(self, steps: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Returns the frames of `steps`, float32 (n_samples, components) each.

        Hidden samples lie where another one does.

        Raises:
            EmbedError: As `basis` and `aligned`.
        """
        basis, aligned, snapshot_of = self.basis, self.aligned, self._snapshots()
        frames = {}
        values = len(steps) * self.layer.facts.samples * self.layer.facts.units
        with self._computed.turns.turn(values):
            for step in steps:
                frame = basis.project(snapshot_of(step), self.projection.components)
                check_finite(step, frame)
                frame = self.layer.facts.with_hidden(frame)
                if aligned is not None and basis.center_steps:
                    frame += self._offset(basis, aligned, step, frame)
                frames[step] = frame
        return frames

    def place(self, step: int, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns where rows that were not recorded lie in the frame of a step.

        Args:
            step: The step.
            rows: The layer's activations, float32 (n_new, n_units).

        Returns:
            float32 (n_new, components).

        Raises:
            EmbedError: As `basis` and `aligned`.
        """
        basis, aligned, snapshot_of = self.basis, self.aligned, self._snapshots()
        facts, components = self.layer.facts, self.projection.components
        new = rows if aligned is None else aligned.alignment.carry(rows)
        with self._computed.turns.turn(facts.samples * facts.units):
            placed = basis.place(new, snapshot_of(step), components)
            if aligned is not None and basis.center_steps:
                frame = basis.project(snapshot_of(step), components)
                placed += self._offset(basis, aligned, step, facts.with_hidden(frame))
            check_finite(step, placed)
        return placed

    def quality(self, steps: Sequence[int], label: str | None) -> list[dict[str, Any]]:
        """Returns the numbers of the frames of `steps`, see `Projector.quality`."""
        frames = QualityRecords(self.cache, self.cache.known_digests(), label).of_frames(steps)
        return [f | {"variance_shown": self.variance_shown(f["step"])} for f in frames]

    def sentence(self, frames: Sequence[Mapping[str, Any]]) -> str:
        """Returns in a few plain words what `frames`, as `quality` returns them, show."""
        kind = str(self.projection.settings.get("kind"))
        title = {"class_means": "Class means", "lda": "LDA", "groups": "Groups"}.get(
            kind, "PCA"
        )
        measured = words(frames)
        if not self.basis.total_variance > 0:
            return f"{title}: all samples are the same{measured and '; '}{measured}."
        components = self.projection.components
        share = 100 * sum(self.basis.shares(components).tolist())
        return (
            f"{title} fitted {self._basis_in_words()}: {components} components explain "
            f"{share:.0f} % of the variance{measured and '; '}{measured}."
        )

    def _basis_in_words(self) -> str:
        run, steps = self.home.run, self.projection.basis_steps
        if len(steps) == 1:
            return f"on {run.step_words(steps[0])}"
        count = f"all {len(steps)}" if len(steps) == len(run.steps) else str(len(steps))
        within = self.projection.settings.get(pca.AXES_WITHIN_STEPS.name)
        return f"{'within each of' if within else 'on'} {count} {run.step_unit}s"

    def variance_shown(self, step: int) -> float | None:
        """Returns the share of a snapshot's variance that its frame shows.

        Where the layer is aligned, the share of what it then is.

        Raises:
            EmbedError: As `frames`.
        """
        basis, snapshot_of = self.basis, self._snapshots()
        components = self.projection.components
        aligned = self.projection.aligned_to and self._alignment_key
        return self._remembered(
            self._computed.variances,
            (self.key, components, self.layer.key([step]), aligned),
            lambda: basis.variance_shown(snapshot_of(step), components),
        )

    def logits_on_plane(self, step: int) -> NDArray[np.float64]:
        """Returns the model's logits on the plane of the first two axes, (n_classes, 3).

        See `plane.logits_on_plane`.

        Raises:
            NotRecordedError: The layer feeds no output layer that was recorded.
            UnsuitableDataError: Points of the picture have no place in the layer's own space.
            EmbedError: As `basis`.
        """
        if self.projection.aligned_to is not None:
            raise UnsuitableDataError(
                "class pairs need a run in its own axes, not one aligned to another run; "
                "leave out onto_run"
            )
        run, name = self.layer.run, self.layer.name
        outputs = run.outputs(name, step)
        if outputs is None or outputs.kernel is None or outputs.bias is None:
            raise NotRecordedError(
                f"{name!r} of run {run.name!r} feeds no output layer that was recorded; "
                "record the last hidden layer of a classifier whose output layer is dense, "
                "with head=(kernel, bias) where it is recorded by record"
            )
        basis = self.basis
        with self._computed.turns.turn():
            snapshot = self.layer.snapshot(step)
            return logits_on_plane(basis, snapshot, outputs.kernel, outputs.bias)

    def _find_basis(self) -> Basis:
        facts, steps = self.home.facts, self.projection.basis_steps
        if facts.samples * facts.units * len(steps) < LEAST_VALUES:
            return self._fit()
        return kept_basis(cache_of(self.home.run.path), self.key, facts.units, self._fit)

    def _fit(self) -> Basis:
        steps, settings = self.projection.basis_steps, self.projection.settings
        if self.home.facts.units > MAX_UNITS:
            return fit(self.projection, self.home)
        moments = self._computed.moments
        known: StepMoments | None = None
        if self.projection.engine == pca.ENGINE.name and pca.adds_up(settings):
            known = moments.of(self.home, steps)
        return fit(self.projection, self.home, known, moments.sums(self.home))

    def _offset(
        self, basis: Basis, aligned: AlignedLayer, step: int, frame: NDArray[np.float32]
    ) -> NDArray[np.float32] | float:
        """Returns what lays the shared samples of an aligned frame onto those of the other.

        Two layers of other samples, each about a mean of its own, would lie apart by as much
        as their samples differ; zero where they hold the same ones.
        """
        shared = aligned.samples
        if shared.rows is None:
            return 0.0
        pair = min(aligned.alignment.steps, key=lambda pair: abs(pair.step - step))
        there = basis.project(self.home.snapshot(pair.onto_step), frame.shape[1])
        there = self.home.facts.with_hidden(there)[shared.onto_rows]
        offset: NDArray[np.float32] = there.mean(axis=0) - frame[shared.rows].mean(axis=0)
        return offset

    def _remembered(
        self, cache: LruCache[Value], key: Hashable, compute: Callable[[], Value]
    ) -> Value:
        if key in cache:
            return cache.get(key, compute)
        with self._computed.turns.turn():
            return cache.get(key, compute)

    def _snapshots(self) -> SnapshotOf:
        """Returns what gives the layer's snapshots, in the space of the axes."""
        aligned = self.aligned
        if aligned is None:
            return self.layer.snapshot
        return lambda step: aligned.alignment.carry(self.layer.snapshot(step))

    @cached_property
    def _alignment_key(self) -> tuple[object, ...]:
        """Equal where the same layer is aligned to the same other one."""
        onto = self.projection.aligned_to
        return self._whole(self.layer), self._whole(self.home), onto and onto.match

    @staticmethod
    def _whole(layer: LayerData) -> str:
        return layer.key(layer.facts.drawable)
