"""The contract that all layout engines keep, and what they must show of planted changes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

from tb_embed_plugin.errors import ArgumentError, UnsuitableDataError
from tb_embed_plugin.projections import frame_quality, motion, umap
from tb_embed_plugin.projections.engine import LayoutEngine, Settings
from tb_embed_plugin.projections.sequence import lay_out
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.projections.umap import UMAP

Snapshot = NDArray[np.float32]
WITH_NUMBA = {"pynndescent", "umap"}
"""What of umap-learn is compiled as it is imported."""


@dataclass(frozen=True)
class Case:
    """An engine, with settings that suit a hundred samples, and how still it must hold.

    So few samples are shaken more than the ten thousand of benchmarks/projections.py are.
    """

    engine: LayoutEngine
    floor: float

    @property
    def settings(self) -> Settings:
        small = {"tsne": {"perplexity": 10}, "umap": {"neighbors": 10}}
        return self.engine.facts.settings(small[self.engine.facts.name])


COMPILES = pytest.mark.soak("umap-learn compiles itself for a minute")


@pytest.fixture(params=["tsne", "umap", pytest.param("umap by umap-learn", marks=COMPILES)])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    if request.param == "tsne":
        # Few samples are less settled than many: 0.003 to 0.013 from one seed to another.
        return Case(TSNE(), floor=0.02)
    if request.param == "umap by umap-learn":
        without_scranpy(monkeypatch)
        return Case(UMAP(), floor=0.08)
    return Case(UMAP(), floor=0.05)


def without_scranpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        umap,
        "find_spec",
        lambda name: None if name == "scranpy" else importlib.util.find_spec(name),
    )


def without_umap_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        umap,
        "find_spec",
        lambda name: None if name == "umap" else importlib.util.find_spec(name),
    )


def first(case: Case, snapshot: Snapshot, components: int = 2) -> Snapshot:
    return case.engine.frame(snapshot, None, case.settings, components, ignore)


def ignore(share: float) -> None:
    assert 0 <= share <= 1


def ignore_step(step: int, share: float) -> None:
    assert 0 <= share <= 1


def clouds(
    seed: int = 0, samples: int = 120, classes: int = 4, units: int = 20
) -> tuple[Snapshot, NDArray[np.int32]]:
    """Gaussian clusters well apart, and which each sample is of."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, units)) * 4
    codes = np.arange(samples, dtype=np.int32) % classes
    values = centres[codes] + rng.normal(size=(samples, units))
    return values.astype(np.float32), codes


def rotation(units: int, seed: int) -> Snapshot:
    matrix = np.linalg.qr(np.random.default_rng(seed).normal(size=(units, units)))[0]
    return matrix.astype(np.float32)


def frames_of(case: Case, snapshots: list[Snapshot]) -> dict[int, Snapshot]:
    steps = range(len(snapshots))
    found = lay_out(
        case.engine,
        snapshots.__getitem__,
        steps,
        {},
        "backwards",
        case.settings,
        2,
        ignore_step,
    )
    return dict(found)


def test_frames_have_the_stated_shape_and_keep_clusters(case: Case) -> None:
    snapshot, codes = clouds()
    for components in case.engine.facts.components:
        frame = first(case, snapshot, components)
        assert frame.shape == (len(snapshot), components)
        assert frame.dtype == np.float32
        assert np.isfinite(frame).all()
        assert frame.flags["C_CONTIGUOUS"]
        kept = frame_quality.frame_quality(snapshot, frame, codes)
        assert kept.label_accuracy == 1
        assert kept.trustworthiness > 0.85


def test_a_frame_that_follows_has_the_stated_shape(case: Case) -> None:
    snapshot, _ = clouds()
    for components in case.engine.facts.components:
        before = np.random.default_rng(0).normal(size=(len(snapshot), components))
        start = before.astype(np.float32)
        frame = case.engine.frame(snapshot, start, case.settings, components, ignore)
        assert frame.shape == (len(snapshot), components)
        assert frame.dtype == np.float32
        assert np.isfinite(frame).all()
        np.testing.assert_array_equal(start, before.astype(np.float32))  # not written to


def test_the_same_seed_gives_the_same_frame_and_another_one_another(case: Case) -> None:
    snapshot, _ = clouds()
    frame = first(case, snapshot)
    np.testing.assert_array_equal(frame, first(case, snapshot))
    other = case.engine.frame(snapshot, None, {**case.settings, "seed": 1}, 2, ignore)
    assert not np.array_equal(frame, other)


