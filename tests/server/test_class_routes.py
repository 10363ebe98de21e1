"""The routes of lenses, through the WSGI application, and what they compute."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_selection import f_classif
from werkzeug.test import Client

from tb_embed_plugin.metrics.class_pair import along_axis
from tb_embed_plugin.metrics.units import selectivity
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.harness import EPOCHS, Recording, client_for
from tests.server.test_metric_routes import ask, tensors_of

LAST = EPOCHS


@pytest.fixture(scope="module")
def client(recording: Recording) -> Client:
    return client_for(recording.logdir, EmbeddingsPlugin)


def test_two_classes_lie_about_minus_one_and_one(client: Client, recording: Recording) -> None:
    tensors, _ = tensors_of(ask(client, "class_pair", first="3", second="8"))
    samples, second = tensors["samples"], tensors["second"].astype(bool)

    assert tensors["positions"].shape == (EPOCHS + 1, len(samples))
    assert set(recording.labels[samples[second]]) == {8}
    assert set(recording.labels[samples[~second]]) == {3}
    for row in tensors["positions"]:
        np.testing.assert_allclose(
            [row[~second].mean(), row[second].mean()], [-1, 1], atol=1e-4
        )


def test_the_nearer_mean_is_on_the_same_side(client: Client, recording: Recording) -> None:
    tensors, _ = tensors_of(ask(client, "class_pair", first="3", second="8", steps=LAST))
    rows = recording.activations[LAST].astype(np.float64)
    means = [rows[recording.labels == label].mean(axis=0) for label in (3, 8)]
    away = [np.linalg.norm(rows[tensors["samples"]] - mean, axis=1) for mean in means]
    (along,) = tensors["positions"]
    clear = np.abs(along) > 1e-4
    np.testing.assert_array_equal(along[clear] > 0, (away[1] < away[0])[clear])


@pytest.mark.parametrize(("first", "second"), [("3", "3"), ("3", "shoe")])
def test_two_classes_that_are_none_are_refused(client: Client, first: str, second: str) -> None:
    response = ask(client, "class_pair", first=first, second=second)
    assert response.status_code == 400
    assert "first and second must be two classes" in response.text


@given(st.floats(0.1, 10), st.integers(0, 2**32 - 1))
def test_the_axis_does_not_depend_on_scale_or_place(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    snapshot = rng.normal(size=(12, 4)) + np.repeat([[0], [3]], 6, axis=0)
    first, second = np.arange(6), np.arange(6, 12)
    moved = scale * snapshot + rng.normal(size=4)
    np.testing.assert_allclose(
        along_axis(moved, first, second), along_axis(snapshot, first, second), atol=1e-4
    )


def test_equal_means_have_no_axis() -> None:
    assert np.isnan(along_axis(np.ones((4, 2)), np.arange(2), np.arange(2, 4))).all()


def test_selectivity_is_that_of_an_analysis_of_variance(
    client: Client, recording: Recording
) -> None:
    content = ask(client, "units", step=LAST).get_json()
    rows = recording.activations[LAST].astype(np.float64)
    alive = np.ptp(rows, axis=0) > 0
    f, _ = f_classif(rows[:, alive], recording.labels)
    expected = 9 * f / (9 * f + len(rows) - 10)
    found = np.array(content["selectivity"], float)

    np.testing.assert_allclose(found[alive], expected, rtol=1e-4)
    assert np.isnan(found[~alive]).all()
    unit = int(np.nanargmax(found))
    means = [rows[recording.labels == label, unit].mean() for label in range(10)]
    assert content["classes"][content["prefers"][unit]] == str(int(np.argmax(means)))


def test_samples_without_a_label_and_units_that_do_not_vary_do_not_count() -> None:
    snapshot = np.array([[0.0, 5, 1], [0, 5, 2], [1, 5, 1], [1, 5, 2], [9, 5, 9]])
    shares, prefers = selectivity(snapshot, np.array([0, 0, 1, 1, -1]), 2)
    np.testing.assert_allclose(shares, [1, np.nan, 0])
    np.testing.assert_array_equal(prefers[:2], [1, -1])


def test_each_cell_of_the_confusion_names_its_samples(
    client: Client, recording: Recording
) -> None:
    content = ask(client, "confusion", step=1).get_json()
    named = []
    for row, counts in enumerate(content["counts"]):
        for column, count in enumerate(counts):
            cell = ask(client, "confusion", step=1, row=row, column=column).get_json()
            assert len(cell["samples"]) == count
            assert set(recording.labels[cell["samples"]]) <= {row}
            named.extend(cell["samples"])
    assert sorted(named) == list(range(len(recording.labels)))


def test_vectors_of_one_unit(client: Client) -> None:
    everything = safetensors.numpy.load(ask(client, "vectors", step=LAST).data)["vectors"]
    one = safetensors.numpy.load(ask(client, "vectors", step=LAST, units=17).data)["vectors"]
    np.testing.assert_array_equal(one, everything[:, [17]])
    assert ask(client, "vectors", step=LAST, units=200).status_code == 404
