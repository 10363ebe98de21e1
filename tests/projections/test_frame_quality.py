"""Quality of frames, against scikit-learn, SciPy and known answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from tb_embed_plugin.projections.engine import Codes, Report, Settings, SnapshotBefore
from tb_embed_plugin.projections.frame_quality import (
    frame_quality,
    judged,
)
from tb_embed_plugin.projections.motion import motion, motion_fidelity, noise_floor
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.projections.neighbors import DistanceMetric
from tb_embed_plugin.projections.placing import Placing
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.snapshot import Snapshot

Frame = NDArray[np.float32]


def layer_and_frame(
    seed: int = 0, samples: int = 300, offset: float = 0
) -> tuple[Frame, Frame]:
    """A layer, and a frame that keeps some of its neighbourhoods."""
    rng = np.random.default_rng(seed)
    layer = rng.normal(size=(samples, 12)) * np.geomspace(5, 0.1, 12)
    frame = layer[:, :2] + rng.normal(size=(samples, 2))
    return (layer + offset).astype(np.float32), frame.astype(np.float32)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("neighbors", [1, 5, 15])
def test_trustworthiness_is_scikit_learns(neighbors: int, metric: DistanceMetric) -> None:
    layer, frame = layer_and_frame()
    found = frame_quality(layer, frame, metric=metric, neighbors=neighbors)
    expected = trustworthiness(layer, frame, n_neighbors=neighbors, metric=metric)
    assert found.trustworthiness == pytest.approx(expected, abs=1e-5)


def test_continuity_is_trustworthiness_with_the_spaces_swapped() -> None:
    layer, frame = layer_and_frame()
    expected = trustworthiness(frame, layer, n_neighbors=15)
    assert frame_quality(layer, frame).continuity == pytest.approx(expected, abs=1e-5)


def test_neighbours_kept_and_label_accuracy_are_scikit_learns() -> None:
    layer, frame = layer_and_frame()
    codes = (layer[:, 0] > 0).astype(np.int32) + (layer[:, 1] > 0)
    in_layer, on_screen = (
        NearestNeighbors(n_neighbors=15).fit(space).kneighbors(return_distance=False)
        for space in (layer, frame)
    )
    both = [len(set(a) & set(b)) for a, b in zip(in_layer, on_screen, strict=True)]
    votes = []
    for left_out in range(len(frame)):
        rest = np.arange(len(frame)) != left_out
        model = KNeighborsClassifier(15).fit(frame[rest], codes[rest])
        votes.append(model.predict(frame[[left_out]])[0] == codes[left_out])

    found = frame_quality(layer, frame, codes)

    assert found.neighbors_kept == pytest.approx(np.mean(both) / 15)
    assert found.label_accuracy == pytest.approx(np.mean(votes))


def test_an_isometry_keeps_all_and_chance_keeps_nothing() -> None:
    layer = layer_and_frame(samples=400)[0][:, :2].copy()
    turned = (layer @ [[0, -3], [3, 0]] + 7).astype(np.float32)
    found = frame_quality(layer, turned)
    assert (found.trustworthiness, found.continuity, found.neighbors_kept) == (1, 1, 1)

    chance = np.random.default_rng(5).normal(size=(400, 2)).astype(np.float32)
    found = frame_quality(layer, chance)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert found.neighbors_kept == pytest.approx(15 / 399, abs=0.02)


def test_offsets_and_other_frames_scales_change_nothing() -> None:
    layer, frame = layer_and_frame()
    far = (layer.astype(np.float64) + 50).astype(np.float32)
    near = (far.astype(np.float64) - 50).astype(np.float32)
    found, expected = frame_quality(far, frame), frame_quality(near, 1000 * frame)
    assert found.trustworthiness == pytest.approx(expected.trustworthiness, abs=1e-6)
    assert found.continuity == pytest.approx(expected.continuity, abs=1e-6)
    assert found.neighbors_kept == pytest.approx(expected.neighbors_kept, abs=1e-3)


def test_samples_without_a_label_neither_vote_nor_count() -> None:
    layer, frame = layer_and_frame()
    codes = (frame[:, 0] > 0).astype(np.int32)
    codes[::3] = -1
    known = codes >= 0
    near = NearestNeighbors(n_neighbors=15).fit(frame).kneighbors(return_distance=False)
    votes = [np.bincount(codes[n][codes[n] >= 0], minlength=2).argmax() for n in near[known]]
    expected = np.mean(votes == codes[known])

    assert frame_quality(layer, frame, codes).label_accuracy == pytest.approx(expected)
    assert frame_quality(layer, frame, np.full(300, -1)).label_accuracy is None
    assert frame_quality(layer, frame).label_accuracy is None


def test_beyond_the_limit_a_subset_estimates_the_exact_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer, frame = layer_and_frame(samples=1000)
    codes = (layer[:, 0] > 0).astype(np.int32)
    exact = frame_quality(layer, frame, codes)
    assert (exact.samples_judged, exact.samples) == (1000, 1000)
    monkeypatch.setattr("tb_embed_plugin.projections.frame_quality.EXACT_SAMPLES", 500)

    found = frame_quality(layer, frame, codes, seed=1)

    assert (found.samples_judged, found.samples) == (250, 1000)
    assert found == frame_quality(layer, frame, codes, seed=1)
    assert found != frame_quality(layer, frame, codes, seed=2)
    assert found.trustworthiness == pytest.approx(exact.trustworthiness, abs=0.01)
    assert found.continuity == pytest.approx(exact.continuity, abs=0.01)
    assert found.neighbors_kept == pytest.approx(exact.neighbors_kept, abs=0.03)
    assert found.label_accuracy == pytest.approx(exact.label_accuracy, abs=0.05)


def test_the_work_of_a_subset_is_bounded() -> None:
    for samples in (20_001, 70_000, 1_000_000):
        chosen = judged(samples)
        assert len(np.unique(chosen)) == len(chosen)
        assert len(chosen) > 300
        assert len(chosen) * samples <= 20_000**2


def test_few_samples() -> None:
    layer, frame = layer_and_frame(samples=5)
    found = frame_quality(layer, frame)
    assert (found.neighbors, found.samples_judged, found.samples) == (2, 5, 5)
    expected = trustworthiness(layer, frame, n_neighbors=2)
    assert found.trustworthiness == pytest.approx(expected)
    assert found.continuity == pytest.approx(trustworthiness(frame, layer, n_neighbors=2))
    untold = frame_quality(layer[:4], frame[:4])
    assert untold.reason == "too_few"
    assert np.isnan([untold.trustworthiness, untold.continuity, untold.neighbors_kept]).all()


def test_samples_that_are_alike_have_no_neighbors_to_keep() -> None:
    layer, frame = layer_and_frame()
    for untold in (
        frame_quality(np.ones_like(layer), frame),
        frame_quality(layer, np.ones_like(frame)),
    ):
        assert untold.reason == "alike"
        assert np.isnan([untold.trustworthiness, untold.neighbors_kept]).all()
        assert untold.label_accuracy is None
    assert np.isnan(motion(frame, np.ones_like(frame)).mean)


def test_a_layer_is_not_searched_where_most_neighbors_on_screen_are_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer, frame = layer_and_frame()
    frame[: len(frame) * 3 // 5] = frame[0]
    monkeypatch.setattr(Space, "nearest_of", None)
    assert frame_quality(layer, frame).reason == "alike"


def test_duplicates_are_bounded() -> None:
    layer, frame = layer_and_frame()
    layer[:100], frame[:100] = layer[0], frame[0]
    found = frame_quality(layer, frame)
    assert 0 <= found.trustworthiness <= 1
    assert 0 <= found.continuity <= 1


def test_motion_is_measured_in_radii() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(size=(1000, 2)).astype(np.float32)
    before *= 3 / np.sqrt((before - before.mean(axis=0)).var(axis=0).sum())
    frame = before.copy()
    frame[:100, 0] += 6

    found = motion(frame, before)

    assert found.mean == pytest.approx(0.2, rel=1e-4)
    assert found.p95 == pytest.approx(2, rel=1e-4)
    assert motion(before, before).mean == 0
    point = np.zeros((3, 2), np.float32)
    assert np.isnan(motion(point, point).mean), "no radius to measure by"


def test_motion_fidelity_is_a_rank_correlation() -> None:
    rng = np.random.default_rng(0)
    layer, frame = layer_and_frame()
    sizes = rng.uniform(0.1, 1, size=(300, 1))

    def fidelity(on_screen: NDArray[np.float64]) -> float | None:
        steps = np.repeat(sizes, 12, axis=1)
        return motion_fidelity(
            layer + steps.astype(np.float32), layer, frame + on_screen.astype(np.float32), frame
        )

    assert fidelity(np.repeat(sizes**2, 2, axis=1)) == pytest.approx(1, abs=1e-3)
    assert fidelity(np.repeat(1 - sizes, 2, axis=1)) == pytest.approx(-1, abs=1e-3)
    assert fidelity(rng.normal(size=(300, 2))) == pytest.approx(0, abs=0.15)
    assert fidelity(np.zeros((300, 2))) is None


def test_the_noise_floor_is_the_motion_where_nothing_changed() -> None:
    class Shaking(TSNE):
        """Turns and scales the layout, which is no motion, and shakes it, which is."""

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
            assert before is not None
            angles = np.random.default_rng(0).uniform(0, 2 * np.pi, len(before))
            away = np.column_stack([np.cos(angles), np.sin(angles)])
            shaken = (before + 0.01 * away) @ np.array([[0, -2], [2, 0]]) + 5
            again: Frame = shaken.astype(np.float32)
            return again

    layer, frame = layer_and_frame()
    found = noise_floor(Shaking(), layer, frame, {}, 2, lambda share: None)
    radius = np.sqrt(frame.var(axis=0).sum())
    assert found.mean == pytest.approx(0.01 / radius, rel=0.02)
    assert found.p95 == pytest.approx(0.01 / radius, rel=0.15)