@pytest.mark.parametrize("samples", [5, 7, 11])
def test_fewer_samples_than_neighbours_wanted(case: Case, samples: int) -> None:
    snapshot, _ = clouds(samples=samples)
    frame = first(case, snapshot)
    assert np.isfinite(frame).all()
    again = case.engine.frame(snapshot, frame, case.settings, 2, ignore)
    assert np.isfinite(again).all()
    assert pdist(frame).min() > 0


def test_too_few_samples_are_refused(case: Case) -> None:
    snapshot, _ = clouds(samples=4)
    with pytest.raises(
        UnsuitableDataError, match=r"needs at least 5 samples but there are 4; use PCA"
    ):
        first(case, snapshot)
    with pytest.raises(UnsuitableDataError, match="there are 4"):
        case.engine.frame(snapshot, snapshot[:, :2], case.settings, 2, ignore)


def test_duplicates_constant_units_and_offsets(case: Case) -> None:
    snapshot, codes = clouds()
    snapshot[:30] = snapshot[0]  # more of one kind than neighbours
    codes[:30] = codes[0]
    snapshot[:, 3] = 0
    snapshot[:, 5] = 1000
    frame = first(case, snapshot)
    assert np.isfinite(frame).all()
    accuracy = frame_quality.frame_quality(snapshot, frame, codes).label_accuracy
    assert accuracy is not None
    assert accuracy > 0.95


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("value", [0, 7])
def test_samples_all_alike(case: Case, value: float, metric: str) -> None:
    snapshot = np.full((30, 6), value, np.float32)
    frame = case.engine.frame(snapshot, None, {**case.settings, "metric": metric}, 2, ignore)
    assert np.isfinite(frame).all()


def test_the_metric_counts(case: Case) -> None:
    # Two directions, each at all lengths: the angle alone tells them apart.
    rng = np.random.default_rng(0)
    codes = np.arange(120, dtype=np.int32) % 2
    lengths = rng.uniform(0.05, 50, size=(120, 1))
    directions = np.eye(10)[codes] + 0.2 * rng.normal(size=(120, 10))
    snapshot = (lengths * directions).astype(np.float32)
    settings = {**case.settings, "metric": "cosine"}
    frame = case.engine.frame(snapshot, None, settings, 2, ignore)
    by_angle = frame_quality.frame_quality(snapshot, frame, codes, "cosine")
    by_distance = frame_quality.frame_quality(snapshot, first(case, snapshot), codes, "cosine")
    assert by_angle.label_accuracy == 1
    assert by_angle.neighbors_kept > by_distance.neighbors_kept


def test_nan_is_refused_with_its_step(case: Case) -> None:
    snapshots = [clouds()[0] for _ in range(3)]
    snapshots[1][4, 2] = np.nan
    with pytest.raises(UnsuitableDataError, match="step 1 holds NaN"):
        frames_of(case, snapshots)


def test_raising_in_report_ends_the_work(case: Case) -> None:
    snapshot, _ = clouds()
    told: list[float] = []

    def cancel(share: float) -> None:
        told.append(share)
        if share > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        case.engine.frame(snapshot, None, case.settings, 2, cancel)
    assert told[-1] < 1


def test_reports_rise_to_the_end(case: Case) -> None:
    told: list[float] = []
    case.engine.frame(clouds()[0], None, case.settings, 2, told.append)
    assert told == sorted(told)
    assert told[0] < 0.01
    assert told[-1] == 1


def test_copies_of_one_frame_stand_still(case: Case) -> None:
    snapshot, _ = clouds(samples=300)
    frames = frames_of(case, [snapshot] * 4)
    # After one more frame what the first had not yet settled has settled.
    for step in (0, 1):
        moved = motion.motion(frames[step], frames[step + 1])
        assert moved.mean < case.floor
        assert moved.p95 < 3 * case.floor


