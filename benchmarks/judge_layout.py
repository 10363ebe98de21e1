"""Holds the frames of a layout against what is asked of them, claim by claim."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.neighborhoods import churn
from tb_embed_plugin.metrics.step_metrics import K
from tb_embed_plugin.projections.engine import LayoutEngine
from tb_embed_plugin.projections.frame_quality import frame_quality
from tb_embed_plugin.projections.motion import noise_floor
from tb_embed_plugin.projections.neighbors import nearest

Snapshots = Mapping[int, NDArray[np.float32]]


def judge(
    engine: LayoutEngine,
    snapshots: Snapshots,
    frames: Snapshots,
    floor_mean: float = np.inf,
    floor_p95: float = np.inf,
) -> list[bool]:
    """Holds the frames against cold fits, and against themselves on identical data."""
    settings = engine.facts.settings({})
    losses = {}
    for step in sorted(frames):
        cold = engine.frame(snapshots[step], None, settings, 2, lambda share: None)
        alone = frame_quality(snapshots[step], cold)
        found = frame_quality(snapshots[step], frames[step])
        losses[step] = alone.trustworthiness - found.trustworthiness
        print(
            f"  step {step}: trustworthiness {found.trustworthiness:.4f}, alone "
            f"{alone.trustworthiness:.4f}; neighbors kept {found.neighbors_kept:.3f}, alone "
            f"{alone.neighbors_kept:.3f}",
            flush=True,
        )
    last = max(frames)
    floor = noise_floor(
        engine,
        snapshots[last],
        frames[last],
        settings,
        2,
        lambda share: None,
        snapshot_before=lambda: snapshots[min(step for step in frames if step)],
    )
    print(f"  motion on identical data: mean {floor.mean:.4f}, p95 {floor.p95:.4f}")
    title = engine.facts.title
    trained = max(loss for step, loss in losses.items() if step)
    return [
        holds(f"{title}, trustworthiness lost against cold fits", trained, 0.005),
        holds(f"{title}, mean motion on identical data", floor.mean, floor_mean),
        holds(f"{title}, 95th percentile of it", floor.p95, floor_p95),
    ]


def judge_churn(title: str, snapshots: Snapshots, frames: Snapshots, most: float) -> list[bool]:
    """Holds the neighbors exchanged on screen against those exchanged in the layer."""
    trained = [step for step in sorted(frames) if step]
    in_layer, on_screen = (
        [
            float(churn(nearest(of[a], K).indices, nearest(of[b], K).indices).mean())
            for a, b in pairwise(trained)
        ]
        for of in (snapshots, frames)
    )
    for (before, after), layer, screen in zip(
        pairwise(trained), in_layer, on_screen, strict=True
    ):
        print(f"  steps {before} to {after}: churn {screen:.3f}, in the layer {layer:.3f}")
    changed = float(np.mean(in_layer))
    return [
        holds(
            f"{title}, churn (in the layer {changed:.3f})",
            float(np.mean(on_screen)),
            most * changed,
        )
    ]


def holds(claim: str, value: float, most: float) -> bool:
    """Prints a claim as measured, and says whether it holds."""
    ratio = f", {value / most:.2f} of it" if 0 < most < np.inf else ""
    verdict = "holds" if value <= most else "DOES NOT HOLD"
    print(f"{claim}: {value:.4g}, at most {most:.4g}{ratio}: {verdict}", flush=True)
    return value <= most
