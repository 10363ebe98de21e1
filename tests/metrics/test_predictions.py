"""Class, confidence and margin, against exact arithmetic on the same float32 outputs."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tb_embed_plugin.metrics.predictions import NO_CLASS, predict

LOGITS = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(2, 6)),
    elements=st.floats(-300, 300, width=32),
)


def exact_softmax(row: NDArray[np.float32]) -> list[Decimal]:
    with localcontext() as context:
        context.prec = 60
        powers = [Decimal(float(value)).exp() for value in row]
        return [power / sum(powers) for power in powers]


@given(LOGITS)
def test_logits(logits: NDArray[np.float32]) -> None:
    found = predict(logits, "logits")
    for i, row in enumerate(logits):
        second, first = sorted(exact_softmax(row))[-2:]
        assert found.classes[i] == row.argmax()
        assert found.confidence[i] == pytest.approx(float(first), rel=1e-12)
        # Relative: a margin of 1e-6 keeps its digits.
        assert found.margin[i] == pytest.approx(float(first - second), rel=1e-12)


def test_logits_close_to_each_other_keep_their_margin() -> None:
    logits = np.array([[1000, np.nextafter(np.float32(1000), np.float32(0))]], np.float32)
    with localcontext() as context:
        context.prec = 60
        gap = Decimal(float(logits[0, 1])) - Decimal(float(logits[0, 0]))
        expected = float((1 - gap.exp()) / (1 + gap.exp()))
    assert predict(logits, "logits").margin[0] == pytest.approx(expected, rel=1e-12)


def test_probabilities_are_taken_as_they_are() -> None:
    outputs = np.array([[0.25, 0.75], [0.5, 0.5], [1, 0]], np.float32)
    found = predict(outputs, "probabilities")

    assert found.classes.tolist() == [1, 0, 0]
    assert found.classes.dtype == np.int32
    assert found.confidence.tolist() == [0.75, 0.5, 1]
    assert found.margin.tolist() == [0.5, 0, 1]
    assert found.confidence.dtype == found.margin.dtype == np.float64


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_outputs_that_are_no_numbers_name_no_class(kind: str, broken: float) -> None:
    outputs = np.array([[0.1, broken, 0.2], [0.1, 0.7, 0.2]], np.float32)
    found = predict(outputs, kind)  # type: ignore[arg-type]

    assert found.classes.tolist() == [NO_CLASS, 1]
    assert np.isnan(found.confidence).tolist() == [True, False]
    assert np.isnan(found.margin).tolist() == [True, False]


def test_minus_infinity_is_a_class_that_is_ruled_out() -> None:
    found = predict(np.array([[0, -np.inf]], np.float32), "logits")
    assert (found.classes[0], found.confidence[0], found.margin[0]) == (0, 1, 1)
