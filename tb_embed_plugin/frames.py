"""Composes runs and engines: the frames of a run's layer.

`runs` and `projections` never see each other; here an engine is handed the arrays of a run.
A basis is fitted once however many requests ask for it, and remembered by what it was made
from; a frame is then so cheap that none is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from tb_embed_plugin.errors import BusyError
from tb_embed_plugin.memory import Memory
from tb_embed_plugin.projections import pca
from tb_embed_plugin.runs.run import Run

MAX_BASES = 64
"""Bases remembered; the widest has 330 kB."""

MAX_NUMBERS = 100_000
"""Single numbers remembered."""

MAX_WAITING = 8
"""Requests that may compute or wait for it at a time; the next one is refused."""


@dataclass(frozen=True)
class View:
    """One coordinate system for a layer of a run.

    Attributes:
        run: The run.
        layer: Name of the layer.
        basis_steps: The steps that the basis is made from.
        components: Number of coordinates.
    """

    run: Run
    layer: str
    basis_steps: tuple[int, ...]
    components: int

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for views that share a basis, and only for them."""
        stamps = tuple(self.run.stamp(self.layer, step) for step in self.basis_steps)
        return self.run.path, self.layer, self.basis_steps, stamps


class Frames:
    """Makes frames and says how far they can be believed."""

    def __init__(self) -> None:
        self._bases = Memory[pca.Basis](MAX_BASES)
        self._variances = Memory[float | None](MAX_NUMBERS)
        self._places = threading.BoundedSemaphore(MAX_WAITING)
        self._one_at_a_time = threading.Lock()
        self._blas = ThreadpoolController()

    def basis(self, view: View) -> pca.Basis:
        """Returns the basis of a view.

        Raises:
            EmbedError: A snapshot cannot be read or projected, or too many requests wait.
        """
        with self._working():
            return self._bases.get(
                view.key,
                lambda: pca.fit(
                    (step, view.run.snapshot(view.layer, step)) for step in view.basis_steps
                ),
            )

    def frames(self, view: View, steps: Sequence[int]) -> NDArray[np.float32]:
        """Returns the frames of `steps`, float32 (n_steps, n_samples, components).

        Raises:
            EmbedError: As `basis`.
        """
        basis = self.basis(view)
        with self._working():
            return np.stack([self._frame(basis, view, step) for step in steps])

    def variance_shown(self, view: View, step: int) -> float | None:
        """Returns the share of a snapshot's variance that its frame shows.

        Raises:
            EmbedError: As `basis`.
        """
        basis = self.basis(view)
        with self._working():
            return self._variances.get(
                (step, view.components, *view.key),
                lambda: basis.variance_shown(
                    view.run.snapshot(view.layer, step), view.components
                ),
            )

    @staticmethod
    def _frame(basis: pca.Basis, view: View, step: int) -> NDArray[np.float32]:
        snapshot = view.run.snapshot(view.layer, step)
        frame = basis.project(snapshot, view.components)
        pca.check_finite(step, frame)
        return frame

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Takes one of the places, and keeps BLAS to one thread.

        Its threads wait for one another by spinning. Where the browser wants the cores too,
        as on a laptop, two of them take ten times as long as one alone.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError(
                f"expected at most {MAX_WAITING} projections under way; received one more; "
                "try again in a second"
            )
        try:
            # One at a time: the limit holds for the whole process while it lasts.
            with self._one_at_a_time, self._blas.limit(limits=1, user_api="blas"):
                yield
        finally:
            self._places.release()
