"""Requests' arguments, good and bad."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, EmbedError, NotRecordedError
from tests.harness import is_a_message

STEPS = [0, 1, 2, 5, 10]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, STEPS), ("0", [0]), ("1-4", [1, 2]), ("10,0-1", [0, 1, 10]), ("0-99", STEPS)],
)
def test_lists_and_ranges(value: str | None, expected: list[int]) -> None:
    query = {} if value is None else {"steps": value}
    assert Arguments(query).members("steps", STEPS) == expected


def test_a_single_step_must_be_recorded() -> None:
    with pytest.raises(
        NotRecordedError, match=r"3 was not recorded; choose from \[0, 1, 2, 5, 10\]"
    ):
        Arguments({"steps": "0,3"}).members("steps", STEPS)


def test_a_range_without_any_step_is_refused() -> None:
    with pytest.raises(ArgumentError, match="names none"):
        Arguments({"steps": "3-4"}).members("steps", STEPS)


@pytest.mark.parametrize(
    "value", ["", ",", "a", "1-", "-1", "1--2", "1.5", "٣", "1 ", "9" * 30]
)
def test_what_is_no_list_is_refused(value: str) -> None:
    with pytest.raises(ArgumentError, match="such as 0,5-7"):
        Arguments({"steps": value}).members("steps", STEPS)


@given(st.text())
def test_any_text_gives_an_answer_or_a_stated_problem(value: str) -> None:
    arguments = Arguments({"steps": value, "k": value})
    for read in (lambda: arguments.members("steps", STEPS), lambda: arguments.number("k")):
        try:
            read()
        except EmbedError as error:
            assert is_a_message(str(error))


def test_missing_and_wrong_arguments_are_named() -> None:
    with pytest.raises(ArgumentError, match="'run'"):
        Arguments({}).text("run")
    with pytest.raises(ArgumentError, match=r"components.*'4'"):
        Arguments({"components": "4"}).choice("components", ["2", "3"])
    assert Arguments({}).choice("components", ["2", "3"]) == "2"
