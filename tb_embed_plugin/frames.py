"""The frames of linear views, at most one computation at a time.

A basis is fitted once however many requests ask for it, and remembered by what it was made
from; a frame is then so cheap that none is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.compute_queue import ComputeQueue
from tb_embed_plugin.errors import NotRecordedError, UnsuitableDataError
from tb_embed_plugin.lru_cache import LruCache
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.blocks import SnapshotOf, check_finite
from tb_embed_plugin.projections.plane import logits_on_plane
from tb_embed_plugin.views import Carried, Onto, Source, View, carry

MAX_BASES = 64
"""Bases remembered; the widest has 330 kB."""

MAX_CARRIED = 4
"""Maps between layers remembered; the widest has 34 MB."""

MAX_NUMBERS = 100_000
"""Single numbers remembered."""


class Frames:
    """Makes frames and says how far they can be believed.

    Args:
        queue: In which its computations wait for their turn; one of its own if left out.
    """

    def __init__(self, queue: ComputeQueue | None = None) -> None:
        self._bases = LruCache[Basis](MAX_BASES)
        self._carried = LruCache[Carried](MAX_CARRIED)
        self._variances = LruCache[float | None](MAX_NUMBERS)
        self._queue = queue or ComputeQueue()

    def basis(self, view: View) -> Basis:
        """Returns the basis of a view.

        Raises:
            EmbedError: A snapshot cannot be read or projected, or too many requests wait.
        """
        with self._queue.turn():
            return self._bases.get(view.key, view.fit)

    def carried(self, source: Source, onto: Onto) -> Carried:
        """Returns how a layer is carried onto another.

        Raises:
            EmbedError: They share no samples or steps, cannot be aligned, or too many wait.
        """
        with self._queue.turn():
            return self._carried.get(_key(source, onto), lambda: carry(source, onto))

    def frames(self, view: View, steps: Sequence[int]) -> NDArray[np.float32]:
        """Returns the frames of `steps`, float32 (n_steps, n_samples, components).

        Hidden samples lie where another one does.

        Raises:
            EmbedError: As `basis`, and as `carried` where the view carries.
        """
        basis, facts = self.basis(view), view.source.facts
        snapshot_of = self._snapshots(view)
        frames = np.empty((len(steps), facts.samples, view.components), np.float32)
        with self._queue.turn():
            for frame, step in zip(frames, steps, strict=True):
                projected = basis.project(snapshot_of(step), view.components)
                check_finite(step, projected)
                frame[:] = facts.with_hidden(projected)
        return frames

    def logits_on_plane(self, view: View, step: int) -> NDArray[np.float64]:
        """Returns the model's logits on the plane of the first two axes, (n_classes, 3).

        See `plane.logits_on_plane`.

        Raises:
            NotRecordedError: The layer feeds no output layer that was recorded.
            UnsuitableDataError: Points of the picture have no place in the layer's own space.
            EmbedError: As `basis`.
        """
        source = view.source
        if view.onto is not None:
            raise UnsuitableDataError(
                "expected a run in its own axes; received one that is carried into another's; "
                "leave out onto_run"
            )
        outputs = source.run.outputs(source.layer, step)
        if outputs is None or outputs.kernel is None or outputs.bias is None:
            raise NotRecordedError(
                f"expected the output layer that {source.layer!r} feeds; run "
                f"{source.run.name!r} lacks it; record the last hidden layer of a classifier "
                "whose output layer is Dense"
            )
        basis = self.basis(view)
        with self._queue.turn():
            snapshot = source.snapshot(step)
            return logits_on_plane(basis, snapshot, outputs.kernel, outputs.bias)

    def variance_shown(self, view: View, step: int) -> float | None:
        """Returns the share of a snapshot's variance that its frame shows.

        Where the view carries, the share of what was carried.

        Raises:
            EmbedError: As `frames`.
        """
        basis = self.basis(view)
        snapshot_of = self._snapshots(view)
        shown = view.source.key([step]), view.onto and _key(view.source, view.onto)
        with self._queue.turn():
            return self._variances.get(
                (view.key, view.components, shown),
                lambda: basis.variance_shown(snapshot_of(step), view.components),
            )

    def _snapshots(self, view: View) -> SnapshotOf:
        """Returns what gives the snapshots of a view, in the space of its axes."""
        source = view.source
        if view.onto is None:
            return source.snapshot
        alignment = self.carried(source, view.onto).alignment
        return lambda step: alignment.carry(source.snapshot(step))


def _key(source: Source, onto: Onto) -> tuple[str, str, str]:
    """Equal where the same layer is carried onto the same other one."""
    there = onto.source
    return source.key(source.facts.drawable), there.key(there.facts.drawable), onto.rule
