"""A layer's trained steps in the form in which warnings and rankings look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics.history import History
from tb_embed_plugin.metrics.step_metrics import Change
from tb_embed_plugin.metrics.step_record import StepRecord


def step_records(measures: LayerMetrics) -> list[StepRecord]:
    """Returns the trained steps, as the rules for warnings take them.

    Raises:
        EmbedError: A snapshot cannot be read or is not finite.
    """
    trained = measures.trained
    return [
        StepRecord(
            measures.step_metrics(step), None if i == 0 else measures.change(before, step)
        )
        for i, (before, step) in enumerate(zip([0, *trained], trained, strict=False))
    ]


def history_of(measures: LayerMetrics) -> History:
    """Returns what was observed of each measured sample, as the rankings take it.

    Raises:
        UnsuitableDataError: No step follows a training.
        EmbedError: As `step_records`.
    """
    records = step_records(measures)
    if not records:
        raise UnsuitableDataError(
            f"run {measures.run.name!r} has no snapshot of {measures.facts.name!r} after "
            "the training began; wait for one"
        )
    seen = [record.metrics for record in records]
    still = np.zeros(len(measures.samples), np.float32)
    changes = [record.change or Change(still.astype(np.float64), still) for record in records]
    predicted = _matrix([s.samples for s in seen], "prediction")
    return History(
        labels=measures.labels.codes[measures.samples],
        prediction=None if predicted is None else predicted.astype(np.int32),
        margin=_matrix([s.samples for s in seen], "margin"),
        true_probability=_matrix([s.samples for s in seen], "true_probability"),
        neighborhood_label=np.stack(
            [s.samples["neighborhood_label"].astype(np.int32) for s in seen]
        ),
        share=np.stack([s.agreement for s in seen]),
        neighbors=[s.neighbors for s in seen],
        nearest=np.stack([s.samples["nearest"] for s in seen]),
        isolation=np.stack([s.samples["isolation"] for s in seen]),
        displacement=np.stack([change.displacement for change in changes]),
        net=measures.change(measures.trained[0], measures.trained[-1]).displacement,
        churn=np.stack([change.churn for change in changes]),
    )


def _matrix(
    samples: Sequence[Mapping[str, NDArray[np.float32]]], name: str
) -> NDArray[np.float32] | None:
    """Returns a sample metric of all steps, None where a step lacks it."""
    if not all(name in entry for entry in samples):
        return None
    return np.stack([entry[name] for entry in samples])
