"""Layouts by landmarks: where the others are placed, and what that keeps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections import landmarks, motion
from tb_embed_plugin.projections.engine import LayoutEngine
from tb_embed_plugin.projections.frame_quality import frame_quality, judged
from tb_embed_plugin.projections.landmarks import landmark_count, landmark_rows
from tb_embed_plugin.projections.sequence import lay_out
from tb_embed_plugin.projections.tsne import PLACING_ITERATIONS, TSNE
from tb_embed_plugin.projections.umap import UMAP

Rows = NDArray[np.float32]

LANDMARKS = 400
FEW_LANDMARKS = 100
ENGINES = pytest.mark.parametrize("engine", [TSNE(), UMAP()], ids=["tsne", "umap"])


@pytest.fixture(scope="module")
def digits() -> Rows:
    return np.asarray(load_digits().data, np.float32)


def ignore(share: float) -> None:
    assert 0 <= share <= 1


@pytest.fixture(scope="module")
def first(digits: Rows) -> dict[str, Rows]:
    """First frames by few landmarks, by the name of the engine."""
    return {
        engine.facts.name: frame(engine, digits, FEW_LANDMARKS) for engine in (TSNE(), UMAP())
    }


def frame(
    engine: LayoutEngine,
    rows: Rows,
    count: int,
    before: Rows | None = None,
    components: int = 2,
) -> Rows:
    settings = engine.facts.settings({"landmarks": count})
    return engine.frame(rows, before, settings, components, ignore)


@ENGINES
def test_what_is_placed_keeps_nearly_what_a_layout_of_all_does(
    engine: LayoutEngine, digits: Rows
) -> None:
    full = frame_quality(digits, frame(engine, digits, 0))
    placed = frame_quality(digits, frame(engine, digits, LANDMARKS))
    assert placed.trustworthiness >= full.trustworthiness - 0.02
    assert placed.neighbors_kept >= 0.7 * full.neighbors_kept


@ENGINES
def test_the_same_samples_have_the_same_frame(
    engine: LayoutEngine, digits: Rows, first: dict[str, Rows]
) -> None:
    again = frame(engine, digits, FEW_LANDMARKS)
    np.testing.assert_array_equal(again, first[engine.facts.name])


def test_refinement_is_of_the_landmarks_alone(digits: Rows) -> None:
    settings = TSNE().facts.settings({"landmarks": FEW_LANDMARKS, "refine": 100})
    reports: list[float] = []
    TSNE().frame(digits, None, settings, 2, reports.append)
    placing = [share for share in reports if share > 2 / 3]
    assert len(set(placing)) == PLACING_ITERATIONS


@ENGINES
def test_what_does_not_change_hardly_moves_in_six_steps(
    engine: LayoutEngine, digits: Rows, first: dict[str, Rows]
) -> None:
    before = first[engine.facts.name]
    settings = engine.facts.settings({"landmarks": FEW_LANDMARKS})
    frames = dict(
        lay_out(
            engine,
            lambda step: digits,
            range(1, 7),
            {6: before},
            "backwards",
            settings,
            2,
            lambda step, share: None,
        )
    )
    chosen = landmark_rows(len(digits), FEW_LANDMARKS, 0)
    assert motion.motion(frames[5], before).mean < 0.04
    assert motion.motion(frames[1], before).mean < 0.06
    for some in (chosen, np.setdiff1d(np.arange(len(digits)), chosen)):
        assert frames[1][some].std() == pytest.approx(before[some].std(), rel=0.05)


def test_a_sample_that_joins_another_cluster_is_placed_there() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1_500, 8)).astype(np.float32)
    rows[::2] += 20
    before = frame(TSNE(), rows, 200)
    placed = np.setdiff1d(np.arange(len(rows)), landmark_rows(len(rows), 200, 0))
    joins = int(placed[placed % 2 == 0][0])
    rows[joins] -= 20
    after = frame(TSNE(), rows, 200, before)
    others = np.arange(len(rows)) != joins
    left, joined = (
        np.flatnonzero(others & (np.arange(len(rows)) % 2 == odd)) for odd in (0, 1)
    )
    away = [np.linalg.norm(after[some] - after[joins], axis=1).min() for some in (left, joined)]
    assert away[1] < away[0] / 3


def test_landmarks_of_tsne_stay_where_they_were_laid_out_at_the_size_of_all(
    digits: Rows, first: dict[str, Rows]
) -> None:
    chosen = landmark_rows(len(digits), FEW_LANDMARKS, 0)
    alone = frame(TSNE(), digits[chosen], 0)
    size = np.sqrt(len(digits) / FEW_LANDMARKS)
    np.testing.assert_allclose(first["tsne"][chosen], size * alone, rtol=1e-6)


def test_umap_is_placed_in_three_dimensions(digits: Rows) -> None:
    placed = frame(UMAP(), digits, LANDMARKS, components=3)
    assert placed.shape == (len(digits), 3)
    assert frame_quality(digits, placed).trustworthiness > 0.97


@ENGINES
def test_samples_that_are_all_alike_are_placed(engine: LayoutEngine) -> None:
    placed = frame(engine, np.ones((1_500, 4), np.float32), 120)
    assert np.isfinite(placed).all()


@pytest.mark.parametrize(
    ("samples", "wanted", "count"),
    [
        (200_000, 0, None),
        (200_001, 0, 20_000),
        (500_000, 30_000, 30_000),
        (70_000, 20_000, 20_000),
        (20_000, 20_000, None),
    ],
)
def test_which_layouts_have_how_many(samples: int, wanted: int, count: int | None) -> None:
    assert landmark_count(samples, {"landmarks": wanted}) == count


@pytest.mark.parametrize(("samples", "count"), [(70_000, 20_000), (210_000, 20_000)])
def test_quality_judges_as_many_of_them_as_there_are(samples: int, count: int) -> None:
    chosen = landmark_rows(samples, count, 0)
    share = np.isin(judged(samples), chosen).mean()
    assert share == pytest.approx(count / samples, abs=0.03)


def test_a_thousand_of_very_many_are_judged(
    digits: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_embed_plugin.projections.frame_quality.EXACT_SAMPLES", 300)
    chosen = landmark_rows(len(digits), LANDMARKS, 0)
    picture = digits @ np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)

    assert frame_quality(digits, picture).samples_judged == 300**2 // len(digits)
    assert frame_quality(digits, picture, landmarks=chosen).samples_judged == 1_000


def test_too_few_are_refused() -> None:
    with pytest.raises(ArgumentError, match="landmarks must be 0 or at least 100, not 99"):
        landmark_count(1_000, {"landmarks": 99})


def test_small_classes_have_more_landmarks_than_their_share() -> None:
    labels = np.repeat([0, 1, 2, -1], [20_000, 150, 70, 20])
    labels = np.random.default_rng(0).permutation(labels)
    chosen = landmark_rows(len(labels), 800, 0, labels)
    of_class = np.bincount(labels[chosen] + 1, minlength=4)
    assert len(np.unique(chosen)) == 800
    assert (np.diff(chosen) > 0).all()
    assert of_class[3] == 70
    assert 100 <= of_class[2] < 115
    np.testing.assert_array_equal(chosen, landmark_rows(len(labels), 800, 0, labels))


def test_large_classes_have_their_share() -> None:
    labels = np.random.default_rng(0).choice(3, 30_000, p=[0.5, 0.3, 0.2])
    of_class = np.bincount(labels[landmark_rows(len(labels), 3_000, 0, labels)])
    np.testing.assert_allclose(of_class, [1_500, 900, 600], atol=130)


def test_of_many_classes_no_more_than_half_of_the_landmarks_are_bound() -> None:
    labels = np.arange(10_000) % 100
    labels[5_000:] = 0
    chosen = landmark_rows(len(labels), 1_000, 0, labels)
    of_class = np.bincount(labels[chosen])
    assert len(chosen) == 1_000
    assert of_class[1:].min() >= 5
    assert of_class[0] > 250


def test_without_any_label_landmarks_are_drawn_evenly() -> None:
    none = np.full(5_000, -1)
    np.testing.assert_array_equal(
        landmark_rows(5_000, 400, 0, none), landmark_rows(5_000, 400, 0)
    )


PLACES = np.array([[0.0, 0], [10, 0], [6, 3]])
BESIDE = np.array([[1, 0]] * 3, np.int32)


def starts(before: NDArray[np.float64] | None, places: NDArray[np.float64]) -> list[float]:
    begun = landmarks.starts(places, np.array([0, 1]), BESIDE, 0, before)
    np.testing.assert_array_equal(begun[:2], places[:2])
    return [float(place) for place in begun[2]]


def test_a_sample_starts_at_its_nearest_landmark() -> None:
    places = np.array([[0.0, 0], [10, 0], [0, 0]])
    np.testing.assert_allclose(starts(None, places), [10, 0], atol=3)


def test_a_sample_goes_along_with_the_landmark_that_it_was_beside() -> None:
    moved = np.array([[-5.0, 0], [11, 2], [0, 0]])
    assert starts(PLACES, moved) == [7, 5]
