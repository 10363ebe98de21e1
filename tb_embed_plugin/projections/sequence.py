"""Frames in time: their order of computation, the neighbor each starts from, their alignment.

A trained network makes a good start for the one before it, the untrained one makes a bad
start for any: laid out forwards from step 0, t-SNE never recovers what it had got wrong there
(docs/choices.md). So the order runs from the trained side and comes to step 0 last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.projections.blocks import SnapshotOf, check_finite
from tb_embed_plugin.projections.engine import Codes, LayoutEngine, Settings
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.snapshot import Snapshot

Order = Literal["backwards", "outwards"]

UNTRAINED = 0
"""The step of the network before its first update."""


def order(steps: Sequence[int], which: Order) -> list[int]:
    """Returns the steps in the order in which their frames are laid out.

    Args:
        steps: Recorded steps, in any order.
        which: `backwards`, from the last step, for a training that has ended; `outwards`, from
            the first trained step, while more are to come. The untrained step is last.
    """
    trained = sorted(
        (step for step in steps if step != UNTRAINED), reverse=which == "backwards"
    )
    return trained + [step for step in steps if step == UNTRAINED]


def lay_out(
    engine: LayoutEngine,
    snapshot_of: SnapshotOf,
    steps: Sequence[int],
    known: Mapping[int, NDArray[np.float32]],
    which: Order,
    settings: Settings,
    components: int,
    report: Callable[[int, float], None],
    codes: Codes | None = None,
    placing_of: Callable[[int], Placing] | None = None,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yields the frames of `steps` that are not known yet, each as soon as it is laid out.

    Each starts from its neighbor in time among those laid out and is then moved, turned and
    scaled onto it, which changes no neighborhood; known frames are never touched.

    Args:
        engine: Lays out.
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        steps: All steps of the projection.
        known: Frames laid out already, float32 (n_samples, components), by step.
        which: See `order`.
        settings: The engine's, complete and checked.
        components: Coordinates of a sample.
        report: Receives the step under way and the finished share of its frame, in [0, 1];
            may raise to cancel.
        codes: Categories of the column that supervises, where the settings name one.
        placing_of: Says of a step how samples are placed among landmarks.

    Yields:
        A step and its frame, float32 (n_samples, components).

    Raises:
        UnsuitableDataError: A snapshot holds NaN or infinity (the message names its step), or
            has another number of samples than the frame that it would start from.
        ArgumentError: What the settings want cannot be had here.
    """
    laid_out = dict(known)
    for step in order(steps, which):
        if step in laid_out:
            continue
        snapshot = snapshot_of(step)
        check_finite(step, snapshot)

        def tell(share: float, step: int = step) -> None:
            report(step, share)

        placing = None if placing_of is None else placing_of(step)
        before = then = None
        if laid_out:
            start = neighbor(step, laid_out)
            before, then = laid_out[start], partial(snapshot_of, start)
            _check_samples(step, snapshot, before)
        frame = engine.frame(
            snapshot,
            before,
            settings,
            components,
            tell,
            codes=codes,
            snapshot_before=then,
            placing=placing,
        )
        if before is not None:
            frame = align_frame(frame, before)
        check_finite(step, frame)
        laid_out[step] = frame
        yield step, frame


def neighbor(step: int, laid_out: Mapping[int, object]) -> int:
    """Returns the step among those laid out that is nearest, the later one of two.

    The untrained step is one's neighbor only where there is no other.
    """
    trained = [other for other in laid_out if other != UNTRAINED]
    return min(trained or laid_out, key=lambda other: (abs(other - step), -other))


def align_frame(frame: NDArray[np.float32], onto: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns a frame moved, turned, mirrored and scaled to lie as near another as it can.

    The similarity Procrustes problem in closed form (Schönemann & Carroll 1970). Where either
    is a single point there is nothing to turn, and the frame is only moved.

    Args:
        frame: float32 (n_samples, components).
        onto: float32 (n_samples, components), the same samples.

    Returns:
        float32 (n_samples, components).
    """
    target = onto.astype(np.float64)
    centre = target.mean(axis=0)
    moved = frame - frame.mean(axis=0, dtype=np.float64)
    u, stretches, v = np.linalg.svd(moved.T @ (target - centre))
    size = float(np.vdot(moved, moved))
    scale = stretches.sum() / size if size > 0 and stretches[0] > 0 else 1.0
    aligned: NDArray[np.float32] = (scale * moved @ (u @ v) + centre).astype(np.float32)
    return aligned


def _check_samples(step: int, snapshot: Snapshot, before: NDArray[np.float32]) -> None:
    if len(snapshot) != len(before):
        raise UnsuitableDataError(
            f"step {step} has {len(snapshot)} samples but the frame that it starts from "
            f"has {len(before)}; compute the layout again"
        )
