"""Series of names: what is said of a guess, and which number is the step."""

from __future__ import annotations

import pytest

from tb_embed_plugin.runs.foreign.name_numbers import read_name
from tb_embed_plugin.runs.foreign.step_names import find_series


def test_numbered_tries_are_told_by_the_first() -> None:
    (series,) = find_series(["m-try1", "m-try2", "m-try3"])
    assert series.note.startswith("m-try1 and 2 more are taken for the steps of one training")


@pytest.mark.parametrize(("word", "side"), [("best", "after"), ("init", "before")])
def test_a_name_without_a_number_is_told_with_its_side(word: str, side: str) -> None:
    (series,) = find_series(["m-1", "m-2", f"m-{word}"])
    assert f"it is shown {side} them; number it" in series.note


def test_fractions_are_steps_without_a_word_where_nothing_else_varies() -> None:
    (series,) = find_series(["m-0.25", "m-0.5"])
    assert (series.written, series.note) == ({0: "0.25", 1: "0.5"}, "")


def test_dates_are_steps_in_their_order() -> None:
    names = [f"m-2024-{month:02d}-{day:02d}" for month, day in ((2, 1), (1, 10), (1, 9))]
    (series,) = find_series(names)
    assert list(series.names.values()) == sorted(names)


def test_numbers_are_steps_in_their_order_and_not_in_that_of_their_digits() -> None:
    (series,) = find_series(["m-9.5", "m-10.5", "m-100.5"])
    assert list(series.names.values()) == ["m-9.5", "m-10.5", "m-100.5"]


def test_of_three_parts_the_number_before_the_fraction_is_read_first() -> None:
    def numbers(name: str, *, loss_first: bool) -> list[str]:
        return [number.written for number in read_name(name, loss_first=loss_first).numbers]

    assert numbers("w-01.0.53", loss_first=False) == ["01", "0.53"]
    assert numbers("w-0.53.01", loss_first=True) == ["0.53", "01"]
