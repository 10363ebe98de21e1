"""Frames in time: their order, where each starts from, and how they are aligned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import procrustes
from scipy.spatial.distance import pdist

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.projections.engine import (
    Codes,
    Engine,
    Report,
    Settings,
    SnapshotBefore,
)
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.projections.sequence import Order, align_frame, lay_out, neighbor, order
from tb_embed_plugin.snapshot import Snapshot

Frame = NDArray[np.float32]


class Recording:
    """Draws a snapshot's first two units, turned, and keeps what each frame started from."""

    facts = Engine("recording", "Recording", (2,), ())

    def __init__(self) -> None:
        self.starts: list[float | None] = []
        self.befores: list[float | None] = []

    def frame(
        self,
        snapshot: Snapshot,
        before: Frame | None,
        settings: Settings,
        components: int,
        report: Report,
        codes: Codes | None = None,
        snapshot_before: SnapshotBefore | None = None,
        placing: Placing | None = None,
    ) -> Frame:
        self.starts.append(None if before is None else float(before[0, 0]))
        self.befores.append(None if snapshot_before is None else float(snapshot_before()[0, 0]))
        report(0.5 if before is None else 1.0)
        if before is None:
            return np.asarray(snapshot)[:, :2].copy()
        turned: Frame = 7 - 3 * np.asarray(snapshot)[:, :2] @ np.array(
            [[0, 1], [1, 0]], np.float32
        )
        return turned


def snapshot_of(step: int) -> Frame:
    """One whose first sample says which step it is, to about a hundredth."""
    values = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    values[0, 0] = step
    return values


def run(
    steps: Sequence[int], known: Mapping[int, Frame], which: Order
) -> tuple[list[int], list[float | None], list[tuple[int, float]]]:
    engine = Recording()
    told: list[tuple[int, float]] = []
    found = lay_out(
        engine, snapshot_of, steps, known, which, {}, 2, lambda *report: told.append(report)
    )
    return [step for step, _ in found], engine.starts, told


def test_order() -> None:
    assert order([0, 1, 2, 5], "backwards") == [5, 2, 1, 0]
    assert order([5, 0, 2, 1], "outwards") == [1, 2, 5, 0]
    assert order([3, 4], "backwards") == [4, 3]
    assert order([0], "outwards") == [0]
    assert order([], "backwards") == []


def test_frames_start_from_their_neighbour_in_time() -> None:
    done, starts, told = run([0, 1, 2, 5], {}, "backwards")
    assert done == [5, 2, 1, 0]
    assert starts[0] is None
    assert told == [(5, 0.5), (2, 1.0), (1, 1.0), (0, 1.0)]


def test_neighbours_are_trained_ones_and_of_two_the_later() -> None:
    assert neighbor(4, {3: None, 5: None}) == 5
    assert neighbor(1, {0: None, 9: None}) == 9
    assert neighbor(0, {3: None, 1: None}) == 1
    assert neighbor(2, {0: None}) == 0


def test_known_frames_are_neither_made_again_nor_changed() -> None:
    known = {step: snapshot_of(step)[:, :2].copy() for step in (0, 1, 2)}
    copies = {step: frame.copy() for step, frame in known.items()}

    done, starts, _ = run([0, 1, 2, 3], known, "outwards")

    assert done == [3]
    assert starts == [2.0]  # step 2's frame
    assert list(known) == [0, 1, 2]
    for step, frame in known.items():
        np.testing.assert_array_equal(frame, copies[step])


def test_a_new_first_trained_step_does_not_start_from_the_untrained_one() -> None:
    known = {step: snapshot_of(step)[:, :2].copy() for step in (0, 7)}
    assert run([0, 1, 7], known, "outwards")[1] == [7.0]


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    engine = Recording()
    frames = lay_out(
        engine, snapshot_of, [1, 2], {}, "backwards", {}, 2, lambda step, share: None
    )
    assert engine.starts == []
    assert next(frames)[0] == 2
    assert len(engine.starts) == 1


def test_engines_can_read_the_snapshot_that_a_frame_starts_from() -> None:
    engine = Recording()
    known = {2: snapshot_of(2)[:, :2].copy()}

    def ignore(step: int, share: float) -> None:
        """Is told how far it is."""

    assert (
        len(list(lay_out(engine, snapshot_of, [0, 1, 2, 7], known, "backwards", {}, 2, ignore)))
        == 3
    )
    assert engine.befores == [2.0, 2.0, 1.0]
    assert not [*lay_out(engine, snapshot_of, [2], known, "backwards", {}, 2, ignore)]


def test_frames_are_aligned_with_the_one_they_start_from() -> None:
    engine = Recording()
    frames = dict(
        lay_out(
            engine,
            lambda step: snapshot_of(1),
            [1, 2, 3],
            {},
            "backwards",
            {},
            2,
            lambda *_: None,
        )
    )
    for step in (1, 2):
        np.testing.assert_allclose(frames[step], frames[3], atol=1e-5)


def test_another_number_of_samples_is_refused() -> None:
    known = {2: np.zeros((49, 2), np.float32)}
    with pytest.raises(UnsuitableDataError, match=r"step 1 has 50 samples but .* has 49"):
        run([1, 2], known, "backwards")


@given(
    seed=st.integers(0, 2**32),
    components=st.sampled_from([2, 3]),
    scale=st.floats(0.01, 100),
    mirrored=st.booleans(),
)
@settings(max_examples=40)
def test_alignment_undoes_any_similarity(
    seed: int, components: int, scale: float, *, mirrored: bool
) -> None:
    rng = np.random.default_rng(seed)
    onto = rng.normal(size=(40, components)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(components, components)))[0]
    if mirrored:
        turn[0] *= -1
    frame = (scale * onto @ turn + rng.normal(size=components) * scale).astype(np.float32)
    np.testing.assert_allclose(align_frame(frame, onto), onto, atol=1e-4)


def test_alignment_is_the_best_there_is() -> None:
    rng = np.random.default_rng(0)
    onto, frame = rng.normal(size=(2, 60, 2)).astype(np.float32)
    aligned = align_frame(frame, onto)
    left = ((aligned - onto) ** 2).sum() / ((onto - onto.mean(axis=0)) ** 2).sum()
    assert left == pytest.approx(procrustes(onto, frame)[2], rel=1e-5)
    ratios = pdist(aligned) / pdist(frame)
    assert np.ptp(ratios) < 1e-4  # shapes are kept


def test_alignment_with_a_single_point_only_moves() -> None:
    frame = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    point = np.full((10, 2), 3, np.float32)
    np.testing.assert_allclose(pdist(align_frame(frame, point)), pdist(frame), rtol=1e-5)
    np.testing.assert_allclose(
        align_frame(point, frame), np.tile(frame.mean(axis=0), (10, 1)), atol=1e-6
    )
