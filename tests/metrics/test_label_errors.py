"""Which labels are probably wrong: by a reference in plain loops, and of planted errors."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from tb_embed_plugin import open_run, record
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.metrics.label_errors import (
    NEIGHBORS_OFFSET,
    NEIGHBORS_SLOPE,
    OFFSET,
    SLOPE,
    Evidence,
    LabelErrors,
    label_errors,
    labels_are_known,
)
from tests import perceptron
from tests.planted import random_snapshots, write_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


def random_evidence(*, outputs: bool) -> Evidence:
    rng = np.random.default_rng(0)
    n, steps, k, classes = 40, 5, 4, 3
    return Evidence(
        labels=rng.integers(-1, classes, n),
        neighbors=[rng.integers(0, n, (n, k)) for _ in range(steps)],
        neighborhood_label=rng.integers(0, classes, (steps, n)),
        share=rng.random((steps, n)),
        prediction=rng.integers(0, classes, (steps, n)) if outputs else None,
        true_probability=rng.random((steps, n)) if outputs else None,
        margin=rng.normal(0, 8, (steps, n)) if outputs else None,
    )


def reference(seen: Evidence) -> list[float]:
    """The rule of docs/label_errors.md, sample by sample."""
    labels = seen.labels.tolist()
    samples = [i for i, label in enumerate(labels) if label >= 0]

    def vote(i: int, trust: dict[int, float]) -> float:
        shares = []
        for neighbors in seen.neighbors:
            near = [int(j) for j in neighbors[i]]
            weights = [trust.get(j, 0) for j in near]
            own = sum(w for j, w in zip(near, weights, strict=True) if labels[j] == labels[i])
            shares.append((own + 1e-3) / (sum(weights) + 2e-3))
        mean = sum(shares) / len(shares)
        return float(np.log((mean + 0.03) / (1.03 - mean)))

    def curve(x: float) -> float:
        return float(1 / (1 + np.exp(-x)))

    if seen.margin is None:
        early = seen.neighborhood_label[:2]
        first = {i: float(sum(early[:, i] != labels[i]) <= 1) for i in samples}
        trust = {i: curve(vote(i, first)) for i in samples}
        slope, offset = NEIGHBORS_SLOPE, NEIGHBORS_OFFSET
        score = {i: vote(i, trust) for i in samples}
    else:
        bounded = [[min(max(m, -10), 10) for m in step] for step in seen.margin.tolist()]
        margin = {i: sum(step[i] for step in bounded) / len(bounded) for i in samples}
        trust = {i: curve(margin[i]) for i in samples}
        slope, offset = SLOPE, OFFSET
        score = {i: margin[i] / 2 + vote(i, trust) for i in samples}
    return [
        curve(offset - slope * score[i]) if i in score else np.nan for i in range(len(labels))
    ]


@pytest.mark.parametrize("outputs", [True, False])
def test_the_probability_is_that_of_the_rule(*, outputs: bool) -> None:
    seen = random_evidence(outputs=outputs)
    found = label_errors(seen)
    np.testing.assert_allclose(found.probability, reference(seen), rtol=1e-9)
    assert found.expected == pytest.approx(np.nansum(found.probability))
    low, high = found.interval
    assert low < found.expected < high
    assert len(found.samples) == round(found.expected)
    assert (np.diff(found.probability[found.samples]) <= 0).all()
    assert (seen.labels[found.samples] >= 0).all()
    assert (found.suggestion[found.samples] != seen.labels[found.samples]).all()


def test_no_sample_is_listed_whose_label_is_almost_surely_right() -> None:
    probability = np.array([0.01] * 200 + [0.06, np.nan])
    suggestion = np.ones(202, np.int64)
    found = LabelErrors(probability, suggestion, np.nansum(probability), (0, 6))
    assert found.expected > 2
    assert found.samples.tolist() == [200]


def test_the_class_to_change_to_is_the_one_named_most() -> None:
    seen = Evidence(
        labels=np.array([0, 0, 1]),
        neighbors=[np.array([[1], [0], [1]])] * 2,
        neighborhood_label=np.array([[2, 0, 0], [0, 0, 0]]),
        share=np.array([[0.6, 1, 1], [1, 1, 1]]),
        prediction=np.array([[1, 0, 0], [1, 0, 2]]),
        true_probability=np.array([[0.5, 1, 0.4], [0.8, 1, 0.1]]),
        margin=np.zeros((2, 3)),
    )
    # Sample 0: 1 by .5 + .2, 2 by .6; sample 1: nobody; sample 2: 0 by 2 + .6, 2 by .9.
    assert label_errors(seen).suggestion.tolist() == [1, -1, 0]


@pytest.mark.parametrize("learned", ["the right labels", "the wrong ones, by heart"])
def test_planted_errors_come_first_with_their_right_class(
    tmp_path: Path, digits: Digits, learned: str
) -> None:
    """A twentieth of the labels changed, in samples as if held out, and in trained ones."""
    images, labels = digits
    rng = np.random.default_rng(0)
    planted = rng.choice(len(labels), 90, replace=False)
    wrong = labels.copy()
    wrong[planted] = (labels[planted] + rng.integers(1, 10, 90)) % 10
    perceptron.train(
        tmp_path / "run",
        images.reshape(-1, 64),
        wrong,
        perceptron.Adam(3e-3),
        epochs=12 if learned != "the right labels" else 4,
        widths=(128, 64),
        learnt={0: labels} if learned == "the right labels" else None,
    )
    layer = open_run(tmp_path, "run").layer("fc1")
    found = layer.label_errors()

    is_planted = np.isin(np.arange(len(labels)), planted)
    assert average_precision_score(is_planted, found.probability) >= 0.95
    assert (found.suggestion == labels)[planted].mean() >= 0.9
    assert found.interval[0] < 90 < found.interval[1]
    assert found.samples.tolist() == layer.ranking("label_error").samples.tolist()
    rows = list(csv.DictReader(io.StringIO(found.csv())))
    assert [int(row["id"]) for row in rows] == found.samples.tolist()
    assert [row["new"] for row in rows[:20]] == [str(labels[i]) for i in found.samples[:20]]
    assert {row["decided"] for row in rows} == {""}
    first = found.table().splitlines()
    assert len(first) == 12
    assert first[0] == found.sentence()


@pytest.mark.parametrize("outputs", [True, False])
def test_labels_that_nobody_knows_are_not_judged(*, outputs: bool) -> None:
    """Noise: neither neighbors nor predictions agree with the labels beyond chance."""
    seen = random_evidence(outputs=outputs)
    assert not labels_are_known(seen)
    if seen.prediction is not None:
        told = replace(seen, prediction=np.where(np.arange(40) % 3, seen.labels, 0)[None])
        assert labels_are_known(told)
    same = [np.flatnonzero(seen.labels == label) for label in range(3)]
    near = np.array([same[max(label, 0)][:1] for label in seen.labels])
    assert labels_are_known(replace(seen, neighbors=[near]))
    # Of one class alone, no label can be told from another.
    assert not labels_are_known(replace(seen, labels=np.zeros(40, int), prediction=None))


def test_few_samples_over_many_steps_do_not_agree_by_chance() -> None:
    rng = np.random.default_rng(0)
    known = 0
    for _ in range(20):
        labels, steps = rng.integers(0, 2, 60), 128
        near = [rng.integers(0, 60, (60, 5)) for _ in range(steps)]
        most = np.array([labels[some].mean(axis=1) > 0.5 for some in near]).astype(int)
        seen = Evidence(labels, near, most, np.ones(most.shape), None, None, None)
        known += labels_are_known(seen)
    assert known == 0


def test_a_layer_of_noise_is_told_to_know_no_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 300)
    for step in range(3):
        noise = rng.normal(size=(300, 8)).astype(np.float32)
        record(tmp_path / "run", step, {"fc1": noise}, labels=labels)
    layer = open_run(tmp_path, "run").layer("fc1")
    for ask in (layer.label_errors, lambda: layer.ranking("label_error")):
        with pytest.raises(
            UnsuitableDataError, match="hardly more often than by chance; train"
        ):
            ask()
    assert np.isnan(layer.summary()["label_error"]).all()


def test_most_neighbors_know_labels_of_which_a_third_are_wrong(tmp_path: Path) -> None:
    """Though the nearest one is wrong itself so often that it agrees with 55 % of them."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 600)
    wrong = rng.random(600) < 1 / 3
    rows = (rng.normal(size=(600, 8)) + 6 * true[:, None]).astype(np.float32)
    for step in range(2):
        record(tmp_path / "run", step, {"fc1": rows}, labels=np.where(wrong, 1 - true, true))
    found = open_run(tmp_path, "run").layer("fc1").label_errors()
    assert 100 < found.expected < 300
    assert wrong[found.samples[:50]].all()


def test_without_labels_it_is_said_what_is_missing(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"fc1": random_snapshots(0)})
    with pytest.raises(UnsuitableDataError, match="record it with labels="):
        open_run(tmp_path, "run").layer("fc1").label_errors()