def test_umap_moves_samples_the_more_the_more_neighbours_have_changed() -> None:
    case = Case(UMAP(), floor=0.05)
    snapshot, _ = clouds(samples=300)
    frame = first(case, snapshot)
    noise = np.random.default_rng(0).normal(size=snapshot.shape).astype(np.float32)

    def moved(before: Snapshot | None) -> float:
        known = None if before is None else lambda: before
        again = case.engine.frame(snapshot, frame, case.settings, 2, ignore, None, known)
        return motion.motion(again, frame).mean

    few, many, unknown = moved(snapshot + 0.02 * noise), moved(noise), moved(None)
    assert moved(snapshot) == 0
    assert 0 < few < min(many, unknown) / 2
    assert unknown < case.floor


def test_rotated_frames_stand_still_and_keep_their_neighbours(case: Case) -> None:
    snapshot, codes = clouds(samples=300)
    turned = [snapshot @ rotation(20, seed) for seed in range(3)]
    frames = frames_of(case, turned)
    for step, frame in frames.items():
        kept = frame_quality.frame_quality(turned[step], frame, codes)
        assert kept.label_accuracy == 1
    assert motion.motion(frames[0], frames[1]).p95 < 3 * case.floor


def test_two_clusters_that_merge_are_seen_to_merge_and_when(case: Case) -> None:
    """Ten clusters; the two first become one at step 5 and stay so."""
    rng = np.random.default_rng(3)
    centres = 6 * rng.normal(size=(10, 20))
    codes = np.arange(300) % 10
    own = rng.normal(size=(300, 20))

    def snapshot_at(step: int) -> Snapshot:
        at = centres.copy()
        if step >= 5:
            at[0] = at[1] = (centres[0] + centres[1]) / 2
        shaken = 0.1 * np.random.default_rng(step).normal(size=own.shape)
        return (at[codes] + own + shaken).astype(np.float32)

    snapshots = [snapshot_at(step) for step in range(8)]
    frames = frames_of(case, snapshots)
    for step, frame in frames.items():
        merged = merged_pairs(frame, codes)
        assert merged == ({(0, 1)} if step >= 5 else set()), step


