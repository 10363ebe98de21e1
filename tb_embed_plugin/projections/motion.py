"""Motion of samples from frame to frame, and how much of it is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import (
    Codes,
    LayoutEngine,
    Report,
    Settings,
    SnapshotBefore,
)
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.projections.sequence import align_frame
from tb_embed_plugin.snapshot import Snapshot, rows_of_a_block


@dataclass(frozen=True)
class Motion:
    """How far samples move from one frame to another.

    Attributes:
        mean: Mean distance, as a share of the layout's radius (root mean square distance from
            its center).
        p95: The distance that 95 % of the samples stay below, likewise.
    """

    mean: float
    p95: float


def motion(frame: NDArray[np.float32], before: NDArray[np.float32]) -> Motion:
    """Returns how far samples move between two frames of one projection.

    NaN where the one before is a single point: there is nothing to measure by.

    Args:
        frame: float32 (n_samples, components).
        before: float32 (n_samples, components), whose radius is the measure.
    """
    centred = before - before.mean(axis=0, dtype=np.float64)
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    distances = _distances(frame, before)
    if radius == 0:
        return Motion(np.nan, np.nan)
    return Motion(
        float(distances.mean() / radius), float(np.quantile(distances, 0.95) / radius)
    )


def motion_fidelity(
    snapshot: Snapshot,
    snapshot_before: Snapshot,
    frame: NDArray[np.float32],
    frame_before: NDArray[np.float32],
) -> float | None:
    """Returns whether what moves on screen is what moves in the layer.

    Spearman's rank correlation, over the samples, between the distances moved on screen and
    in the layer from one step to another: 1 where they agree, about 0 where motion on screen
    says nothing. None where nothing moves in one of the two.

    Args:
        snapshot: float32 (n_samples, n_units).
        snapshot_before: float32 (n_samples, n_units), of another step.
        frame: float32 (n_samples, components).
        frame_before: float32 (n_samples, components), of that other step.
    """
    on_screen = _distances(frame, frame_before)
    # It takes half a second to import, which few processes need.
    from scipy.stats import spearmanr

    in_layer = _distances(snapshot, snapshot_before)
    if np.ptp(on_screen) == 0 or np.ptp(in_layer) == 0:
        return None
    return float(spearmanr(on_screen, in_layer).statistic)


def noise_floor(
    engine: LayoutEngine,
    snapshot: Snapshot,
    frame: NDArray[np.float32],
    settings: Settings,
    components: int,
    report: Report,
    codes: Codes | None = None,
    snapshot_before: SnapshotBefore | None = None,
    placing: Placing | None = None,
) -> Motion:
    """Returns how far an engine moves samples where nothing has changed.

    Lays the snapshot out once more, from its own frame. Motion in a projection that is no
    larger than this says nothing.

    Args:
        engine: The engine that made the frame.
        snapshot: float32 (n_samples, n_units).
        frame: float32 (n_samples, components), of this snapshot.
        settings: Those that it was made with.
        components: Its number of components.
        report: Receives the finished share, in [0, 1]; may raise to cancel.
        codes: Those that it was made with.
        snapshot_before: Gives that of another step: an engine that moves samples the more
            the more has changed is to move them as for the change from there.
        placing: As that frame's.
    """
    again = engine.frame(
        snapshot,
        frame,
        settings,
        components,
        report,
        codes=codes,
        snapshot_before=snapshot_before,
        placing=placing,
    )
    return motion(align_frame(again, frame), frame)


def _distances(a: Snapshot, b: Snapshot) -> NDArray[np.float64]:
    """Returns the distance of each row from its like, float64 (n_samples,)."""
    away = np.empty(len(a))
    rows = rows_of_a_block(a.shape[1])
    for start in range(0, len(a), rows):
        stop = start + rows
        away[start:stop] = np.linalg.norm(
            a[start:stop].astype(np.float64) - b[start:stop], axis=1
        )
    return away
