"""One sample over the steps: the model's outputs for it, and its neighbors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tb_embed_plugin.analysis.findings import outputs_of
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics.step_data import Outputs
from tb_embed_plugin.metrics.step_metrics import outputs_of_samples
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbors import DistanceMetric, Neighbors
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.snapshot import is_finite


def said_of(measures: LayerMetrics, sample: int, step: int) -> dict[str, float]:
    """Returns what the model's outputs at a step say of a sample.

    Args:
        measures: The layer's.
        sample: One of the layer's, measured or not.
        step: A recorded step.

    Returns:
        By those names of `sample_catalog.SAMPLE_METRICS` that are of outputs; NaN where
        undefined.

    Raises:
        NotRecordedError: The outputs were not recorded, or nobody knows which label is which
            of their classes.
        EmbedError: They cannot be read.
    """
    recorded = outputs_of(measures, step)
    row = np.array([sample])
    outputs = Outputs(recorded.values[row], recorded.kind)
    said = outputs_of_samples(outputs, measures.labels.of(row))
    return {name: float(value) for name, (value,) in said.items()}


def neighbors_at(
    run: Run, layer: str, sample: int, step: int, k: int, metric: DistanceMetric
) -> Neighbors:
    """Returns the nearest neighbors of a sample at a step, exactly.

    Args:
        run: The run.
        layer: Name of the layer.
        sample: One of the layer's.
        step: A recorded step.
        k: Neighbors wanted; where there are fewer other samples, all those.
        metric: What makes two samples neighbors.

    Returns:
        One row, among all samples of the layer.

    Raises:
        UnsuitableDataError: The snapshot is not finite.
        EmbedError: It cannot be read.
    """
    snapshot = run.snapshot(layer, step)
    facts = run.layer(layer)
    if sample in facts.hidden:
        raise UnsuitableDataError(
            f"sample {sample} is hidden, since it holds NaN or infinity at some step; "
            "choose another sample"
        )
    shown = facts.shown_rows(snapshot)
    if not is_finite(shown):
        raise UnsuitableDataError(
            f"{run.step_words(step)} holds NaN or infinity; choose another"
        )
    place = np.searchsorted(facts.shown, [sample])
    found = Space.of(shown, metric).nearest_of(place, k)
    return replace(found, indices=facts.shown[found.indices].astype(np.int32))
