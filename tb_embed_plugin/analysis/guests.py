"""Samples that were not recorded, placed among those that were: guests.

By the layer's activations for them, which whoever has the model computes: it is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.analysis.measured_layer import MeasuredLayer
from tb_embed_plugin.errors import MisuseError, NotRecordedError
from tb_embed_plugin.linear_projection import LayerData, first_projection, fit
from tb_embed_plugin.projections.basis import N_AXES, Basis
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import no_such

NEIGHBORS = 15

ActivationsOf = Callable[[Run, int, Any], Mapping[str, NDArray[np.float32]]]
"""What the model kept with a step yields for new inputs, (n_new, n_units) by layer."""


@dataclass(frozen=True)
class Guests:
    """Where new samples lie at a step.

    Attributes:
        step: The step.
        coordinates: float32 (n_new, components), those of the page's PCA of all steps.
        neighbors: int64 (n_new, k), the recorded samples nearest in the layer's own space,
            exact, the nearest first; k is 15, or all that are shown.
        distances: float64 (n_new, k), to these, in activations.
    """

    step: int
    coordinates: NDArray[np.float32]
    neighbors: NDArray[np.int64]
    distances: NDArray[np.float64]


@dataclass(frozen=True)
class NewSamples:
    """New samples, as they were passed: by their activations, or by their inputs.

    Attributes:
        given: The activations, (n_new, n_units), or None.
        inputs: The inputs, as the model takes them, or None.

    Raises:
        MisuseError: Both are there, or neither is.
    """

    given: ArrayLike | None
    inputs: Any

    def __post_init__(self) -> None:
        """Checks that they are passed in one way."""
        if (self.given is None) == (self.inputs is None):
            received = "neither" if self.inputs is None else "both"
            raise MisuseError(
                f"project_new takes activations or inputs, not {received}; pass one of them"
            )

    def activations(
        self, run: Run, layer: str, step: int, activations_of: ActivationsOf | None
    ) -> ArrayLike:
        """Returns the activations, of inputs by the model that was kept with a step.

        Raises:
            EmbedError: No model was kept, or it cannot be loaded or does not take the inputs.
        """
        if self.given is not None:
            return self.given
        if activations_of is None:
            raise MisuseError(
                "no model computes here; open the run by tb_embed_plugin.open_run"
            )
        found = activations_of(run, step, self.inputs)
        if layer not in found:
            raise NotRecordedError(no_such("layer", layer, found, "the kept model"))
        return found[layer]


class Axes:
    """The axes of the picture that the page shows first, of one layer.

    Args:
        measures: The layer.
    """

    def __init__(self, measures: MeasuredLayer) -> None:
        self._layer = LayerData(measures.run, measures.facts.name)
        projection = first_projection(self._layer.run, self._layer.name)
        self._basis: Basis = fit(projection, self._layer)

    def place(self, activations: ArrayLike, step: int, components: int) -> Guests:
        """Returns where new samples lie; see `OpenLayer.project_new`."""
        facts = self._layer.facts
        rows = _checked(activations, facts.name, facts.units)
        if not 1 <= components <= N_AXES:
            raise MisuseError(
                f"components must be from 1 to {N_AXES}, not {components}; pass 2 or 3 for a "
                "picture"
            )
        snapshot = self._layer.snapshot(step)
        found = self._basis.place(rows.astype(np.float32), snapshot, components)
        near = Space.of(snapshot).nearest_to(rows, NEIGHBORS)
        return Guests(step, found, facts.shown[near.indices], near.distances)


def _checked(activations: ArrayLike, layer: str, units: int) -> NDArray[np.float64]:
    rows = np.asarray(activations)
    if rows.ndim != 2 or rows.shape[1] != units or not len(rows):
        raise MisuseError(
            f"the activations must have the shape (n_new, {units}), as many units as {layer!r} "
            f"has, not {rows.shape}; pass what the layer yields for the new samples"
        )
    if not (np.issubdtype(rows.dtype, np.floating) or np.issubdtype(rows.dtype, np.integer)):
        raise MisuseError(
            f"the activations must be numbers, not of type {rows.dtype}; convert them"
        )
    found = rows.astype(np.float64)
    if not np.isfinite(found).all():
        raise MisuseError(
            "the activations hold NaN or infinity, which has no place; leave those samples out"
        )
    return found