def merged_pairs(frame: Snapshot, codes: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Returns pairs of classes, a tenth or more of each nearest to a sample of the other."""
    away = cdist(frame, frame)
    np.fill_diagonal(away, np.inf)
    nearest = codes[away.argmin(axis=1)]
    pairs = [(a, b) for a in range(10) for b in range(a)]
    return {
        (b, a)
        for a, b in pairs
        if (nearest[codes == a] == b).mean() > 0.1 and (nearest[codes == b] == a).mean() > 0.1
    }


def test_refining_and_exaggerating_tsne_change_the_layout() -> None:
    snapshot, _ = clouds()
    engine = TSNE()
    plain = engine.facts.settings({"perplexity": 10})
    frame = engine.frame(snapshot, None, plain, 2, ignore)
    refined = engine.frame(snapshot, None, {**plain, "refine": 100}, 2, ignore)
    tight = engine.frame(snapshot, None, {**plain, "exaggeration": 4.0}, 2, ignore)
    assert not np.array_equal(frame, refined)
    assert np.ptp(tight) < np.ptp(frame)


def test_min_dist_keeps_neighbours_apart() -> None:
    snapshot, _ = clouds()
    assert nearest_distance(snapshot, 0.9) > 2 * nearest_distance(snapshot, 0)


@COMPILES
def test_min_dist_keeps_neighbours_apart_by_umap_learn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_scranpy(monkeypatch)
    test_min_dist_keeps_neighbours_apart()


def nearest_distance(snapshot: Snapshot, min_dist: float) -> float:
    engine = UMAP()
    settings = engine.facts.settings({"min_dist": min_dist})
    frame = engine.frame(snapshot, None, settings, 2, ignore)
    away = cdist(frame, frame)
    np.fill_diagonal(away, np.inf)
    return float(np.median(away.min(axis=1)))


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """umap-learn as plain Python in place of scranpy, slow but there at once."""
    import numba

    def forget() -> None:
        for name in [name for name in sys.modules if name.split(".")[0] in WITH_NUMBA]:
            del sys.modules[name]

    without_scranpy(monkeypatch)
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    monkeypatch.setattr(umap, "MOST_EPOCHS", 60)
    monkeypatch.setattr(umap, "LEAST_EPOCHS", 60)
    # For a class that nothing here uses it imports TensorFlow, as the worker knows.
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    forget()
    yield
    forget()


@pytest.mark.usefixtures("uncompiled")
def test_umap_learn_lays_out_and_pulls_a_target_apart() -> None:
    snapshot, codes = clouds(samples=24, classes=2)
    engine = UMAP()
    settings = engine.facts.settings({"neighbors": 6})
    told: list[float] = []
    frame = engine.frame(snapshot, None, settings, 2, told.append)

    assert frame.shape == (24, 2)
    assert frame.dtype == np.float32
    assert frame_quality.frame_quality(snapshot, frame, codes).label_accuracy == 1
    assert (told == sorted(told), told[-1]) == (True, 1)
    np.testing.assert_array_equal(frame, engine.frame(snapshot, None, settings, 2, ignore))
    before = frame.copy()
    again = engine.frame(snapshot, frame, settings, 2, ignore)
    np.testing.assert_array_equal(frame, before)  # not written to
    assert motion.motion(frame, again).mean < 0.2

    cloud, _ = clouds(samples=24, classes=1)
    blind = engine.frame(cloud, None, settings, 2, ignore)
    pulled = engine.frame(cloud, None, {**settings, "target": "label"}, 2, ignore, codes)
    assert alike(blind, codes) < 0.7
    assert alike(pulled, codes) > 0.9


def alike(frame: Snapshot, codes: NDArray[np.int32]) -> float:
    """Returns the share of samples whose nearest one is of the same category."""
    away = cdist(frame, frame)
    np.fill_diagonal(away, np.inf)
    return float((codes[away.argmin(axis=1)] == codes).mean())


@COMPILES
def test_a_target_pulls_its_categories_apart() -> None:
    snapshot, _ = clouds(classes=1)
    codes = np.arange(len(snapshot), dtype=np.int32) % 2
    codes[::10] = -1
    engine = UMAP()
    blind = engine.frame(snapshot, None, engine.facts.settings({}), 2, ignore)
    settings = engine.facts.settings({"target": "label"})
    told = engine.frame(snapshot, None, settings, 2, ignore, codes)
    told = engine.frame(snapshot, told, settings, 2, ignore, codes)
    accuracies = [
        frame_quality.frame_quality(snapshot, f, codes).label_accuracy for f in (blind, told)
    ]
    assert accuracies[0] is not None
    assert accuracies[1] is not None
    assert accuracies[0] < 0.75
    assert accuracies[1] > 0.9


def test_a_target_that_cannot_be_had_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, codes = clouds()
    engine = UMAP()
    settings = engine.facts.settings({"target": "label"})
    with pytest.raises(ArgumentError, match="'label' has no categories; choose another"):
        engine.frame(snapshot, None, settings, 2, ignore)
    without_umap_learn(monkeypatch)
    with pytest.raises(ArgumentError, match=r"'label'; leave it out, or install umap-learn"):
        engine.frame(snapshot, None, settings, 2, ignore, codes)


@COMPILES
def test_both_umap_libraries_lay_out_equally_well(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, codes = clouds(samples=300)
    engine = UMAP()

    def judge() -> tuple[float, float]:
        frame = engine.frame(snapshot, None, engine.facts.settings({}), 2, ignore)
        found = frame_quality.frame_quality(snapshot, frame, codes)
        radius = float(np.sqrt(frame.var(axis=0).sum()))
        return found.trustworthiness, radius

    by_umappp = judge()
    without_scranpy(monkeypatch)
    by_umap_learn = judge()
    assert by_umap_learn[0] == pytest.approx(by_umappp[0], abs=0.02)
    assert by_umap_learn[1] == pytest.approx(by_umappp[1], rel=0.5)


def test_reports_come_often_enough_to_cancel_a_long_frame() -> None:
    told: list[float] = []

    def count(*, samples: int) -> int:
        told.clear()
        snapshot, _ = clouds(samples=samples)
        settings = TSNE().facts.settings({"perplexity": 5})
        start = np.random.default_rng(0).normal(size=(samples, 2)).astype(np.float32)
        TSNE().frame(snapshot, start, settings, 2, told.append)
        return len(told)

    # 50 iterations, in tens at most.
    assert count(samples=100) >= 5


@pytest.mark.parametrize(("engine", "name"), [(TSNE(), "tsne"), (UMAP(), "umap")])
def test_facts(engine: LayoutEngine, name: str) -> None:
    facts = engine.facts
    assert facts.name == name
    assert facts.version >= 1
    for parameter in facts.parameters:
        assert parameter.read(parameter.default) == parameter.default
        assert parameter.meaning.endswith(".")
