"""Which class of the model each word of the label is."""

from __future__ import annotations

import numpy as np
import pytest

from tb_embed_plugin.analysis.label_classes import match_outputs
from tb_embed_plugin.metrics.step_data import Labels
from tb_embed_plugin.runs.tables.metadata_table import Column

WORDS = ["cat", "dog", "cat", "", "eel", "dog"]
"""Of classes 2, 0, 1 of the model: cat, dog, eel; one sample without a label."""


def labels_of(words: list[str]) -> Labels:
    codes, names = Column("label", "category", words).categories()
    return Labels(codes, tuple(names), are_outputs=False)


def test_words_that_the_run_names_are_its_classes_whatever_is_predicted() -> None:
    never_right = np.array([0, 0, 0, 0, 0, 0])
    found = match_outputs(labels_of(WORDS), never_right, 4, ["dog", "eel", "cat", ""])
    assert found.are_outputs
    assert found.names == ("dog", "eel", "cat", "")
    np.testing.assert_array_equal(found.codes, [2, 0, 2, -1, 1, 0])


@pytest.mark.parametrize("names", [None, ["dog", "eel", "cow", ""]])
def test_words_that_it_does_not_name_are_those_mostly_predicted(
    names: list[str] | None,
) -> None:
    mostly_right = np.array([2, 0, 2, 1, 1, 0])
    found = match_outputs(labels_of(WORDS), mostly_right, 4, names)
    assert found.are_outputs
    np.testing.assert_array_equal(found.codes, [2, 0, 2, -1, 1, 0])

    confused = np.array([2, 2, 2, 1, 1, 2])
    assert not match_outputs(labels_of(WORDS), confused, 4, names).are_outputs


def test_of_two_classes_a_model_that_is_mostly_wrong_is_not_taken_for_its_contrary() -> None:
    words = labels_of(["yes"] * 10 + ["no"] * 10)
    wrong_of_most = np.array([1] * 6 + [0] * 4 + [0] * 6 + [1] * 4)
    assert not match_outputs(words, wrong_of_most, 2).are_outputs
    learned = np.array([0] * 9 + [1] + [1] * 9 + [0])
    assert match_outputs(words, learned, 2).are_outputs


def test_numbers_are_taken_as_they_are() -> None:
    found = match_outputs(labels_of(["3", "0", "3"]), np.array([1, 1, 1]), 4)
    assert found.are_outputs
    np.testing.assert_array_equal(found.codes, [3, 0, 3])
    beyond = match_outputs(labels_of(["3", "9", "3"]), np.array([1, 1, 1]), 4)
    assert not beyond.are_outputs
