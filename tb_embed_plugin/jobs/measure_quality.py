"""Quality of a layout's frames, measured by a worker since it takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.quality_records import KINDS, Kind, QualityRecords
from tb_embed_plugin.projections import frame_quality, motion
from tb_embed_plugin.projections.engine import Codes, LayoutEngine, Report
from tb_embed_plugin.projections.neighbors import DistanceMetric
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.projections.quality_numbers import FrameQuality
from tb_embed_plugin.projections.sequence import UNTRAINED

FrameOf = Callable[[int], NDArray[np.float32] | None]


def measure(
    measures: QualityRecords,
    step: int,
    frame_of: FrameOf,
    labels: Codes | None,
    kinds: Collection[Kind] = KINDS,
) -> None:
    """Measures what is not known of a frame, and of the motion that leads to it.

    Args:
        measures: Where the numbers are kept.
        step: The step.
        frame_of: Gives frames, float32 (n_shown, components), None where there is none.
        labels: A label for each sample that is shown, negative where it has none.
        kinds: What is measured.

    Raises:
        EmbedError: A snapshot cannot be read or ranked.
        OSError: The cache cannot be written.
    """
    layout = measures.layout
    frame, snapshot = frame_of(step), layout.rows(step)
    if frame is None:
        return
    missing = [kind for kind in measures.missing_of(step) if kind in kinds]
    if "frame" in missing:
        found = frame_quality.frame_quality(
            snapshot, frame, None, metric_of(layout), landmarks=layout.landmarks
        )
        keep_frame_quality(measures, step, found)
    if "label" in missing and labels is not None:
        measures.keep_label(
            step, {"label_accuracy": frame_quality.label_accuracy(frame, labels)}
        )
    before = measures.before(step)
    if "motion" not in missing or before is None:
        return
    frame_before = frame_of(before)
    if frame_before is None:
        return
    moved = motion.motion(frame, frame_before)
    fidelity = motion.motion_fidelity(snapshot, layout.rows(before), frame, frame_before)
    measures.keep_motion(step, {**_numbers(moved), "motion_fidelity": fidelity})


def metric_of(layout: LayoutCache) -> DistanceMetric:
    """Returns the distance in the layer that a layout was made by."""
    return cast("DistanceMetric", layout.settings.get("metric", "euclidean"))


def keep_frame_quality(measures: QualityRecords, step: int, found: FrameQuality) -> None:
    """Keeps what a frame keeps.

    Raises:
        OSError: The cache cannot be written.
    """
    placed = found.placed
    measures.keep_frame(
        step,
        {
            "trustworthiness": _known(found.trustworthiness),
            "continuity": _known(found.continuity),
            "neighbors_kept": _known(found.neighbors_kept),
            "placed_trustworthiness": None if placed is None else placed.trustworthiness,
            "placed_neighbors_kept": None if placed is None else placed.neighbors_kept,
        },
        found.reason,
    )


def measure_floor(
    measures: QualityRecords,
    engine: LayoutEngine,
    step: int,
    frame: NDArray[np.float32],
    report: Report,
    placing: Placing,
) -> None:
    """Measures how far an engine moves the samples of a frame where nothing has changed.

    Args:
        measures: Where the numbers are kept.
        engine: The engine that made the frame.
        step: The step.
        frame: Its frame, float32 (n_samples, components).
        report: Receives the finished share; may raise to cancel.
        placing: As the frame's.

    Raises:
        EmbedError: The snapshot cannot be read.
        OSError: The cache cannot be written.
    """
    layout = measures.layout
    # No step changes the layer by more than all of them do.
    first = min((s for s in layout.steps if s not in {UNTRAINED, step}), default=None)
    moved = motion.noise_floor(
        engine,
        layout.rows(step),
        frame,
        layout.settings,
        layout.components,
        report,
        layout.codes(),
        None if first is None else partial(layout.rows, first),
        placing,
    )
    measures.keep_floor(_numbers(moved))


def _numbers(moved: motion.Motion) -> dict[str, float | None]:
    return {"motion": _known(moved.mean), "motion_p95": _known(moved.p95)}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
