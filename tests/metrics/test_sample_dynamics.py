"""What happened to each sample over the run, counted by hand, and the rankings of it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from tb_embed_plugin.metrics import dynamics
from tb_embed_plugin.metrics.history import History
from tb_embed_plugin.metrics.predictions import judge
from tb_embed_plugin.metrics.rankings import RULES, summary

MATRICES = arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 5)))
OUTPUTS = arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(2, 4)),
    elements=st.floats(-50, 50, width=32),
)


@given(MATRICES)
def test_learning_and_forgetting_counted_by_hand(correct: NDArray[np.bool_]) -> None:
    for sample, steps in enumerate(correct.T.tolist()):
        first = steps.index(True) if True in steps else dynamics.NEVER
        lost = [i for i in range(1, len(steps)) if steps[i - 1] and not steps[i]]

        assert dynamics.first_learnt(correct)[sample] == first
        assert np.flatnonzero(dynamics.forgetting(correct)[:, sample]).tolist() == lost
        assert dynamics.never_learnt(correct)[sample] == (True not in steps)
        assert dynamics.lost(correct)[sample] == (True in steps and not steps[-1])


@given(
    arrays(
        np.int32, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.integers(0, 2)
    )
)
def test_flips_counted_by_hand(classes: NDArray[np.int32]) -> None:
    for sample, steps in enumerate(classes.T.tolist()):
        expected = [i for i in range(1, len(steps)) if steps[i] != steps[i - 1]]
        assert np.flatnonzero(dynamics.flips(classes)[:, sample]).tolist() == expected


@given(OUTPUTS, st.integers(0, 2**32))
def test_margin_and_probability_equal_softmax(logits: NDArray[np.float32], seed: int) -> None:
    n, classes = logits.shape
    labels = np.array(np.random.default_rng(seed).integers(-1, classes, n))
    found = judge(logits, "logits", labels)
    logs = log_softmax(logits.astype(np.float64), axis=1)
    for i, label in enumerate(labels):
        if label < 0:
            assert np.isnan(found.margin[i])
            assert np.isnan(found.true_probability[i])
            continue
        others = np.delete(logs[i], label)
        assert found.margin[i] == pytest.approx(logs[i, label] - others.max(), abs=1e-4)
        assert found.true_probability[i] == pytest.approx(np.exp(logs[i, label]), rel=1e-5)


@given(OUTPUTS)
def test_probabilities_have_the_margins_of_their_logits(logits: NDArray[np.float32]) -> None:
    labels = np.zeros(len(logits), int)
    probabilities = softmax(logits.astype(np.float64), axis=1)
    found = judge(probabilities, "probabilities", labels)
    expected = judge(logits, "logits", labels)

    kept = probabilities.min(axis=1) > 1e-30  # smaller ones count as the smallest float32
    np.testing.assert_allclose(found.margin[kept], expected.margin[kept], atol=1e-3)
    np.testing.assert_allclose(found.true_probability, expected.true_probability, atol=1e-6)
    assert np.isfinite(
        judge(np.array([[0.0, 1.0]]), "probabilities", np.array([0])).margin
    ).all()
    broken = judge(np.array([[np.nan, 1.0]]), "probabilities", np.array([0]))
    assert np.isnan(broken.margin).all()


def test_area_under_margin_and_data_map() -> None:
    margins = np.array([[1.0, -2], [3, -4]])
    assert dynamics.area_under_margin(margins).tolist() == [2, -3]
    mean, spread = dynamics.data_map(np.array([[0.2, 1], [0.6, 1]]))
    np.testing.assert_allclose(mean, [0.4, 1])
    np.testing.assert_allclose(spread, [0.2, 0])


def history(**given_: Any) -> History:
    """Four samples of class 0, 1, 0 and none over three steps; the model is right of none."""
    nothing = np.zeros((3, 4))
    fields: dict[str, Any] = {
        "labels": np.array([0, 1, 0, -1]),
        "prediction": np.array([[0, 0, 1, 0]] * 3),
        "margin": np.array([[1.0, -1, -2, np.nan]] * 3),
        "true_probability": np.array([[0.9, 0.2, 0.1, np.nan]] * 3),
        "neighborhood_label": np.array([[0, 1, 0, 0]] * 3),
        "share": np.ones((3, 4)),
        "neighbors": [np.array([[2], [0], [0], [1]])] * 3,
        "nearest": np.ones((3, 4)),
        "isolation": np.ones((3, 4)),
        "displacement": nothing,
        "net": np.zeros(4),
        "churn": nothing,
    }
    return History(**fields | given_)


def repeated(one: History, times: int) -> History:
    """Returns a history of as many copies, neighbors of the same class each."""
    labels = np.tile(one.labels, times)
    near = np.array([np.flatnonzero(labels == label)[:1] for label in labels])
    given: dict[str, Any] = {
        field.name: np.tile(value, times)
        for field in fields(one)
        if isinstance(value := getattr(one, field.name), np.ndarray)
    }
    return replace(one, **given | {"neighbors": [near] * len(one.share)})


def ranked(rule: str, of: History) -> list[int]:
    found = RULES[rule].rank(of)
    assert found is not None
    assert (np.diff(found.scores) <= 0).all()
    assert found.events.shape == (len(of.share), len(found.samples))
    return [int(sample) for sample in found.samples]


def test_rankings_by_the_models_predictions() -> None:
    # Right, wrong, right; wrong, right, wrong; never right; without a label.
    seen = history(prediction=np.array([[0, 0, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1]]))
    assert ranked("forgotten", seen) == [0, 1]
    assert ranked("lost", seen) == [1]
    assert ranked("never_learnt", seen) == [2]
    assert ranked("flipping", seen) == [0, 1, 3]
    assert ranked("low_margin", seen) == [2, 1]
    forgotten = RULES["forgotten"].rank(seen)
    assert forgotten is not None
    assert forgotten.events.T.tolist() == [[False, True, False], [False, False, True]]


def test_numbers_of_the_whole_run_by_hand() -> None:
    seen = history(
        prediction=np.array([[0, 0, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1]]),
        margin=np.array([[1.0, 1, -0.5, np.nan], [1, -3, -2, np.nan], [1, -1, -2, np.nan]]),
    )
    numbers = summary(seen)
    assert numbers["first_learnt"][:3].tolist() == [0, 1, -1]
    assert numbers["forgotten"].tolist() == [1, 1, 0, 0]
    assert numbers["never_learnt"].tolist() == [0, 0, 1, 0]
    assert numbers["lost"].tolist() == [0, 1, 0, 0]
    assert numbers["prediction_flips"].tolist() == [2, 2, 0, 1]
    assert numbers["aum"][:3].tolist() == [1, -1, -1.5]
    low = RULES["low_margin"].rank(seen)
    assert low is not None
    assert low.samples.tolist() == [2, 1]
    assert low.events.T.tolist() == [[True, True, True], [False, True, True]]


def test_only_the_loss_that_lasted_is_shown() -> None:
    seen = history(
        prediction=np.array([[0] * 4, [1] * 4, [0] * 4, [1] * 4]),
        margin=np.ones((4, 4)),
        share=np.ones((4, 4)),
    )
    lost = RULES["lost"].rank(seen)
    assert lost is not None
    assert lost.samples.tolist() == [0, 2]
    assert lost.events[:, 0].tolist() == [False, False, False, True]


def test_without_outputs_the_neighbours_alone_are_ranked() -> None:
    # Of two classes, which their neighbors tell apart.
    seen = repeated(history(prediction=None, margin=None, true_probability=None), 20)
    found = {name for name, rule in RULES.items() if rule.rank(seen) is not None}
    of_places = {"duplicate", "outlier", "neighborhood_flipping", "moved", "churned"}
    assert found == {"label_error", *of_places}
    assert "aum" not in summary(seen)
    assert "first_learnt" not in summary(seen)


def test_the_farthest_way_comes_first_with_its_longest_step() -> None:
    moved = np.array([[0, 0, 0, 0], [1, 2, 0, 0], [1, 5, 0, 3.0]])
    found = RULES["moved"].rank(history(displacement=moved, net=np.array([2, 3, 0, 3.0])))
    assert found is not None
    assert (found.samples.tolist(), found.scores.tolist()) == ([1, 3, 0], [7, 3, 2])
    assert found.events[:, 0].tolist() == [False, False, True]
    numbers = summary(history(displacement=moved, net=np.array([2, 3.5, 0, 3])))
    assert numbers["path_length"].tolist() == [2, 7, 0, 3]
    np.testing.assert_allclose(numbers["straightness"], [1, 0.5, np.nan, 1])


def test_the_order_of_the_samples_changes_no_rank() -> None:
    rng = np.random.default_rng(0)
    n, steps = 200, 6
    labels = rng.integers(0, 3, n)
    told = rng.random((steps, n)) < 0.5
    given_: dict[str, Any] = {
        "labels": labels,
        "prediction": np.where(told, labels, rng.integers(0, 3, (steps, n))),
        "margin": rng.normal(size=(steps, n)),
        "true_probability": rng.random((steps, n)),
        "neighborhood_label": rng.integers(0, 3, (steps, n)),
        "share": rng.random((steps, n)),
        "neighbors": [rng.integers(0, n, (n, 5)) for _ in range(steps)],
        "nearest": rng.random((steps, n)),
        "isolation": rng.random((steps, n)) + 1,
        "displacement": rng.random((steps, n)),
        "net": rng.random(n),
        "churn": rng.random((steps, n)),
    }
    order = rng.permutation(n)
    place = np.argsort(order)
    moved = {name: value[..., order] for name, value in given_.items() if name != "neighbors"}
    mixed = History(**moved, neighbors=[place[one[order]] for one in given_["neighbors"]])
    for rule in RULES.values():
        one, other = rule.rank(History(**given_)), rule.rank(mixed)
        assert one is not None
        assert other is not None
        assert set(one.samples) == set(order[other.samples])
        np.testing.assert_allclose(one.scores, other.scores)
