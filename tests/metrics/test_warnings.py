"""Warnings: quiet on healthy trainings, and each fires on a fault planted in a real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin.analysis import trained_history
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.metrics.separability import Silhouettes
from tb_embed_plugin.metrics.step_data import Labels
from tb_embed_plugin.metrics.step_metrics import compare, observe
from tb_embed_plugin.metrics.step_record import StepRecord
from tb_embed_plugin.metrics.warning_rules import WARNING_RULES, Finding
from tb_embed_plugin.projections.neighbors import nearest
from tests.harness import Recording, read_run
from tests.planted_faults import CONFUSED, plant


def found_in(
    records: list[StepRecord], codes: NDArray[np.integer]
) -> list[tuple[str, Finding]]:
    return [
        (name, finding)
        for name, rule in WARNING_RULES.items()
        for finding in rule.find(records, codes)
    ]


def step_records(
    snapshots: list[NDArray[np.float32]], codes: NDArray[np.int32]
) -> list[StepRecord]:
    labels = Labels(codes, tuple("abcdefghij"[: codes.max() + 1]), are_outputs=False)
    sums = [Silhouettes(codes) for _ in snapshots]
    graphs = [
        nearest(snapshot, 15, sums=own).indices
        for snapshot, own in zip(snapshots, sums, strict=True)
    ]
    records = []
    for i, snapshot in enumerate(snapshots):
        change = compare(snapshots[i - 1], snapshot, graphs[i - 1], graphs[i]) if i else None
        records.append(
            StepRecord(observe(snapshot, graphs[i], sums[i].values, labels, None), change)
        )
    return records


def test_two_merging_clusters_raise_that_warning_alone_at_that_step() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(6, dtype=np.int32), 60)
    noise = rng.normal(size=(360, 20))
    snapshots = []
    for step in range(8):
        centres = 9 * np.eye(6, 20)
        # They touch at step 5 and lie upon one another from step 6 on.
        nearness = [0, 0, 0.1, 0.2, 0.4, 0.9, 1, 1][step]
        meeting = (centres[1] + centres[4]) / 2
        centres[[1, 4]] += nearness * (meeting - centres[[1, 4]])
        snapshots.append((centres[codes] + noise).astype(np.float32))

    ((name, finding),) = found_in(step_records(snapshots, codes), codes)
    assert (name, finding.index, finding.classes) == ("classes_merging", 5, (1, 4))
    assert len(finding.samples) > 30
    assert set(codes[finding.samples]) == {1, 4}


def test_clusters_that_stay_apart_raise_nothing() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(6, dtype=np.int32), 60)
    rows = 9 * np.eye(6, 20)[codes] + rng.normal(size=(360, 20))
    snapshots = [
        (rows * (1 + step / 10) + 0.1 * rng.normal(size=rows.shape)).astype(np.float32)
        for step in range(8)
    ]
    assert found_in(step_records(snapshots, codes), codes) == []


def test_a_layer_that_stands_still_for_a_while_is_told_at_once() -> None:
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(3, dtype=np.int32), 40)
    one, two, three = (9 * np.eye(3, 8)[codes] + rng.normal(size=(120, 8)) for _ in range(3))
    snapshots = [a.astype(np.float32) for a in (one, two, two, two, three, three)]
    findings = dict(found_in(step_records(snapshots, codes), codes))
    assert findings["standing_still"].index == 3
    assert findings["standing_still"].value == 0


def test_a_rank_that_falls_names_the_samples_far_out() -> None:
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(6, dtype=np.int32), 60)
    rows = rng.normal(size=(360, 20))
    flat = rows * np.array([1.0] + [1e-3] * 19)
    records = step_records([rows.astype(np.float32)] * 3 + [flat.astype(np.float32)], codes)
    findings = dict(found_in(records, codes))

    assert findings["rank_collapse"].index == 3
    assert (
        findings["rank_collapse"].samples[0] == np.abs(flat[:, 0] - flat[:, 0].mean()).argmax()
    )


def test_a_healthy_training_raises_nothing(recording: Recording) -> None:
    measures = LayerMetrics(read_run(recording.run_dir), "fc1", MetricsCache())
    assert found_in(trained_history.step_records(measures), measures.labels.codes) == []


Planted = Callable[[str], dict[str, tuple[int, Finding]]]


@pytest.fixture
def planted(tmp_path: Path, digits: tuple[NDArray[np.float32], NDArray[np.int64]]) -> Planted:
    """Trains a network with a fault, and returns the warnings by their names."""

    def planted(rule: str) -> dict[str, tuple[int, Finding]]:
        _, labels = plant(tmp_path / "run", rule, digits)
        measures = LayerMetrics(read_run(tmp_path / "run"), "fc1", MetricsCache())
        warnings = found_in(trained_history.step_records(measures), labels)
        return {name: (measures.trained[f.index], f) for name, f in warnings}

    return planted


def test_a_far_too_high_learning_rate_collapses_the_rank(planted: Planted) -> None:
    assert planted("rank_collapse")["rank_collapse"][0] == 1


def test_a_too_high_learning_rate_drifts(planted: Planted) -> None:
    step, finding = planted("drifting")["drifting"]
    assert step >= 4
    assert finding.value >= finding.threshold
    assert len(finding.samples) == 500


def test_one_epoch_with_a_high_learning_rate_churns(planted: Planted) -> None:
    assert planted("sudden_churn")["sudden_churn"][0] == 6


def test_a_bad_bias_kills_units(planted: Planted) -> None:
    step, finding = planted("units_dying")["units_dying"]
    assert step == 1
    assert finding.units == tuple(range(64))


def test_a_frozen_layer_stands_still(planted: Planted) -> None:
    warnings = planted("standing_still")
    assert list(warnings) == ["standing_still"]
    assert warnings["standing_still"][0] == 3


def test_shuffled_labels_of_one_class_are_not_learnt(
    planted: Planted, digits: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    warnings = planted("class_not_learnt")

    assert list(warnings) == ["class_not_learnt"]
    finding = warnings["class_not_learnt"][1]
    assert finding.classes == (3,)
    assert set(digits[1][finding.samples]) == {3}


def test_two_classes_whose_labels_are_shuffled_merge_in_a_narrow_layer(
    planted: Planted, digits: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    step, finding = planted("classes_merging")["classes_merging"]

    assert step > 3
    assert finding.classes == CONFUSED
    assert set(digits[1][finding.samples]) == set(CONFUSED)
